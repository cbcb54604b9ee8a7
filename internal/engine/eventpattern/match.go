package eventpattern

// Match reports whether the event meets the pattern.
func (p *Pattern) Match(e *Event) bool { return p.match(e) >= 0 }

// match returns the first branch that the event meets, or -1.
func (p *Pattern) match(e *Event) int {
	var s solver
	for i, b := range p.branches {
		met, inArrays := b.meetsEach(e)
		if met && inArrays {
			met = s.meets(e, b, func(c *condition, dst []int32) []int32 { return c.atPath(e, dst) })
		}
		if met {
			return i
		}
	}
	return -1
}

// meetsEach reports whether the event meets each condition by itself, and whether array elements may still stand against all at once.
func (b branch) meetsEach(e *Event) (met, inArrays bool) {
	for _, c := range b {
		taken, outside := false, false
		for i := range e.fields {
			f := &e.fields[i]
			if string(f.path) != c.path {
				continue
			}
			taken = taken || c.take(f)
			outside = outside || f.node == 0
			inArrays = inArrays || f.node != 0
			if taken && e.flat() {
				break
			}
		}
		if !taken && (!c.absent || outside) {
			return false, false
		}
	}
	return true, inArrays
}

// A solver decides whether an event meets a branch. It is scratch memory, for one goroutine; the zero value is ready.
type solver struct {
	event   *Event
	options []options
	ints    []int32 // backs options
	array   *arraySolver
}

// options are the ways to meet one condition.
type options struct {
	cond   *condition
	fields []int32 // all fields at its path
	taken  []int32 // the nodes, in order and without repetition, of those that a test takes
}

// meets reports whether e meets all conditions of b. fieldsAt appends the indices of the event's fields at a condition's path.
func (s *solver) meets(e *Event, b branch, fieldsAt func(*condition, []int32) []int32) bool {
	s.event = e
	s.options = s.options[:0]
	s.ints = s.ints[:0]
	for _, c := range b {
		start := len(s.ints)
		s.ints = fieldsAt(c, s.ints)
		o := options{cond: c, fields: s.ints[start:len(s.ints):len(s.ints)]}
		start = len(s.ints)
		for _, i := range o.fields {
			if f := &e.fields[i]; c.take(f) {
				s.ints = append(s.ints, f.node)
			}
		}
		o.taken = sortedSet(s.ints[start:])
		s.options = append(s.options, o)
	}
	if s.array == nil {
		s.array = new(arraySolver)
	}
	return s.array.solve(e, s.options)
}

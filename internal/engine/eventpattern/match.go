package eventpattern

// Match reports whether the event meets the pattern.
func (p *Pattern) Match(e *Event) bool { return p.match(e) >= 0 }

// match returns the first branch that the event meets, or -1.
func (p *Pattern) match(e *Event) int {
	var s solver
	for i, b := range p.branches {
		if s.meets(e, b, func(c *condition, dst []int32) []int32 { return c.atPath(e, dst) }) {
			return i
		}
	}
	return -1
}

// A solver decides whether an event meets a branch. It is scratch memory, for one goroutine.
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
	inArrays := false
	for _, c := range b {
		start := len(s.ints)
		s.ints = fieldsAt(c, s.ints)
		o := options{cond: c, fields: s.ints[start:len(s.ints):len(s.ints)]}
		if e.flat() {
			if !c.metFlat(e, o.fields) {
				return false
			}
			continue
		}
		if !s.gather(&o) {
			return false
		}
		inArrays = inArrays || o.inArrays(e)
		s.options = append(s.options, o)
	}
	if !inArrays {
		return true
	}
	if s.array == nil {
		s.array = new(arraySolver)
	}
	return s.array.solve(e, s.options)
}

// metFlat is whether the condition is met where array elements do not matter.
func (c *condition) metFlat(e *Event, fields []int32) bool {
	for _, f := range fields {
		if c.take(&e.fields[f]) {
			return true
		}
	}
	return c.absent && len(fields) == 0
}

// gather finds the nodes that meet the condition and reports whether it can be met at all.
func (s *solver) gather(o *options) bool {
	start := len(s.ints)
	outside := false // some field lies in no array, so the path is never absent
	for _, i := range o.fields {
		f := &s.event.fields[i]
		outside = outside || f.node == 0
		if o.cond.take(f) {
			s.ints = append(s.ints, f.node)
		}
	}
	o.taken = sortedSet(s.ints[start:])
	return len(o.taken) > 0 || o.cond.absent && !outside
}

// inArrays reports whether the choice for this condition can restrict or be restricted by others.
func (o *options) inArrays(e *Event) bool {
	for _, f := range o.fields {
		if e.fields[f].node != 0 {
			return true
		}
	}
	return false
}

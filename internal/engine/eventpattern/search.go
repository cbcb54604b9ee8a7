package eventpattern

import "slices"

// A search is the scratch memory of matching one event against a tree. Stamps say which entries belong to the current event, so
// that nothing needs clearing.
type search struct {
	tree  *tree
	event *Event

	now     uint32
	paths   []pathFields // by path number
	present []int32      // the paths that the event has
	next    []int32      // by field: the next field with the same path, or -1
	seen    []uint32     // by node: when it was visited
	found   []uint32     // by pattern: when it was found to match

	inArrays bool // some field at a path of the tree lies in an array

	stack  []*treeNode
	fold   []byte
	solver solver
}

// pathFields are the event's fields at one path, as a list through search.next.
type pathFields struct {
	stamp   uint32
	first   int32
	outside bool // some field lies in no array
}

func newSearch(t *tree) *search {
	return &search{
		tree: t, paths: make([]pathFields, len(t.paths)),
		seen: make([]uint32, t.nodes), found: make([]uint32, len(t.patterns)),
	}
}

// run appends the numbers of the patterns that e meets, in order.
func (s *search) run(e *Event, dst []int32) []int32 {
	s.begin(e)
	from := len(dst)
	s.stack = append(s.stack[:0], s.tree.root)
	for len(s.stack) > 0 {
		n := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if s.seen[n.number] == s.now {
			continue
		}
		s.seen[n.number] = s.now
		for _, r := range n.ends {
			if s.found[r.pattern] != s.now && s.meets(r) {
				s.found[r.pattern] = s.now
				dst = append(dst, r.pattern)
			}
		}
		s.expand(n)
	}
	s.event = nil
	slices.Sort(dst[from:])
	return dst
}

// begin sorts the event's fields by path number.
func (s *search) begin(e *Event) {
	s.event, s.inArrays = e, false
	s.present = s.present[:0]
	if s.now++; s.now == 0 { // after 2³² events old stamps could be mistaken for new ones
		clear(s.paths)
		clear(s.seen)
		clear(s.found)
		s.now = 1
	}
	if cap(s.next) < len(e.fields) {
		s.next = make([]int32, len(e.fields)*2)
	}
	s.next = s.next[:cap(s.next)]
	for i := range e.fields {
		number, ok := s.tree.paths[string(e.fields[i].path)]
		if !ok {
			continue
		}
		p := &s.paths[number]
		if p.stamp != s.now {
			*p = pathFields{stamp: s.now, first: -1}
			s.present = append(s.present, number)
		}
		p.outside = p.outside || e.fields[i].node == 0
		s.inArrays = s.inArrays || e.fields[i].node != 0
		s.next[i] = p.first
		p.first = int32(i)
	}
}

// expand pushes the nodes that the event's fields lead to from n.
func (s *search) expand(n *treeNode) {
	if n.byPath != nil && len(s.present) < len(n.next) {
		for _, number := range s.present {
			if e := n.byPath[number]; e != nil {
				s.follow(e)
			}
		}
	} else {
		for _, e := range n.next {
			if s.paths[e.path].stamp == s.now {
				s.follow(e)
			}
		}
	}
	for _, a := range n.absent {
		// A path whose fields all lie in arrays may be absent in the chosen elements; meets decides.
		if p := &s.paths[a.path]; p.stamp != s.now || !p.outside {
			s.stack = append(s.stack, a.to)
		}
	}
}

func (s *search) follow(e *edges) {
	for i := s.paths[e.path].first; i >= 0; i = s.next[i] {
		e.targets(&s.event.fields[i], s)
	}
}

// meets decides about a branch whose conditions are each met by themselves.
func (s *search) meets(r ref) bool {
	if !s.inArrays {
		return true
	}
	return s.solver.meets(s.event, s.tree.patterns[r.pattern].branches[r.branch], s.fieldsAt)
}

func (s *search) fieldsAt(c *condition, dst []int32) []int32 {
	p := &s.paths[s.tree.paths[c.path]]
	if p.stamp != s.now {
		return dst
	}
	for i := p.first; i >= 0; i = s.next[i] {
		dst = append(dst, i)
	}
	return dst
}

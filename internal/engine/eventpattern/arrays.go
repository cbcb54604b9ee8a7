package eventpattern

import (
	"encoding/binary"
	"slices"
)

// sortedSet sorts s and removes repetitions.
func sortedSet(s []int32) []int32 {
	slices.Sort(s)
	return slices.Compact(s)
}

// An arraySolver chooses for each condition of a branch, in order, a node that meets it, such that no two chosen nodes lie in
// different elements of one array. It backtracks. What makes that cheap: a choice in an array narrows later options to the chosen
// element at once, and after memoSteps dead ends are remembered by the choices that still matter.
type arraySolver struct {
	event   *Event
	options []options
	chosen  []int32 // by array: the chosen element, or 0
	log     []int32 // arrays in the order of choice
	steps   int
	matters [][]bool        // for each condition: which arrays it or a later one involves; made when needed
	dead    map[string]bool // keys of dead ends
}

func (s *arraySolver) solve(e *Event, options []options) bool {
	s.event, s.options = e, options
	s.chosen = append(s.chosen[:0], make([]int32, e.arrays+1)...)
	s.log = s.log[:0]
	s.steps, s.matters, s.dead = 0, nil, nil
	return s.from(0)
}

// from reports whether the conditions from i on can be met under the choices made so far.
func (s *arraySolver) from(i int) bool {
	if i == len(s.options) {
		return true
	}
	if s.steps++; s.steps <= memoSteps {
		return s.try(i)
	}
	key, ok := s.deadEnd(i)
	if ok && s.dead[key] {
		return false
	}
	if s.try(i) {
		return true
	}
	if ok {
		s.dead[key] = true
	}
	return false
}

func (s *arraySolver) try(i int) bool {
	o := &s.options[i]
	for _, n := range s.narrow(o.taken) {
		mark := len(s.log)
		if s.choose(n) && s.from(i+1) {
			return true
		}
		s.undo(mark)
	}
	return o.cond.absent && s.absent(o.fields) && s.from(i+1)
}

// consistent reports whether n lies in no element that competes with a chosen one.
func (s *arraySolver) consistent(n int32) bool {
	for ; n != 0; n = s.event.nodes[n].parent {
		if c := s.chosen[s.event.nodes[n].array]; c != 0 && c != n {
			return false
		}
	}
	return true
}

// choose marks n and the elements around it as chosen, if that is consistent.
func (s *arraySolver) choose(n int32) bool {
	if !s.consistent(n) {
		return false
	}
	for ; n != 0; n = s.event.nodes[n].parent {
		if a := s.event.nodes[n].array; s.chosen[a] == 0 {
			s.chosen[a] = n
			s.log = append(s.log, a)
		}
	}
	return true
}

func (s *arraySolver) undo(mark int) {
	for _, a := range s.log[mark:] {
		s.chosen[a] = 0
	}
	s.log = s.log[:mark]
}

// absent reports whether all fields compete with what is chosen.
func (s *arraySolver) absent(fields []int32) bool {
	for _, f := range fields {
		if s.consistent(s.event.fields[f].node) {
			return false
		}
	}
	return true
}

// narrow drops options outside the chosen elements, level by level, as long as all the rest lie in one array.
func (s *arraySolver) narrow(taken []int32) []int32 {
	around := int32(0)
	for len(taken) > 1 {
		first, last := s.below(taken[0], around), s.below(taken[len(taken)-1], around)
		if first == 0 || last == 0 || s.event.nodes[first].array != s.event.nodes[last].array {
			return taken
		}
		element := s.chosen[s.event.nodes[first].array]
		if element == 0 {
			if first != last {
				return taken
			}
			around = first
			continue
		}
		from, _ := slices.BinarySearch(taken, element)
		to, _ := slices.BinarySearch(taken, s.event.nodes[element].last+1)
		taken, around = taken[from:to], element
	}
	return taken
}

// below returns the element directly below around that n lies in, 0 if n is around itself.
func (s *arraySolver) below(n, around int32) int32 {
	below := int32(0)
	for n != around {
		below, n = n, s.event.nodes[n].parent
	}
	return below
}

// deadEnd names the situation before condition i by the choices that matter from there on. It is false if all choices do: then the
// same situation cannot come again.
func (s *arraySolver) deadEnd(i int) (string, bool) {
	if s.matters == nil {
		s.findMatters()
	}
	key := binary.AppendVarint(nil, int64(i))
	matter := make([]int32, 0, len(s.log))
	for _, a := range s.log {
		if s.matters[i][a] {
			matter = append(matter, s.chosen[a])
		}
	}
	if len(matter) == len(s.log) {
		return "", false
	}
	slices.Sort(matter)
	for _, n := range matter {
		key = binary.AppendVarint(key, int64(n))
	}
	return string(key), true
}

func (s *arraySolver) findMatters() {
	s.matters = make([][]bool, len(s.options))
	s.dead = map[string]bool{}
	later := make([]bool, s.event.arrays+1)
	for i := len(s.options) - 1; i >= 0; i-- {
		later = slices.Clone(later)
		for _, f := range s.options[i].fields {
			for n := s.event.fields[f].node; n != 0; n = s.event.nodes[n].parent {
				later[s.event.nodes[n].array] = true
			}
		}
		s.matters[i] = later
	}
}

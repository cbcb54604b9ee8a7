package eventpattern

import (
	"slices"
	"strconv"
	"strings"
)

const complexityReason = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"

// tooComplex reports whether at some path a value can be in the middle of more than maxComplexity prefixes of wildcard expressions
// at once. AWS's matcher pays for each of them and so refuses the pattern; ours would not need to.
func tooComplex(branches []branch) bool {
	byPath := map[string]*prefixes{}
	for _, b := range branches {
		for _, c := range b {
			for i := range c.tests {
				addWildcards(byPath, c.path, &c.tests[i])
			}
		}
	}
	for _, m := range byPath {
		if m.stars > 0 && m.exceeds(maxComplexity) {
			return true
		}
	}
	return false
}

// addWildcards adds the expressions of t to the automaton of its path.
func addWildcards(byPath map[string]*prefixes, path string, t *test) {
	tests := t.but
	if t.op == opWildcard {
		tests = []test{*t}
	}
	if len(tests) == 0 || tests[0].op != opWildcard {
		return
	}
	m := byPath[path]
	if m == nil {
		m = &prefixes{known: map[string]bool{}, alphabet: []int{256}}
		byPath[path] = m
	}
	if m.known[t.source] {
		return
	}
	m.known[t.source] = true
	start := m.child(-1, '"') // AWS matches values with their quotes
	m.starts = append(m.starts, start)
	for i := range tests {
		m.add(start, tests[i].wild)
	}
}

// star is the element that stands for any bytes.
const star = -1

// prefixes is an automaton whose states are the prefixes of some expressions. Expressions of one test share states.
type prefixes struct {
	states   []prefix
	starts   []int
	stars    int
	alphabet []int // the bytes that occur, and 256 for those that do not
	known    map[string]bool
}

// A prefix is a state; element was read last, a byte or star.
type prefix struct {
	element  int
	children []int
}

// child returns the state behind parent and element, made if there is none; a parent of -1 has no children yet.
func (m *prefixes) child(parent, element int) int {
	if parent >= 0 {
		for _, c := range m.states[parent].children {
			if m.states[c].element == element {
				return c
			}
		}
	}
	self := len(m.states)
	m.states = append(m.states, prefix{element: element})
	if parent >= 0 {
		m.states[parent].children = append(m.states[parent].children, self)
	}
	if element == star {
		m.stars++
	} else if !slices.Contains(m.alphabet, element) {
		m.alphabet = append(m.alphabet, element)
	}
	return self
}

func (m *prefixes) add(at int, w wildcard) {
	for i, part := range w.parts {
		if i > 0 {
			at = m.child(at, star)
		}
		for _, b := range part {
			at = m.child(at, int(b))
		}
	}
	m.child(at, '"')
}

// exceeds reports whether some value is in more than limit states at once.
func (m *prefixes) exceeds(limit int) bool {
	var first []int
	for _, s := range m.starts {
		first = m.enter(first, s)
	}
	seen := map[string]bool{}
	for queue := [][]int{first}; len(queue) > 0; queue = queue[1:] {
		for _, c := range m.alphabet {
			next := m.step(queue[0], c)
			if len(next) > limit {
				return true
			}
			key := stateKey(next)
			if len(next) == 0 || seen[key] {
				continue
			}
			if len(seen) == maxWildcardStates {
				return true
			}
			seen[key] = true
			queue = append(queue, next)
		}
	}
	return false
}

// enter adds a state to a set and, as a star may stand for nothing, the star behind it.
func (m *prefixes) enter(set []int, state int) []int {
	if slices.Contains(set, state) {
		return set
	}
	set = append(set, state)
	for _, c := range m.states[state].children {
		if m.states[c].element == star {
			set = m.enter(set, c)
		}
	}
	return set
}

// step returns the states that byte c leads to.
func (m *prefixes) step(from []int, c int) []int {
	var set []int
	for _, s := range from {
		if m.states[s].element == star {
			set = m.enter(set, s)
		}
		for _, child := range m.states[s].children {
			if m.states[child].element == c {
				set = m.enter(set, child)
			}
		}
	}
	slices.Sort(set)
	return set
}

func stateKey(set []int) string {
	var b strings.Builder
	for _, s := range set {
		b.WriteString(strconv.Itoa(s))
		b.WriteByte(' ')
	}
	return b.String()
}

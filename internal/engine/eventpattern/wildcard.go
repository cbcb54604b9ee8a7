package eventpattern

import (
	"bytes"
	"strconv"
	"strings"
)

// A wildcard is an expression with stars, split at them: the value must begin with the first part, end with the last and hold the
// others between, in order.
type wildcard struct {
	parts [][]byte
}

// parseWildcard reads an expression in which \* and \\ stand for themselves; reason is AWS's text if it is not valid. AWS counts
// positions from the value's opening quote.
func parseWildcard(s string) (w wildcard, reason string) {
	var part []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			if i+1 < len(s) && s[i+1] == '*' {
				return w, "Consecutive wildcard characters at pos " + strconv.Itoa(i+1)
			}
			w.parts = append(w.parts, part)
			part = nil
		case '\\':
			if i+1 >= len(s) || s[i+1] != '*' && s[i+1] != '\\' {
				return w, "Invalid escape character at pos " + strconv.Itoa(i+1)
			}
			i++
			part = append(part, s[i])
		default:
			part = append(part, c)
		}
	}
	w.parts = append(w.parts, part)
	return w, ""
}

// match reports whether v fits.
func (w wildcard) match(v []byte) bool {
	first, last := w.parts[0], w.parts[len(w.parts)-1]
	if len(w.parts) == 1 {
		return bytes.Equal(v, first)
	}
	if len(v) < len(first)+len(last) || !bytes.HasPrefix(v, first) || !bytes.HasSuffix(v, last) {
		return false
	}
	v = v[len(first) : len(v)-len(last)]
	for _, part := range w.parts[1 : len(w.parts)-1] {
		i := bytes.Index(v, part)
		if i < 0 {
			return false
		}
		v = v[i+len(part):]
	}
	return true
}

// tooComplex reports whether some value can be in the middle of more than maxComplexity prefixes of the expressions at once. AWS's
// matcher pays for each of them, so it refuses such patterns; ours would not need to.
func tooComplex(ws []wildcard) bool {
	m := newPrefixes(ws)
	if m.stars == 0 {
		return false
	}
	seen := map[string]bool{}
	queue := [][]int{m.start()}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, c := range m.alphabet {
			next := m.step(at, c)
			if len(next) > maxComplexity {
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

const complexityReason = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"

// star is the element of prefixes.elements that stands for any bytes; end separates expressions.
const (
	star = -1
	end  = -2
)

// prefixes is the automaton of all prefixes of some expressions: state i has read elements[i] last.
type prefixes struct {
	elements []int
	alphabet []int // all bytes that occur, and one that does not
	starts   []int // the first element of each expression
	stars    int
}

func newPrefixes(ws []wildcard) *prefixes {
	m := &prefixes{alphabet: []int{256}}
	var known [256]bool
	add := func(b byte) {
		m.elements = append(m.elements, int(b))
		if !known[b] {
			known[b] = true
			m.alphabet = append(m.alphabet, int(b))
		}
	}
	for _, w := range ws {
		m.starts = append(m.starts, len(m.elements))
		add('"') // AWS matches values with their quotes
		for i, part := range w.parts {
			if i > 0 {
				m.elements = append(m.elements, star)
				m.stars++
			}
			for _, b := range part {
				add(b)
			}
		}
		add('"')
		m.elements = append(m.elements, end)
	}
	return m
}

// start is the set of states behind each opening quote.
func (m *prefixes) start() []int {
	var set []int
	for _, s := range m.starts {
		set = m.add(set, s)
	}
	return set
}

// add adds the state and, as a star may be empty, the star behind it.
func (m *prefixes) add(set []int, state int) []int {
	for _, s := range set {
		if s == state {
			return set
		}
	}
	set = append(set, state)
	if m.elements[state+1] == star {
		return m.add(set, state+1)
	}
	return set
}

// step returns the states that byte c leads to, in an order that depends only on the set of states.
func (m *prefixes) step(from []int, c int) []int {
	var set []int
	for _, s := range from {
		if m.elements[s] == star {
			set = m.add(set, s)
		}
		if m.elements[s+1] == c {
			set = m.add(set, s+1)
		}
	}
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

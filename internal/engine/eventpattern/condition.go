package eventpattern

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// An op is what a test does with a value.
type op uint8

const (
	opString      op = iota // equals text, a string
	opAddr                  // a string that is the address addr
	opLiteral               // true, false, null, or a number with this text
	opNumber                // equals low
	opPrefix                // begins with text
	opPrefixFold            // the same without regard to case
	opSuffix                // ends with text
	opSuffixFold            // the same without regard to case
	opFold                  // equals text without regard to case
	opWildcard              // fits wild
	opCIDR                  // an address inside network
	opRange                 // a number between low and high
	opExists                // any value
	opAnythingBut           // any value that none of but takes
	opAbsent                // no value; never taken by a value
)

// A test is one alternative of a condition.
type test struct {
	op                op
	text              string
	source            string // as in the pattern, for explanations and as the test's identity
	low, high         float64
	openLow, openHigh bool
	addr              netip.Addr
	network           netip.Prefix
	wild              wildcard
	but               []test
}

// take reports whether the test takes the value of f.
func (t *test) take(f *field) bool {
	switch t.op {
	case opLiteral:
		return f.kind != String && string(f.value) == t.text
	case opExists:
		return true
	case opAbsent:
		return false
	case opNumber, opRange:
		return f.kind == Number && t.takeNumber(f.value)
	case opAnythingBut:
		for i := range t.but {
			if t.but[i].take(f) {
				return false
			}
		}
		return true
	default:
		return f.kind == String && t.takeString(f.value)
	}
}

func (t *test) takeString(v []byte) bool {
	switch t.op {
	case opString:
		return string(v) == t.text
	case opPrefix:
		return len(v) >= len(t.text) && string(v[:len(t.text)]) == t.text
	case opSuffix:
		return len(v) >= len(t.text) && string(v[len(v)-len(t.text):]) == t.text
	case opFold:
		return foldPrefix(t.text, v) == len(v)
	case opPrefixFold:
		return foldPrefix(t.text, v) >= 0
	case opSuffixFold:
		return foldSuffix(t.text, v)
	case opWildcard:
		return t.wild.match(v)
	case opAddr, opCIDR:
		if !mayBeAddr(v) {
			return false
		}
		a, ok := parseAddr(string(v))
		return ok && (a == t.addr || t.op == opCIDR && t.network.Contains(a))
	default:
		return false
	}
}

func (t *test) takeNumber(v []byte) bool {
	n, ok := parseNumber(v)
	if !ok {
		return false
	}
	if t.op == opNumber {
		return n == t.low
	}
	return (n > t.low || n == t.low && !t.openLow) && (n < t.high || n == t.high && !t.openHigh)
}

// A rank orders conditions from selective to unselective.
type rank uint8

const (
	rankExact rank = iota // found by a hash table
	rankAffix             // found by a radix tree
	rankScan              // found by trying
	rankWide              // takes most values
)

func (t *test) rank() rank {
	switch t.op {
	case opString, opAddr, opLiteral, opNumber, opFold:
		return rankExact
	case opPrefix, opSuffix:
		return rankAffix
	case opExists, opAnythingBut, opAbsent:
		return rankWide
	default:
		return rankScan
	}
}

// A condition is what a pattern requires of one path: that some test takes a value there or, if absent is among the tests, that
// there is none.
type condition struct {
	path   string
	root   string // the outermost key
	depth  int    // how many objects are around the field
	tests  []test
	absent bool
	rank   rank
	key    string // equal for conditions that mean the same
}

// newCondition makes a condition on the field that keys lead to.
func newCondition(keys []string, tests []test) *condition {
	path := strings.Join(keys, ".")
	c := &condition{path: path, root: keys[0], depth: len(keys) - 1, tests: tests}
	sources := make([]string, len(tests))
	for i := range tests {
		c.absent = c.absent || tests[i].op == opAbsent
		c.rank = max(c.rank, tests[i].rank())
		sources[i] = tests[i].source
	}
	slices.Sort(sources)
	c.key = path + "\x00" + strings.Join(slices.Compact(sources), "\x00")
	return c
}

// take reports whether a test takes the value of f.
func (c *condition) take(f *field) bool {
	for i := range c.tests {
		if c.tests[i].take(f) {
			return true
		}
	}
	return false
}

// A branch is a set of conditions that must all be met, ordered by path.
type branch []*condition

func newBranch(byPath map[string]*condition) branch {
	b := make(branch, 0, len(byPath))
	for _, c := range byPath {
		b = append(b, c)
	}
	slices.SortFunc(b, func(x, y *condition) int { return cmp.Compare(x.path, y.path) })
	return b
}

// atPath appends the indices of the event's fields at the condition's path.
func (c *condition) atPath(e *Event, dst []int32) []int32 {
	for i := range e.fields {
		if string(e.fields[i].path) == c.path {
			dst = append(dst, int32(i))
		}
	}
	return dst
}

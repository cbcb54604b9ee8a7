package eventpattern

import (
	"cmp"
	"net/netip"
	"slices"
)

// A tree is the merged form of many patterns. It is immutable once built.
type tree struct {
	patterns []*Pattern
	paths    map[string]int32 // numbers all paths that a condition names
	root     *treeNode
	nodes    int32
}

// A treeNode stands for the conditions on the way to it, all met.
type treeNode struct {
	number int32
	ends   []ref                // branches that have no further conditions
	next   []*edges             // further conditions, one element a path
	byPath map[int32]*edges     // the same, if there are many
	absent []absentEdge         // conditions that may be met by a path without fields
	grow   map[string]*treeNode // while the tree is built: where conditions lead, by their keys
}

// A ref is a branch of a pattern, both by their place.
type ref struct{ pattern, branch int32 }

// edges are the conditions of a node on one path, found by value.
type edges struct {
	path     int32
	strings  map[string][]*treeNode
	folded   map[string][]*treeNode
	literals map[string][]*treeNode
	numbers  map[float64][]*treeNode
	addrs    map[netip.Addr][]*treeNode
	prefixes *radix
	suffixes *radix // of reversed strings
	any      []*treeNode
	scan     []scanEdge
}

// A scanEdge is a test that has to be tried.
type scanEdge struct {
	test *test
	to   *treeNode
}

type absentEdge struct {
	path int32
	to   *treeNode
}

// manyPaths is from how many paths on a node looks them up by the event's fields instead of trying each.
const manyPaths = 8

func buildTree(patterns []*Pattern) *tree {
	t := &tree{patterns: patterns, paths: map[string]int32{}}
	t.root = t.newNode()
	for i, p := range patterns {
		for j, b := range p.branches {
			t.insert(b, ref{int32(i), int32(j)})
		}
	}
	t.root.finish()
	return t
}

func (t *tree) newNode() *treeNode {
	t.nodes++
	return &treeNode{number: t.nodes - 1}
}

// insert adds a branch. All branches order their conditions alike, so that those with the same selective conditions share nodes.
func (t *tree) insert(b branch, r ref) {
	ordered := slices.Clone(b)
	slices.SortStableFunc(ordered, func(x, y *condition) int {
		return cmp.Or(cmp.Compare(x.order(), y.order()), cmp.Compare(x.path, y.path))
	})
	n := t.root
	for _, c := range ordered {
		to := n.grow[c.key]
		if to == nil {
			to = t.newNode()
			if n.grow == nil {
				n.grow = map[string]*treeNode{}
			}
			n.grow[c.key] = to
			t.connect(n, c, to)
		}
		n = to
	}
	n.ends = append(n.ends, r)
}

// order is the condition's place in the tree: selective ones first, those that may be met by absence last.
func (c *condition) order() int {
	if c.absent {
		return int(rankWide) + 1
	}
	return int(c.rank)
}

// finish releases what only building needs.
func (n *treeNode) finish() {
	for _, to := range n.grow {
		to.finish()
	}
	n.grow = nil
	if len(n.next) < manyPaths {
		n.byPath = nil
	}
}

// connect makes condition c lead from n to to.
func (t *tree) connect(n *treeNode, c *condition, to *treeNode) {
	path, ok := t.paths[c.path]
	if !ok {
		path = int32(len(t.paths))
		t.paths[c.path] = path
	}
	if c.absent {
		n.absent = append(n.absent, absentEdge{path, to})
	}
	e := n.byPath[path]
	if e == nil {
		e = &edges{path: path}
		n.next = append(n.next, e)
		if n.byPath == nil {
			n.byPath = map[int32]*edges{}
		}
		n.byPath[path] = e
	}
	for i := range c.tests {
		e.add(&c.tests[i], to)
	}
}

// add makes values that t takes lead to to.
func (e *edges) add(t *test, to *treeNode) {
	switch t.op {
	case opString:
		addTarget(&e.strings, t.text, to)
	case opAddr:
		addTarget(&e.addrs, t.addr, to)
	case opLiteral:
		addTarget(&e.literals, t.text, to)
	case opNumber:
		addTarget(&e.numbers, t.low, to)
	case opFold:
		addTarget(&e.folded, foldKey(t.text), to)
	case opPrefix:
		if e.prefixes == nil {
			e.prefixes = new(radix)
		}
		e.prefixes.insert(t.text, to)
	case opSuffix:
		if e.suffixes == nil {
			e.suffixes = new(radix)
		}
		e.suffixes.insert(reversed(t.text), to)
	case opExists:
		e.any = append(e.any, to)
	case opAbsent:
	default:
		e.scan = append(e.scan, scanEdge{t, to})
	}
}

func addTarget[K comparable](m *map[K][]*treeNode, key K, to *treeNode) {
	if *m == nil {
		*m = map[K][]*treeNode{}
	}
	(*m)[key] = append((*m)[key], to)
}

// targets appends where the value of f leads. A node may come several times.
func (e *edges) targets(f *field, s *search) {
	s.stack = append(s.stack, e.any...)
	switch {
	case f.kind == String:
		e.stringTargets(f.value, s)
	case f.kind == Number && e.numbers != nil:
		if n, ok := parseNumber(f.value); ok {
			s.stack = append(s.stack, e.numbers[n]...)
		}
	}
	if f.kind != String && e.literals != nil {
		s.stack = append(s.stack, e.literals[string(f.value)]...)
	}
	for i := range e.scan {
		if e.scan[i].test.take(f) {
			s.stack = append(s.stack, e.scan[i].to)
		}
	}
}

func (e *edges) stringTargets(v []byte, s *search) {
	if e.strings != nil {
		s.stack = append(s.stack, e.strings[string(v)]...)
	}
	if e.prefixes != nil {
		s.stack = e.prefixes.prefixesOf(v, s.stack)
	}
	if e.suffixes != nil {
		s.stack = e.suffixes.suffixesOf(v, s.stack)
	}
	if e.folded != nil {
		s.fold = appendFold(s.fold[:0], v)
		s.stack = append(s.stack, e.folded[string(s.fold)]...)
	}
	if e.addrs != nil && mayBeAddr(v) {
		if a, ok := parseAddr(string(v)); ok {
			s.stack = append(s.stack, e.addrs[a]...)
		}
	}
}

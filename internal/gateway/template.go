package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// tree matches paths against URI templates such as /functions/{FunctionName}/policy, segment by segment on the escaped
// path, so that an escaped slash stays inside its label. A literal segment wins over a label, a label over a greedy one
// ({Key+}, which takes the rest of the path). The zero value matches nothing.
type tree struct {
	literals map[string]*tree
	label    *tree
	leaves   []leaf // templates that end here, the one that asks for most query parameters first
	greedy   []leaf // templates that end here in a greedy label
}

// leaf is the end of a template.
type leaf struct {
	method   string
	query    []pair // that must be there
	endpoint *Endpoint
}

type pair struct{ key, value string } // value empty: any

func newTree(endpoints []Endpoint) *tree {
	t := &tree{}
	t.add(endpoints)
	return t
}

func (t *tree) add(endpoints []Endpoint) {
	for i := range endpoints {
		path, query, _ := strings.Cut(endpoints[i].Operation.URI, "?")
		l := leaf{method: endpoints[i].Operation.Method, query: parsePairs(query), endpoint: &endpoints[i]}
		t.insert(strings.Trim(path, "/"), l)
	}
}

func parsePairs(query string) []pair {
	var out []pair
	for query != "" {
		var p string
		p, query, _ = strings.Cut(query, "&")
		k, v, _ := strings.Cut(p, "=")
		out = append(out, pair{k, v})
	}
	return out
}

func (t *tree) insert(path string, l leaf) {
	at := t
	for path != "" {
		var segment string
		segment, path, _ = strings.Cut(path, "/")
		switch {
		case strings.HasSuffix(segment, "+}"):
			at.greedy = insertLeaf(at.greedy, l)
			return
		case strings.HasPrefix(segment, "{"):
			if at.label == nil {
				at.label = &tree{}
			}
			at = at.label
		default:
			if at.literals == nil {
				at.literals = map[string]*tree{}
			}
			if at.literals[segment] == nil {
				at.literals[segment] = &tree{}
			}
			at = at.literals[segment]
		}
	}
	at.leaves = insertLeaf(at.leaves, l)
}

func insertLeaf(leaves []leaf, l leaf) []leaf {
	leaves = append(leaves, l)
	slices.SortStableFunc(leaves, func(a, b leaf) int { return cmp.Compare(len(b.query), len(a.query)) })
	return leaves
}

// match returns the operation for a request, or nil. A slash at the end of the path does not count.
func (t *tree) match(method, path, query string) *Endpoint {
	path = strings.TrimPrefix(path, "/")
	path = strings.TrimSuffix(path, "/")
	return t.walk(method, path, query)
}

func (t *tree) walk(method, path, query string) *Endpoint {
	if path == "" {
		return find(t.leaves, method, query)
	}
	segment, rest, _ := strings.Cut(path, "/")
	if next := t.literals[segment]; next != nil {
		if e := next.walk(method, rest, query); e != nil {
			return e
		}
	}
	if t.label != nil && segment != "" {
		if e := t.label.walk(method, rest, query); e != nil {
			return e
		}
	}
	return find(t.greedy, method, query)
}

func find(leaves []leaf, method, query string) *Endpoint {
	for i := range leaves {
		if leaves[i].method == method && leaves[i].wants(query) {
			return leaves[i].endpoint
		}
	}
	return nil
}

func (l *leaf) wants(query string) bool {
	for _, p := range l.query {
		if !hasPair(query, p.key, p.value) {
			return false
		}
	}
	return true
}

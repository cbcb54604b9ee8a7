package awsquery

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// maxDepth is how many parts, with dots between them, the name of a parameter may have.
const maxDepth = 64

type param struct{ key, value string }

// parse turns parameters such as Entries.member.1.Id=a into a tree: their names are paths. Of equal names the last counts.
func parse(forms ...string) (*wire.Tree, error) {
	var few [32]param
	params := few[:0]
	for _, form := range forms {
		for form != "" {
			var pair string
			pair, form, _ = strings.Cut(form, "&")
			if pair == "" {
				continue
			}
			key, value, _ := strings.Cut(pair, "=")
			key, err := url.QueryUnescape(key)
			if err != nil {
				return nil, malformed()
			}
			if value, err = url.QueryUnescape(value); err != nil {
				return nil, malformed()
			}
			params = append(params, param{key, value})
		}
	}
	slices.SortStableFunc(params, func(a, b param) int { return comparePaths(a.key, b.key) })

	t := wire.NewTree(wire.Node{Kind: wire.NodeText})
	for _, p := range params {
		if !insert(t, p) {
			t.Free()
			return nil, malformed()
		}
	}
	return t, nil
}

func malformed() error {
	return wire.Errorf(400, "MalformedQueryString", "The query string contains a syntax error")
}

// comparePaths orders paths so that those with a common beginning are neighbours.
func comparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x == '.' || y != '.' && x < y {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}

// insert adds a parameter that comes after all others in the tree.
func insert(t *wire.Tree, p param) bool {
	at := wire.NodeID(0)
	path := p.key
	for depth := 0; path != ""; depth++ {
		if depth == maxDepth {
			return false
		}
		var part string
		part, path, _ = strings.Cut(path, ".")
		if part == "" {
			return false
		}
		if last := t.Nodes[at].Last; last != 0 && t.Nodes[last].Key == part {
			at = last
			continue
		}
		at = t.Add(at, wire.Node{Key: part, Kind: wire.NodeText})
	}
	t.Nodes[at].Text = p.value
	return true
}

// list finds the elements of a list: the children whose names are numbers, in their order.
func list(t *wire.Tree, m *wire.Member, _, n wire.NodeID) wire.NodeID {
	result := t.Orphan(wire.Node{Kind: wire.NodeList})
	for _, id := range numbered(t, m, n, xmlbody.Query.Element(m.Of)) {
		t.AddCopy(result, id, "")
	}
	return result
}

// entries finds the entries of a map.
func entries(t *wire.Tree, m *wire.Member, _, n wire.NodeID) wire.NodeID {
	result := t.Orphan(wire.Node{Kind: wire.NodeObject})
	key, value := xmlbody.Query.Entry(m.Of)
	for _, id := range numbered(t, m, n, "entry") {
		k, v := t.Child(id, key), t.Child(id, value)
		if k == wire.NoNode {
			continue
		}
		if v == wire.NoNode { // its required members are found missing then
			v = t.Orphan(wire.Node{Kind: wire.NodeText})
		}
		t.AddCopy(result, v, t.Nodes[k].Text)
	}
	return result
}

// numbered returns the children of n whose keys are numbers; or, unless the list or map is flat, those of n's child of the
// given name.
func numbered(t *wire.Tree, m *wire.Member, n wire.NodeID, name string) []wire.NodeID {
	if !m.Flat() {
		if inner := t.Child(n, name); inner != wire.NoNode {
			n = inner
		} else if inner := t.Child(n, "member"); inner != wire.NoNode {
			n = inner
		}
	}
	type item struct {
		number int
		id     wire.NodeID
	}
	var few [16]item
	items := few[:0]
	for c := t.Nodes[n].First; c != 0; c = t.Nodes[c].Next {
		if number, err := strconv.Atoi(t.Nodes[c].Key); err == nil {
			items = append(items, item{number, c})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.number - b.number })
	ids := make([]wire.NodeID, len(items))
	for i, it := range items {
		ids[i] = it.id
	}
	return ids
}

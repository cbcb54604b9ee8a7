package memkv

import "bytes"

// node is the root of a tree of rows: a treap that never changes. Every operation returns a new tree, which shares what
// did not change with the old one, so that a root is a snapshot. The nil tree is empty.
type node struct {
	key, value  []byte
	priority    uint64 // a hash of the key; parents have the higher one, which keeps the tree balanced
	left, right *node
}

func newNode(key, value []byte) *node {
	h := uint64(14695981039346656037) // FNV-1a, then mixed, for keys differ mostly in their last bytes
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return &node{key: key, value: value, priority: h}
}

// split returns the rows below key and those from key on.
func (n *node) split(key []byte) (below, rest *node) {
	if n == nil {
		return nil, nil
	}
	c := *n
	if bytes.Compare(n.key, key) < 0 {
		c.right, rest = n.right.split(key)
		return &c, rest
	}
	below, c.left = n.left.split(key)
	return below, &c
}

// join returns the rows of both trees; all of a's keys lie below b's.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		c := *a
		c.right = join(a.right, b)
		return &c
	default:
		c := *b
		c.left = join(a, b.left)
		return &c
	}
}

// get returns the row at key, or nil.
func (n *node) get(key []byte) *node {
	for n != nil {
		switch c := bytes.Compare(key, n.key); {
		case c == 0:
			return n
		case c < 0:
			n = n.left
		default:
			n = n.right
		}
	}
	return nil
}

// set returns the tree with the row at key; it keeps both slices.
func (n *node) set(key, value []byte) *node {
	below, rest := n.split(key)
	_, above := rest.split(next(key))
	return join(join(below, newNode(key, value)), above)
}

// deleteRange returns the tree without the rows in [start, end); a nil end lies after the last key.
func (n *node) deleteRange(start, end []byte) *node {
	if end != nil && bytes.Compare(start, end) >= 0 {
		return n
	}
	below, rest := n.split(start)
	if end == nil {
		return below
	}
	_, above := rest.split(end)
	return join(below, above)
}

// walk calls yield with the rows in [start, end), in order or in reverse order, until it returns false. It reports
// whether it went on to the end.
func (n *node) walk(start, end []byte, reverse bool, yield func(row *node) bool) bool {
	if n == nil {
		return true
	}
	fromStart := bytes.Compare(n.key, start) >= 0
	beforeEnd := end == nil || bytes.Compare(n.key, end) < 0
	walkLeft := func() bool { return !fromStart || n.left.walk(start, end, reverse, yield) }
	walkRight := func() bool { return !beforeEnd || n.right.walk(start, end, reverse, yield) }
	here := func() bool { return !fromStart || !beforeEnd || yield(n) }
	if reverse {
		return walkRight() && here() && walkLeft()
	}
	return walkLeft() && here() && walkRight()
}

// next returns the first key after key.
func next(key []byte) []byte {
	return append(bytes.Clone(key), 0)
}

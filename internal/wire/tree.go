package wire

import "sync"

// NodeKind says what a node of a Tree is.
type NodeKind uint8

// All kinds of nodes.
const (
	NodeNull   NodeKind = iota
	NodeString          // Text is the string, unescaped
	NodeNumber          // Text is the number as it was written
	NodeInt             // Bits is an int64
	NodeFloat           // Bits are those of a float64
	NodeTrue
	NodeFalse
	NodeBytes  // Text holds raw bytes
	NodeList   // children are the elements
	NodeObject // children are members or entries, under their Key
	// NodeText has no type of its own: XML elements, query and form parameters, headers and labels. Text is the
	// character data, read as whatever the schema wants; children, if any, are what is nested in it.
	NodeText
)

// NodeID is a node's place in its tree. The root is 0, so that 0 also means "no child" and "no sibling".
type NodeID int32

// NoNode is where there is no node.
const NoNode NodeID = -1

// Node is a value of a request's body. Strings may share the memory of the body that they were cut from.
type Node struct {
	Key  string // the member's name or the map's key; empty in lists
	Text string // see NodeKind; for lists and objects of JSON their source text
	Bits uint64 // see NodeKind; for objects a set of hashes of the children's keys

	First, Last, Next NodeID // children and the next sibling; 0 when there is none
	Len               int32  // number of children

	Kind     NodeKind
	repeated bool // two children may have the same key
}

// Tree is a request's body taken apart: its nodes lie in one slice, parents before their children. Get one with NewTree
// and give it back with Free.
type Tree struct {
	Nodes []Node
}

// maxPooledNodes keeps the trees of rare, huge requests out of the pool (64 B a node).
const maxPooledNodes = 4096

var treePool = sync.Pool{New: func() any { return &Tree{Nodes: make([]Node, 0, 64)} }}

// NewTree returns a tree that holds only its root.
func NewTree(root Node) *Tree {
	t := treePool.Get().(*Tree)
	t.Nodes = append(t.Nodes, root)
	return t
}

// Free gives t back. Nothing may use t or its nodes after; strings that were read from it stay good.
func (t *Tree) Free() {
	if cap(t.Nodes) > maxPooledNodes {
		return
	}
	clear(t.Nodes)
	t.Nodes = t.Nodes[:0]
	treePool.Put(t)
}

// Add appends n to the children of parent. Pointers into t.Nodes are invalid after it.
func (t *Tree) Add(parent NodeID, n Node) NodeID {
	id := NodeID(len(t.Nodes))
	t.Nodes = append(t.Nodes, n)
	t.link(parent, id, n.Key)
	return id
}

// AddKey is Add for a node of which only the key is known yet.
func (t *Tree) AddKey(parent NodeID, key string) NodeID {
	id := NodeID(len(t.Nodes))
	if int(id) < cap(t.Nodes) { // what Free gave back is clear
		t.Nodes = t.Nodes[:id+1]
		t.Nodes[id].Key = key
	} else {
		t.Nodes = append(t.Nodes, Node{Key: key})
	}
	t.link(parent, id, key)
	return id
}

func (t *Tree) link(parent, id NodeID, key string) {
	p := &t.Nodes[parent]
	if p.Last == 0 {
		p.First = id
	} else {
		t.Nodes[p.Last].Next = id
	}
	p.Last = id
	p.Len++
	if key != "" {
		bit := keyBit(key)
		p.repeated = p.repeated || p.Bits&bit != 0
		p.Bits |= bit
	}
}

// AddCopy appends a copy of a node, which shares the children of the original, to the children of parent under key.
// Dialects use it to arrange elements and entries that lie scattered.
func (t *Tree) AddCopy(parent, id NodeID, key string) NodeID {
	n := t.Nodes[id]
	n.Key, n.Next = key, 0
	return t.Add(parent, n)
}

// Orphan appends a node that is nobody's child.
func (t *Tree) Orphan(n Node) NodeID {
	t.Nodes = append(t.Nodes, n)
	return NodeID(len(t.Nodes) - 1)
}

// Child returns the child of parent that has the key, the last one if there are several, or NoNode.
func (t *Tree) Child(parent NodeID, key string) NodeID {
	id, _ := t.child(parent, key, 0)
	return id
}

// child is Child; it begins at the sibling after hint, which speeds up visits in the order of the body.
func (t *Tree) child(parent NodeID, key string, hint NodeID) (id, newHint NodeID) {
	p := &t.Nodes[parent]
	if p.First == 0 || key != "" && p.Bits&keyBit(key) == 0 {
		return NoNode, hint
	}
	if p.repeated {
		found := NoNode
		for c := p.First; c != 0; c = t.Nodes[c].Next {
			if t.Nodes[c].Key == key {
				found = c
			}
		}
		return found, hint
	}
	start := p.First
	if hint != 0 && t.Nodes[hint].Next != 0 {
		start = t.Nodes[hint].Next
	}
	for c := start; c != 0; c = t.Nodes[c].Next {
		if t.Nodes[c].Key == key {
			return c, c
		}
	}
	for c := p.First; c != start; c = t.Nodes[c].Next {
		if t.Nodes[c].Key == key {
			return c, c
		}
	}
	return NoNode, hint
}

// keyBit maps a key, which is not empty, to one of 64 bits.
func keyBit(key string) uint64 {
	n := len(key)
	return 1 << ((uint(key[0])*7 + uint(key[n-1])*3 + uint(key[n/2]) + uint(n)) & 63)
}

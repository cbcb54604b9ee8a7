package wire

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Dialect says how the trees of a protocol hold what the schemas describe. Its functions hold no state.
type Dialect struct {
	// Name returns the key under which an object has a member.
	Name func(m *Member) string
	// List returns a node whose children are the elements of a list that came as the NodeText n, a child of parent (or,
	// for an element of another list, n's list). Nil where lists are always NodeList.
	List func(t *Tree, m *Member, parent, n NodeID) NodeID
	// Map does the same for the entries of a map; the children's keys are the map's.
	Map func(t *Tree, m *Member, parent, n NodeID) NodeID
	// Mismatch returns the error for a node that cannot be what m wants.
	Mismatch func(m *Member, n *Node) error
	// NullElements keeps nulls in lists and maps as zero values; else they are left out, as AWS's servers do.
	NullElements bool
}

// Source is what a shape is decoded from.
type Source struct {
	Tree    *Tree
	Root    NodeID // of the body's structure; NoNode when there is no body
	Dialect *Dialect
	// Bound returns the node of a member of the outermost structure, wherever it is (Member.In), or NoNode. Nil when all are
	// children of Root.
	Bound func(m *Member) (NodeID, error)
	// Stream is the value of a streaming member.
	Stream io.Reader
	// Bodies reads streaming members from the tree, as strings.
	Bodies bool
}

// Decode sets the members of in, a new shape, from s. Members that s does not know are ignored, null is absent, and of equal
// keys the last one counts. It returns the first error of a value that has the wrong type or is out of range.
func (s *Source) Decode(in Shape) (Missing, error) {
	d := decoderPool.Get().(*decoder)
	d.tree, d.dialect, d.source = s.Tree, s.Dialect, s
	d.stack = append(d.stack, frame{node: s.Root})
	in.Fields(d)
	missing, err := d.missing, d.err
	clear(d.stack)
	*d = decoder{stack: d.stack[:0]}
	decoderPool.Put(d)
	if err != nil {
		return nil, err
	}
	return missing, nil
}

var decoderPool = sync.Pool{New: func() any { return new(decoder) }}

// decoder is the Visitor that sets members from a tree.
type decoder struct {
	tree    *Tree
	dialect *Dialect
	source  *Source
	stack   []frame
	missing Missing
	err     error
}

// frame is a structure, list or map that is being visited.
type frame struct {
	m     *Member // nil for the outermost structure
	node  NodeID  // the structure; or the element or value that is next to be visited
	next  NodeID  // of a list or map: the element after node; of a structure: a hint for Tree.child
	index int     // of a list or map
	of    Kind
}

func (d *decoder) top() *frame { return &d.stack[len(d.stack)-1] }

// find returns the node that m is to be set from, or nil when there is none.
func (d *decoder) find(m *Member) *Node {
	id := d.findID(m)
	if id == NoNode {
		return nil
	}
	return &d.tree.Nodes[id]
}

func (d *decoder) findID(m *Member) NodeID {
	if d.err != nil {
		return NoNode
	}
	f := d.top()
	id := f.node
	switch {
	case f.of != KindStructure:
		if d.tree.Nodes[id].Kind == NodeNull {
			return NoNode
		}
		return id
	case f.m == nil && d.source.Bound != nil:
		if id, d.err = d.source.Bound(m); d.err != nil {
			return NoNode
		}
	case id != NoNode:
		id, f.next = d.tree.child(id, d.dialect.Name(m), f.next)
	}
	if id == NoNode || d.tree.Nodes[id].Kind == NodeNull {
		if m.Required {
			d.addMissing(m)
		}
		return NoNode
	}
	return id
}

func (d *decoder) mismatch(m *Member, n *Node) {
	if d.err == nil {
		d.err = d.dialect.Mismatch(m, n)
	}
}

// addMissing notes that m, a member or element of the innermost frame, is not there.
func (d *decoder) addMissing(m *Member) {
	if len(d.missing) == maxViolations {
		return
	}
	d.missing = append(d.missing, string(d.appendPath(nil, m)))
}

func (d *decoder) appendPath(b []byte, m *Member) []byte {
	for i := 1; i < len(d.stack); i++ {
		b = d.appendStep(b, &d.stack[i-1], d.stack[i].m)
	}
	return d.appendStep(b, d.top(), m)
}

func (d *decoder) appendStep(b []byte, f *frame, m *Member) []byte {
	switch f.of {
	case KindList:
		return append(strconv.AppendInt(append(b, '.'), int64(f.index+1), 10), ".member"...)
	case KindMap:
		b = append(append(b, '.'), d.tree.Nodes[f.node].Key...)
		return append(b, ".member"...)
	default:
		if len(b) > 0 {
			b = append(b, '.')
		}
		return appendLowerFirst(b, m.Name)
	}
}

func appendLowerFirst(b []byte, name string) []byte {
	n := len(b)
	b = append(b, name...)
	if n < len(b) && b[n] >= 'A' && b[n] <= 'Z' {
		b[n] += 'a' - 'A'
	}
	return b
}

// String implements Visitor.
func (d *decoder) String(m *Member, p *string) {
	if n := d.find(m); n != nil {
		d.setString(m, n, p)
	}
}

// OptString implements Visitor.
func (d *decoder) OptString(m *Member, p **string) {
	if n := d.find(m); n != nil {
		*p = new(string)
		d.setString(m, n, *p)
	}
}

func (d *decoder) setString(m *Member, n *Node, p *string) {
	switch n.Kind {
	case NodeString, NodeText:
		*p = n.Text
	default:
		d.mismatch(m, n)
	}
}

// Bool implements Visitor.
func (d *decoder) Bool(m *Member, p *bool) {
	if n := d.find(m); n != nil {
		v, ok := n.bool()
		if *p = v; !ok {
			d.mismatch(m, n)
		}
	}
}

// OptBool implements Visitor.
func (d *decoder) OptBool(m *Member, p **bool) {
	if n := d.find(m); n != nil {
		v, ok := n.bool()
		if *p = &v; !ok {
			d.mismatch(m, n)
		}
	}
}

// Int32 implements Visitor.
func (d *decoder) Int32(m *Member, p *int32) {
	if n := d.find(m); n != nil {
		v, ok := n.int(32)
		if *p = int32(v); !ok {
			d.mismatch(m, n)
		}
	}
}

// OptInt32 implements Visitor.
func (d *decoder) OptInt32(m *Member, p **int32) {
	if n := d.find(m); n != nil {
		*p = new(int32)
		v, ok := n.int(32)
		if **p = int32(v); !ok {
			d.mismatch(m, n)
		}
	}
}

// Int64 implements Visitor.
func (d *decoder) Int64(m *Member, p *int64) {
	if n := d.find(m); n != nil {
		v, ok := n.int(64)
		if *p = v; !ok {
			d.mismatch(m, n)
		}
	}
}

// OptInt64 implements Visitor.
func (d *decoder) OptInt64(m *Member, p **int64) {
	if n := d.find(m); n != nil {
		v, ok := n.int(64)
		if *p = &v; !ok {
			d.mismatch(m, n)
		}
	}
}

// Float64 implements Visitor.
func (d *decoder) Float64(m *Member, p *float64) {
	if n := d.find(m); n != nil {
		v, ok := n.float()
		if *p = v; !ok {
			d.mismatch(m, n)
		}
	}
}

// OptFloat64 implements Visitor.
func (d *decoder) OptFloat64(m *Member, p **float64) {
	if n := d.find(m); n != nil {
		v, ok := n.float()
		if *p = &v; !ok {
			d.mismatch(m, n)
		}
	}
}

// Time implements Visitor.
func (d *decoder) Time(m *Member, p *time.Time) {
	if n := d.find(m); n != nil {
		v, ok := n.time()
		if *p = v; !ok {
			d.mismatch(m, n)
		}
	}
}

// OptTime implements Visitor.
func (d *decoder) OptTime(m *Member, p **time.Time) {
	if n := d.find(m); n != nil {
		v, ok := n.time()
		if *p = &v; !ok {
			d.mismatch(m, n)
		}
	}
}

// Blob implements Visitor.
func (d *decoder) Blob(m *Member, p *[]byte) {
	if n := d.find(m); n != nil {
		v, ok := n.blob()
		if *p = v; !ok {
			d.mismatch(m, n)
		}
	}
}

// Body implements Visitor.
func (d *decoder) Body(m *Member, p *io.Reader) {
	if d.source.Stream != nil {
		*p = d.source.Stream
	}
	if d.source.Bodies {
		var s *string
		if d.OptString(m, &s); s != nil {
			*p = strings.NewReader(*s)
		}
	}
}

// Document implements Visitor.
func (d *decoder) Document(m *Member, p *Document) {
	if id := d.findID(m); id != NoNode {
		*p = d.tree.appendDocument(nil, id)
	}
}

// Make implements Visitor.
func (d *decoder) Make(m *Member) bool { return d.findID(m) != NoNode }

// Struct implements Visitor.
func (d *decoder) Struct(m *Member, s Shape) {
	id := d.findID(m)
	if id == NoNode {
		return
	}
	if n := &d.tree.Nodes[id]; n.Kind != NodeObject && n.Kind != NodeText {
		d.mismatch(m, n)
		return
	}
	d.stack = append(d.stack, frame{m: m, node: id})
	s.Fields(d)
	d.stack = d.stack[:len(d.stack)-1]
}

// BeginList implements Visitor.
func (d *decoder) BeginList(m *Member, _ int) int {
	id := d.findID(m)
	if id == NoNode {
		return -1
	}
	n := &d.tree.Nodes[id]
	if n.Kind == NodeText && d.dialect.List != nil {
		id = d.dialect.List(d.tree, m, d.top().node, id)
		n = &d.tree.Nodes[id]
	}
	if n.Kind != NodeList {
		d.mismatch(m, n)
		return -1
	}
	if !d.dialect.NullElements {
		d.tree.dropNulls(id)
	}
	d.stack = append(d.stack, frame{m: m, node: NoNode, next: n.First, index: -1, of: KindList})
	return int(n.Len)
}

// Item implements Visitor.
func (d *decoder) Item(int) { d.advance() }

// EndList implements Visitor.
func (d *decoder) EndList(*Member) { d.stack = d.stack[:len(d.stack)-1] }

func (d *decoder) advance() {
	f := d.top()
	f.node = f.next
	f.next = d.tree.Nodes[f.node].Next
	f.index++
}

// BeginMap implements Visitor.
func (d *decoder) BeginMap(m *Member, _ int) int {
	id := d.findID(m)
	if id == NoNode {
		return -1
	}
	n := &d.tree.Nodes[id]
	if n.Kind == NodeText && d.dialect.Map != nil {
		id = d.dialect.Map(d.tree, m, d.top().node, id)
		n = &d.tree.Nodes[id]
	}
	if n.Kind != NodeObject {
		d.mismatch(m, n)
		return -1
	}
	if !d.dialect.NullElements {
		d.tree.dropNulls(id)
	}
	d.stack = append(d.stack, frame{m: m, node: NoNode, next: n.First, index: -1, of: KindMap})
	return int(n.Len)
}

// Entry implements Visitor.
func (d *decoder) Entry(int, string) string {
	d.advance()
	return d.tree.Nodes[d.top().node].Key
}

// EndMap implements Visitor.
func (d *decoder) EndMap(*Member) { d.stack = d.stack[:len(d.stack)-1] }

// Events implements Visitor. Inputs have no event streams.
func (d *decoder) Events(*Member, EventSource) {}

// dropNulls takes the children that are null out of a list or an object.
func (t *Tree) dropNulls(parent NodeID) {
	p := &t.Nodes[parent]
	link := &p.First
	p.Last = 0
	for c := *link; c != 0; c = t.Nodes[c].Next {
		if t.Nodes[c].Kind == NodeNull {
			p.Len--
			continue
		}
		*link, p.Last = c, c
		link = &t.Nodes[c].Next
	}
	*link = 0
}

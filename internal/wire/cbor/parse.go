package cbor

import (
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/cumulet/cumulet/internal/wire"
)

// maxDepth is how deep lists, maps and tags may be nested.
const maxDepth = 128

// Major types.
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple
)

// Simple values and lengths.
const (
	simpleFalse     = 20
	simpleTrue      = 21
	simpleNull      = 22
	simpleUndefined = 23
	simpleFloat16   = 25
	simpleFloat32   = 26
	simpleFloat64   = 27
	indefinite      = 31

	breakByte = 0xff
)

// Tags.
const (
	tagEpoch    = 1
	tagPositive = 2
	tagNegative = 3
)

// Parse reads one item with nothing after it. The caller frees the tree, whose strings share the memory of data.
func Parse(data string) (*wire.Tree, error) {
	p := parser{data: data, tree: wire.NewTree(wire.Node{})}
	p.item(0, 1)
	if p.failed || p.at != len(data) {
		p.tree.Free()
		return nil, malformed()
	}
	return p.tree, nil
}

func malformed() *wire.Error {
	return &wire.Error{Code: "SerializationException", QueryCode: "MalformedInput", Status: 400, Message: "The request body is not well-formed CBOR."}
}

type parser struct {
	data   string
	at     int
	tree   *wire.Tree
	failed bool
}

// head reads an item's first bytes. arg is the value, length or number that they hold; of floats, the bits.
func (p *parser) head() (major, info byte, arg uint64) {
	if p.at >= len(p.data) {
		p.failed = true
		return 0, 0, 0
	}
	b := p.data[p.at]
	p.at++
	major, info = b>>5, b&31
	switch {
	case info < 24:
		return major, info, uint64(info)
	case info < 28:
		n := 1 << (info - 24)
		if len(p.data)-p.at < n {
			p.failed = true
			return 0, 0, 0
		}
		for range n {
			arg = arg<<8 | uint64(p.data[p.at])
			p.at++
		}
	case info != indefinite:
		p.failed = true
	}
	return major, info, arg
}

// item reads an item into node id.
func (p *parser) item(id wire.NodeID, depth int) {
	if depth > maxDepth {
		p.failed = true
		return
	}
	major, info, arg := p.head()
	if p.failed {
		return
	}
	if info == indefinite && (major < majorBytes || major > majorMap) {
		p.failed = true
		return
	}
	n := &p.tree.Nodes[id]
	switch major {
	case majorUint:
		if arg > math.MaxInt64 {
			n.Kind, n.Bits = wire.NodeFloat, math.Float64bits(float64(arg))
			return
		}
		n.Kind, n.Bits = wire.NodeInt, arg
	case majorNegative:
		if arg > math.MaxInt64 {
			n.Kind, n.Bits = wire.NodeFloat, math.Float64bits(-1-float64(arg))
			return
		}
		n.Kind, n.Bits = wire.NodeInt, ^arg
	case majorBytes:
		n.Kind, n.Text = wire.NodeBytes, p.chunks(majorBytes, info, arg)
	case majorText:
		n.Kind, n.Text = wire.NodeString, p.chunks(majorText, info, arg)
	case majorList:
		n.Kind = wire.NodeList
		p.list(id, info, arg, depth)
	case majorMap:
		n.Kind = wire.NodeObject
		p.object(id, info, arg, depth)
	case majorTag:
		p.tag(id, arg, depth)
	default:
		p.simple(n, info, arg)
	}
}

// span cuts the next n bytes out of the data.
func (p *parser) span(n uint64) string {
	if p.failed || n > uint64(len(p.data)-p.at) {
		p.failed = true
		return ""
	}
	s := p.data[p.at : p.at+int(n)]
	p.at += int(n)
	return s
}

// chunks reads the content of a string whose head is read; text must be UTF-8.
func (p *parser) chunks(major, info byte, n uint64) string {
	if info != indefinite {
		return p.text(major, n)
	}
	var b strings.Builder
	for !p.end() {
		m, i, n := p.head()
		if m != major || i == indefinite {
			p.failed = true
		}
		if p.failed {
			return ""
		}
		b.WriteString(p.text(major, n))
	}
	return b.String()
}

func (p *parser) text(major byte, n uint64) string {
	s := p.span(n)
	if major == majorText && !utf8.ValidString(s) {
		p.failed = true
	}
	return s
}

// end skips the byte that ends an item of indefinite length, if it comes next. It is also true once reading has failed.
func (p *parser) end() bool {
	if p.failed || p.at >= len(p.data) {
		p.failed = true
		return true
	}
	if p.data[p.at] == breakByte {
		p.at++
		return true
	}
	return false
}

func (p *parser) list(id wire.NodeID, info byte, n uint64, depth int) {
	if info == indefinite {
		for !p.end() {
			p.item(p.tree.Add(id, wire.Node{}), depth+1)
		}
		return
	}
	for ; n > 0 && !p.failed; n-- { // each needs a byte at least, so this ends with the data
		p.item(p.tree.Add(id, wire.Node{}), depth+1)
	}
}

func (p *parser) object(id wire.NodeID, info byte, n uint64, depth int) {
	if info == indefinite {
		for !p.end() {
			p.entry(id, depth)
		}
		return
	}
	for ; n > 0 && !p.failed; n-- {
		p.entry(id, depth)
	}
}

// entry reads a key, which must be text, and its value.
func (p *parser) entry(id wire.NodeID, depth int) {
	major, info, n := p.head()
	if p.failed || major != majorText {
		p.failed = true
		return
	}
	key := p.chunks(majorText, info, n)
	if p.failed {
		return
	}
	p.item(p.tree.Add(id, wire.Node{Key: key}), depth+1)
}

// tag reads what a tag applies to.
func (p *parser) tag(id wire.NodeID, tag uint64, depth int) {
	p.item(id, depth+1)
	if p.failed {
		return
	}
	n := &p.tree.Nodes[id]
	switch tag {
	case tagEpoch:
		p.failed = n.Kind != wire.NodeInt && n.Kind != wire.NodeFloat
	case tagPositive, tagNegative:
		p.bignum(n, tag)
	}
}

// bignum turns a string of bytes into the float that is nearest to the integer it holds.
func (p *parser) bignum(n *wire.Node, tag uint64) {
	if n.Kind != wire.NodeBytes {
		p.failed = true
		return
	}
	i := new(big.Int).SetBytes([]byte(n.Text))
	if tag == tagNegative {
		i.Not(i)
	}
	f, _ := new(big.Float).SetInt(i).Float64()
	n.Kind, n.Text, n.Bits = wire.NodeFloat, "", math.Float64bits(f)
}

func (p *parser) simple(n *wire.Node, info byte, arg uint64) {
	switch info {
	case simpleFalse:
		n.Kind = wire.NodeFalse
	case simpleTrue:
		n.Kind = wire.NodeTrue
	case simpleNull, simpleUndefined:
		n.Kind = wire.NodeNull
	case simpleFloat16:
		n.Kind, n.Bits = wire.NodeFloat, math.Float64bits(float16(uint16(arg)))
	case simpleFloat32:
		n.Kind, n.Bits = wire.NodeFloat, math.Float64bits(float64(math.Float32frombits(uint32(arg))))
	case simpleFloat64:
		n.Kind, n.Bits = wire.NodeFloat, arg
	default:
		p.failed = true
	}
}

// float16 returns the value of a half-precision float.
func float16(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		if f = math.Inf(1); fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 != 0 {
		return -f
	}
	return f
}

func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// Package xmlbody writes shapes as XML: the answers of the Query and REST-XML protocols.
package xmlbody

import (
	"encoding/base64"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cumulet/cumulet/internal/wire"
)

// Style says how elements are named.
type Style struct {
	member              func(m *wire.Member) string
	element, key, value func(list *wire.Schema) string
}

// REST has the names of REST-XML.
var REST = &Style{
	member:  (*wire.Member).XMLName,
	element: func(s *wire.Schema) string { return or(s.Elem.Wire, "member") },
	key:     func(s *wire.Schema) string { return or(s.Key.Wire, "key") },
	value:   func(s *wire.Schema) string { return or(s.Elem.Wire, "value") },
}

// Query has the names of the Query protocol.
var Query = &Style{
	member:  func(m *wire.Member) string { return or(m.Query, m.XMLName()) },
	element: func(s *wire.Schema) string { return or(s.Elem.Query, or(s.Elem.Wire, "member")) },
	key:     func(s *wire.Schema) string { return or(s.Key.Query, or(s.Key.Wire, "key")) },
	value:   func(s *wire.Schema) string { return or(s.Elem.Query, or(s.Elem.Wire, "value")) },
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Member returns the name of the element of a structure's member.
func (s *Style) Member(m *wire.Member) string { return s.member(m) }

// Element returns the name of a list's elements, unless it is flat.
func (s *Style) Element(list *wire.Schema) string { return s.element(list) }

// Entry returns the names of the elements for a map's key and value.
func (s *Style) Entry(of *wire.Schema) (key, value string) { return s.key(of), s.value(of) }

// AppendMembers appends the elements of a structure's members to b, without an element around them. Members of the
// structure itself that are not in the body (Member.In) are left out.
func (s *Style) AppendMembers(b []byte, shape wire.Shape) []byte {
	e := newEncoder(s, b)
	e.stack = append(e.stack, frame{tagEnd: -1})
	shape.Fields(e)
	return e.done()
}

// AppendElement appends a structure as an element of the name, with the namespace that m or its schema has.
func (s *Style) AppendElement(b []byte, name string, m *wire.Member, shape wire.Shape) []byte {
	e := newEncoder(s, b)
	e.structure(name, m, shape)
	return e.done()
}

// AppendRoot appends an output as the document's root: AppendElement that leaves out what AppendMembers leaves out.
func (s *Style) AppendRoot(b []byte, name string, m *wire.Member, shape wire.Shape) []byte {
	e := newEncoder(s, b)
	e.open(name, m)
	e.stack = append(e.stack, frame{tagEnd: len(e.buf) - 1})
	shape.Fields(e)
	e.close(name)
	return e.done()
}

// frame is a structure, list or map that is being written.
type frame struct {
	name   string       // of the elements of a list, or of a map's values; empty in a structure
	entry  string       // of the elements around a map's entries
	ns     *wire.Member // has the namespace of those elements; nil when they have none
	of     *wire.Schema // of a map
	key    string       // of the elements for its keys
	open   bool         // an entry of a map has been begun
	tagEnd int          // of a structure: where attributes go; -1 when it has no tag of its own
}

type encoder struct {
	style *Style
	buf   []byte
	stack []frame
}

var encoderPool = sync.Pool{New: func() any { return new(encoder) }}

func newEncoder(s *Style, b []byte) *encoder {
	e := encoderPool.Get().(*encoder)
	e.style, e.buf, e.stack = s, b, e.stack[:0]
	return e
}

func (e *encoder) done() []byte {
	b := e.buf
	clear(e.stack)
	e.style, e.buf = nil, nil
	encoderPool.Put(e)
	return b
}

// open writes a start tag. Callers close it by the same name.
func (e *encoder) open(name string, m *wire.Member) {
	e.buf = append(append(e.buf, '<'), name...)
	if m != nil {
		e.namespace(m)
	}
	e.buf = append(e.buf, '>')
}

func (e *encoder) namespace(m *wire.Member) {
	uri, prefix := m.XMLNamespace, m.XMLPrefix
	if uri == "" {
		uri, prefix = m.Of.XMLNamespace, m.Of.XMLPrefix
	}
	if uri == "" {
		return
	}
	e.buf = append(e.buf, " xmlns"...)
	if prefix != "" {
		e.buf = append(append(e.buf, ':'), prefix...)
	}
	e.buf = append(AppendText(append(e.buf, `="`...), uri), '"')
}

func (e *encoder) close(name string) {
	e.buf = append(append(append(e.buf, "</"...), name...), '>')
}

// name returns the element of m, a member of the innermost structure or an element of the innermost list or map, and
// false when m is not to be written.
func (e *encoder) name(m *wire.Member) (string, bool) {
	f := &e.stack[len(e.stack)-1]
	if f.name != "" {
		return f.name, true
	}
	if len(e.stack) == 1 && m.In != wire.InBody {
		return "", false
	}
	return e.style.member(m), true
}

// scalar writes the element or attribute of m whose text text appends.
func (e *encoder) scalar(m *wire.Member, text func(b []byte) []byte) {
	name, ok := e.name(m)
	if !ok {
		return
	}
	if m.XMLAttribute {
		e.attribute(name, text)
		return
	}
	e.open(name, m)
	e.buf = text(e.buf)
	e.close(name)
}

// attribute inserts an attribute into the start tag of the innermost structure.
func (e *encoder) attribute(name string, text func(b []byte) []byte) {
	f := &e.stack[len(e.stack)-1]
	if f.tagEnd < 0 {
		return
	}
	attr := append(append([]byte{' '}, name...), `="`...)
	attr = append(text(attr), '"')
	e.buf = append(e.buf[:f.tagEnd], append(attr, e.buf[f.tagEnd:]...)...)
	f.tagEnd += len(attr)
}

// String implements wire.Visitor.
func (e *encoder) String(m *wire.Member, p *string) {
	name, ok := e.name(m)
	if !ok {
		return
	}
	if m.XMLAttribute {
		e.attribute(name, func(b []byte) []byte { return AppendText(b, *p) })
		return
	}
	e.open(name, m)
	e.buf = AppendText(e.buf, *p)
	e.close(name)
}

// OptString implements wire.Visitor.
func (e *encoder) OptString(m *wire.Member, p **string) {
	if *p != nil {
		e.String(m, *p)
	}
}

// Bool implements wire.Visitor.
func (e *encoder) Bool(m *wire.Member, p *bool) {
	e.scalar(m, func(b []byte) []byte { return strconv.AppendBool(b, *p) })
}

// OptBool implements wire.Visitor.
func (e *encoder) OptBool(m *wire.Member, p **bool) {
	if *p != nil {
		e.Bool(m, *p)
	}
}

// Int32 implements wire.Visitor.
func (e *encoder) Int32(m *wire.Member, p *int32) {
	e.scalar(m, func(b []byte) []byte { return strconv.AppendInt(b, int64(*p), 10) })
}

// OptInt32 implements wire.Visitor.
func (e *encoder) OptInt32(m *wire.Member, p **int32) {
	if *p != nil {
		e.Int32(m, *p)
	}
}

// Int64 implements wire.Visitor.
func (e *encoder) Int64(m *wire.Member, p *int64) {
	e.scalar(m, func(b []byte) []byte { return strconv.AppendInt(b, *p, 10) })
}

// OptInt64 implements wire.Visitor.
func (e *encoder) OptInt64(m *wire.Member, p **int64) {
	if *p != nil {
		e.Int64(m, *p)
	}
}

// Float64 implements wire.Visitor.
func (e *encoder) Float64(m *wire.Member, p *float64) {
	e.scalar(m, func(b []byte) []byte { return wire.AppendFloat(b, *p, m.Of.Kind) })
}

// OptFloat64 implements wire.Visitor.
func (e *encoder) OptFloat64(m *wire.Member, p **float64) {
	if *p != nil {
		e.Float64(m, *p)
	}
}

// Time implements wire.Visitor.
func (e *encoder) Time(m *wire.Member, p *time.Time) {
	e.scalar(m, func(b []byte) []byte { return wire.AppendTime(b, *p, m.Of.TimestampFormat) })
}

// OptTime implements wire.Visitor.
func (e *encoder) OptTime(m *wire.Member, p **time.Time) {
	if *p != nil {
		e.Time(m, *p)
	}
}

// Blob implements wire.Visitor.
func (e *encoder) Blob(m *wire.Member, p *[]byte) {
	if *p != nil {
		e.scalar(m, func(b []byte) []byte { return base64.StdEncoding.AppendEncode(b, *p) })
	}
}

// Body implements wire.Visitor: streams are never inside XML.
func (e *encoder) Body(*wire.Member, *io.Reader) {}

// Document implements wire.Visitor: XML has no documents.
func (e *encoder) Document(*wire.Member, *wire.Document) {}

// Make implements wire.Visitor.
func (e *encoder) Make(*wire.Member) bool { return false }

// Struct implements wire.Visitor.
func (e *encoder) Struct(m *wire.Member, s wire.Shape) {
	if name, ok := e.name(m); ok {
		e.structure(name, m, s)
	}
}

func (e *encoder) structure(name string, m *wire.Member, s wire.Shape) {
	e.open(name, m)
	if len(e.stack) == 0 { // the members are not the outermost ones: name looks at the depth
		e.stack = append(e.stack, frame{tagEnd: -1})
	}
	e.stack = append(e.stack, frame{tagEnd: len(e.buf) - 1})
	s.Fields(e)
	e.stack = e.stack[:len(e.stack)-1]
	e.close(name)
}

// BeginList implements wire.Visitor.
func (e *encoder) BeginList(m *wire.Member, n int) int {
	if n < 0 {
		return -1
	}
	name, ok := e.name(m)
	if !ok {
		return -1
	}
	if m.Flat() && e.stack[len(e.stack)-1].name == "" {
		e.stack = append(e.stack, frame{name: name})
		return n
	}
	e.open(name, m)
	e.stack = append(e.stack, frame{name: e.style.element(m.Of)})
	return n
}

// Item implements wire.Visitor.
func (e *encoder) Item(int) {}

// EndList implements wire.Visitor.
func (e *encoder) EndList(m *wire.Member) {
	e.stack = e.stack[:len(e.stack)-1]
	if name, _ := e.name(m); !m.Flat() || e.stack[len(e.stack)-1].name != "" {
		e.close(name)
	}
}

// BeginMap implements wire.Visitor.
func (e *encoder) BeginMap(m *wire.Member, n int) int {
	if n < 0 {
		return -1
	}
	name, ok := e.name(m)
	if !ok {
		return -1
	}
	entry, ns := name, m
	if !m.Flat() || e.stack[len(e.stack)-1].name != "" {
		entry, ns = "entry", nil
		e.open(name, m)
	}
	e.stack = append(e.stack, frame{name: e.style.value(m.Of), entry: entry, of: m.Of, ns: ns, key: e.style.key(m.Of)})
	return n
}

// Entry implements wire.Visitor.
func (e *encoder) Entry(_ int, key string) string {
	f := &e.stack[len(e.stack)-1]
	if f.open {
		e.close(f.entry)
	}
	f.open = true
	e.open(f.entry, f.ns)
	e.open(f.key, f.of.Key)
	e.buf = AppendText(e.buf, key)
	e.close(f.key)
	return key
}

// EndMap implements wire.Visitor.
func (e *encoder) EndMap(m *wire.Member) {
	f := &e.stack[len(e.stack)-1]
	if f.open {
		e.close(f.entry)
	}
	e.stack = e.stack[:len(e.stack)-1]
	if name, _ := e.name(m); !m.Flat() || e.stack[len(e.stack)-1].name != "" {
		e.close(name)
	}
}

// Events implements wire.Visitor: event streams are not part of XML.
func (e *encoder) Events(*wire.Member, wire.EventSource) {}

// AppendText appends s with the characters that mean something in XML escaped. Characters that XML cannot hold become
// U+FFFD, as does what is not UTF-8.
func AppendText(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '&' && c != '<' && c != '>' && c != '"' {
			i++
			continue
		}
		esc, size := "", 1
		switch c {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '"':
			esc = "&quot;"
		case '\r':
			esc = "&#xD;"
		case '\t', '\n':
			i++
			continue
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			if r >= utf8.RuneSelf && r != 0xFFFE && r != 0xFFFF && (r != utf8.RuneError || size > 1) {
				i += size
				continue
			}
			esc = "\ufffd"
		}
		b = append(append(b, s[start:i]...), esc...)
		i += size
		start = i
	}
	return append(b, s[start:]...)
}

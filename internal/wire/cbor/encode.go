package cbor

import (
	"encoding/binary"
	"io"
	"math"
	"sync"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// Append appends s, a map, to b.
func Append(b []byte, s wire.Shape) []byte {
	e := newEncoder(b)
	e.object(s)
	return e.done()
}

const (
	openMap = majorMap<<5 | indefinite
	null    = majorSimple<<5 | simpleNull
)

// encoder is the wire.Visitor that writes members. Structures are of indefinite length, because how many members are set is
// known at their end only.
type encoder struct {
	buf []byte
	// bare says, for each open structure, list and map, whether its values come without a key: that of an entry is written
	// by Entry.
	bare []bool
}

var encoderPool = sync.Pool{New: func() any { return new(encoder) }}

func newEncoder(b []byte) *encoder {
	e := encoderPool.Get().(*encoder)
	e.buf, e.bare = b, e.bare[:0]
	return e
}

func (e *encoder) done() []byte {
	b := e.buf
	e.buf = nil
	encoderPool.Put(e)
	return b
}

func (e *encoder) text(s string) {
	e.buf = append(appendHead(e.buf, majorText, uint64(len(s))), s...)
}

func (e *encoder) object(s wire.Shape) {
	e.buf = append(e.buf, openMap)
	e.members(s)
	e.buf = append(e.buf, breakByte)
}

func (e *encoder) members(s wire.Shape) {
	e.open(false)
	s.Fields(e)
	e.shut()
}

func (e *encoder) open(bare bool) { e.bare = append(e.bare, bare) }
func (e *encoder) shut()          { e.bare = e.bare[:len(e.bare)-1] }

// key writes what comes before the value of m.
func (e *encoder) key(m *wire.Member) {
	if !e.bare[len(e.bare)-1] {
		e.text(m.Name)
	}
}

// String implements wire.Visitor.
func (e *encoder) String(m *wire.Member, p *string) {
	e.key(m)
	e.text(*p)
}

// OptString implements wire.Visitor.
func (e *encoder) OptString(m *wire.Member, p **string) {
	if *p != nil {
		e.String(m, *p)
	}
}

// Bool implements wire.Visitor.
func (e *encoder) Bool(m *wire.Member, p *bool) {
	e.key(m)
	simple := byte(simpleFalse)
	if *p {
		simple = simpleTrue
	}
	e.buf = append(e.buf, majorSimple<<5|simple)
}

// OptBool implements wire.Visitor.
func (e *encoder) OptBool(m *wire.Member, p **bool) {
	if *p != nil {
		e.Bool(m, *p)
	}
}

// Int32 implements wire.Visitor.
func (e *encoder) Int32(m *wire.Member, p *int32) {
	e.key(m)
	e.int(int64(*p))
}

// OptInt32 implements wire.Visitor.
func (e *encoder) OptInt32(m *wire.Member, p **int32) {
	if *p != nil {
		e.Int32(m, *p)
	}
}

// Int64 implements wire.Visitor.
func (e *encoder) Int64(m *wire.Member, p *int64) {
	e.key(m)
	e.int(*p)
}

// OptInt64 implements wire.Visitor.
func (e *encoder) OptInt64(m *wire.Member, p **int64) {
	if *p != nil {
		e.Int64(m, *p)
	}
}

func (e *encoder) int(v int64) {
	if v < 0 {
		e.buf = appendHead(e.buf, majorNegative, uint64(^v))
		return
	}
	e.buf = appendHead(e.buf, majorUint, uint64(v))
}

// Float64 implements wire.Visitor.
func (e *encoder) Float64(m *wire.Member, p *float64) {
	e.key(m)
	e.float(*p)
}

// OptFloat64 implements wire.Visitor.
func (e *encoder) OptFloat64(m *wire.Member, p **float64) {
	if *p != nil {
		e.Float64(m, *p)
	}
}

func (e *encoder) float(f float64) {
	if short := float32(f); float64(short) == f || f != f {
		e.buf = binary.BigEndian.AppendUint32(append(e.buf, majorSimple<<5|simpleFloat32), math.Float32bits(short))
		return
	}
	e.buf = binary.BigEndian.AppendUint64(append(e.buf, majorSimple<<5|simpleFloat64), math.Float64bits(f))
}

// Time implements wire.Visitor: seconds since 1970, with milliseconds unless they are 0.
func (e *encoder) Time(m *wire.Member, p *time.Time) {
	e.key(m)
	e.buf = append(e.buf, majorTag<<5|tagEpoch)
	ms := p.UnixMilli()
	if ms%1000 == 0 {
		e.int(ms / 1000)
		return
	}
	e.buf = binary.BigEndian.AppendUint64(append(e.buf, majorSimple<<5|simpleFloat64), math.Float64bits(float64(ms)/1000))
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
		e.key(m)
		e.buf = append(appendHead(e.buf, majorBytes, uint64(len(*p))), *p...)
	}
}

// Body implements wire.Visitor. The protocol has no streaming bodies.
func (e *encoder) Body(*wire.Member, *io.Reader) {}

// Document implements wire.Visitor. The protocol has no documents.
func (e *encoder) Document(*wire.Member, *wire.Document) {}

// Make implements wire.Visitor.
func (e *encoder) Make(*wire.Member) bool { return false }

// Struct implements wire.Visitor.
func (e *encoder) Struct(m *wire.Member, s wire.Shape) {
	e.key(m)
	e.object(s)
}

// BeginList implements wire.Visitor.
func (e *encoder) BeginList(m *wire.Member, n int) int { return e.begin(m, majorList, n) }

// Item implements wire.Visitor.
func (e *encoder) Item(int) {}

// EndList implements wire.Visitor.
func (e *encoder) EndList(*wire.Member) { e.shut() }

// BeginMap implements wire.Visitor.
func (e *encoder) BeginMap(m *wire.Member, n int) int { return e.begin(m, majorMap, n) }

// Entry implements wire.Visitor.
func (e *encoder) Entry(_ int, key string) string {
	e.text(key)
	return key
}

// EndMap implements wire.Visitor.
func (e *encoder) EndMap(*wire.Member) { e.shut() }

// begin opens a list or map of n. One that is nil is left out of a structure and is null elsewhere.
func (e *encoder) begin(m *wire.Member, major byte, n int) int {
	if n < 0 {
		if e.bare[len(e.bare)-1] {
			e.buf = append(e.buf, null)
		}
		return -1
	}
	e.key(m)
	e.buf = appendHead(e.buf, major, uint64(n))
	e.open(true)
	return n
}

// Events implements wire.Visitor. Event streams are not part of the protocol here.
func (e *encoder) Events(*wire.Member, wire.EventSource) {}

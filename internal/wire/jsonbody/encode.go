package jsonbody

import (
	"encoding/base64"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cumulet/cumulet/internal/wire"
)

// Append appends s, an object of JSON, to b.
func (s *Style) Append(b []byte, shape wire.Shape) []byte {
	e := newEncoder(s, b)
	e.object(shape)
	return e.done()
}

// AppendError appends an error's object: its type, message and modelled members. An empty message is left out, unless
// the exception declares one.
func (s *Style) AppendError(b []byte, typeName string, err wire.APIError) []byte {
	e := newEncoder(s, b)
	e.buf = append(e.buf, '{')
	if typeName != "" {
		e.buf = wire.AppendQuoted(append(e.buf, `"__type":`...), typeName)
	}
	info := err.ErrorInfo()
	shape, modelled := err.(wire.Shape)
	name := "message"
	switch {
	case modelled && shape.Schema().Message != "":
		name = shape.Schema().Message
	case info.Code == "SerializationException":
		name = "Message" // Observed
	}
	if info.Message != "" || modelled {
		e.key(name)
		e.buf = wire.AppendQuoted(e.buf, info.Message)
	}
	if modelled {
		e.modes = append(e.modes, inObject)
		shape.Fields(e)
	}
	e.buf = append(e.buf, '}')
	return e.done()
}

// mode says what a value that follows is part of.
type mode byte

const (
	inObject mode = iota
	inList
	inMap
)

// maskedText stands for what may not be logged.
const maskedText = `"***"`

// encoder is the Visitor that writes members. It pays attention to commas by looking at the last byte written.
type encoder struct {
	style *Style
	buf   []byte
	modes []mode
}

var encoderPool = sync.Pool{New: func() any { return new(encoder) }}

func newEncoder(s *Style, b []byte) *encoder {
	e := encoderPool.Get().(*encoder)
	e.style, e.buf, e.modes = s, b, e.modes[:0]
	return e
}

func (e *encoder) done() []byte {
	b := e.buf
	e.style, e.buf = nil, nil
	encoderPool.Put(e)
	return b
}

func (e *encoder) object(s wire.Shape) {
	e.buf = append(e.buf, '{')
	e.modes = append(e.modes, inObject)
	s.Fields(e)
	e.modes = e.modes[:len(e.modes)-1]
	e.buf = append(e.buf, '}')
}

// begin writes what comes before the value of m, and reports whether the value is to be written.
func (e *encoder) begin(m *wire.Member) bool {
	switch e.modes[len(e.modes)-1] {
	case inObject:
		if !e.style.wire {
			e.key(e.style.dialect.Name(m))
			break
		}
		if m.In != wire.InBody && len(e.modes) == 1 {
			return false
		}
		e.key(m.Wire)
	case inList:
		e.comma()
	case inMap: // Entry has written the key
	}
	if e.style.redact && m.Of.Sensitive {
		e.buf = append(e.buf, maskedText...)
		return false
	}
	return true
}

// comma writes a comma unless an object or list has just been opened.
func (e *encoder) comma() {
	if c := e.buf[len(e.buf)-1]; c != '{' && c != '[' {
		e.buf = append(e.buf, ',')
	}
}

func (e *encoder) key(name string) {
	b := e.buf
	if c := b[len(b)-1]; c != '{' { // an object has not just been opened
		b = append(b, ',')
	}
	b = append(append(b, '"'), name...)
	e.buf = append(b, '"', ':')
}

// String implements wire.Visitor.
func (e *encoder) String(m *wire.Member, p *string) {
	if e.begin(m) {
		e.buf = wire.AppendQuoted(e.buf, *p)
	}
}

// OptString implements wire.Visitor.
func (e *encoder) OptString(m *wire.Member, p **string) {
	if *p != nil {
		e.String(m, *p)
	}
}

// Bool implements wire.Visitor.
func (e *encoder) Bool(m *wire.Member, p *bool) {
	if e.begin(m) {
		e.buf = strconv.AppendBool(e.buf, *p)
	}
}

// OptBool implements wire.Visitor.
func (e *encoder) OptBool(m *wire.Member, p **bool) {
	if *p != nil {
		e.Bool(m, *p)
	}
}

// Int32 implements wire.Visitor.
func (e *encoder) Int32(m *wire.Member, p *int32) {
	if e.begin(m) {
		e.buf = strconv.AppendInt(e.buf, int64(*p), 10)
	}
}

// OptInt32 implements wire.Visitor.
func (e *encoder) OptInt32(m *wire.Member, p **int32) {
	if *p != nil {
		e.Int32(m, *p)
	}
}

// Int64 implements wire.Visitor.
func (e *encoder) Int64(m *wire.Member, p *int64) {
	if e.begin(m) {
		e.buf = strconv.AppendInt(e.buf, *p, 10)
	}
}

// OptInt64 implements wire.Visitor.
func (e *encoder) OptInt64(m *wire.Member, p **int64) {
	if *p != nil {
		e.Int64(m, *p)
	}
}

// Float64 implements wire.Visitor.
func (e *encoder) Float64(m *wire.Member, p *float64) {
	if !e.begin(m) {
		return
	}
	if f := *p; f-f != 0 { // NaN or infinite
		e.buf = append(wire.AppendFloat(append(e.buf, '"'), f, m.Of.Kind), '"')
		return
	}
	e.buf = wire.AppendFloat(e.buf, *p, m.Of.Kind)
}

// OptFloat64 implements wire.Visitor.
func (e *encoder) OptFloat64(m *wire.Member, p **float64) {
	if *p != nil {
		e.Float64(m, *p)
	}
}

// Time implements wire.Visitor.
func (e *encoder) Time(m *wire.Member, p *time.Time) {
	if !e.begin(m) {
		return
	}
	format := m.Of.TimestampFormat
	switch {
	case !e.style.wire:
		format = "iso8601"
	case format == "":
		format = "unixTimestamp"
	}
	if format == "unixTimestamp" {
		e.buf = wire.AppendEpoch(e.buf, *p)
		return
	}
	e.buf = append(wire.AppendTime(append(e.buf, '"'), *p, format), '"')
}

// OptTime implements wire.Visitor.
func (e *encoder) OptTime(m *wire.Member, p **time.Time) {
	if *p != nil {
		e.Time(m, *p)
	}
}

// Blob implements wire.Visitor.
func (e *encoder) Blob(m *wire.Member, p *[]byte) {
	if *p != nil && e.begin(m) {
		e.buf = append(base64.StdEncoding.AppendEncode(append(e.buf, '"'), *p), '"')
	}
}

// maxBody is how much of a streaming body is shown in JSON, in bytes: the limit of a state's output.
const maxBody = 256 << 10

// Body implements wire.Visitor: a streaming body becomes a string, in base64 when it is not text.
func (e *encoder) Body(m *wire.Member, p *io.Reader) {
	if *p == nil || e.style.redact || !e.begin(m) {
		return
	}
	body, err := io.ReadAll(io.LimitReader(*p, maxBody))
	switch {
	case err != nil:
		e.buf = append(e.buf, "null"...)
	case utf8.Valid(body):
		e.buf = wire.AppendQuoted(e.buf, string(body))
	default:
		e.buf = append(base64.StdEncoding.AppendEncode(append(e.buf, '"'), body), '"')
	}
}

// Document implements wire.Visitor.
func (e *encoder) Document(m *wire.Member, p *wire.Document) {
	if *p != nil && e.begin(m) {
		e.buf = append(e.buf, *p...)
	}
}

// Make implements wire.Visitor.
func (e *encoder) Make(*wire.Member) bool { return false }

// Struct implements wire.Visitor.
func (e *encoder) Struct(m *wire.Member, s wire.Shape) {
	if e.begin(m) {
		e.object(s)
	}
}

// BeginList implements wire.Visitor.
func (e *encoder) BeginList(m *wire.Member, n int) int {
	if n < 0 {
		return e.null()
	}
	if !e.begin(m) {
		return -1
	}
	e.buf = append(e.buf, '[')
	e.modes = append(e.modes, inList)
	return n
}

// null writes null for a nil list or map that is an element or a value. It returns -1.
func (e *encoder) null() int {
	switch e.modes[len(e.modes)-1] {
	case inList:
		e.comma()
		e.buf = append(e.buf, "null"...)
	case inMap:
		e.buf = append(e.buf, "null"...)
	case inObject: // absent
	}
	return -1
}

// Item implements wire.Visitor.
func (e *encoder) Item(int) {}

// EndList implements wire.Visitor.
func (e *encoder) EndList(*wire.Member) {
	e.modes = e.modes[:len(e.modes)-1]
	e.buf = append(e.buf, ']')
}

// BeginMap implements wire.Visitor.
func (e *encoder) BeginMap(m *wire.Member, n int) int {
	if n < 0 {
		return e.null()
	}
	if !e.begin(m) {
		return -1
	}
	e.buf = append(e.buf, '{')
	e.modes = append(e.modes, inMap)
	return n
}

// Entry implements wire.Visitor.
func (e *encoder) Entry(_ int, key string) string {
	e.comma()
	e.buf = append(wire.AppendQuoted(e.buf, key), ':')
	return key
}

// EndMap implements wire.Visitor.
func (e *encoder) EndMap(*wire.Member) {
	e.modes = e.modes[:len(e.modes)-1]
	e.buf = append(e.buf, '}')
}

// Events implements wire.Visitor: event streams are not part of JSON.
func (e *encoder) Events(*wire.Member, wire.EventSource) {}

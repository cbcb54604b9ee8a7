package eventstream

import (
	"io"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// nothing is a wire.Visitor that passes over everything. The others here embed it.
type nothing struct{}

func (nothing) String(*wire.Member, *string)          {}
func (nothing) OptString(*wire.Member, **string)      {}
func (nothing) Bool(*wire.Member, *bool)              {}
func (nothing) OptBool(*wire.Member, **bool)          {}
func (nothing) Int32(*wire.Member, *int32)            {}
func (nothing) OptInt32(*wire.Member, **int32)        {}
func (nothing) Int64(*wire.Member, *int64)            {}
func (nothing) OptInt64(*wire.Member, **int64)        {}
func (nothing) Float64(*wire.Member, *float64)        {}
func (nothing) OptFloat64(*wire.Member, **float64)    {}
func (nothing) Time(*wire.Member, *time.Time)         {}
func (nothing) OptTime(*wire.Member, **time.Time)     {}
func (nothing) Blob(*wire.Member, *[]byte)            {}
func (nothing) Body(*wire.Member, *io.Reader)         {}
func (nothing) Document(*wire.Member, *wire.Document) {}
func (nothing) Make(*wire.Member) bool                { return false }
func (nothing) Struct(*wire.Member, wire.Shape)       {}
func (nothing) BeginList(*wire.Member, int) int       { return -1 }
func (nothing) Item(int)                              {}
func (nothing) EndList(*wire.Member)                  {}
func (nothing) BeginMap(*wire.Member, int) int        { return -1 }
func (nothing) Entry(_ int, key string) string        { return key }
func (nothing) EndMap(*wire.Member)                   {}
func (nothing) Events(*wire.Member, wire.EventSource) {}

var _ wire.Visitor = nothing{}

// streamFinder finds the event stream of an output.
type streamFinder struct {
	nothing
	found  bool
	source wire.EventSource
}

func (f *streamFinder) Events(_ *wire.Member, source wire.EventSource) {
	f.found, f.source = true, source
}

// unionFinder finds the member of a union that is set.
type unionFinder struct {
	nothing
	member *wire.Member
	event  wire.Shape
}

func (f *unionFinder) Struct(m *wire.Member, s wire.Shape) { f.member, f.event = m, s }

// eventWriter turns the members of an event that are headers or the whole payload into a frame.
type eventWriter struct {
	nothing
	body    *Body
	frame   *Frame
	content string // type of the payload; empty while there is none
	rest    bool   // the event has members that are in neither place: they make up the payload together
}

func (e *eventWriter) note(m *wire.Member) {
	e.rest = e.rest || !m.EventHeader && !m.EventPayload
}

func (e *eventWriter) header(m *wire.Member, h Header) {
	if e.note(m); m.EventHeader {
		h.Name = m.Wire
		e.frame.Headers = append(e.frame.Headers, h)
	}
}

func (e *eventWriter) payload(content string, data []byte) {
	e.content, e.frame.Payload = content, data
}

func (e *eventWriter) String(m *wire.Member, p *string) {
	if m.EventPayload {
		e.payload("text/plain", []byte(*p))
		return
	}
	e.header(m, Header{Type: String, Data: *p})
}

func (e *eventWriter) OptString(m *wire.Member, p **string) { optional(e, m, *p, e.String) }
func (e *eventWriter) Bool(m *wire.Member, p *bool)         { e.header(m, Bool("", *p)) }
func (e *eventWriter) OptBool(m *wire.Member, p **bool)     { optional(e, m, *p, e.Bool) }
func (e *eventWriter) Int32(m *wire.Member, p *int32) {
	e.header(m, Header{Type: Integer, Int: int64(*p)})
}
func (e *eventWriter) OptInt32(m *wire.Member, p **int32) { optional(e, m, *p, e.Int32) }
func (e *eventWriter) Int64(m *wire.Member, p *int64)     { e.header(m, Header{Type: Long, Int: *p}) }
func (e *eventWriter) OptInt64(m *wire.Member, p **int64) { optional(e, m, *p, e.Int64) }
func (e *eventWriter) Time(m *wire.Member, p *time.Time)  { e.header(m, Time("", *p)) }
func (e *eventWriter) OptTime(m *wire.Member, p **time.Time) {
	optional(e, m, *p, e.Time)
}

func optional[T any](e *eventWriter, m *wire.Member, p *T, visit func(*wire.Member, *T)) {
	if e.note(m); p != nil {
		visit(m, p)
	}
}

func (e *eventWriter) Blob(m *wire.Member, p *[]byte) {
	switch {
	case *p == nil:
		e.note(m)
	case m.EventPayload:
		e.payload("application/octet-stream", *p)
	default:
		e.header(m, Header{Type: Bytes, Data: string(*p)})
	}
}

func (e *eventWriter) Struct(m *wire.Member, s wire.Shape) {
	if e.note(m); m.EventPayload {
		e.payload(e.body.ContentType, e.body.Append(nil, s))
	}
}

// Members of these kinds are never headers.

func (e *eventWriter) Float64(m *wire.Member, _ *float64)        { e.note(m) }
func (e *eventWriter) OptFloat64(m *wire.Member, _ **float64)    { e.note(m) }
func (e *eventWriter) Document(m *wire.Member, _ *wire.Document) { e.note(m) }
func (e *eventWriter) Make(m *wire.Member) bool                  { e.note(m); return false }
func (e *eventWriter) BeginList(m *wire.Member, _ int) int       { e.note(m); return -1 }
func (e *eventWriter) BeginMap(m *wire.Member, _ int) int        { e.note(m); return -1 }

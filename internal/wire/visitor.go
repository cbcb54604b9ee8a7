package wire

import (
	"io"
	"slices"
	"time"
)

// Shape is a generated structure.
type Shape interface {
	// Fields visits the members in the model's order.
	Fields(v Visitor)
	// Schema returns the facts of the structure itself.
	Schema() *Schema
}

// Document is a value of any form, as JSON text.
type Document []byte

// Visitor meets the members of a shape one after the other. A decoder sets what the pointers point to, all others only
// read it. Optional scalars are pointers, nil when absent; blobs, lists, maps and documents are nil when absent.
type Visitor interface {
	String(m *Member, p *string)
	OptString(m *Member, p **string)
	Bool(m *Member, p *bool)
	OptBool(m *Member, p **bool)
	Int32(m *Member, p *int32)
	OptInt32(m *Member, p **int32)
	Int64(m *Member, p *int64)
	OptInt64(m *Member, p **int64)
	Float64(m *Member, p *float64) // float and double
	OptFloat64(m *Member, p **float64)
	Time(m *Member, p *time.Time)
	OptTime(m *Member, p **time.Time)
	Blob(m *Member, p *[]byte)
	Body(m *Member, p *io.Reader) // a streaming blob
	Document(m *Member, p *Document)

	// Make reports whether an optional structure that is nil is to be made, because a decoder has a value for it.
	Make(m *Member) bool
	// Struct visits a structure that is there.
	Struct(m *Member, s Shape)

	// BeginList opens a list of n elements, or of -1 when it is nil. It returns how many elements will be visited,
	// each after a call of Item, or -1 to leave the list out; then EndList is not called either.
	BeginList(m *Member, n int) int
	Item(i int)
	EndList(m *Member)

	// BeginMap does for a map what BeginList does for a list. Entry announces entry i with its key; a decoder returns
	// the key that it read, all others the one that was given.
	BeginMap(m *Member, n int) int
	Entry(i int, key string) string
	EndMap(m *Member)

	// Events visits an event stream, nil when absent. Only encoders of answers use it.
	Events(m *Member, events EventSource)
}

// EventSource sends the events of a stream, one after the other, until it returns. Sending fails when the client is gone.
type EventSource func(send func(event Shape) error) error

// Stream is a member of an output that is an event stream of the union T.
type Stream[T any] func(send func(event *T) error) error

type shapePointer[T any] interface {
	*T
	Shape
}

// Struct visits a required structure, or one that is an element or a value.
func Struct[T any, P shapePointer[T]](v Visitor, m *Member, p *T) { v.Struct(m, P(p)) }

// OptStruct visits an optional structure.
func OptStruct[T any, P shapePointer[T]](v Visitor, m *Member, p **T) {
	if *p == nil {
		if !v.Make(m) {
			return
		}
		*p = new(T)
	}
	v.Struct(m, P(*p))
}

// List visits a list whose elements elem visits.
func List[E any](v Visitor, m *Member, p *[]E, elem func(Visitor, *Member, *E)) {
	n := -1
	if *p != nil {
		n = len(*p)
	}
	count := v.BeginList(m, n)
	if count < 0 {
		return
	}
	if n < 0 {
		*p = make([]E, count)
	}
	for i := range *p {
		v.Item(i)
		elem(v, m.Of.Elem, &(*p)[i])
	}
	v.EndList(m)
}

// Map visits a map whose values value visits, in the order of its keys.
func Map[E any](v Visitor, m *Member, p *map[string]E, value func(Visitor, *Member, *E)) {
	n := -1
	if *p != nil {
		n = len(*p)
	}
	count := v.BeginMap(m, n)
	if count < 0 {
		return
	}
	if n < 0 {
		*p = make(map[string]E, count)
		var e, zero E
		for i := range count {
			key := v.Entry(i, "")
			e = zero
			value(v, m.Of.Elem, &e)
			(*p)[key] = e
		}
		v.EndMap(m)
		return
	}
	var few [16]string
	keys := few[:0]
	for key := range *p {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var e E
	for i, key := range keys {
		e = (*p)[key]
		v.Entry(i, key)
		value(v, m.Of.Elem, &e)
	}
	v.EndMap(m)
}

// Events visits an event stream.
func Events[T any, P shapePointer[T]](v Visitor, m *Member, p *Stream[T]) {
	if *p == nil {
		v.Events(m, nil)
		return
	}
	stream := *p
	v.Events(m, func(send func(Shape) error) error {
		return stream(func(event *T) error { return send(P(event)) })
	})
}

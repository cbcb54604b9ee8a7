package wiretest

import (
	"io"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// Dynamic is a structure whose members are known at run time only.
//
// Values holds structures and maps as map[string]any, lists and event streams as []any, and everything else as the type that
// a Visitor has for it: string, bool, int32, int64, float64, time.Time, []byte, io.Reader and wire.Document.
type Dynamic struct {
	Values map[string]any

	model  *Model
	schema *wire.Schema
}

// Schema implements wire.Shape.
func (d *Dynamic) Schema() *wire.Schema { return d.schema }

// Fields implements wire.Shape.
func (d *Dynamic) Fields(v wire.Visitor) {
	members := d.model.structures[d.schema].members
	for i := range members {
		d.field(v, &members[i])
	}
}

func (d *Dynamic) field(v wire.Visitor, m *wire.Member) {
	value, ok := d.Values[m.Name]
	switch {
	case m.Of.EventStream:
		d.events(v, m, value)
		return
	case m.Of.Kind == wire.KindStructure && !m.Required && !ok:
		if !v.Make(m) {
			return
		}
	case m.Of.Kind == wire.KindBlob && m.Of.Streaming:
		r, _ := value.(io.Reader)
		if v.Body(m, &r); r != nil {
			d.Values[m.Name] = r
		}
		return
	case m.Required:
	case m.Of.Kind == wire.KindString:
		opt(d.Values, m, v.OptString)
		return
	case m.Of.Kind == wire.KindBoolean:
		opt(d.Values, m, v.OptBool)
		return
	case m.Of.Kind == wire.KindInteger:
		opt(d.Values, m, v.OptInt32)
		return
	case m.Of.Kind == wire.KindLong:
		opt(d.Values, m, v.OptInt64)
		return
	case m.Of.Kind == wire.KindFloat, m.Of.Kind == wire.KindDouble:
		opt(d.Values, m, v.OptFloat64)
		return
	case m.Of.Kind == wire.KindTimestamp:
		opt(d.Values, m, v.OptTime)
		return
	}
	d.model.visit(v, m, &value)
	if value != nil {
		d.Values[m.Name] = value
	}
}

// opt visits an optional scalar.
func opt[T any](values map[string]any, m *wire.Member, visit func(*wire.Member, **T)) {
	var p *T
	if value, ok := values[m.Name].(T); ok {
		p = &value
	}
	visit(m, &p)
	if p != nil {
		values[m.Name] = *p
	}
}

// visit visits a value that is there, or a blob, list, map or document that may be nil.
func (m *Model) visit(v wire.Visitor, member *wire.Member, p *any) {
	switch member.Of.Kind {
	case wire.KindStructure:
		values, _ := (*p).(map[string]any)
		if values == nil {
			values = map[string]any{}
			*p = values
		}
		v.Struct(member, &Dynamic{Values: values, model: m, schema: member.Of})
	case wire.KindList:
		list, _ := (*p).([]any)
		if wire.List(v, member, &list, m.visit); list != nil {
			*p = list
		}
	case wire.KindMap:
		entries, _ := (*p).(map[string]any)
		if wire.Map(v, member, &entries, m.visit); entries != nil {
			*p = entries
		}
	case wire.KindString:
		scalar(p, member, v.String)
	case wire.KindBoolean:
		scalar(p, member, v.Bool)
	case wire.KindInteger:
		scalar(p, member, v.Int32)
	case wire.KindLong:
		scalar(p, member, v.Int64)
	case wire.KindFloat, wire.KindDouble:
		scalar(p, member, v.Float64)
	case wire.KindTimestamp:
		scalar(p, member, func(m *wire.Member, t *time.Time) { v.Time(m, t) })
	case wire.KindBlob:
		b, _ := (*p).([]byte)
		if v.Blob(member, &b); b != nil {
			*p = b
		}
	case wire.KindDocument:
		b, _ := (*p).(wire.Document)
		if v.Document(member, &b); b != nil {
			*p = b
		}
	}
}

func scalar[T any](p *any, m *wire.Member, visit func(*wire.Member, *T)) {
	value, _ := (*p).(T)
	visit(m, &value)
	*p = value
}

func (d *Dynamic) events(v wire.Visitor, m *wire.Member, value any) {
	events, ok := value.([]any)
	if !ok {
		v.Events(m, nil)
		return
	}
	v.Events(m, func(send func(wire.Shape) error) error {
		for _, event := range events {
			if err := send(&Dynamic{Values: event.(map[string]any), model: d.model, schema: m.Of}); err != nil {
				return err
			}
		}
		return nil
	})
}

// DynamicError is an exception made at run time.
type DynamicError struct {
	Dynamic
	message string
}

func (e *DynamicError) Error() string { return e.schema.Name + ": " + e.message }

// ErrorInfo implements wire.APIError.
func (e *DynamicError) ErrorInfo() wire.ErrorInfo {
	st := e.model.structures[e.schema]
	return wire.ErrorInfo{Code: st.code, QueryCode: st.query, Status: st.status, Message: e.message}
}

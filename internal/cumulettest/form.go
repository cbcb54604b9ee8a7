package cumulettest

import (
	"encoding/base64"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// form is the Visitor that writes an input as a client of the Query protocol sends it.
type form struct {
	values url.Values
	path   []string // of what is being visited, each with a dot behind it, longest last
	lists  []openList
}

// openList is a list or map that is being visited.
type openList struct {
	of     *wire.Schema
	prefix string // of its elements or entries
	item   string // prefix of the present element, or of the present value
}

// encodeForm returns an input's members as a form.
func encodeForm(in wire.Shape) url.Values {
	f := &form{values: url.Values{}, path: []string{""}}
	in.Fields(f)
	return f.values
}

// name returns the parameter for a member, or for the present element or value of a list or map.
func (f *form) name(m *wire.Member) string {
	if n := len(f.lists); n > 0 && m == f.lists[n-1].of.Elem {
		return f.lists[n-1].item
	}
	return f.path[len(f.path)-1] + xmlbody.Query.Member(m)
}

func (f *form) set(m *wire.Member, text string) { f.values.Set(f.name(m), text) }

func (f *form) String(m *wire.Member, p *string) { f.set(m, *p) }

func (f *form) OptString(m *wire.Member, p **string) {
	if *p != nil {
		f.set(m, **p)
	}
}

func (f *form) Bool(m *wire.Member, p *bool) { f.set(m, strconv.FormatBool(*p)) }

func (f *form) OptBool(m *wire.Member, p **bool) {
	if *p != nil {
		f.Bool(m, *p)
	}
}

func (f *form) Int32(m *wire.Member, p *int32) { f.set(m, strconv.Itoa(int(*p))) }

func (f *form) OptInt32(m *wire.Member, p **int32) {
	if *p != nil {
		f.Int32(m, *p)
	}
}

func (f *form) Int64(m *wire.Member, p *int64) { f.set(m, strconv.FormatInt(*p, 10)) }

func (f *form) OptInt64(m *wire.Member, p **int64) {
	if *p != nil {
		f.Int64(m, *p)
	}
}

func (f *form) Float64(m *wire.Member, p *float64) { f.set(m, strconv.FormatFloat(*p, 'g', -1, 64)) }

func (f *form) OptFloat64(m *wire.Member, p **float64) {
	if *p != nil {
		f.Float64(m, *p)
	}
}

func (f *form) Time(m *wire.Member, p *time.Time) { f.set(m, p.UTC().Format(time.RFC3339Nano)) }

func (f *form) OptTime(m *wire.Member, p **time.Time) {
	if *p != nil {
		f.Time(m, *p)
	}
}

func (f *form) Blob(m *wire.Member, p *[]byte) {
	if *p != nil {
		f.set(m, base64.StdEncoding.EncodeToString(*p))
	}
}

func (f *form) Body(*wire.Member, *io.Reader) {}

func (f *form) Document(*wire.Member, *wire.Document) {}

func (f *form) Make(*wire.Member) bool { return false }

func (f *form) Struct(m *wire.Member, s wire.Shape) {
	f.path = append(f.path, f.name(m)+".")
	s.Fields(f)
	f.path = f.path[:len(f.path)-1]
}

// BeginList opens a list: Name.1 when it is flat, else Name.member.1. An empty one is an empty parameter.
func (f *form) BeginList(m *wire.Member, n int) int {
	if n < 0 {
		return -1
	}
	prefix := f.name(m) + "."
	switch {
	case n == 0:
		f.set(m, "")
		return -1
	case !m.Flat():
		prefix += xmlbody.Query.Element(m.Of) + "."
	case m.Of.Elem.Query != "" || m.Of.Elem.Wire != "":
		prefix = f.path[len(f.path)-1] + xmlbody.Query.Element(m.Of) + "."
	}
	f.lists = append(f.lists, openList{of: m.Of, prefix: prefix})
	return n
}

func (f *form) Item(i int) {
	l := &f.lists[len(f.lists)-1]
	l.item = l.prefix + strconv.Itoa(i+1)
}

func (f *form) EndList(*wire.Member) { f.lists = f.lists[:len(f.lists)-1] }

// BeginMap opens a map: Name.1.key when it is flat, else Name.entry.1.key.
func (f *form) BeginMap(m *wire.Member, n int) int {
	if n <= 0 {
		return -1
	}
	prefix := f.name(m) + "."
	if !m.Flat() {
		prefix += "entry."
	}
	f.lists = append(f.lists, openList{of: m.Of, prefix: prefix})
	return n
}

func (f *form) Entry(i int, key string) string {
	l := &f.lists[len(f.lists)-1]
	k, v := xmlbody.Query.Entry(l.of)
	entry := l.prefix + strconv.Itoa(i+1) + "."
	f.values.Set(entry+k, key)
	l.item = entry + v
	return key
}

func (f *form) EndMap(*wire.Member) { f.lists = f.lists[:len(f.lists)-1] }

func (f *form) Events(*wire.Member, wire.EventSource) {}

var _ wire.Visitor = (*form)(nil)

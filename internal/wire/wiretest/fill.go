package wiretest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// Fill sets every member of d, at every depth, to a value that says which it is. Of unions it sets one member: which one
// depends on variant. Recursive shapes end where they would begin again; event streams stay absent. Equal calls give equal values.
func (d *Dynamic) Fill(variant int) *Dynamic {
	f := filler{model: d.model, variant: variant}
	d.Values = f.structure(d.schema, true)
	return d
}

// Variants returns how many calls of Fill set every member of every union in d.
func (d *Dynamic) Variants() int {
	n := 1
	seen := map[*wire.Schema]bool{}
	var visit func(s *wire.Schema)
	visit = func(s *wire.Schema) {
		if seen[s] {
			return
		}
		seen[s] = true
		if s.Elem != nil {
			visit(s.Elem.Of)
		}
		if s.Kind != wire.KindStructure {
			return
		}
		members := d.model.structures[s].members
		if s.Union {
			n = max(n, len(members))
		}
		for i := range members {
			visit(members[i].Of)
		}
	}
	visit(d.schema)
	return n
}

type filler struct {
	model   *Model
	variant int
	stack   []*wire.Schema
}

func (f *filler) structure(s *wire.Schema, outermost bool) map[string]any {
	members := f.model.structures[s].members
	values := map[string]any{}
	f.stack = append(f.stack, s)
	if s.Union && len(members) > 0 {
		m := &members[f.variant%len(members)]
		if f.recursive(m) {
			m = f.simple(members)
		}
		members = []wire.Member{*m}
	}
	for i := range members {
		m := &members[i]
		if m.Of.EventStream || !m.Required && f.recursive(m) {
			continue
		}
		values[m.Name] = f.value(m, outermost && m.In != wire.InBody && m.In != wire.InPayload)
	}
	f.stack = f.stack[:len(f.stack)-1]
	return values
}

// recursive reports whether m leads to a structure that is being filled.
func (f *filler) recursive(m *wire.Member) bool {
	s := m.Of
	for s.Elem != nil {
		s = s.Elem.Of
	}
	return slices.Contains(f.stack, s)
}

func (f *filler) simple(members []wire.Member) *wire.Member {
	for i := range members {
		if !f.recursive(&members[i]) {
			return &members[i]
		}
	}
	return &members[0]
}

// value returns a value for m; plain says that it is not in a body.
func (f *filler) value(m *wire.Member, plain bool) any {
	s := m.Of
	switch s.Kind {
	case wire.KindStructure:
		return f.structure(s, false)
	case wire.KindList:
		if f.recursive(s.Elem) {
			return []any{}
		}
		return []any{f.value(s.Elem, plain), f.value(s.Elem, plain)}
	case wire.KindMap:
		if f.recursive(s.Elem) {
			return map[string]any{}
		}
		key := "key"
		if len(s.Key.Of.Enum) > 0 {
			key = s.Key.Of.Enum[0]
		}
		return map[string]any{key: f.value(s.Elem, plain)}
	case wire.KindString:
		return f.text(m, plain)
	case wire.KindBoolean:
		return true
	case wire.KindInteger:
		if m.In == wire.InStatus {
			return int32(200)
		}
		return int32(17)
	case wire.KindLong:
		return int64(1 << 40)
	case wire.KindFloat:
		return 0.25
	case wire.KindDouble:
		return 1234.5678
	case wire.KindTimestamp:
		if plain || s.TimestampFormat == "rfc822" {
			return time.Unix(1700000000, 0).UTC()
		}
		return time.UnixMilli(1700000000123).UTC()
	case wire.KindBlob:
		if s.Streaming {
			return io.Reader(bytes.NewReader([]byte("body of " + m.Name)))
		}
		return []byte{0, 0xff, byte(len(m.Name))}
	case wire.KindDocument:
		return wire.Document(`{"a":[1,true,null,"x"]}`)
	}
	panic(fmt.Sprintf("wiretest: no value for %s", s.Name))
}

// text returns a string for m; in bodies one that has to be escaped.
func (f *filler) text(m *wire.Member, plain bool) string {
	name := m.Name
	switch {
	case len(m.Of.Enum) > 0:
		return m.Of.Enum[f.variant%len(m.Of.Enum)]
	case m.JSONValue:
		return `{"a":"` + name + `"}`
	case !plain:
		return name + ` <&> "é" \ ` + "\n\t'"
	case m.In == wire.InURI, m.In == wire.InQuery:
		return name + "/ +%é"
	}
	return name
}

// Unset returns the paths of the members of d that are not set, at every depth. Members of recursive shapes may be absent
// where a shape begins again, and of a union one member is enough.
func (d *Dynamic) Unset() []string {
	var paths []string
	var stack []*wire.Schema
	var visit func(path string, s *wire.Schema, v any)
	visit = func(path string, s *wire.Schema, v any) {
		switch v := v.(type) {
		case []any:
			if len(v) == 0 && !slices.Contains(stack, s.Elem.Of) {
				paths = append(paths, path)
			}
			for _, e := range v {
				visit(path+"[]", s.Elem.Of, e)
			}
		case map[string]any:
			if s.Kind == wire.KindMap {
				for key, e := range v {
					visit(path+"."+key, s.Elem.Of, e)
				}
				return
			}
			f := filler{stack: append(stack, s)}
			stack = f.stack
			members := d.model.structures[s].members
			for i := range members {
				m := &members[i]
				value, ok := v[m.Name]
				switch {
				case ok:
					visit(path+"."+m.Name, m.Of, value)
				case s.Union && len(v) > 0, m.Of.EventStream, f.recursive(m):
				default:
					paths = append(paths, path+"."+m.Name)
				}
			}
			stack = stack[:len(stack)-1]
		case string:
			if v == "" {
				paths = append(paths, path)
			}
		}
	}
	visit("", d.schema, d.Values)
	return paths
}

// MembersOf returns the members of a structure that d reaches.
func (d *Dynamic) MembersOf(s *wire.Schema) []wire.Member { return d.model.structures[s].members }

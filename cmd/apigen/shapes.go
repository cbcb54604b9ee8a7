package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shapes writes the Go types and their Fields.
func (g *generator) shapes(b *strings.Builder) {
	fmt.Fprintf(b, "package %s\n\n", g.m.pkg)
	var body strings.Builder
	for _, t := range slices.Sorted(maps.Keys(g.structs)) {
		name := g.structs[t]
		s := &shape{}
		if name != "" {
			s = g.m.shape(name)
		}
		if s.Exception {
			continue
		}
		g.structure(&body, t, name, s)
	}
	g.enums(&body)
	for _, name := range slices.Sorted(maps.Keys(g.schemas)) {
		if s := g.m.shape(name); g.needsHelper(name) {
			what, elem := "List", s.Member
			if s.Type == "map" {
				what, elem = "Map", s.Value
			}
			fmt.Fprintf(&body, "func visit%s(v wire.Visitor, m *wire.Member, p *%s) { wire.%s(v, m, p, %s) }\n\n", goName(name), g.goType(name), what, g.elementVisit(elem.Shape))
		}
	}
	writeImports(b, body.String())
	b.WriteString(body.String())
}

func writeImports(b *strings.Builder, body string) {
	b.WriteString("import (\n")
	for _, pkg := range []string{"io", "time"} {
		if strings.Contains(body, pkg+".") {
			fmt.Fprintf(b, "%q\n", pkg)
		}
	}
	b.WriteString("\n\"github.com/cumulet/cumulet/internal/wire\"\n)\n\n")
}

// needsHelper reports whether a list or map is itself an element of another.
func (g *generator) needsHelper(name string) bool {
	if t := g.m.shape(name).Type; t != "list" && t != "map" {
		return false
	}
	for outer := range g.schemas {
		s := g.m.shape(outer)
		if s.Type == "list" && s.Member.Shape == name || s.Type == "map" && s.Value.Shape == name {
			return true
		}
	}
	return false
}

func (g *generator) structure(b *strings.Builder, t, name string, s *shape) {
	if name == "" {
		fmt.Fprintf(b, "// %s has no members.\ntype %s struct{}\n\n", t, t)
		fmt.Fprintf(b, "// Fields implements wire.Shape.\nfunc (*%s) Fields(wire.Visitor) {}\n\n", t)
	} else {
		fmt.Fprintf(b, "// %s is a %s.\ntype %s struct {\n", t, kindWord(s), t)
		for _, key := range s.Members.keys {
			fmt.Fprintf(b, "%s %s\n", g.field(s, key), g.fieldType(s, key))
		}
		b.WriteString("}\n\n")
		if len(s.Members.keys) == 0 {
			fmt.Fprintf(b, "// Fields implements wire.Shape.\nfunc (*%s) Fields(wire.Visitor) {}\n\n", t)
		} else {
			fmt.Fprintf(b, "// Fields implements wire.Shape.\nfunc (s *%s) Fields(v wire.Visitor) {\n", t)
			g.fields(b, name, s)
			b.WriteString("}\n\n")
		}
	}
	fmt.Fprintf(b, "// Schema implements wire.Shape.\nfunc (*%s) Schema() *wire.Schema { return &schema%s }\n\n", t, t)
}

func kindWord(s *shape) string {
	if s.Union {
		return "union: one member is set"
	}
	return "structure"
}

// fields writes the calls that visit the members of a shape that has some.
func (g *generator) fields(b *strings.Builder, name string, s *shape) {
	for i, key := range s.Members.keys {
		ref := s.Members.values[key]
		m, p := fmt.Sprintf("&members%s[%d]", goName(name), i), "&s."+g.field(s, key)
		target := g.m.shape(ref.Shape)
		required := slices.Contains(s.Required, key)
		switch {
		case target.EventStream:
			fmt.Fprintf(b, "wire.Events(v, %s, %s)\n", m, p)
		case ref.streaming(target):
			fmt.Fprintf(b, "v.Body(%s, %s)\n", m, p)
		case target.Document:
			fmt.Fprintf(b, "v.Document(%s, %s)\n", m, p)
		case target.Type == "blob":
			fmt.Fprintf(b, "v.Blob(%s, %s)\n", m, p)
		case target.Type == "list":
			fmt.Fprintf(b, "wire.List(v, %s, %s, %s)\n", m, p, g.elementVisit(target.Member.Shape))
		case target.Type == "map":
			fmt.Fprintf(b, "wire.Map(v, %s, %s, %s)\n", m, p, g.elementVisit(target.Value.Shape))
		case target.Type == "structure" && required:
			fmt.Fprintf(b, "wire.Struct(v, %s, %s)\n", m, p)
		case target.Type == "structure":
			fmt.Fprintf(b, "wire.OptStruct(v, %s, %s)\n", m, p)
		case required:
			fmt.Fprintf(b, "v.%s(%s, %s)\n", scalars[target.Type].method, m, p)
		default:
			fmt.Fprintf(b, "v.Opt%s(%s, %s)\n", scalars[target.Type].method, m, p)
		}
	}
}

// streaming reports whether a member is not read into memory.
func (r *ref) streaming(target *shape) bool {
	return target.Type == "blob" && (r.Streaming || target.Streaming)
}

var scalars = map[string]struct{ method, goType string }{
	"string":    {"String", "string"},
	"boolean":   {"Bool", "bool"},
	"integer":   {"Int32", "int32"},
	"long":      {"Int64", "int64"},
	"float":     {"Float64", "float64"},
	"double":    {"Float64", "float64"},
	"timestamp": {"Time", "time.Time"},
}

// field returns the Go name of a member.
func (g *generator) field(s *shape, key string) string {
	name := goName(key)
	for _, other := range s.Members.keys {
		if other != key && goName(other) == name && other == name {
			name += "_"
		}
	}
	switch name {
	case "Fields", "Schema", "Error", "ErrorInfo":
		return name + "_"
	}
	return name
}

func (g *generator) fieldType(s *shape, key string) string {
	ref := s.Members.values[key]
	target := g.m.shape(ref.Shape)
	switch {
	case target.EventStream:
		return "wire.Stream[" + g.names[ref.Shape] + "]"
	case ref.streaming(target):
		return "io.Reader"
	case target.Document, target.Type == "blob", target.Type == "list", target.Type == "map", slices.Contains(s.Required, key):
		return g.goType(ref.Shape)
	}
	return "*" + g.goType(ref.Shape)
}

// goType returns the type of a value that is there.
func (g *generator) goType(name string) string {
	s := g.m.shape(name)
	switch s.Type {
	case "structure":
		if s.Document {
			return "wire.Document"
		}
		return g.names[name]
	case "list":
		return "[]" + g.goType(s.Member.Shape)
	case "map":
		return "map[string]" + g.goType(s.Value.Shape)
	case "blob":
		return "[]byte"
	}
	return scalars[s.Type].goType
}

// elementVisit returns the function that visits an element or a value.
func (g *generator) elementVisit(name string) string {
	s := g.m.shape(name)
	switch s.Type {
	case "structure":
		if s.Document {
			return "wire.Visitor.Document"
		}
		return "wire.Struct[" + g.names[name] + "]"
	case "list", "map":
		return "visit" + goName(name)
	case "blob":
		return "wire.Visitor.Blob"
	}
	return "wire.Visitor." + scalars[s.Type].method
}

// enums writes the values of the enumerations as constants.
func (g *generator) enums(b *strings.Builder) {
	taken := map[string]bool{}
	for t := range g.structs {
		taken[t] = true
	}
	for _, name := range slices.Sorted(maps.Keys(g.schemas)) {
		s := g.m.shape(name)
		if len(s.Enum) == 0 {
			continue
		}
		fmt.Fprintf(b, "// Values of %s.\nconst (\n", name)
		for _, value := range s.Enum {
			c := goName(name) + constName(value)
			if taken[c] {
				c += "_"
			}
			taken[c] = true
			fmt.Fprintf(b, "%s = %q\n", c, value)
		}
		b.WriteString(")\n\n")
	}
}

// constName turns a value such as us-east-1 or NOT_SET into part of a Go name.
func constName(value string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(value, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		if word == strings.ToUpper(word) && len(word) > 1 {
			word = word[:1] + strings.ToLower(word[1:])
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	if b.Len() == 0 {
		return "Empty"
	}
	return b.String()
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// generator holds what is reached by the operations of one package.
type generator struct {
	m       *model
	ops     []string
	structs map[string]string // Go type to the shape it is made from
	names   map[string]string // nested shape to its Go type
	schemas map[string]bool   // shapes that need a schema
	errors  map[string]bool
}

func newGenerator(m *model, ops []string) (*generator, error) {
	g := &generator{m: m, ops: ops, structs: map[string]string{}, names: map[string]string{}, schemas: map[string]bool{}, errors: map[string]bool{}}
	for _, name := range ops {
		op, ok := m.Operations.values[name]
		if !ok {
			return nil, fmt.Errorf("operations.txt: there is no operation %s", name)
		}
		g.structs[name+"Input"], g.structs[name+"Output"] = "", ""
		if op.Input != nil {
			g.structs[name+"Input"] = op.Input.Shape
		}
		if op.Output != nil {
			g.structs[name+"Output"] = op.Output.Shape
		}
		for _, e := range op.Errors {
			g.errors[e.Shape] = true
		}
	}
	for name := range m.Shapes.values { // an operation's own shape may also be nested in another
		for t, s := range g.structs {
			if s == name && t == goName(name) {
				g.names[name] = t
			}
		}
	}
	for _, t := range slices.Sorted(maps.Keys(g.structs)) {
		if s := g.structs[t]; s != "" {
			g.reachMembers(s)
		}
	}
	for _, e := range slices.Sorted(maps.Keys(g.errors)) {
		g.schemas[e] = true
		g.reachMembers(e)
	}
	return g, nil
}

func (g *generator) reachMembers(name string) {
	s := g.m.shape(name)
	for _, key := range s.Members.keys {
		g.reach(s.Members.values[key].Shape)
	}
}

// reach notes a shape that a member, element, key or value has, and all that it reaches.
func (g *generator) reach(name string) {
	if g.schemas[name] {
		return
	}
	g.schemas[name] = true
	s := g.m.shape(name)
	switch s.Type {
	case "structure":
		if s.Document {
			return
		}
		if _, ok := g.names[name]; !ok {
			t := goName(name)
			if _, taken := g.structs[t]; taken {
				t += "_"
			}
			g.names[name] = t
			g.structs[t] = name
		}
		g.reachMembers(name)
	case "list":
		g.reach(s.Member.Shape)
	case "map":
		g.reach(s.Key.Shape)
		g.reach(s.Value.Shape)
	}
}

func (g *generator) file(which string) string {
	var b strings.Builder
	b.WriteString(header)
	switch which {
	case "service":
		g.service(&b)
	case "shapes":
		g.shapes(&b)
	case "schemas":
		g.schemaVars(&b)
	case "errors":
		g.errorTypes(&b)
	}
	return b.String()
}

const wireImport = "import \"github.com/cumulet/cumulet/internal/wire\"\n\n"

func (g *generator) service(b *strings.Builder) {
	fmt.Fprintf(b, "// Package %s holds the shapes, errors and handler of %s.\npackage %s\n\n", g.m.pkg, g.m.Metadata.ServiceID, g.m.pkg)
	if len(g.ops) == 0 {
		return
	}
	b.WriteString("import (\n\"context\"\n\n\"github.com/cumulet/cumulet/internal/wire\"\n)\n\n")
	b.WriteString("// Handler implements the operations.\ntype Handler interface {\n")
	for _, op := range g.ops {
		fmt.Fprintf(b, "%s(context.Context, *%sInput) (*%sOutput, error)\n", op, op, op)
	}
	fmt.Fprintf(b, "}\n\n// Bind returns the service that h implements.\nfunc Bind(h Handler) wire.Service {\nreturn wire.Service{ID: %q, Operations: []wire.Operation{\n", g.m.pkg)
	for _, op := range g.ops {
		fmt.Fprintf(b, "wire.Op(%q, h.%s),\n", op, op)
	}
	b.WriteString("}}\n}\n")
}

// goName returns an exported Go name.
func goName(name string) string {
	name = strings.TrimLeft(name, "_")
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			return r
		}
		return '_'
	}, name)
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

func lowerFirst(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}

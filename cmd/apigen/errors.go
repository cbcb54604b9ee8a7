package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// errorTypes writes the exceptions that the operations declare.
func (g *generator) errorTypes(b *strings.Builder) {
	fmt.Fprintf(b, "package %s\n\n", g.m.pkg)
	if len(g.errors) == 0 {
		return
	}
	var body strings.Builder
	for _, name := range slices.Sorted(maps.Keys(g.errors)) {
		g.errorType(&body, name)
	}
	writeImports(b, body.String())
	b.WriteString(body.String())
}

func (g *generator) errorType(b *strings.Builder, name string) {
	s, t := g.m.shape(name), goName(name)
	status, code := 400, name
	if s.Fault {
		status = 500
	}
	queryCode := ""
	if e := s.Error; e != nil {
		if e.HTTPStatusCode != 0 {
			status = e.HTTPStatusCode
		}
		if e.Code != "" && e.Code != name {
			queryCode = e.Code
		}
	}
	message := g.m.messageMember(s)
	fmt.Fprintf(b, "// %s is an error with HTTP status %d.\ntype %s struct {\n", t, status, t)
	for _, key := range s.Members.keys {
		if key == message {
			b.WriteString("Message string\n")
			continue
		}
		fmt.Fprintf(b, "%s %s\n", g.field(s, key), g.fieldType(s, key))
	}
	if message == "" {
		b.WriteString("Message string // not in the model\n")
	}
	b.WriteString("}\n\n")
	fmt.Fprintf(b, "func (s *%s) Error() string { return %q + s.Message }\n\n", t, code+": ")
	fmt.Fprintf(b, "// ErrorInfo implements wire.APIError.\nfunc (s *%s) ErrorInfo() wire.ErrorInfo {\nreturn wire.ErrorInfo{Code: %q, QueryCode: %q, Status: %d, Message: s.Message}\n}\n\n", t, code, queryCode, status)
	fmt.Fprintf(b, "// Fields implements wire.Shape. It leaves the message to the protocol.\n")
	rest := *s
	rest.Members.keys = slices.DeleteFunc(slices.Clone(s.Members.keys), func(key string) bool { return key == message })
	if len(rest.Members.keys) == 0 {
		fmt.Fprintf(b, "func (*%s) Fields(wire.Visitor) {}\n\n", t)
	} else {
		fmt.Fprintf(b, "func (s *%s) Fields(v wire.Visitor) {\n", t)
		var calls strings.Builder
		g.fields(&calls, name, s)
		for line := range strings.Lines(calls.String()) {
			if message == "" || !strings.Contains(line, "&s."+g.field(s, message)+")") {
				b.WriteString(line)
			}
		}
		b.WriteString("}\n\n")
	}
	fmt.Fprintf(b, "// Schema implements wire.Shape.\nfunc (*%s) Schema() *wire.Schema { return &schema%s }\n\n", t, t)
}

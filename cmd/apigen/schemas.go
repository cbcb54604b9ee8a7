package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schemaVars writes the schemas and the members that shapes and errors refer to.
func (g *generator) schemaVars(b *strings.Builder) {
	fmt.Fprintf(b, "package %s\n\n", g.m.pkg)
	b.WriteString(wireImport)
	members := map[string]bool{}
	for _, t := range slices.Sorted(maps.Keys(g.structs)) {
		name := g.structs[t]
		if name == "" {
			fmt.Fprintf(b, "var schema%s = wire.Schema{Name: %q}\n\n", t, t)
			continue
		}
		g.schema(b, t, name)
		members[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(g.schemas)) {
		s := g.m.shape(name)
		if s.Exception {
			members[name] = true
			if g.names[name] == "" {
				g.schema(b, goName(name), name)
			}
		}
		if s.Type != "structure" || s.Document {
			g.schema(b, "Of"+goName(name), name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		s := g.m.shape(name)
		if len(s.Members.keys) == 0 {
			continue
		}
		fmt.Fprintf(b, "var members%s = [...]wire.Member{\n", goName(name))
		for _, key := range s.Members.keys {
			b.WriteString(g.member(s, key) + ",\n")
		}
		b.WriteString("}\n\n")
	}
}

// schema writes the variable that holds a shape's schema.
func (g *generator) schema(b *strings.Builder, suffix, name string) {
	s := g.m.shape(name)
	fmt.Fprintf(b, "var schema%s = wire.Schema{Name: %q, Kind: wire.Kind%s", suffix, name, kindName(s))
	if s.Member != nil {
		fmt.Fprintf(b, ", Elem: &wire.Member{%s}", g.refFacts("member", s.Member, false))
	}
	if s.Key != nil {
		fmt.Fprintf(b, ", Key: &wire.Member{%s}, Elem: &wire.Member{%s}", g.refFacts("key", s.Key, false), g.refFacts("value", s.Value, false))
	}
	if s.Min != nil {
		fmt.Fprintf(b, ", HasMin: true, Min: %v", *s.Min)
	}
	if s.Max != nil {
		fmt.Fprintf(b, ", HasMax: true, Max: %v", *s.Max)
	}
	if s.Pattern != "" {
		fmt.Fprintf(b, ", Pattern: &wire.Pattern{Source: %q}", s.Pattern)
	}
	if len(s.Enum) > 0 {
		fmt.Fprintf(b, ", Enum: %#v", s.Enum)
	}
	setText(b, "TimestampFormat", s.TimestampFormat)
	setText(b, "XMLNamespace", s.XMLNamespace.URI)
	setText(b, "XMLPrefix", s.XMLNamespace.Prefix)
	setFlag(b, "Flattened", s.Flattened)
	setFlag(b, "Sensitive", s.Sensitive)
	setFlag(b, "Union", s.Union)
	setFlag(b, "EventStream", s.EventStream)
	setFlag(b, "Streaming", s.Streaming)
	if key := g.m.messageMember(s); s.Exception && key != "" {
		wireName := s.Members.values[key].LocationName
		if wireName == "" {
			wireName = key
		}
		setText(b, "Message", wireName)
	}
	b.WriteString("}\n\n")
}

var locations = map[string]string{"header": "InHeader", "headers": "InHeaders", "uri": "InURI", "querystring": "InQuery", "statusCode": "InStatus"}

// member writes the literal of a structure's member.
func (g *generator) member(s *shape, key string) string {
	var b strings.Builder
	ref := s.Members.values[key]
	b.WriteString("{" + g.refFacts(key, ref, true))
	in := locations[ref.Location]
	if s.Payload == key {
		in = "InPayload"
	}
	if in != "" {
		fmt.Fprintf(&b, ", In: wire.%s", in)
	}
	setFlag(&b, "Required", slices.Contains(s.Required, key))
	b.WriteString("}")
	return b.String()
}

// refFacts writes what a reference to a shape says, besides its place.
func (g *generator) refFacts(name string, r *ref, inStructure bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Name: %q", name)
	wireName := r.LocationName
	if wireName == "" && inStructure {
		wireName = name
	}
	setText(&b, "Wire", wireName)
	setText(&b, "Query", r.QueryName)
	target := g.m.shape(r.Shape)
	if target.Type == "structure" && !target.Document {
		t := g.names[r.Shape]
		fmt.Fprintf(&b, ", Of: &schema%s", t)
	} else {
		fmt.Fprintf(&b, ", Of: &schemaOf%s", goName(r.Shape))
	}
	setFlag(&b, "Flattened", r.Flattened)
	setFlag(&b, "XMLAttribute", r.XMLAttribute)
	setText(&b, "XMLNamespace", r.XMLNamespace.URI)
	setText(&b, "XMLPrefix", r.XMLNamespace.Prefix)
	setFlag(&b, "JSONValue", r.JSONValue)
	setFlag(&b, "EventPayload", r.EventPayload)
	setFlag(&b, "EventHeader", r.EventHeader)
	setFlag(&b, "Idempotency", r.IdempotencyToken)
	setFlag(&b, "HostLabel", r.HostLabel)
	return b.String()
}

func setText(b *strings.Builder, field, value string) {
	if value != "" {
		fmt.Fprintf(b, ", %s: %q", field, value)
	}
}

func setFlag(b *strings.Builder, field string, set bool) {
	if set {
		fmt.Fprintf(b, ", %s: true", field)
	}
}

func kindName(s *shape) string {
	if s.Document {
		return "Document"
	}
	return strings.ToUpper(s.Type[:1]) + s.Type[1:]
}

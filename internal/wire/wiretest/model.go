package wiretest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cumulet/cumulet/internal/wire"
)

// Model is an API model whose schemas are made at run time. It is safe for use by one goroutine at a time.
type Model struct {
	// Wire holds the facts of the service and its operations.
	Wire wire.Model

	def        definition
	schemas    map[schemaKey]*wire.Schema
	structures map[*wire.Schema]*structure
}

// schemaKey tells apart the schemas of a shape: a reference to it may ask for another format of timestamps, or to stream.
type schemaKey struct {
	shape, timestampFormat string
	streaming              bool
}

// structure is what a Dynamic needs besides the schema.
type structure struct {
	members []wire.Member
	message string // of an exception: the member that its message is
	code    string // of an exception
	query   string // of an exception: the Query code where it differs
	status  int    // of an exception
}

// ParseModel returns the model that data holds in botocore's form, with what overlays, which may be empty, add to it.
func ParseModel(data []byte, overlays ...[]byte) (*Model, error) {
	m := &Model{}
	for _, part := range append([][]byte{data}, overlays...) {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, &m.def); err != nil {
			return nil, err
		}
	}
	m.init()
	for _, name := range m.def.Operations.keys {
		op := m.def.Operations.values[name]
		wrapper := ""
		if op.Output != nil && slices.Contains(m.Wire.Protocols, "query") {
			wrapper = name + "Result"
		}
		m.addOperation(op, wrapper)
	}
	return m, nil
}

func (m *Model) init() {
	m.schemas, m.structures = map[schemaKey]*wire.Schema{}, map[*wire.Schema]*structure{}
	md := &m.def.Metadata
	m.Wire = wire.Model{
		ID: md.EndpointPrefix, ServiceID: md.ServiceID, EndpointPrefix: md.EndpointPrefix, APIVersion: md.APIVersion,
		Protocols: md.Protocols, JSONVersion: md.JSONVersion, TargetPrefix: md.TargetPrefix, XMLNamespace: md.XMLNamespace.URI,
		QueryCompatible: md.QueryCompatible != nil,
	}
	if len(md.Protocols) == 0 {
		m.Wire.Protocols = []string{md.Protocol}
	}
}

// addOperation adds an operation; wrapper is the element around its Query answer if the model does not say.
func (m *Model) addOperation(op *operationDef, wrapper string) {
	w := wire.OperationModel{
		Name: op.Name, Method: op.HTTP.Method, URI: op.HTTP.RequestURI, Status: op.HTTP.ResponseCode,
		HostPrefix: op.Endpoint.HostPrefix, ResultWrapper: wrapper,
	}
	if op.Output != nil {
		if op.Output.ResultWrapper != "" {
			w.ResultWrapper = op.Output.ResultWrapper
		} else if s := m.def.Shapes.values[op.Output.Shape]; s.ResultWrapper != "" {
			w.ResultWrapper = s.ResultWrapper
		}
	}
	if op.Input != nil {
		w.InputName, w.InputXMLNS = op.Input.LocationName, op.Input.XMLNamespace.URI
	}
	w.NoOutput = op.Output == nil
	if op.Output != nil {
		for _, member := range m.def.Shapes.values[op.Output.Shape].Members.values {
			w.EventStream = w.EventStream || m.def.Shapes.values[member.Shape].EventStream
		}
	}
	m.Wire.Operations = append(m.Wire.Operations, w)
}

// Operation returns the facts of an operation, or nil.
func (m *Model) Operation(name string) *wire.OperationModel {
	for i := range m.Wire.Operations {
		if m.Wire.Operations[i].Name == name {
			return &m.Wire.Operations[i]
		}
	}
	return nil
}

// Input returns an empty input of an operation.
func (m *Model) Input(op string) *Dynamic {
	return m.dynamic(m.def.Operations.values[op].Input, op+"Input")
}

// Output returns an empty output of an operation.
func (m *Model) Output(op string) *Dynamic {
	return m.dynamic(m.def.Operations.values[op].Output, op+"Output")
}

// Errors returns the names of the exceptions that an operation declares.
func (m *Model) Errors(op string) []string {
	var names []string
	for _, ref := range m.def.Operations.values[op].Errors {
		names = append(names, ref.Shape)
	}
	return names
}

func (m *Model) dynamic(ref *refDef, name string) *Dynamic {
	if ref == nil {
		s := &wire.Schema{Name: name}
		m.structures[s] = &structure{}
		return &Dynamic{Values: map[string]any{}, model: m, schema: s}
	}
	if ref.Payload != "" {
		m.def.Shapes.values[ref.Shape].Payload = ref.Payload
	}
	return &Dynamic{Values: map[string]any{}, model: m, schema: m.schema(&refDef{Shape: ref.Shape})}
}

// Error returns an exception with a message and, in values, its other members.
func (m *Model) Error(name, message string, values map[string]any) *DynamicError {
	return &DynamicError{Dynamic: Dynamic{Values: values, model: m, schema: m.schema(&refDef{Shape: name})}, message: message}
}

// schema returns the schema that a reference asks for, made at its first use.
func (m *Model) schema(ref *refDef) *wire.Schema {
	name := ref.Shape
	def := m.def.Shapes.values[name]
	if def == nil {
		panic("wiretest: there is no shape " + name)
	}
	key := schemaKey{name, ref.TimestampFormat, ref.Streaming}
	if s := m.schemas[key]; s != nil {
		return s
	}
	kind, ok := kinds[def.Type]
	if !ok {
		panic(fmt.Sprintf("wiretest: shape %s has the unknown type %s", name, def.Type))
	}
	s := &wire.Schema{
		Name: name, Kind: kind, Enum: def.Enum, TimestampFormat: def.TimestampFormat, XMLNamespace: def.XMLNamespace.URI,
		XMLPrefix: def.XMLNamespace.Prefix, Flattened: def.Flattened, Union: def.Union, EventStream: def.EventStream, Streaming: def.Streaming || ref.Streaming,
		Sensitive: def.Sensitive,
	}
	m.schemas[key] = s
	if ref.TimestampFormat != "" {
		s.TimestampFormat = ref.TimestampFormat
	}
	if def.Pattern != "" {
		s.Pattern = &wire.Pattern{Source: def.Pattern}
	}
	if def.Min != nil {
		s.HasMin, s.Min = true, *def.Min
	}
	if def.Max != nil {
		s.HasMax, s.Max = true, *def.Max
	}
	switch {
	case def.Document:
		s.Kind = wire.KindDocument
	case kind == wire.KindStructure:
		m.structure(s, def)
	case kind == wire.KindList:
		s.Elem = m.member("member", def.Member, "")
	case kind == wire.KindMap:
		s.Key, s.Elem = m.member("key", def.Key, ""), m.member("value", def.Value, "")
	}
	return s
}

func (m *Model) structure(s *wire.Schema, def *shapeDef) {
	if def.LocationName != "" {
		s.Name = def.LocationName // the root element
	}
	st := &structure{code: s.Name, status: 400, members: make([]wire.Member, 0, len(def.Members.keys))}
	m.structures[s] = st
	if def.Fault {
		st.status = 500
	}
	if def.Error != nil {
		if def.Error.HTTPStatusCode != 0 {
			st.status = def.Error.HTTPStatusCode
		}
		if def.Error.Code != "" && def.Error.Code != st.code {
			st.query = def.Error.Code
		}
	}
	for _, key := range def.Members.keys {
		ref := def.Members.values[key]
		if def.Exception && isMessage(key, m.def.Shapes.values[ref.Shape]) {
			st.message = key
			s.Message = key
			if ref.LocationName != "" {
				s.Message = ref.LocationName
			}
			continue
		}
		member := m.member(key, ref, key)
		member.Required = slices.Contains(def.Required, key)
		if def.Payload == key {
			member.In = wire.InPayload
		}
		st.members = append(st.members, *member)
	}
}

// member returns the facts of a reference to a shape; fallback is its name on the wire when the model does not say.
func (m *Model) member(name string, ref *refDef, fallback string) *wire.Member {
	target := m.def.Shapes.values[ref.Shape]
	w, location := ref.LocationName, ref.Location
	if location == "" && fallback != "" {
		if location = target.Location; location != "" && w == "" {
			w = target.LocationName
		}
	}
	if w == "" && location != "headers" { // without a name, a map of headers holds all of them
		w = fallback
	}
	return &wire.Member{
		Name: name, Wire: w, Query: ref.QueryName, Of: m.schema(ref), In: locations[location],
		Flattened: ref.Flattened, XMLAttribute: ref.XMLAttribute, XMLNamespace: ref.XMLNamespace.URI, XMLPrefix: ref.XMLNamespace.Prefix,
		JSONValue: ref.JSONValue, EventPayload: ref.EventPayload, EventHeader: ref.EventHeader, Idempotency: ref.IdempotencyToken,
		HostLabel: ref.HostLabel,
	}
}

// Streams reports whether the input of an operation has a streaming body.
func (m *Model) Streams(op string) bool { return m.streams(m.Input(op).schema) }

package wire

import "sync"

// Kind is the type of a shape in the model.
type Kind uint8

// All kinds. Enumerations are strings, unions are structures.
const (
	KindStructure Kind = iota
	KindList
	KindMap
	KindString
	KindBoolean
	KindInteger // 32 bits
	KindLong    // 64 bits
	KindFloat
	KindDouble
	KindTimestamp
	KindBlob
	KindDocument
)

// Location says which part of an HTTP request or answer carries a member. Only the REST protocols look at it.
type Location uint8

// All locations.
const (
	InBody    Location = iota // an element of the body
	InPayload                 // the whole body
	InHeader
	InHeaders // a map; each entry is the header whose name is the prefix Wire followed by the key
	InURI
	InQuery
	InStatus
)

// Schema holds the facts of a shape that its Go type does not. It is made by the generator and never changed.
type Schema struct {
	Name string // in the model
	Kind Kind

	Elem *Member // of a list: its elements; of a map: its values
	Key  *Member // of a map: its keys

	Min, Max        float64  // length of a string, blob, list or map, or value of a number
	HasMin, HasMax  bool     // whether Min and Max bound it
	Pattern         *Pattern // nil when there is none
	Enum            []string // nil when there is none
	TimestampFormat string   // iso8601, rfc822, unixTimestamp, or empty: what the protocol and place imply
	XMLNamespace    string
	XMLPrefix       string // of the namespace
	Flattened       bool   // a list or map without an element around it
	Sensitive       bool   // never logged
	Union           bool
	EventStream     bool   // a union whose members are events
	Streaming       bool   // a blob that is not read into memory
	Message         string // of an exception: its message's name on the wire, such as message or Message
}

// Member is a member of a structure, the elements of a list, or the keys or values of a map.
type Member struct {
	Name string // in the model
	Wire string // in bodies, or of the header, query parameter or label; for elements, keys and values empty unless the model names them
	// Query is the name in the Query protocol and its XML answers, where it differs from Wire; else empty.
	Query string
	Of    *Schema
	In    Location

	Required     bool
	Flattened    bool
	XMLAttribute bool
	XMLNamespace string
	XMLPrefix    string
	JSONValue    bool // JSON text, in base64 when in a header
	EventPayload bool // the whole payload of an event
	EventHeader  bool // a header of an event
	Idempotency  bool // filled in by clients when absent
	HostLabel    bool // part of the host name as well
}

// XMLName returns the name of the element that holds m in a structure. The elements of a list that its own shape, not
// the member, calls flat are named as in the list, if it names them.
func (m *Member) XMLName() string {
	if of := m.Of; of.Kind == KindList && of.Flattened && !m.Flattened && of.Elem.Wire != "" && m.Wire == m.Name {
		return of.Elem.Wire
	}
	return m.Wire
}

// Flat reports whether a list or map has no element around its own.
func (m *Member) Flat() bool { return m.Flattened || m.Of.Flattened }

// Pattern is a regular expression of the model, compiled when it is first used. It must match the whole text.
type Pattern struct {
	Source string // as in the model, and as error messages show it

	once    sync.Once
	matcher *matcher
}

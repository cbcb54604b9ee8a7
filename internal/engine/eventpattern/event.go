package eventpattern

// A Kind is the JSON type of a field's value.
type Kind uint8

// The kinds of values. Objects and arrays are no values: only what is in them is.
const (
	String Kind = iota
	Number
	True
	False
	Null
)

// A field is a leaf of an event.
type field struct {
	path  []byte // keys joined by dots
	value []byte // a string's text without quotes and escapes; otherwise as in the source
	node  int32  // the innermost array element that holds it, an index of Event.nodes
	kind  Kind
}

// A node is an array element that is itself an object or array. Nodes are in the order in which they open, so that those inside
// one follow it directly.
type node struct {
	parent int32 // the element around it; 0 if none
	array  int32 // which array it is an element of, from 1
	last   int32 // the last node inside it, or itself
}

// An Event is a flattened event. After Parse it may be read by any number of goroutines.
type Event struct {
	fields []field
	nodes  []node // nodes[0] stands for the event itself
	arrays int32
	arena  []byte // nested paths and unescaped strings; replaced, never moved, when full
}

// ParseEvent flattens a JSON object. The event refers to source, which must not change while the event is in use. The error wraps
// ErrInvalidEvent.
func ParseEvent(source []byte) (*Event, error) {
	e := new(Event)
	if err := e.Parse(source); err != nil {
		return nil, err
	}
	return e, nil
}

// Parse is ParseEvent into e, whose memory it uses again.
func (e *Event) Parse(source []byte) error {
	e.Reset()
	if e.arena == nil {
		e.arena = make([]byte, 0, len(source))
		e.fields = make([]field, 0, 16)
	}
	p := eventParser{Event: e, source: source}
	return p.event()
}

// Reset makes e an event without fields, for Add.
func (e *Event) Reset() {
	e.fields = e.fields[:0]
	e.nodes = append(e.nodes[:0], node{})
	e.arrays = 0
	e.arena = e.arena[:0]
}

// Add adds a field that does not come from JSON, such as a message attribute; several with one path are alternatives, as the elements
// of an array are. The value is a string's text, or a literal's.
func (e *Event) Add(path string, kind Kind, value string) {
	if len(e.nodes) == 0 {
		e.Reset()
	}
	e.fields = append(e.fields, field{path: []byte(path), kind: kind, value: []byte(value)})
}

// flat reports whether no field lies in an array of objects or arrays, so that fields never contradict each other.
func (e *Event) flat() bool { return len(e.nodes) <= 1 }

package wire

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxViolations is how many violations one answer names; a request of 1 MiB can have hundreds of thousands.
const maxViolations = 100

// violation is a constraint that an input breaks.
type violation struct {
	path      string // in AWS's form, such as entries.1.member.id
	queryPath string // in the form of the Query protocol, such as Entry.1.Id
	value     string // as AWS prints it; see violation.String
	missing   bool
	sensitive bool
	broken    string // such as "Member must not be null"
	inBody    bool   // of a REST protocol, or of any other
}

// String returns AWS's text. Observed: the value of a sensitive member is left out.
func (v *violation) String() string {
	value := " '" + v.value + "'"
	switch {
	case v.missing:
		value = " null"
	case v.sensitive:
		value = ""
	}
	return "Value" + value + " at '" + v.path + "' failed to satisfy constraint: " + v.broken
}

// constraints returns the texts of the constraints that a schema has, or only of those that broken says are broken.
func (s *Schema) constraints(broken func(least, most, pattern, enum bool) bool) []string {
	subject := "length"
	if s.Kind >= KindInteger && s.Kind <= KindDouble {
		subject = "value"
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	var texts []string
	if s.HasMax && broken(false, true, false, false) {
		texts = append(texts, "Member must have "+subject+" less than or equal to "+number(s.Max))
	}
	if s.HasMin && broken(true, false, false, false) {
		texts = append(texts, "Member must have "+subject+" greater than or equal to "+number(s.Min))
	}
	if s.Pattern != nil && broken(false, false, true, false) {
		texts = append(texts, "Member must satisfy regular expression pattern: "+s.Pattern.Source)
	}
	if s.Enum != nil && broken(false, false, false, true) {
		texts = append(texts, "Member must satisfy enum value set: ["+strings.Join(s.Enum, ", ")+"]")
	}
	return texts
}

func (s *Schema) allConstraints() string {
	return "[" + strings.Join(s.constraints(func(bool, bool, bool, bool) bool { return true }), ", ") + "]"
}

// stringViolations returns what a string breaks, the pattern first. Observed: EventBridge puts it before the length.
func (s *Schema) stringViolations(text string) []string {
	texts := s.constraints(func(_, _, pattern, _ bool) bool { return pattern && !s.Pattern.Match(text) })
	return append(texts, s.constraints(func(lo, hi, _, enum bool) bool {
		return lo && tooShort(text, s.Min) || hi && tooLong(text, s.Max) || enum && !slices.Contains(s.Enum, text)
	})...)
}

func (s *Schema) numberViolations(v float64) []string {
	return s.constraints(func(lo, hi, _, _ bool) bool { return lo && v < s.Min || hi && v > s.Max })
}

// explainer is the Visitor that describes all violations. It prints the input as AWS's servers, which are written in
// Java, would.
type explainer struct {
	missing      Missing
	requiredOnly bool
	prefix       string // of the paths of members in the body

	stack []explained
	path  []byte
	query []byte
	text  []byte
	found []violation
}

// explained is a structure, list or map that is being visited.
type explained struct {
	m         *Member
	start     int // of its text
	pathLen   int // of the path to what holds it
	queryLen  int
	slot      int      // where its violations go
	broken    []string // constraints on the list or map itself
	element   bool     // an element breaks the constraints of elements
	key       bool     // a key does
	index     int
	name      string // of the current entry
	fields    int    // how many have been printed
	sensitive bool
}

func (e *explainer) top() *explained {
	if len(e.stack) == 0 {
		e.stack = append(e.stack, explained{m: &Member{Of: &Schema{}}})
	}
	return &e.stack[len(e.stack)-1]
}

// enter extends path and text for m, and returns what leave needs.
func (e *explainer) enter(m *Member) explained {
	f := e.top()
	in := explained{m: m, pathLen: len(e.path), queryLen: len(e.query), slot: len(e.found), index: -1, sensitive: f.sensitive || m.Of.Sensitive}
	if f.fields > 0 {
		e.text = append(e.text, ", "...)
	}
	f.fields++
	queryName := m.Query
	switch f.m.Of.Kind {
	case KindList:
		e.path = append(strconv.AppendInt(append(e.path, '.'), int64(f.index+1), 10), ".member"...)
		e.query = strconv.AppendInt(append(e.query, '.'), int64(f.index+1), 10)
	case KindMap:
		e.path = append(append(append(e.path, '.'), f.name...), ".member"...)
		e.query = append(append(e.query, '.'), f.name...)
		e.text = append(append(e.text, f.name...), '=')
	default:
		if len(e.path) > 0 {
			e.path, e.query = append(e.path, '.'), append(e.query, '.')
		}
		e.path = appendLowerFirst(e.path, m.Name)
		if queryName == "" {
			queryName = m.Name
		}
		e.query = append(e.query, queryName...)
		if len(e.stack) > 1 {
			e.text = append(appendLowerFirst(e.text, m.Name), '=')
		}
	}
	in.start = len(e.text)
	return in
}

// leave ends m and notes the constraints that it breaks.
func (e *explainer) leave(in explained, broken ...string) {
	if in.sensitive && len(e.stack) > 1 {
		e.text = append(e.text[:in.start], "*** Sensitive Data Redacted ***"...)
	}
	switch {
	case len(broken) == 0 || e.requiredOnly || len(e.found) >= maxViolations:
	case e.top().m.Of.Kind == KindList || e.top().m.Of.Kind == KindMap:
		e.top().element = true
	default:
		var found []violation
		for _, b := range broken {
			v := e.violation(in, b)
			v.value = string(e.text[in.start:])
			found = append(found, v)
		}
		e.found = slices.Insert(e.found, in.slot, found...)
	}
	e.path, e.query = e.path[:in.pathLen], e.query[:in.queryLen]
}

func (e *explainer) violation(in explained, broken string) violation {
	v := violation{path: string(e.path), queryPath: string(e.query), broken: broken, sensitive: in.sensitive, inBody: e.rootInBody(in.m)}
	if v.inBody && e.prefix != "" {
		v.path = e.prefix + v.path
	}
	return v
}

// rootInBody reports whether the member of the outermost structure that leads to m is in the body.
func (e *explainer) rootInBody(m *Member) bool {
	if len(e.stack) > 1 {
		m = e.stack[1].m
	}
	return m.In == InBody || m.In == InPayload
}

// absent notes a required member that is not there, or prints null for an optional one. It reports whether m is absent.
func (e *explainer) absent(m *Member, null bool) bool {
	if !null && !m.Required {
		return false
	}
	in := e.enter(m)
	missing := m.Required && slices.Contains(e.missing, string(e.path))
	if missing && len(e.found) < maxViolations {
		v := e.violation(in, "Member must not be null")
		v.missing = true
		e.found = append(e.found, v)
	}
	if missing || null {
		e.text = append(e.text, "null"...)
		e.path, e.query = e.path[:in.pathLen], e.query[:in.queryLen]
		return true
	}
	e.undo(in)
	return false
}

// undo takes back what enter did.
func (e *explainer) undo(in explained) {
	f := e.top()
	f.fields--
	e.path, e.query = e.path[:in.pathLen], e.query[:in.queryLen]
	cut := in.start
	if f.m.Of.Kind == KindStructure && len(e.stack) > 1 {
		cut -= len(in.m.Name) + 1
	}
	if f.fields > 0 {
		cut -= 2
	}
	e.text = e.text[:cut]
}

// String implements Visitor.
func (e *explainer) String(m *Member, p *string) {
	if e.absent(m, false) {
		return
	}
	in := e.enter(m)
	e.text = append(e.text, *p...)
	e.leave(in, m.Of.stringViolations(*p)...)
}

// OptString implements Visitor.
func (e *explainer) OptString(m *Member, p **string) {
	if !e.absent(m, *p == nil) {
		e.String(m, *p)
	}
}

// Bool implements Visitor.
func (e *explainer) Bool(m *Member, p *bool) { e.scalar(m, strconv.FormatBool(*p)) }

// OptBool implements Visitor.
func (e *explainer) OptBool(m *Member, p **bool) {
	if !e.absent(m, *p == nil) {
		e.Bool(m, *p)
	}
}

func (e *explainer) scalar(m *Member, text string, broken ...string) {
	if e.absent(m, false) {
		return
	}
	in := e.enter(m)
	e.text = append(e.text, text...)
	e.leave(in, broken...)
}

// Int32 implements Visitor.
func (e *explainer) Int32(m *Member, p *int32) {
	e.scalar(m, strconv.FormatInt(int64(*p), 10), m.Of.numberViolations(float64(*p))...)
}

// OptInt32 implements Visitor.
func (e *explainer) OptInt32(m *Member, p **int32) {
	if !e.absent(m, *p == nil) {
		e.Int32(m, *p)
	}
}

// Int64 implements Visitor.
func (e *explainer) Int64(m *Member, p *int64) {
	e.scalar(m, strconv.FormatInt(*p, 10), m.Of.numberViolations(float64(*p))...)
}

// OptInt64 implements Visitor.
func (e *explainer) OptInt64(m *Member, p **int64) {
	if !e.absent(m, *p == nil) {
		e.Int64(m, *p)
	}
}

// Float64 implements Visitor.
func (e *explainer) Float64(m *Member, p *float64) {
	text := string(AppendFloat(nil, *p, m.Of.Kind))
	if !strings.ContainsAny(text, ".eN") {
		text += ".0"
	}
	e.scalar(m, text, m.Of.numberViolations(*p)...)
}

// OptFloat64 implements Visitor.
func (e *explainer) OptFloat64(m *Member, p **float64) {
	if !e.absent(m, *p == nil) {
		e.Float64(m, *p)
	}
}

// Time implements Visitor.
func (e *explainer) Time(m *Member, p *time.Time) {
	e.scalar(m, p.UTC().Format("Mon Jan 02 15:04:05 UTC 2006"))
}

// OptTime implements Visitor.
func (e *explainer) OptTime(m *Member, p **time.Time) {
	if !e.absent(m, *p == nil) {
		e.Time(m, *p)
	}
}

// Blob implements Visitor.
func (e *explainer) Blob(m *Member, p *[]byte) {
	if e.absent(m, *p == nil) {
		return
	}
	n := len(*p)
	e.scalar(m, fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", n, n), m.Of.numberViolations(float64(n))...)
}

// Body implements Visitor.
func (e *explainer) Body(*Member, *io.Reader) {}

// Document implements Visitor.
func (e *explainer) Document(m *Member, p *Document) {
	if !e.absent(m, *p == nil) {
		e.scalar(m, string(*p))
	}
}

// Make implements Visitor.
func (e *explainer) Make(m *Member) bool {
	e.absent(m, true)
	return false
}

// Struct implements Visitor.
func (e *explainer) Struct(m *Member, s Shape) {
	if e.absent(m, false) {
		return
	}
	in := e.enter(m)
	e.text = append(append(e.text, m.Of.Name...), '(')
	e.stack = append(e.stack, in)
	s.Fields(e)
	e.stack = e.stack[:len(e.stack)-1]
	e.text = append(e.text, ')')
	e.leave(in)
}

// BeginList implements Visitor.
func (e *explainer) BeginList(m *Member, n int) int { return e.beginContainer(m, n, '[') }

func (e *explainer) beginContainer(m *Member, n int, open byte) int {
	if e.absent(m, n < 0) {
		return -1
	}
	in := e.enter(m)
	in.broken = m.Of.numberViolations(float64(n))
	e.text = append(e.text, open)
	e.stack = append(e.stack, in)
	return n
}

func (e *explainer) endContainer(end byte, elements string) {
	in := *e.top()
	e.stack = e.stack[:len(e.stack)-1]
	e.text = append(e.text, end)
	broken := in.broken
	if in.key {
		broken = append(broken, "Map keys must satisfy constraint: "+in.m.Of.Key.Of.allConstraints())
	}
	if in.element {
		broken = append(broken, elements+" must satisfy constraint: "+in.m.Of.Elem.Of.allConstraints())
	}
	e.leave(in, broken...)
}

// Item implements Visitor.
func (e *explainer) Item(i int) { e.top().index = i }

// EndList implements Visitor.
func (e *explainer) EndList(*Member) { e.endContainer(']', "Member") }

// BeginMap implements Visitor.
func (e *explainer) BeginMap(m *Member, n int) int { return e.beginContainer(m, n, '{') }

// Entry implements Visitor.
func (e *explainer) Entry(_ int, key string) string {
	f := e.top()
	f.name = key
	f.key = f.key || f.m.Of.Key.Of.violates(key)
	return key
}

// EndMap implements Visitor.
func (e *explainer) EndMap(*Member) { e.endContainer('}', "Map value") }

// Events implements Visitor.
func (e *explainer) Events(*Member, EventSource) {}

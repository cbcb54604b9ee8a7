package wire

import (
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Validate checks a decoded input against the model's constraints, as far as the service does at AWS. The error, an
// APIError, has AWS's text and lists all violations in the model's order.
func Validate(c *Call, in Shape, missing Missing) error {
	rules := rulesOf(c)
	if len(missing) == 0 {
		if rules.requiredOnly {
			return nil
		}
		v := checker{ok: true}
		in.Fields(&v)
		if v.ok {
			return nil
		}
	}
	e := explainer{missing: missing, prefix: rules.prefix, requiredOnly: rules.requiredOnly}
	in.Fields(&e)
	if len(e.found) == 0 {
		return nil
	}
	return rules.err(e.found)
}

// violates reports whether a string breaks a constraint of its schema.
func (s *Schema) violates(text string) bool {
	return s.HasMin && tooShort(text, s.Min) || s.HasMax && tooLong(text, s.Max) ||
		s.Pattern != nil && !s.Pattern.Match(text) || s.Enum != nil && !slices.Contains(s.Enum, text)
}

// outside reports whether a number, or a length, is out of bounds.
func (s *Schema) outside(v float64) bool { return s.HasMin && v < s.Min || s.HasMax && v > s.Max }

// tooShort and tooLong count code points, as Smithy defines the length of a string.
func tooShort(text string, n float64) bool {
	return float64(len(text)) < n || n > 0 && float64(len(text)) < utf8.UTFMax*n && float64(utf8.RuneCountInString(text)) < n
}

func tooLong(text string, n float64) bool {
	return float64(len(text)) > n && float64(utf8.RuneCountInString(text)) > n
}

// free reports whether a scalar has no constraints.
func (s *Schema) free() bool {
	return s.Kind != KindStructure && s.Kind != KindList && s.Kind != KindMap && !s.HasMin && !s.HasMax && s.Pattern == nil && s.Enum == nil
}

// checker is the Visitor that finds out, fast, whether anything is violated.
type checker struct {
	ok   bool
	maps []*Schema // those that are being visited
}

// String implements Visitor.
func (c *checker) String(m *Member, p *string) {
	if s := m.Of; (s.HasMin || s.HasMax || s.Pattern != nil || s.Enum != nil) && s.violates(*p) {
		c.ok = false
	}
}

// OptString implements Visitor.
func (c *checker) OptString(m *Member, p **string) {
	if *p != nil {
		c.String(m, *p)
	}
}

// Bool implements Visitor.
func (c *checker) Bool(*Member, *bool) {}

// OptBool implements Visitor.
func (c *checker) OptBool(*Member, **bool) {}

// Int32 implements Visitor.
func (c *checker) Int32(m *Member, p *int32) { c.number(m, float64(*p)) }

// OptInt32 implements Visitor.
func (c *checker) OptInt32(m *Member, p **int32) {
	if *p != nil {
		c.number(m, float64(**p))
	}
}

// Int64 implements Visitor.
func (c *checker) Int64(m *Member, p *int64) { c.number(m, float64(*p)) }

// OptInt64 implements Visitor.
func (c *checker) OptInt64(m *Member, p **int64) {
	if *p != nil {
		c.number(m, float64(**p))
	}
}

// Float64 implements Visitor.
func (c *checker) Float64(m *Member, p *float64) { c.number(m, *p) }

// OptFloat64 implements Visitor.
func (c *checker) OptFloat64(m *Member, p **float64) {
	if *p != nil {
		c.number(m, **p)
	}
}

func (c *checker) number(m *Member, v float64) {
	if m.Of.outside(v) {
		c.ok = false
	}
}

// Time implements Visitor.
func (c *checker) Time(*Member, *time.Time) {}

// OptTime implements Visitor.
func (c *checker) OptTime(*Member, **time.Time) {}

// Blob implements Visitor.
func (c *checker) Blob(m *Member, p *[]byte) {
	if *p != nil {
		c.number(m, float64(len(*p)))
	}
}

// Body implements Visitor.
func (c *checker) Body(*Member, *io.Reader) {}

// Document implements Visitor.
func (c *checker) Document(*Member, *Document) {}

// Make implements Visitor.
func (c *checker) Make(*Member) bool { return false }

// Struct implements Visitor.
func (c *checker) Struct(_ *Member, s Shape) { s.Fields(c) }

// BeginList implements Visitor.
func (c *checker) BeginList(m *Member, n int) int {
	if n < 0 {
		return -1
	}
	c.number(m, float64(n))
	if !c.ok || m.Of.Elem.Of.free() {
		return -1
	}
	return n
}

// Item implements Visitor.
func (c *checker) Item(int) {}

// EndList implements Visitor.
func (c *checker) EndList(*Member) {}

// BeginMap implements Visitor.
func (c *checker) BeginMap(m *Member, n int) int {
	if n < 0 {
		return -1
	}
	c.number(m, float64(n))
	if !c.ok || m.Of.Elem.Of.free() && m.Of.Key.Of.free() {
		return -1
	}
	c.maps = append(c.maps, m.Of)
	return n
}

// Entry implements Visitor.
func (c *checker) Entry(_ int, key string) string {
	if c.maps[len(c.maps)-1].Key.Of.violates(key) {
		c.ok = false
	}
	return key
}

// EndMap implements Visitor.
func (c *checker) EndMap(*Member) { c.maps = c.maps[:len(c.maps)-1] }

// Events implements Visitor.
func (c *checker) Events(*Member, EventSource) {}

package jsonbody

import (
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
)

// Style is a way to write shapes as JSON.
type Style struct {
	dialect wire.Dialect
	wire    bool // leaves out members of the outermost structure that HTTP carries elsewhere; epoch times
	redact  bool
}

// Wire is the style of the protocols: names as on the wire, times in seconds since 1970.
var Wire = newStyle(Style{wire: true}, usual, wireName)

var (
	wireDynamo  = newStyle(Style{wire: true}, dynamo, wireName)
	wireClassic = newStyle(Style{wire: true}, classic, wireName)
)

// WireOf returns the style Wire with the error texts of a service, which may be nil.
func WireOf(m *wire.Model) *Style {
	if m == nil {
		return Wire
	}
	switch m.ID {
	case "dynamodb", "dynamodbstreams":
		return wireDynamo
	case "apigateway":
		return wireClassic
	}
	return Wire
}

// SDK is the style of SDKs and the CLI: the model's names, times in ISO 8601, all members wherever HTTP carries them.
var SDK = newStyle(Style{}, usual, modelName)

// States is the style of Step Functions' tasks: SDK with names that begin in upper case.
var States = newStyle(Style{}, usual, pascal)

// Redacted is SDK with sensitive values masked, for logs. It cannot be read back.
var Redacted = newStyle(Style{redact: true}, usual, modelName)

func newStyle(s Style, words wording, name func(*wire.Member) string) *Style {
	s.dialect = wire.Dialect{Name: name, Mismatch: words.mismatch}
	return &s
}

func wireName(m *wire.Member) string { return m.Wire }

func modelName(m *wire.Member) string { return m.Name }

func pascal(m *wire.Member) string {
	if c := m.Name[0]; c < 'a' || c > 'z' {
		return m.Name
	}
	return strings.ToUpper(m.Name[:1]) + m.Name[1:]
}

// Dialect returns how trees of the style are read.
func (s *Style) Dialect() *wire.Dialect { return &s.dialect }

// Decode sets the members of in from an object of JSON. The style Wire sets only those that bodies carry.
func (s *Style) Decode(text string, in wire.Shape) (wire.Missing, error) {
	t, err := ParseObject(text)
	if err != nil {
		return nil, err
	}
	defer t.Free()
	src := wire.Source{Tree: t, Dialect: &s.dialect}
	if !s.wire {
		src.Bodies = true
	}
	return src.Decode(in)
}

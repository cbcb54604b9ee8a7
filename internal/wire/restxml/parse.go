package restxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// maxDepth is how deep elements may be nested.
const maxDepth = 64

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// parse reads a document of XML into the root of t. Each element is a NodeText whose children are its attributes and
// elements, by their local names; an attribute of XML Schema's instance namespace has the prefix xsi, as in the models,
// whatever the document calls it. Document types, and so entities, are refused.
func parse(t *wire.Tree, text string) error {
	p := parser{tree: t, dec: xml.NewDecoder(strings.NewReader(text))}
	if err := p.document(); err != nil {
		return malformed()
	}
	return nil
}

func malformed() *wire.Error {
	return &wire.Error{
		Code: "MalformedXML", Status: 400,
		Message: "The XML you provided was not well-formed or did not validate against our published schema",
	}
}

var (
	errDepth     = errors.New("too deep")
	errDirective = errors.New("a document type")
	errRoot      = errors.New("not one root element")
)

type parser struct {
	tree *wire.Tree
	dec  *xml.Decoder
	open []wire.NodeID
	text []byte // of the innermost element
	root bool   // the root element has begun
}

func (p *parser) document() error {
	for {
		token, err := p.dec.Token()
		if errors.Is(err, io.EOF) {
			if !p.root {
				return errRoot
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = p.start(&t)
		case xml.EndElement:
			p.end()
		case xml.CharData:
			if len(p.open) > 0 {
				p.text = append(p.text, t...)
			} else if len(bytes.TrimSpace(t)) > 0 {
				err = errRoot
			}
		case xml.Directive:
			err = errDirective
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) start(t *xml.StartElement) error {
	var id wire.NodeID
	switch depth := len(p.open); {
	case depth >= maxDepth:
		return errDepth
	case depth > 0:
		id = p.tree.Add(p.open[depth-1], wire.Node{Key: t.Name.Local, Kind: wire.NodeText})
	case p.root:
		return errRoot
	default:
		p.tree.Nodes[0].Key, p.tree.Nodes[0].Kind = t.Name.Local, wire.NodeText
		p.root = true
	}
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns", a.Name.Space == "" && a.Name.Local == "xmlns":
			continue
		case a.Name.Space == schemaInstance:
			a.Name.Local = "xsi:" + a.Name.Local
		}
		p.tree.Add(id, wire.Node{Key: a.Name.Local, Kind: wire.NodeText, Text: a.Value})
	}
	p.open, p.text = append(p.open, id), p.text[:0]
	return nil
}

// end closes the innermost element. Text between its own elements is dropped.
func (p *parser) end() {
	last := len(p.open) - 1
	if n := &p.tree.Nodes[p.open[last]]; len(p.text) > 0 {
		n.Text = string(p.text)
		p.text = p.text[:0]
	}
	p.open = p.open[:last]
}

var dialect = wire.Dialect{Name: xmlbody.REST.Member, List: list, Map: entries, Mismatch: mismatch}

// list finds the elements of a list: flat ones are siblings among others.
func list(t *wire.Tree, m *wire.Member, parent, n wire.NodeID) wire.NodeID {
	result := t.Orphan(wire.Node{Kind: wire.NodeList})
	name := xmlbody.REST.Element(m.Of)
	if m.Flat() && parent != n {
		name, n = t.Nodes[n].Key, parent
	}
	for c := t.Nodes[n].First; c != 0; c = t.Nodes[c].Next {
		if t.Nodes[c].Key == name {
			t.AddCopy(result, c, "")
		}
	}
	return result
}

// entries finds the entries of a map.
func entries(t *wire.Tree, m *wire.Member, parent, n wire.NodeID) wire.NodeID {
	result := t.Orphan(wire.Node{Kind: wire.NodeObject})
	name := "entry"
	if m.Flat() && parent != n {
		name, n = t.Nodes[n].Key, parent
	}
	key, value := xmlbody.REST.Entry(m.Of)
	for c := t.Nodes[n].First; c != 0; c = t.Nodes[c].Next {
		if t.Nodes[c].Key != name {
			continue
		}
		k, v := t.Child(c, key), t.Child(c, value)
		if k == wire.NoNode {
			continue
		}
		if v == wire.NoNode {
			v = t.Orphan(wire.Node{Kind: wire.NodeText})
		}
		t.AddCopy(result, v, t.Nodes[k].Text)
	}
	return result
}

// mismatch returns the error for a value of the wrong type, in the words of S3.
func mismatch(m *wire.Member, _ *wire.Node) error {
	if m.In == wire.InBody || m.In == wire.InPayload {
		return malformed()
	}
	what := "valid"
	if m.Of.Kind == wire.KindInteger || m.Of.Kind == wire.KindLong {
		what = "an integer or within integer range"
	}
	return wire.Errorf(400, "InvalidArgument", "Provided %s not %s", m.Wire, what)
}

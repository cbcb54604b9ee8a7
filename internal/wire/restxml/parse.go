package restxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// maxDepth is how deep elements may be nested.
const maxDepth = 64

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// Parse reads a document of XML. Each element is a NodeText whose children are its attributes and elements, by their local
// names; an attribute of XML Schema's instance namespace has the prefix xsi, as in the models, whatever the document calls
// it. Document types, and so entities, are refused. The caller frees the tree.
func Parse(data []byte) (*wire.Tree, error) {
	p := parser{tree: wire.NewTree(wire.Node{Kind: wire.NodeText}), dec: xml.NewDecoder(bytes.NewReader(data))}
	if err := p.document(); err != nil {
		p.tree.Free()
		return nil, malformed()
	}
	return p.tree, nil
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
	done bool   // the root element has ended
}

func (p *parser) document() error {
	for {
		token, err := p.dec.Token()
		if errors.Is(err, io.EOF) {
			if !p.done {
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
	id := wire.NodeID(0)
	switch {
	case p.done:
		return errRoot
	case len(p.open) >= maxDepth:
		return errDepth
	case len(p.open) == 0:
		p.tree.Nodes[0].Key = t.Name.Local
	default:
		id = p.tree.Add(p.open[len(p.open)-1], wire.Node{Key: t.Name.Local, Kind: wire.NodeText})
	}
	for _, a := range t.Attr {
		switch a.Name.Space {
		case "xmlns":
			continue
		case schemaInstance:
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
	p.done = last == 0
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

func mismatch(*wire.Member, *wire.Node) error { return malformed() }

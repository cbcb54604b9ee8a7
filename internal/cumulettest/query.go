package cumulettest

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	stsapi "github.com/cumulet/cumulet/internal/api/sts"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// queryOperation returns an operation of a service that speaks Query. It serves for its shapes only.
func queryOperation(service, operation string) (*wire.Operation, error) {
	for _, s := range []wire.Service{
		sqsapi.Bind(struct{ sqsapi.Handler }{}), stsapi.Bind(struct{ stsapi.Handler }{}),
	} {
		for i := range s.Operations {
			if s.ID == service && s.Operations[i].Name == operation {
				return &s.Operations[i], nil
			}
		}
	}
	return nil, fmt.Errorf("%s %s cannot be called as Query from a script", service, operation)
}

// callQuery makes a call as a form and reads the XML that it gets.
func (r *runner) callQuery(ctx context.Context, service, operation, params string) (answer, code, message string, err error) {
	m, err := model(service)
	if err != nil {
		return "", "", "", err
	}
	op, err := queryOperation(service, operation)
	if err != nil {
		return "", "", "", err
	}
	in := op.New()
	missing, err := jsonbody.SDK.Decode(params, in)
	if err != nil {
		return "", "", "", err
	}
	body := encodeForm(in)
	for _, name := range missing { // the form has no way to leave out what is a plain value
		body.Del(name)
	}
	body.Set("Action", operation)
	body.Set("Version", m.APIVersion)
	status, _, text, err := r.post(ctx, m, map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body.Encode())
	if err != nil {
		return "", "", "", err
	}
	t, err := parseXML(string(text))
	if err != nil {
		return "", "", "", fmt.Errorf("answer %s: %w", text, err)
	}
	defer t.Free()
	if status != http.StatusOK {
		e := t.Child(0, "Error")
		code = childText(t, e, "Code")
		if known, ok := r.codes[code]; ok {
			code = known
		}
		return "", code, childText(t, e, "Message"), nil
	}
	out := op.NewOutput()
	if root := t.Child(0, operation+"Result"); root != wire.NoNode {
		src := wire.Source{Tree: t, Root: root, Dialect: &queryAnswers}
		if _, err := src.Decode(out); err != nil {
			return "", "", "", fmt.Errorf("answer %s: %w", text, err)
		}
	}
	return string(jsonbody.SDK.Append(nil, out)), "", "", nil
}

func childText(t *wire.Tree, parent wire.NodeID, key string) string {
	if parent == wire.NoNode {
		return ""
	}
	c := t.Child(parent, key)
	if c == wire.NoNode {
		return ""
	}
	return t.Nodes[c].Text
}

// parseXML reads a document as a tree of its elements.
func parseXML(text string) (*wire.Tree, error) {
	t := wire.NewTree(wire.Node{Kind: wire.NodeText})
	d := xml.NewDecoder(strings.NewReader(text))
	var open []wire.NodeID
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			id := wire.NodeID(0)
			if len(open) > 0 {
				id = t.Add(open[len(open)-1], wire.Node{Key: token.Name.Local, Kind: wire.NodeText})
			}
			open = append(open, id)
		case xml.CharData:
			if len(open) > 0 {
				t.Nodes[open[len(open)-1]].Text += string(token)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// queryAnswers is how XML answers of the Query protocol hold shapes.
var queryAnswers = wire.Dialect{
	Name: func(m *wire.Member) string {
		if m.Of.Kind == wire.KindList && m.Flat() && (m.Of.Elem.Query != "" || m.Of.Elem.Wire != "") {
			return xmlbody.Query.Element(m.Of)
		}
		return xmlbody.Query.Member(m)
	},
	List: func(t *wire.Tree, m *wire.Member, parent, n wire.NodeID) wire.NodeID {
		name := xmlbody.Query.Element(m.Of)
		if m.Flat() && parent != n {
			name, n = t.Nodes[n].Key, parent
		}
		return collect(t, wire.NodeList, n, name, func(list, c wire.NodeID) { t.AddCopy(list, c, "") })
	},
	Map: func(t *wire.Tree, m *wire.Member, parent, n wire.NodeID) wire.NodeID {
		name := "entry"
		if m.Flat() && parent != n {
			name, n = t.Nodes[n].Key, parent
		}
		key, value := xmlbody.Query.Entry(m.Of)
		return collect(t, wire.NodeObject, n, name, func(entries, c wire.NodeID) {
			if v := t.Child(c, value); v != wire.NoNode {
				t.AddCopy(entries, v, childText(t, c, key))
			}
		})
	},
	Mismatch: func(m *wire.Member, n *wire.Node) error { return fmt.Errorf("%s is %q", m.Name, n.Text) },
}

// collect calls add for each child of parent that has a name, with a new node that is to hold them.
func collect(t *wire.Tree, kind wire.NodeKind, parent wire.NodeID, name string, add func(into, child wire.NodeID)) wire.NodeID {
	into := t.Orphan(wire.Node{Kind: kind})
	for c := t.Nodes[parent].First; c != 0; c = t.Nodes[c].Next {
		if t.Nodes[c].Key == name {
			add(into, c)
		}
	}
	return into
}

package httpbinding

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
)

// Format is how a protocol reads the bodies that hold structures.
type Format struct {
	Dialect *wire.Dialect
	// Parse reads the structure in text into the root of t, which is empty, and whose other nodes are to be kept.
	Parse func(t *wire.Tree, text string) error
}

// Decode sets the members of in, a new input, from a request. A body that no member is bound to is not looked at.
func Decode(c *wire.Call, req *wire.Request, in wire.Shape, f *Format) (wire.Missing, error) {
	r := request{Request: req, format: f, tree: wire.NewTree(wire.Node{}), template: c.Operation.URI, body: wire.NoNode}
	defer r.tree.Free()
	src := wire.Source{Tree: r.tree, Dialect: f.Dialect, Bound: r.bound, Stream: req.Stream}
	if src.Stream == nil {
		src.Stream = bytes.NewReader(req.Body)
	}
	return src.Decode(in)
}

type request struct {
	*wire.Request
	format   *Format
	template string
	tree     *wire.Tree
	body     wire.NodeID // of the structure in the body, once parsed
	parsed   bool
	params   []param
	split    bool // params is set
}

type param struct{ key, value string }

// bound returns the node of a member of the input.
func (r *request) bound(m *wire.Member) (wire.NodeID, error) {
	switch m.In {
	case wire.InHeader:
		return r.header(m)
	case wire.InHeaders:
		return r.headers(m), nil
	case wire.InURI:
		value, ok := label(r.template, r.Path, m.Wire)
		if !ok {
			return wire.NoNode, nil
		}
		return r.text(value), nil
	case wire.InQuery:
		return r.query(m), nil
	case wire.InStatus:
		return wire.NoNode, nil
	case wire.InPayload:
		return r.payload(m)
	default: // InBody
		body, err := r.structure()
		if err != nil || body == wire.NoNode {
			return wire.NoNode, err
		}
		return r.tree.Child(body, r.format.Dialect.Name(m)), nil
	}
}

// structure parses the body when it is first needed. An empty body is no structure.
func (r *request) structure() (wire.NodeID, error) {
	if r.parsed || len(r.Body) == 0 {
		return r.body, nil
	}
	r.parsed, r.body = true, 0
	return 0, r.format.Parse(r.tree, string(r.Body))
}

func (r *request) payload(m *wire.Member) (wire.NodeID, error) {
	if len(r.Body) == 0 {
		return wire.NoNode, nil
	}
	switch m.Of.Kind {
	case wire.KindBlob:
		return r.tree.Orphan(wire.Node{Kind: wire.NodeBytes, Text: string(r.Body)}), nil
	case wire.KindString:
		return r.text(string(r.Body)), nil
	default:
		return r.structure()
	}
}

func (r *request) text(value string) wire.NodeID {
	return r.tree.Orphan(wire.Node{Kind: wire.NodeText, Text: value})
}

func (r *request) header(m *wire.Member) (wire.NodeID, error) {
	values := r.Header[http.CanonicalHeaderKey(m.Wire)]
	if len(values) == 0 {
		return wire.NoNode, nil
	}
	if m.Of.Kind != wire.KindList {
		value := strings.Join(values, ",")
		if m.JSONValue {
			text, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return wire.NoNode, wire.Errorf(400, "SerializationException", "Header %s is not valid base64", m.Wire)
			}
			value = string(text)
		}
		return r.text(value), nil
	}
	list := r.tree.Orphan(wire.Node{Kind: wire.NodeList})
	for _, value := range values {
		for _, element := range splitList(value, isDate(m.Of.Elem.Of)) {
			r.tree.Add(list, wire.Node{Kind: wire.NodeText, Text: element})
		}
	}
	return list, nil
}

// isDate reports whether the elements of a list in a header are dates, which contain a comma each.
func isDate(s *wire.Schema) bool {
	return s.Kind == wire.KindTimestamp && (s.TimestampFormat == "" || s.TimestampFormat == "rfc822")
}

// splitList splits the elements of a list in a header, some of which may be quoted.
func splitList(text string, dates bool) []string {
	var elements []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var element string
		if text[0] == '"' {
			element, text = unquote(text[1:])
			_, text, _ = strings.Cut(text, ",")
		} else {
			element, text, _ = strings.Cut(text, ",")
			if dates {
				day := element
				element, text, _ = strings.Cut(text, ",")
				element = day + "," + element
			}
		}
		elements = append(elements, strings.TrimSpace(element))
	}
	return elements
}

// unquote reads up to the closing quote; a backslash escapes what follows it.
func unquote(text string) (element, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// headers collects the headers with a prefix. Their names lost their case on the way: the keys are in lower case when the
// prefix is, as S3 has them.
func (r *request) headers(m *wire.Member) wire.NodeID {
	prefix := http.CanonicalHeaderKey(m.Wire)
	lower := m.Wire == strings.ToLower(m.Wire) && m.Wire != ""
	object := wire.NoNode
	for name, values := range r.Header {
		if !strings.HasPrefix(name, prefix) || len(name) == len(prefix) {
			continue
		}
		if object == wire.NoNode {
			object = r.tree.Orphan(wire.Node{Kind: wire.NodeObject})
		}
		key := name[len(prefix):]
		if lower {
			key = strings.ToLower(key)
		}
		r.tree.Add(object, wire.Node{Key: key, Kind: wire.NodeText, Text: strings.Join(values, ",")})
	}
	return object
}

// query returns the parameters with the member's name; or all of them, for a map.
func (r *request) query(m *wire.Member) wire.NodeID {
	if !r.split {
		r.params, r.split = splitQuery(r.Query), true
	}
	if m.Of.Kind == wire.KindMap {
		return r.queryMap(m)
	}
	result := wire.NoNode
	for _, p := range r.params {
		if p.key != m.Wire {
			continue
		}
		if m.Of.Kind != wire.KindList {
			return r.text(p.value)
		}
		if result == wire.NoNode {
			result = r.tree.Orphan(wire.Node{Kind: wire.NodeList})
		}
		r.tree.Add(result, wire.Node{Kind: wire.NodeText, Text: p.value})
	}
	return result
}

func (r *request) queryMap(m *wire.Member) wire.NodeID {
	if len(r.params) == 0 {
		return wire.NoNode
	}
	object := r.tree.Orphan(wire.Node{Kind: wire.NodeObject})
	for _, p := range r.params {
		at := r.tree.Child(object, p.key)
		if m.Of.Elem.Of.Kind != wire.KindList {
			if at == wire.NoNode {
				r.tree.Add(object, wire.Node{Key: p.key, Kind: wire.NodeText, Text: p.value})
			}
			continue
		}
		if at == wire.NoNode {
			at = r.tree.Add(object, wire.Node{Key: p.key, Kind: wire.NodeList})
		}
		r.tree.Add(at, wire.Node{Kind: wire.NodeText, Text: p.value})
	}
	return object
}

// splitQuery returns the parameters of a query. What is not escaped properly is left as it is.
func splitQuery(query string) []param {
	var params []param
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		if text, err := url.QueryUnescape(key); err == nil {
			key = text
		}
		if text, err := url.QueryUnescape(value); err == nil {
			value = text
		}
		params = append(params, param{key, value})
	}
	return params
}

// label returns what a path, as sent, has in the place of a label of the template, unescaped.
func label(template, path, name string) (string, bool) {
	template, _, _ = strings.Cut(template, "?")
	template, path = strings.TrimPrefix(template, "/"), strings.TrimPrefix(path, "/")
	for template != "" {
		var segment, value string
		segment, template, _ = strings.Cut(template, "/")
		if greedy := strings.HasSuffix(segment, "+}"); greedy {
			value, path = cutGreedy(path, template)
			segment = strings.Replace(segment, "+}", "}", 1)
		} else {
			value, path, _ = strings.Cut(path, "/")
		}
		if len(segment) == len(name)+2 && segment[0] == '{' && segment[1:len(segment)-1] == name {
			text, err := url.PathUnescape(value)
			return text, err == nil && text != ""
		}
	}
	return "", false
}

// cutGreedy splits a path so that the rest has as many segments as the rest of the template.
func cutGreedy(path, template string) (value, rest string) {
	if template == "" {
		return path, ""
	}
	end := len(path)
	for range strings.Count(template, "/") + 1 {
		i := strings.LastIndexByte(path[:end], '/')
		if i < 0 {
			return path, ""
		}
		end = i
	}
	return path[:end], path[end+1:]
}

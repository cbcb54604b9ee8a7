package wiretest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
)

// parseBody returns a body in a form in which bodies that mean the same are equal.
func parseBody(protocol string, body []byte) (any, error) {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return nil, nil
	case protocol == "smithy-rpc-v2-cbor":
		return parseCBOR(body)
	case trimmed[0] == '<' && protocol != "rest-json" && protocol != "json":
		return parseXML(body)
	case trimmed[0] == '{' || trimmed[0] == '[':
		var v any
		err := json.Unmarshal(body, &v)
		return canonical(v), err
	}
	return string(body), nil
}

// canonical makes all that stands for the same time equal, and nulls in objects absent.
func canonical(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if value != nil {
				out[key] = canonical(value)
			}
		}
		return out
	case map[any]any: // of CBOR
		out := map[string]any{}
		for key, value := range v {
			if value != nil {
				out[fmt.Sprint(key)] = canonical(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = canonical(value)
		}
		return out
	case string:
		return canonicalText(v)
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return Normal(v)
}

func canonicalText(text string) string {
	if len(text) >= len("2006-01-02T15:04Z") && (text[4] == '-' || text[3] == ',') {
		if t, ok := wire.ParseTime(text); ok {
			return string(wire.AppendISO8601(nil, t))
		}
	}
	return text
}

func parseCBOR(data []byte) (any, error) {
	var v any
	err := cbor.Unmarshal(data, &v)
	return canonical(v), err
}

// element is XML without prefixes, order and white space between elements. Elements of one name that hold text only keep
// their order among themselves; those that hold elements do not, because they may be the entries of a map.
type element struct {
	Name     string
	Attrs    map[string]string
	Text     string
	Children []*element
}

func parseXML(data []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	root := &element{}
	stack := []*element{root}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return root.Children[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{Name: strings.TrimSpace(t.Name.Space + " " + t.Name.Local), Attrs: map[string]string{}}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					e.Attrs[strings.TrimSpace(a.Name.Space+" "+a.Name.Local)] = a.Value
				}
			}
			top.Children = append(top.Children, e)
			stack = append(stack, e)
		case xml.EndElement:
			if top.Text = canonicalText(top.Text); len(top.Children) > 0 || strings.Contains(top.Text, "\n") {
				top.Text = strings.TrimSpace(top.Text)
			}
			slices.SortStableFunc(top.Children, compareElements)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 1 {
				top.Text += string(t)
			}
		}
	}
}

func compareElements(a, b *element) int {
	if a.Name != b.Name || len(a.Children) == 0 || len(b.Children) == 0 {
		return strings.Compare(a.Name, b.Name)
	}
	return strings.Compare(a.String(), b.String())
}

func (e *element) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s %q %q", e.Name, e.Attrs, e.Text)
	for _, c := range e.Children {
		b.WriteString(c.String())
	}
	return b.String() + ">"
}

// anyRoot takes away what clients do not look at in an answer of REST-XML: the root's name, and an id beside the members.
func (e *element) anyRoot() {
	e.Name = ""
	e.withoutIDs()
}

// withoutIDs takes away the request's id, which most vectors leave out.
func (e *element) withoutIDs() {
	e.Children = slices.DeleteFunc(e.Children, func(c *element) bool {
		_, name, _ := cutLast(c.Name)
		return name == "RequestId" || name == "ResponseMetadata"
	})
}

// parseFrames returns the headers and payloads of a stream of events.
func parseFrames(data []byte) (any, error) {
	frames := []any{}
	for len(data) > 0 {
		f, rest, err := eventstream.Parse(data)
		if err != nil {
			return nil, err
		}
		data = rest
		headers := map[string]eventstream.Header{}
		for _, h := range f.Headers {
			headers[h.Name] = h
		}
		protocol := "json"
		switch headers[":content-type"].Data {
		case "text/xml":
			protocol = "rest-xml"
		case "text/json": // only old vectors have it
			headers[":content-type"] = eventstream.Text(":content-type", "application/json")
		}
		payload, err := parseBody(protocol, f.Payload)
		if err != nil {
			return nil, err
		}
		if e, ok := payload.(*element); ok {
			e.anyRoot()
		}
		frames = append(frames, map[string]any{"headers": headers, "payload": payload})
	}
	return frames, nil
}

// errorAnswer compares answers that are errors: clients find the code in one of several places.
type errorAnswer struct {
	modelled bool // whether the vector's model declares the error, so that its members must be there
}

const errorHeader = "X-Amzn-Errortype"

// normal returns the code, message and members of an error's answer, and takes what is equal by meaning out of the headers.
func (e *errorAnswer) normal(h http.Header, body any) any {
	code := h.Get(errorHeader)
	h.Del(errorHeader)
	if !e.modelled {
		for name := range h {
			if !slices.Contains([]string{"Content-Type", "X-Amzn-Query-Error", "Smithy-Protocol"}, name) {
				h.Del(name)
			}
		}
	}
	switch body := body.(type) {
	case nil:
		return map[string]any{"code": bareCode(code)}
	case map[string]any:
		return e.normalObject(code, body)
	case *element:
		return e.normalElement(body)
	}
	return body
}

func (e *errorAnswer) normalObject(code string, body map[string]any) any {
	out := map[string]any{}
	header, message := code, ""
	for _, key := range slices.Sorted(maps.Keys(body)) {
		text, isText := body[key].(string)
		switch {
		case isText && (key == "__type" || strings.EqualFold(key, "code")):
			if header == "" && (code == "" || key == "__type") {
				code = text
			}
		case isText && strings.EqualFold(key, "message"):
			message = text
		case e.modelled:
			out[key] = body[key]
		}
	}
	out["code"], out["message"] = bareCode(code), message
	if message == "" {
		delete(out, "message")
	}
	return out
}

// normalElement drops the fault's type, which old vectors invent, and an empty message.
func (e *errorAnswer) normalElement(root *element) *element {
	var keep []*element
	for _, child := range root.Children {
		switch _, name, _ := cutLast(child.Name); {
		case name == "Type" || name == "Message" && child.Text == "" || name == "RequestId" || name == "HostId":
			continue
		case name == "Error":
			e.normalElement(child)
		case name != "Code" && name != "Message" && !e.modelled:
			continue
		}
		keep = append(keep, child)
	}
	root.Children = keep
	return root
}

func cutLast(name string) (space, local string, ok bool) {
	i := strings.LastIndexByte(name, ' ')
	return name[:max(i, 0)], name[i+1:], i >= 0
}

// bareCode takes the namespace and the URI off a code, as clients do.
func bareCode(code string) string {
	code, _, _ = strings.Cut(code, ":")
	if i := strings.LastIndexByte(code, '#'); i >= 0 {
		code = code[i+1:]
	}
	return code
}

// diffHeaders compares the headers that a vector lists.
func diffHeaders(want, got http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g := strings.Join(want.Values(name), ", "), strings.Join(got.Values(name), ", ")
		if w != g && canonicalText(w) != canonicalText(g) && strings.ReplaceAll(w, ", ", ",") != strings.ReplaceAll(g, ", ", ",") {
			fmt.Fprintf(&b, "header %s: got %q, want %q\n", name, g, w)
		}
	}
	return b.String()
}

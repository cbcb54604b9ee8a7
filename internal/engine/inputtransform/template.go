package inputtransform

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// maxPaths is how many variables a template may have, https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html.
const maxPaths = 100

// The reserved variables.
const (
	varRuleARN       = "aws.events.rule-arn"
	varRuleName      = "aws.events.rule-name"
	varIngestionTime = "aws.events.event.ingestion-time"
	varEvent         = "aws.events.event"
	varEventJSON     = "aws.events.event.json"
)

// ErrOutput says that a JSON template gave something that is not JSON for this event. It will not help to try again.
var ErrOutput = errors.New("input transformer output is not valid JSON")

// An Error is why a template is refused.
type Error struct {
	Kind         ErrorKind
	Name         string // the variable or placeholder at fault
	Template     string
	Line, Column int // where a bad template stops being JSON, from 1
}

// ErrorKind tells refusals apart.
type ErrorKind uint8

// The refusals.
const (
	BadPlaceholder ErrorKind = iota // the template names a variable that does not exist
	JSONOnly                        // the template is text and holds the whole event
	BadTemplate                     // the template is not JSON, even with all placeholders filled in
	BadPath                         // a variable's path is not valid
	BadName                         // a variable's name is empty, reserved or has other characters than letters, digits, - and _
	TooManyPaths                    // there are more than 100 variables
)

// Message returns the text of AWS's ValidationException for a target. Those of BadPlaceholder (recorded), JSONOnly and BadPath
// (observed) are AWS's own; the others are rarely met, as the API model is checked before.
func (e *Error) Message(targetID string) string {
	switch e.Kind {
	case BadPlaceholder:
		return "InputTemplate for target " + targetID + " contains invalid placeholder " + e.Name + "."
	case JSONOnly:
		return "InputTemplate for target " + targetID + " contains placeholder " + e.Name + " valid only for JSON template."
	case BadPath:
		return "InputPath for target " + targetID + " is invalid."
	case BadName:
		return "InputPathsMap for target " + targetID + " contains invalid key " + e.Name + "."
	case TooManyPaths:
		return "InputPathsMap for target " + targetID + " has more than 100 entries."
	case BadTemplate:
	}
	return templateMessage(targetID, e)
}

// Error returns the message without naming a target.
func (e *Error) Error() string { return e.Message("(unnamed)") }

// Vars is what a template may tell besides the event.
type Vars struct {
	RuleARN       string
	RuleName      string
	IngestionTime time.Time // when the event was accepted
}

// A Template is a compiled InputTransformer.
type Template struct {
	json  bool // starts with a brace
	parts []part
	paths []Path // of the variables used, by part.path
}

// part is a piece of text, or a placeholder if name is set.
type part struct {
	text   string
	name   string
	path   int  // index of the path, or reserved
	quoted bool // stands inside a string
}

const reserved = -1 // part.path of a reserved variable

// Compile reads an InputTransformer: paths by variable, and a template. The error is an [*Error].
func Compile(paths map[string]string, template string) (*Template, error) {
	parsed, err := parsePaths(paths)
	if err != nil {
		return nil, err
	}
	trimmed := strings.TrimLeft(template, " \t\r\n")
	t := &Template{json: strings.HasPrefix(trimmed, "{")}
	t.parts = split(template, t.json)
	index := map[string]int{varRuleARN: reserved, varRuleName: reserved, varIngestionTime: reserved, varEvent: reserved, varEventJSON: reserved}
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			continue
		}
		if p.name == varEventJSON && !t.json {
			return nil, &Error{Kind: JSONOnly, Name: p.name, Template: template}
		}
		at, seen := index[p.name]
		if !seen {
			path, known := parsed[p.name]
			if !known {
				return nil, &Error{Kind: BadPlaceholder, Name: p.name, Template: template}
			}
			at = len(t.paths)
			index[p.name] = at
			t.paths = append(t.paths, path)
		}
		p.path = at
	}
	if err := check(template, t); err != nil {
		return nil, err
	}
	return t, nil
}

func parsePaths(paths map[string]string) (map[string]Path, error) {
	if len(paths) > maxPaths {
		return nil, &Error{Kind: TooManyPaths}
	}
	parsed := make(map[string]Path, len(paths))
	for name, text := range paths {
		if name == "" || strings.IndexFunc(name, func(r rune) bool { return !nameByte(r) || r == '.' }) >= 0 {
			return nil, &Error{Kind: BadName, Name: name}
		}
		p, err := ParsePath(text)
		if err != nil {
			return nil, &Error{Kind: BadPath, Name: name}
		}
		parsed[name] = p
	}
	return parsed, nil
}

func nameByte(r rune) bool {
	return r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// split cuts a template at its placeholders, and drops the blanks between the tokens of a JSON template.
func split(template string, minify bool) []part {
	var parts []part
	var text strings.Builder
	quoted := false
	for i := 0; i < len(template); i++ {
		c := template[i]
		switch {
		case c == '<':
			name, ok := placeholder(template[i+1:])
			if !ok {
				break
			}
			if text.Len() > 0 {
				parts = append(parts, part{text: text.String()})
				text.Reset()
			}
			parts = append(parts, part{name: name, quoted: quoted})
			i += len(name) + 1
			continue
		case c == '\\' && quoted && i+1 < len(template):
			text.WriteByte(c)
			i++
			c = template[i]
		case c == '"':
			quoted = !quoted
		case minify && !quoted && isSpace(c):
			continue
		}
		text.WriteByte(c)
	}
	if text.Len() > 0 {
		parts = append(parts, part{text: text.String()})
	}
	return parts
}

// placeholder returns the name at the start of s, if s goes on with >.
func placeholder(s string) (string, bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return !nameByte(r) })
	if end <= 0 || s[end] != '>' {
		return "", false
	}
	return s[:end], true
}

// Apply fills in the template for an event, which is a JSON object. The error is [ErrOutput], or says that the event is not a JSON object.
func (t *Template) Apply(event []byte, vars Vars) ([]byte, error) {
	event, ok := trim(event)
	if !ok || event[0] != '{' {
		return nil, errEvent
	}
	values := make([][]byte, len(t.paths)) // JSON; nil is missing
	size := 0
	for i, p := range t.paths {
		v, found, err := p.find(event)
		if err != nil {
			return nil, err
		}
		if found {
			values[i] = v
			size += len(v)
		}
	}
	out := make([]byte, 0, size+t.textLen())
	unsafe := false
	for _, p := range t.parts {
		if p.name == "" {
			out = append(out, p.text...)
			continue
		}
		var v []byte
		if p.path == reserved {
			v = reservedValue(p.name, event, vars)
		} else {
			v = values[p.path]
		}
		start := len(out)
		switch {
		case p.quoted:
			out = appendText(out, v, !t.json)
			unsafe = unsafe || t.json && bytes.ContainsFunc(out[start:], func(r rune) bool { return r == '"' || r == '\\' || r < ' ' })
		case v == nil:
			out = append(out, `""`...)
		default:
			out = appendCompact(out, v)
		}
	}
	if unsafe && !json.Valid(out) {
		return nil, ErrOutput
	}
	return out, nil
}

func (t *Template) textLen() int {
	n := 0
	for _, p := range t.parts {
		n += len(p.text)
	}
	return n + 64*len(t.parts)
}

// appendText appends a JSON value as it reads inside a string; strip removes the quotation marks of objects and arrays.
func appendText(out, v []byte, strip bool) []byte {
	if len(v) == 0 {
		return out
	}
	switch v[0] {
	case '"':
		if bytes.IndexByte(v, '\\') < 0 {
			return append(out, v[1:len(v)-1]...)
		}
		var s string
		if json.Unmarshal(v, &s) != nil {
			return out
		}
		return append(out, s...)
	case '{', '[':
		start := len(out)
		out = appendCompact(out, v)
		if !strip {
			return out
		}
		n := start
		for _, c := range out[start:] {
			if c != '"' {
				out[n] = c
				n++
			}
		}
		return out[:n]
	}
	return append(out, v...)
}

// reservedValue returns a reserved variable as JSON.
func reservedValue(name string, event []byte, vars Vars) []byte {
	switch name {
	case varRuleARN:
		return quote(vars.RuleARN)
	case varRuleName:
		return quote(vars.RuleName)
	case varIngestionTime:
		return quote(vars.IngestionTime.UTC().Format("2006-01-02T15:04:05Z"))
	case varEvent:
		return withoutDetail(event)
	}
	return event
}

// withoutDetail returns the event without its detail. Observed: detail-type is called detailType, and the members come in this order.
func withoutDetail(event []byte) []byte {
	order := [...]string{"id", "account", "detail-type", "time", "source", "region", "resources", "version"}
	var known [len(order)][]byte
	var others []byte
	each(event, func(_ int, key, child []byte) bool {
		for i, name := range order {
			if keyIs(key, name) {
				known[i] = child
				return true
			}
		}
		if !keyIs(key, "detail") {
			others = append(append(append(append(others, ','), key...), ':'), child...)
		}
		return true
	})
	out := []byte{'{'}
	for i, v := range known {
		if v == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		key := order[i]
		if key == "detail-type" {
			key = "detailType"
		}
		out = append(append(append(append(out, '"'), key...), `":`...), v...)
	}
	if len(out) == 1 && len(others) > 0 {
		others = others[1:]
	}
	return append(append(out, others...), '}')
}

// quote returns a string as JSON. Unlike json.Marshal's, < and > stay.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(`""`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

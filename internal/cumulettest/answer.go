package cumulettest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// lineLength is the width in characters up to which a value is printed on one line.
const lineLength = 120

// Values of JSON whose objects keep their order. Others are string, json.Number, bool and nil.
type (
	object []member
	list   []any
	member struct {
		key   string
		value any
	}
)

// parseJSON reads one value.
func parseJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := parseValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

func parseValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		out := object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			out = append(out, member{fmt.Sprint(key), v})
		}
		_, err := d.Token()
		return out, err
	case json.Delim('['):
		out := list{}
		for d.More() {
			v, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := d.Token()
		return out, err
	}
	return token, nil
}

// printJSON writes a value on one line if it fits, else with a line for each element.
func printJSON(v any, indent string) string {
	if line := printLine(v); len(indent)+len(line) <= lineLength {
		return line
	}
	var parts []string
	inner := indent + "  "
	open, shut := "[", "]"
	switch v := v.(type) {
	case object:
		open, shut = "{", "}"
		for _, m := range v {
			parts = append(parts, inner+quote(m.key)+": "+printJSON(m.value, inner))
		}
	case list:
		for _, e := range v {
			parts = append(parts, inner+printJSON(e, inner))
		}
	default:
		return printLine(v)
	}
	return open + "\n" + strings.Join(parts, ",\n") + "\n" + indent + shut
}

func printLine(v any) string {
	var parts []string
	switch v := v.(type) {
	case object:
		for _, m := range v {
			parts = append(parts, quote(m.key)+": "+printLine(m.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		for _, e := range v {
			parts = append(parts, printLine(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quote(v)
	}
	return fmt.Sprint(v)
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSpace(b.String())
}

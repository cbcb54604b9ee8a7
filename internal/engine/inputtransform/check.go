package inputtransform

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// check refuses a template that cannot give valid output for any event: a JSON template must be one object when every bare
// placeholder is null, without placeholders in keys; any other must be a series of JSON values, since AWS requires quotation marks
// around text.
func check(template string, t *Template) error {
	var filled strings.Builder
	for _, p := range split(template, false) {
		switch {
		case p.name == "":
			filled.WriteString(p.text)
		case p.quoted:
			filled.WriteString(keyMark)
		default:
			filled.WriteString("null")
		}
	}
	text := filled.String()
	d := json.NewDecoder(strings.NewReader(text))
	objects := []bool{false} // for each open brace or bracket, whether it is an object
	expectKey := false
	for values := 0; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(objects) == 1 && values > 0 && (values == 1 || !t.json) {
			return nil
		}
		if err != nil || len(objects) == 1 && values > 0 && t.json {
			return badTemplate(template, text, d.InputOffset())
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				objects = append(objects, v == '{')
				expectKey = v == '{'
				continue
			}
			objects = objects[:len(objects)-1]
		case string:
			if expectKey {
				if strings.Contains(v, keyMark) {
					return badTemplate(template, text, d.InputOffset())
				}
				expectKey = false
				continue
			}
		}
		if len(objects) == 1 {
			values++
		}
		expectKey = objects[len(objects)-1]
	}
}

// keyMark stands for a quoted placeholder while a template is checked. It is a character that means nothing to anybody.
const keyMark = "\ue000"

func badTemplate(template, text string, offset int64) *Error {
	before := text[:min(int(offset), len(text))]
	line := 1 + strings.Count(before, "\n")
	column := len(before) - strings.LastIndexByte(before, '\n')
	return &Error{Kind: BadTemplate, Template: template, Line: line, Column: column}
}

// templateMessage words the refusal of a template. AWS answers with the place at which its own parser stopped; the place is ours.
func templateMessage(targetID string, e *Error) string {
	return "Invalid InputTemplate for target " + targetID + " : [Source: (String)\"" + e.Template + "\"; line: " +
		strconv.Itoa(e.Line) + ", column: " + strconv.Itoa(e.Column) + "]."
}

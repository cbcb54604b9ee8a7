package inputtransform

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// A Path is a parsed JSON path. The zero Path is $, the whole document.
type Path struct {
	steps []step
	many  bool // has a wildcard
}

// step goes from a value to its member, its element or all its children.
type step struct {
	name  string // a member's name; "" in the other cases
	index int    // an element's index, or all
}

const (
	all    = -1 // step.index of a wildcard
	member = -2 // step.index of a name
)

// ErrPath says that a path is not one that EventBridge takes. PutTargets then answers
// "InputPath for target ID is invalid.", for a target's path and for each of InputPathsMap.
var ErrPath = errors.New("invalid JSON path")

// errEvent says that what should be searched is not JSON.
var errEvent = errors.New("event is not a JSON document, or not an object")

// ParsePath reads a path. The error is [ErrPath].
func ParsePath(s string) (Path, error) {
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return Path{}, ErrPath
	}
	var p Path
	for rest != "" {
		var st step
		if st, rest, ok = parseStep(rest); !ok {
			return Path{}, ErrPath
		}
		p.steps = append(p.steps, st)
		p.many = p.many || st.index == all
	}
	return p, nil
}

// parseStep reads .name, .*, [3] or [*] at the start of s and returns what follows.
func parseStep(s string) (step, string, bool) {
	switch s[0] {
	case '.':
		s = s[1:]
		end := strings.IndexAny(s, ".[")
		if end < 0 {
			end = len(s)
		}
		name := s[:end]
		if name == "*" {
			return step{index: all}, s[end:], true
		}
		return step{name: name, index: member}, s[end:], name != "" && !strings.ContainsAny(name, `]*'"`)
	case '[':
		inside, rest, ok := strings.Cut(s[1:], "]")
		if inside == "*" {
			return step{index: all}, rest, ok
		}
		digits := inside != "" && strings.Trim(inside, "0123456789") == ""
		n, err := strconv.Atoi(inside)
		return step{index: n}, rest, ok && digits && err == nil
	}
	return step{}, "", false
}

// Find returns the value at a path in a JSON document, as JSON, and whether there is one. It may be a part of doc, with doc's own
// spacing. The error says that doc is not JSON, as far as the search saw.
func (p Path) Find(doc []byte) (value []byte, found bool, err error) {
	doc, ok := trim(doc)
	if !ok {
		return nil, false, errEvent
	}
	return p.find(doc)
}

// find is Find in one value without blanks around it.
func (p Path) find(doc []byte) (value []byte, found bool, err error) {
	if !p.many {
		value, ok := doc, true
		for i := 0; ok && value != nil && i < len(p.steps); i++ {
			value, ok = child(value, p.steps[i])
		}
		if !ok {
			return nil, false, errEvent
		}
		return value, value != nil, nil
	}
	var hits [][]byte
	if !collect(doc, p.steps, &hits) {
		return nil, false, errEvent
	}
	return append(append([]byte{'['}, bytes.Join(hits, []byte{','})...), ']'), true, nil
}

// ApplyPath is what a target with an InputPath receives of an event: the value at the path as JSON, and whether there is one.
// The error is [ErrPath], or says that the event is not JSON.
func ApplyPath(path string, event []byte) (value []byte, found bool, err error) {
	p, err := ParsePath(path)
	if err != nil {
		return nil, false, err
	}
	return p.Find(event)
}

// child returns the member or element that a step without wildcard leads to, nil if there is none, and whether v is JSON.
func child(v []byte, st step) (found []byte, ok bool) {
	ok = each(v, func(i int, key, child []byte) bool {
		if st.index == i && key == nil || st.index == member && key != nil && keyIs(key, st.name) {
			found = child // a later member of the same name replaces it
		}
		return true
	})
	return found, ok
}

// collect appends the values that the steps lead to from v, and reports whether v is JSON.
func collect(v []byte, steps []step, hits *[][]byte) bool {
	if len(steps) == 0 {
		*hits = append(*hits, v)
		return true
	}
	if steps[0].index == all {
		return each(v, func(_ int, _, child []byte) bool { return collect(child, steps[1:], hits) })
	}
	found, ok := child(v, steps[0])
	if found == nil {
		return ok
	}
	return ok && collect(found, steps[1:], hits)
}

// keyIs compares a quoted JSON string with a name.
func keyIs(quoted []byte, name string) bool {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == name
	}
	var s string
	return json.Unmarshal(quoted, &s) == nil && s == name
}

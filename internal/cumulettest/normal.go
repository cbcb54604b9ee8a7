package cumulettest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// names gives what differs from run to run a name: the first id is <id 1>, the first receipt handle <handle 1>, and an
// instant is its distance from the start of the script, such as <+29s>. Parameters may use the names, and <text 1000> for
// a text of that many letters x.
type names struct {
	start  time.Time
	count  map[string]int    // by kind
	byText map[string]string // name by value
	values map[string]string // value by name
	order  []string          // values, oldest first
}

func newNames(start time.Time) *names {
	return &names{start: start, count: map[string]int{}, byText: map[string]string{}, values: map[string]string{}}
}

// kinds are the members whose values are opaque, by what they are called in scripts.
var kinds = map[string]string{
	"ReceiptHandle": "handle", "TaskHandle": "task", "NextToken": "token", "SequenceNumber": "sequence",
}

var (
	uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	name = regexp.MustCompile(`<[a-z]+ [0-9]+>`)
)

// normalize replaces what differs from run to run in an answer.
func (n *names) normalize(key string, v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for i, m := range v {
			out[i] = member{m.key, n.normalize(m.key, m.value)}
		}
		return out
	case list:
		out := make(list, len(v))
		for i, e := range v {
			out[i] = n.normalize(key, e)
		}
		return out
	case string:
		return n.text(key, v)
	case json.Number:
		if t, ok := n.instant(string(v)); ok {
			return t
		}
	}
	return v
}

func (n *names) text(key, s string) string {
	if called, ok := n.byText[s]; ok {
		return called
	}
	kind, opaque := kinds[key]
	if !opaque && uuid.MatchString(s) {
		kind, opaque = "id", true
	}
	if opaque && s != "" {
		return n.named(kind, s)
	}
	if t, ok := n.instant(s); ok {
		return t
	}
	return n.message(s)
}

// message replaces the values that have a name already, wherever they are in a text.
func (n *names) message(s string) string {
	for _, value := range n.order {
		s = strings.ReplaceAll(s, value, n.byText[value])
	}
	return s
}

func (n *names) named(kind, value string) string {
	if known, ok := n.byText[value]; ok {
		return known
	}
	n.count[kind]++
	called := "<" + kind + " " + strconv.Itoa(n.count[kind]) + ">"
	n.byText[value], n.values[called] = called, value
	n.order = append(n.order, value)
	return called
}

// instant names an instant of the script: in seconds or milliseconds since 1970, or in RFC 3339.
func (n *names) instant(s string) (string, bool) {
	var t time.Time
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case len(s) <= 10:
			t = time.Unix(v, 0)
		case len(s) <= 13:
			t = time.UnixMilli(v)
		}
	} else if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
		return "", false
	}
	const longest = 20 * 365 * 24 * time.Hour
	since := t.Sub(n.start)
	if since < -time.Hour || since > longest {
		return "", false
	}
	if since < 0 {
		return "<" + since.String() + ">", true
	}
	return "<+" + since.String() + ">", true
}

// expand replaces names in parameters by their values.
func (n *names) expand(params string) string {
	return name.ReplaceAllStringFunc(params, func(called string) string {
		value, ok := n.values[called]
		if !ok {
			length, found := strings.CutPrefix(called, "<text ")
			letters, err := strconv.Atoi(strings.TrimSuffix(length, ">"))
			if !found || err != nil {
				return called
			}
			value = strings.Repeat("x", letters)
			n.values[called], n.byText[value] = value, called
		}
		quoted := quote(value)
		return quoted[1 : len(quoted)-1]
	})
}

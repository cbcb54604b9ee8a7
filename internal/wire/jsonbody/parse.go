package jsonbody

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cumulet/cumulet/internal/wire"
)

// maxDepth is how deep lists and objects may be nested: enough for the 32 levels of DynamoDB's values, which take two each.
const maxDepth = 256

// Parse reads one value of JSON with nothing but white space around it. The caller frees the tree, whose strings share the
// memory of text. The error has no message, as from AWS.
func Parse(text string) (*wire.Tree, error) {
	t := wire.NewTree(wire.Node{})
	if err := ParseInto(t, text); err != nil {
		t.Free()
		return nil, err
	}
	return t, nil
}

// ParseInto is Parse into the root of a tree, which may hold other nodes.
func ParseInto(t *wire.Tree, text string) error {
	if !utf8.ValidString(text) {
		return malformed()
	}
	p := parser{text: text, tree: t}
	p.space()
	p.value(0, 1)
	p.space()
	if p.failed || p.at != len(text) {
		return malformed()
	}
	return nil
}

// ParseObject is Parse for a text that must be an object.
func ParseObject(text string) (*wire.Tree, error) {
	t, err := Parse(text)
	if err != nil {
		return nil, err
	}
	switch t.Nodes[0].Kind {
	case wire.NodeObject:
		return t, nil
	case wire.NodeList:
		err = serialization(foundList)
	default:
		err = malformed()
	}
	t.Free()
	return nil, err
}

type parser struct {
	text   string
	at     int
	tree   *wire.Tree
	failed bool
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take skips white space and c, and reports whether c was there.
func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// value reads a value into node id. The text is at its first character.
func (p *parser) value(id wire.NodeID, depth int) {
	if p.at >= len(p.text) || depth > maxDepth {
		p.failed = true
		return
	}
	n := &p.tree.Nodes[id]
	switch c := p.text[p.at]; {
	case c == '"':
		n.Kind, n.Text = wire.NodeString, p.str()
	case c == '{':
		p.object(id, depth)
	case c == '[':
		p.list(id, depth)
	case c == '-' || c >= '0' && c <= '9':
		n.Kind, n.Text = wire.NodeNumber, p.number()
	case strings.HasPrefix(p.text[p.at:], "true"):
		n.Kind, p.at = wire.NodeTrue, p.at+4
	case strings.HasPrefix(p.text[p.at:], "false"):
		n.Kind, p.at = wire.NodeFalse, p.at+5
	case strings.HasPrefix(p.text[p.at:], "null"):
		n.Kind, p.at = wire.NodeNull, p.at+4
	default:
		p.failed = true
	}
}

func (p *parser) object(id wire.NodeID, depth int) {
	start := p.at
	p.tree.Nodes[id].Kind = wire.NodeObject
	p.at++
	if !p.take('}') {
		for {
			p.space()
			if p.at >= len(p.text) || p.text[p.at] != '"' {
				p.failed = true
				return
			}
			key := p.str()
			if !p.take(':') {
				p.failed = true
			}
			p.space()
			if p.failed {
				return
			}
			p.value(p.tree.AddKey(id, key), depth+1)
			if p.failed {
				return
			}
			if !p.take(',') {
				break
			}
		}
		if !p.take('}') {
			p.failed = true
			return
		}
	}
	p.tree.Nodes[id].Text = p.text[start:p.at]
}

func (p *parser) list(id wire.NodeID, depth int) {
	start := p.at
	p.tree.Nodes[id].Kind = wire.NodeList
	p.at++
	if !p.take(']') {
		for {
			p.space()
			p.value(p.tree.AddKey(id, ""), depth+1)
			if p.failed {
				return
			}
			if !p.take(',') {
				break
			}
		}
		if !p.take(']') {
			p.failed = true
			return
		}
	}
	p.tree.Nodes[id].Text = p.text[start:p.at]
}

func (p *parser) number() string {
	start := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	if p.at < len(p.text) && p.text[p.at] == '0' {
		p.at++
	} else {
		p.digits()
	}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		p.digits()
	}
	if p.at < len(p.text) && p.text[p.at]|0x20 == 'e' {
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		p.digits()
	}
	return p.text[start:p.at]
}

func (p *parser) digits() {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	if p.at == start {
		p.failed = true
	}
}

// str reads a string, whose opening quote the text is at.
func (p *parser) str() string {
	p.at++
	start := p.at
	p.at = wire.Plain(p.text, start)
	if p.at < len(p.text) {
		switch p.text[p.at] {
		case '"':
			p.at++
			return p.text[start : p.at-1]
		case '\\':
			return p.escaped(start)
		}
	}
	p.failed = true
	return ""
}

// escaped reads the rest of a string that began at start, from its first backslash.
func (p *parser) escaped(start int) string {
	b := make([]byte, 0, 2*(p.at-start)+48)
	for p.at < len(p.text) {
		b = append(b, p.text[start:p.at]...)
		switch p.text[p.at] {
		case '"':
			p.at++
			return string(b)
		case '\\':
			var ok bool
			if b, ok = p.escape(b); ok {
				start = p.at
				p.at = wire.Plain(p.text, start)
				continue
			}
		}
		break
	}
	p.failed = true
	return ""
}

// escape appends what the escape sequence at p.at stands for.
func (p *parser) escape(b []byte) ([]byte, bool) {
	if p.at+1 >= len(p.text) {
		return b, false
	}
	c := p.text[p.at+1]
	p.at += 2
	switch c {
	case '"', '\\', '/':
		return append(b, c), true
	case 'b':
		return append(b, '\b'), true
	case 'f':
		return append(b, '\f'), true
	case 'n':
		return append(b, '\n'), true
	case 'r':
		return append(b, '\r'), true
	case 't':
		return append(b, '\t'), true
	case 'u':
		r, ok := p.hex4(p.at)
		if !ok {
			return b, false
		}
		p.at += 4
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if strings.HasPrefix(p.text[p.at:], `\u`) {
				low, ok = p.hex4(p.at + 2)
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				p.at += 6
			}
		}
		return utf8.AppendRune(b, r), true
	}
	return b, false
}

func (p *parser) hex4(at int) (rune, bool) {
	if at+4 > len(p.text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.text[at : at+4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

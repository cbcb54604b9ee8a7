package eventpattern

import "fmt"

// An eventParser flattens one JSON object in one pass.
type eventParser struct {
	*Event

	source []byte
	pos    int
	depth  int
}

func (p *eventParser) invalid(what string) error {
	return fmt.Errorf("%w: %s at offset %d", ErrInvalidEvent, what, p.pos)
}

// event parses the whole source.
func (p *eventParser) event() error {
	if p.peek() != '{' {
		return p.invalid("no object")
	}
	if err := p.object(nil, 0); err != nil {
		return err
	}
	if p.peek() != 0 || p.pos < len(p.source) {
		return p.invalid("text behind the object")
	}
	return nil
}

// peek skips white space and returns the next byte, 0 at the end.
func (p *eventParser) peek() byte {
	for p.pos < len(p.source) {
		switch c := p.source[p.pos]; c {
		case ' ', '\n', '\t', '\r':
			p.pos++
		default:
			return c
		}
	}
	return 0
}

// object parses an object at its opening brace. path leads to it, node is the array element around it.
func (p *eventParser) object(path []byte, in int32) error {
	if err := p.open(); err != nil {
		return err
	}
	if p.peek() == '}' {
		return p.shut()
	}
	for {
		if p.peek() != '"' {
			return p.invalid("no key")
		}
		key, err := p.text()
		if err != nil {
			return err
		}
		if p.peek() != ':' {
			return p.invalid("no colon")
		}
		p.pos++
		if err := p.value(p.join(path, key), in); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			return p.shut()
		default:
			return p.invalid("no comma or closing brace")
		}
	}
}

// join returns path and key with a dot between.
func (p *eventParser) join(path, key []byte) []byte {
	if path == nil {
		return key
	}
	p.reserve(len(path) + 1 + len(key))
	start := len(p.arena)
	p.arena = append(p.arena, path...)
	p.arena = append(p.arena, '.')
	p.arena = append(p.arena, key...)
	return p.arena[start:len(p.arena):len(p.arena)]
}

// reserve makes sure that n bytes fit into the arena without moving what is in it.
func (p *eventParser) reserve(n int) {
	if len(p.arena)+n > cap(p.arena) {
		p.arena = make([]byte, 0, max(2*cap(p.arena), n, 512))
	}
}

// array parses an array at its opening bracket. Its scalars are alternatives of one path; each element that is an object or array
// becomes a node.
func (p *eventParser) array(path []byte, in int32) error {
	if err := p.open(); err != nil {
		return err
	}
	p.arrays++
	self := p.arrays
	if p.peek() == ']' {
		return p.shut()
	}
	for {
		element := in
		if c := p.peek(); c == '{' || c == '[' {
			element = int32(len(p.nodes))
			p.nodes = append(p.nodes, node{parent: in, array: self})
		}
		if err := p.value(path, element); err != nil {
			return err
		}
		if element != in {
			p.nodes[element].last = int32(len(p.nodes)) - 1
		}
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			return p.shut()
		default:
			return p.invalid("no comma or closing bracket")
		}
	}
}

func (p *eventParser) open() error {
	p.pos++
	if p.depth++; p.depth > maxDepth {
		return p.invalid("too deep nesting")
	}
	return nil
}

func (p *eventParser) shut() error {
	p.pos++
	p.depth--
	return nil
}

// value parses any value.
func (p *eventParser) value(path []byte, in int32) error {
	var v []byte
	var kind Kind
	var err error
	switch c := p.peek(); c {
	case '"':
		v, err = p.text()
	case '{':
		return p.object(path, in)
	case '[':
		return p.array(path, in)
	case 't':
		kind = True
		v, err = p.word("true")
	case 'f':
		kind = False
		v, err = p.word("false")
	case 'n':
		kind = Null
		v, err = p.word("null")
	default:
		kind = Number
		v, err = p.number()
	}
	if err != nil {
		return err
	}
	p.fields = append(p.fields, field{path: path, value: v, node: in, kind: kind})
	return nil
}

func (p *eventParser) word(word string) ([]byte, error) {
	rest := p.source[p.pos:]
	if len(rest) < len(word) || string(rest[:len(word)]) != word {
		return nil, p.invalid("unknown word")
	}
	p.pos += len(word)
	return rest[:len(word)], nil
}

func (p *eventParser) number() ([]byte, error) {
	start := p.pos
	if p.at('-') {
		p.pos++
	}
	if p.at('0') {
		p.pos++
	} else if !p.digits() {
		return nil, p.invalid("no value")
	}
	if p.at('.') {
		p.pos++
		if !p.digits() {
			return nil, p.invalid("no digit behind the decimal point")
		}
	}
	if p.at('e') || p.at('E') {
		p.pos++
		if p.at('+') || p.at('-') {
			p.pos++
		}
		if !p.digits() {
			return nil, p.invalid("no digit in the exponent")
		}
	}
	return p.source[start:p.pos], nil
}

func (p *eventParser) at(c byte) bool { return p.pos < len(p.source) && p.source[p.pos] == c }

// digits skips digits and reports whether there were any.
func (p *eventParser) digits() bool {
	start := p.pos
	for p.pos < len(p.source) && isDigit(p.source[p.pos]) {
		p.pos++
	}
	return p.pos > start
}

// text parses a string at its opening quote. A string without escapes is a part of the source.
func (p *eventParser) text() ([]byte, error) {
	p.pos++
	start := p.pos
	for i, c := range p.source[start:] {
		if c == '"' {
			p.pos = start + i + 1
			return p.source[start : start+i : start+i], nil
		}
		if c == '\\' || c < 0x20 {
			p.pos = start + i
			return p.escaped(start)
		}
	}
	p.pos = len(p.source)
	return nil, p.invalid("no closing quote")
}

// escaped parses a string that began at start and has an escape, or a wrong character, at the current position.
func (p *eventParser) escaped(start int) ([]byte, error) {
	end := p.pos
	for end < len(p.source) && p.source[end] != '"' {
		if p.source[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.source) {
		return nil, p.invalid("no closing quote")
	}
	p.reserve(end - start) // no escape is shorter than what it stands for
	at := len(p.arena)
	p.arena = append(p.arena, p.source[start:p.pos]...)
	for p.pos < end {
		c := p.source[p.pos]
		if c < 0x20 {
			return nil, p.invalid("control character in a string")
		}
		if c != '\\' {
			p.arena = append(p.arena, c)
			p.pos++
			continue
		}
		var n int
		if p.arena, n = appendEscape(p.arena, p.source[p.pos:]); n <= 0 {
			return nil, p.invalid("wrong escape")
		}
		p.pos += n
	}
	p.pos++
	return p.arena[at:len(p.arena):len(p.arena)], nil
}

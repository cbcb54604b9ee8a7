package eventpattern

import (
	"unicode"
	"unicode/utf8"
)

// A token is a piece of a pattern's JSON.
type token uint8

const (
	tokenEnd    token = iota // nothing left
	tokenFailed              // lexer.err says why; it stays so
	tokenName
	tokenObject
	tokenObjectEnd
	tokenArray
	tokenArrayEnd
	tokenString
	tokenNumber
	tokenTrue
	tokenFalse
	tokenNull
)

// A scope is an open object or array.
type scope struct {
	opener byte // '{' or '['
	start  int  // offset of the opener
	filled bool // has an entry, so that the next needs a comma
}

// describe is how the scope is called in errors.
func (s scope) describe() string {
	if s.opener == '{' {
		return "Object"
	}
	return "Array"
}

// A lexer splits a pattern into tokens and keeps its position exactly as the parser that AWS uses does, because error texts show
// it: a name is read together with the beginning of its value, and a string's text only when it is asked for.
type lexer struct {
	source  []byte
	pos     int // offset of the next unread byte
	scopes  []scope
	name    string // of the last tokenName
	value   token  // already read behind a name
	after   bool   // value is pending
	partial bool   // the current token is a string whose text is unread
	number  []byte
	err     *Error
}

// fail records an error at the current position, unless there is one already, and returns the one that counts.
func (l *lexer) fail(reason string) error { return l.failAt(l.pos, reason) }

func (l *lexer) failAt(at int, reason string) error {
	if l.err == nil {
		l.err = &Error{Reason: reason + "\n at " + location(l.source, at)}
	}
	return l.err
}

// failBare records an error without a place, as AWS does for what it finds after parsing.
func (l *lexer) failBare(reason string) error {
	if l.err == nil {
		l.err = &Error{Reason: reason}
	}
	return l.err
}

// failAgain adds the current position to the error: inside anything-but lists AWS reports errors twice.
func (l *lexer) failAgain() error {
	l.err = &Error{Reason: l.err.Reason + "\n at " + location(l.source, l.pos)}
	return l.err
}

func (l *lexer) unexpected(at int, comment string) token {
	r, _ := utf8.DecodeRune(l.source[at:])
	_ = l.failAt(at, "Unexpected character ("+charName(r)+"): "+comment)
	return tokenFailed
}

func (l *lexer) unexpectedEnd(where string) token {
	_ = l.fail("Unexpected end-of-input" + where)
	return tokenFailed
}

// next returns the next token.
func (l *lexer) next() token {
	if l.err != nil {
		return tokenFailed
	}
	if l.after {
		l.after = false
		return l.enter(l.value)
	}
	if l.partial {
		if _, ok := l.text(); !ok {
			return tokenFailed
		}
	}
	if !l.skipSpace() {
		if len(l.scopes) == 0 {
			return tokenEnd
		}
		s := l.scopes[len(l.scopes)-1]
		return l.unexpectedEnd(": expected close marker for " + s.describe() + " (start marker at " + location(l.source, s.start) + ")")
	}
	if c := l.source[l.pos]; c == '}' || c == ']' {
		return l.leave(c)
	}
	if len(l.scopes) == 0 {
		return l.enter(l.beginValue())
	}
	s := &l.scopes[len(l.scopes)-1]
	if s.filled {
		if l.source[l.pos] != ',' {
			return l.unexpected(l.pos, "was expecting comma to separate "+s.describe()+" entries")
		}
		l.pos++
		if !l.skipSpace() {
			return l.unexpectedEnd(" within/between " + s.describe() + " entries")
		}
	}
	s.filled = true
	if s.opener == '[' {
		return l.enter(l.beginValue())
	}
	return l.readName()
}

// readName reads a name, its colon, and the beginning of its value.
func (l *lexer) readName() token {
	if l.source[l.pos] != '"' {
		return l.unexpected(l.pos, "was expecting double-quote to start field name")
	}
	l.pos++
	name, ok := l.quoted(" in field name", "name")
	if !ok {
		return tokenFailed
	}
	l.name = name
	if !l.skipSpace() {
		return l.unexpectedEnd(" within/between Object entries")
	}
	if l.source[l.pos] != ':' {
		return l.unexpected(l.pos, "was expecting a colon to separate field name and value")
	}
	l.pos++
	if !l.skipSpace() {
		return l.unexpectedEnd(" within/between Object entries")
	}
	if l.value = l.beginValue(); l.value == tokenFailed {
		return tokenFailed
	}
	l.after = true
	return tokenName
}

// beginValue reads the first character of a value, or all of it unless it is a string, object or array.
func (l *lexer) beginValue() token {
	switch c := l.source[l.pos]; {
	case c == '"':
		l.pos++
		return tokenString
	case c == '{':
		l.pos++
		return tokenObject
	case c == '[':
		l.pos++
		return tokenArray
	case c == '}' || c == ']':
		return l.unexpected(l.pos, "expected a value")
	case c == '-' || c >= '0' && c <= '9':
		return l.readNumber()
	case c == 't':
		return l.readWord("true", tokenTrue)
	case c == 'f':
		return l.readWord("false", tokenFalse)
	case c == 'n':
		return l.readWord("null", tokenNull)
	}
	if r, size := utf8.DecodeRune(l.source[l.pos:]); unicode.IsLetter(r) || r == '_' || r == '$' {
		start := l.pos
		l.pos += size
		return l.unknownWord(start)
	}
	return l.unexpected(l.pos, "expected a valid value "+validValues)
}

const validValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func isWordPart(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '$'
}

func (l *lexer) readWord(word string, t token) token {
	start := l.pos
	for i := range len(word) {
		if l.pos >= len(l.source) || l.source[l.pos] != word[i] {
			return l.unknownWord(start)
		}
		l.pos++
	}
	if r, _ := utf8.DecodeRune(l.source[l.pos:]); l.pos < len(l.source) && isWordPart(r) {
		return l.unknownWord(start)
	}
	return t
}

func (l *lexer) unknownWord(start int) token {
	dots := ""
	for l.pos < len(l.source) {
		r, size := utf8.DecodeRune(l.source[l.pos:])
		if !isWordPart(r) {
			break
		}
		l.pos += size
		if l.pos-start >= maxTokenInError {
			dots = "..."
			break
		}
	}
	_ = l.fail("Unrecognized token '" + string(l.source[start:l.pos]) + dots + "': was expecting " + validValues)
	return tokenFailed
}

func (l *lexer) readNumber() token {
	start := l.pos
	if l.source[l.pos] == '-' {
		l.pos++
		if !l.moreDigits("expected digit (0-9) to follow minus sign, for valid numeric value") {
			return tokenFailed
		}
	}
	if l.source[l.pos] == '0' && l.pos+1 < len(l.source) && isDigit(l.source[l.pos+1]) {
		l.pos++
		_ = l.fail("Invalid numeric value: Leading zeroes not allowed")
		return tokenFailed
	}
	l.skipDigits()
	if l.pos < len(l.source) && l.source[l.pos] == '.' {
		l.pos++
		if !l.moreDigits("Decimal point not followed by a digit") {
			return tokenFailed
		}
		l.skipDigits()
	}
	if l.pos < len(l.source) && l.source[l.pos]|0x20 == 'e' {
		l.pos++
		if l.pos < len(l.source) && (l.source[l.pos] == '+' || l.source[l.pos] == '-') {
			l.pos++
		}
		if !l.moreDigits("Exponent indicator not followed by a digit") {
			return tokenFailed
		}
		l.skipDigits()
	}
	l.number = l.source[start:l.pos]
	return tokenNumber
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) skipDigits() {
	for l.pos < len(l.source) && isDigit(l.source[l.pos]) {
		l.pos++
	}
}

// moreDigits requires a digit at the current position.
func (l *lexer) moreDigits(comment string) bool {
	if l.pos >= len(l.source) {
		l.unexpectedEnd(" in a Number value")
		return false
	}
	if !isDigit(l.source[l.pos]) {
		r, _ := utf8.DecodeRune(l.source[l.pos:])
		_ = l.failAt(l.pos, "Unexpected character ("+charName(r)+") in numeric value: "+comment)
		return false
	}
	return true
}

// enter makes t the current token.
func (l *lexer) enter(t token) token {
	switch t {
	case tokenString:
		l.partial = true
	case tokenObject, tokenArray:
		if len(l.scopes) == maxDepth {
			_ = l.failBare("Document nesting depth (1001) exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNestingDepth()`)")
			return tokenFailed
		}
		l.scopes = append(l.scopes, scope{opener: l.source[l.pos-1], start: l.pos - 1})
	default:
	}
	return t
}

// leave closes the innermost scope with c.
func (l *lexer) leave(c byte) token {
	want, closed := byte('}'), tokenObjectEnd
	if len(l.scopes) == 0 || l.scopes[len(l.scopes)-1].opener == '[' {
		want, closed = ']', tokenArrayEnd
	}
	if len(l.scopes) == 0 {
		_ = l.failAt(l.pos, "Unexpected close marker '"+string(rune(c))+"': no open "+scope{opener: c - 2}.describe()+" to close")
		return tokenFailed
	}
	s := l.scopes[len(l.scopes)-1]
	if c != want {
		_ = l.failAt(l.pos, "Unexpected close marker '"+string(rune(c))+"': expected '"+string(rune(want))+"' (for "+s.describe()+
			" starting at "+location(l.source, s.start)+")")
		return tokenFailed
	}
	l.pos++
	l.scopes = l.scopes[:len(l.scopes)-1]
	return closed
}

// text reads the rest of the current string token.
func (l *lexer) text() (string, bool) {
	l.partial = false
	return l.quoted(": was expecting closing quote for a string value", "string value")
}

// quoted reads a string up to its closing quote.
func (l *lexer) quoted(atEnd, what string) (string, bool) {
	start := l.pos
	var buf []byte
	for l.pos < len(l.source) {
		switch c := l.source[l.pos]; {
		case c == '"':
			buf = append(buf, l.source[start:l.pos]...)
			l.pos++
			return string(buf), true
		case c < 0x20:
			_ = l.failAt(l.pos, "Illegal unquoted character ("+charName(rune(c))+"): has to be escaped using backslash to be included in "+what)
			return "", false
		case c == '\\':
			buf = append(buf, l.source[start:l.pos]...)
			var n int
			if buf, n = appendEscape(buf, l.source[l.pos:]); n <= 0 {
				l.badEscape(l.pos - n)
				return "", false
			}
			l.pos += n
			start = l.pos
		default:
			l.pos++
		}
	}
	l.unexpectedEnd(atEnd)
	return "", false
}

// badEscape reports the escape sequence that is wrong at offset at.
func (l *lexer) badEscape(at int) {
	if at >= len(l.source) {
		l.pos = len(l.source)
		l.unexpectedEnd(" in character escape sequence")
		return
	}
	if at > l.pos+1 {
		l.unexpected(at, "expected a hex-digit for character escape sequence")
		return
	}
	r, _ := utf8.DecodeRune(l.source[at:])
	_ = l.failAt(at, "Unrecognized character escape "+charName(r))
}

// skipSpace moves to the next byte that is not white space and reports whether there is one.
func (l *lexer) skipSpace() bool {
	for l.pos < len(l.source) {
		switch c := l.source[l.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.pos++
		case c < 0x20:
			_ = l.failAt(l.pos, "Illegal character ("+charName(rune(c))+"): only regular white space (\\r, \\n, \\t) is allowed between tokens")
			return true
		default:
			return true
		}
	}
	return false
}

package eventpattern

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error says why a pattern is not valid. Services answer it as an InvalidEventPatternException or as their own like it.
type Error struct {
	// Reason is AWS's text after "Reason: ", with the place in the source where AWS gives one.
	Reason string
}

// Error returns the whole text as AWS sends it.
func (e *Error) Error() string { return "Event pattern is not valid. Reason: " + e.Reason }

// ErrInvalidEvent is wrapped by what ParseEvent returns for bytes that are not one JSON object.
var ErrInvalidEvent = errors.New("event is not a JSON object")

// errTooLong is the reason for a source above maxSourceBytes.
var errTooLong = &Error{Reason: "Pattern is too long"}

// location is the place of a byte offset as the JSON parser under AWS's library prints it: the source itself, shortened, then line and
// column. Columns count UTF-16 units from 1.
func location(source []byte, at int) string {
	line, start := 1, 0
	for i := 0; i < at; i++ {
		switch source[i] {
		case '\r':
			if i+1 < at && source[i+1] == '\n' {
				i++
			}
			line, start = line+1, i+1
		case '\n':
			line, start = line+1, i+1
		}
	}
	var b strings.Builder
	b.WriteString(`[Source: (String)"`)
	writeSource(&b, string(source))
	b.WriteString("; line: ")
	b.WriteString(strconv.Itoa(line))
	b.WriteString(", column: ")
	b.WriteString(strconv.Itoa(utf16Len(source[start:at]) + 1))
	b.WriteByte(']')
	return b.String()
}

// writeSource quotes at most maxSourceInError characters of source, control characters escaped, and closes the quote.
func writeSource(b *strings.Builder, source string) {
	units := 0
	for _, r := range source {
		n := utf16Units(r)
		if units+n > maxSourceInError {
			break
		}
		units += n
		if r < 0x20 && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 {
			const hex = "0123456789ABCDEF"
			b.WriteString(`\u00`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	if total := utf16Len([]byte(source)); total > maxSourceInError {
		b.WriteString("[truncated " + strconv.Itoa(total-maxSourceInError) + " chars]")
	}
}

func utf16Units(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

func utf16Len(s []byte) int {
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		n += utf16Units(r)
		s = s[size:]
	}
	return n
}

// charName names a character as in "Unexpected character (NAME)".
func charName(r rune) string {
	switch {
	case r < 0x20:
		return "(CTRL-CHAR, code " + strconv.Itoa(int(r)) + ")"
	case r > 0xff:
		return "'" + string(r) + "' (code " + strconv.Itoa(int(r)) + " / 0x" + strconv.FormatInt(int64(r), 16) + ")"
	}
	return "'" + string(r) + "' (code " + strconv.Itoa(int(r)) + ")"
}

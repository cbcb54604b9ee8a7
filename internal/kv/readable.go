package kv

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// String returns the key in readable form, its parts with slashes between them:
//
//	ready/"text"/0x6279746573/7/-7/2026-01-02T03:04:05.000000006Z/#0123456789abcdef0123
//
// A table is printed as its name, text as a Go string, bytes in hexadecimal, an Int64 with its sign, a stamp after #. What
// is no part, as the end of a key made by Next, comes last, in hexadecimal after an exclamation mark.
func (k Key) String() string {
	var parts []string
	for p := k.Parts(); p.More(); {
		rest := p.rest
		part := p.readable()
		if p.err != nil {
			part = "!" + hex.EncodeToString(rest)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "/")
}

// readable reads the next part.
func (p *Parts) readable() string {
	switch p.rest[0] {
	case partTable:
		return p.Table().String()
	case partBytes:
		return "0x" + hex.EncodeToString(p.Bytes())
	case partString:
		return strconv.Quote(p.Str())
	case partUint64:
		return strconv.FormatUint(p.Uint64(), 10)
	case partInt64:
		return fmt.Sprintf("%+d", p.Int64())
	case partTime:
		return p.Time().Format(time.RFC3339Nano)
	case partStamp:
		stamp := p.Stamp()
		return "#" + hex.EncodeToString(stamp[:])
	default:
		p.err = errKey
		return ""
	}
}

// ParseKey returns the key that String printed.
func ParseKey(s string) (Key, error) {
	k := Key{}
	for rest := s; rest != ""; {
		part := rest
		if rest[0] == '"' {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, fmt.Errorf("kv: parse key %s: text without end", s)
			}
			part = quoted
		} else if i := strings.IndexByte(rest, '/'); i >= 0 {
			part = rest[:i]
		}
		next, err := k.parsePart(part)
		if err != nil {
			return nil, fmt.Errorf("kv: parse part %s of key %s: %w", part, s, err)
		}
		k, rest = next, rest[len(part):]
		if rest != "" {
			if rest[0] != '/' || rest == "/" {
				return nil, fmt.Errorf("kv: parse key %s: a slash is missing or too many", s)
			}
			rest = rest[1:]
		}
	}
	return k, nil
}

// parsePart appends the part that is printed as s.
func (k Key) parsePart(s string) (Key, error) {
	switch {
	case s == "":
		return nil, errors.New("it is empty")
	case strings.HasPrefix(s, "0x"):
		b, err := hex.DecodeString(s[2:])
		return k.Bytes(b), err
	case s[0] == '!':
		b, err := hex.DecodeString(s[1:])
		return append(k.grow(len(b)), b...), err
	case s[0] == '#':
		b, err := hex.DecodeString(s[1:])
		if err == nil && len(b) != StampSize {
			err = fmt.Errorf("it has %d bytes, not %d", len(b), StampSize)
		}
		if err != nil {
			return nil, err
		}
		return k.Stamp(Stamp(b)), nil
	case s[0] == '"':
		text, err := strconv.Unquote(s)
		return k.Str(text), err
	case s[0] == '+' || s[0] == '-':
		v, err := strconv.ParseInt(s, 10, 64)
		return k.Int64(v), err
	case strings.HasSuffix(s, "Z"):
		t, err := time.Parse(time.RFC3339Nano, s)
		if err == nil && !time.Unix(0, t.UnixNano()).Equal(t) {
			err = errors.New("it is too far from 1970")
		}
		return k.Time(t), err
	case s[0] >= '0' && s[0] <= '9':
		v, err := strconv.ParseUint(s, 10, 64)
		return k.Uint64(v), err
	default:
		t, err := parseTable(s)
		return append(k.grow(3), K(t)...), err
	}
}

// Dump prints the rows of a range, one "key -> value" a line. JSON objects and arrays are printed as they are, on one
// line, text as a Go string, and other bytes in hexadecimal.
func Dump(w io.Writer, r Reader, rng Range) error {
	for key, value := range r.Scan(rng) {
		if _, err := fmt.Fprintf(w, "%s -> %s\n", key, readableValue(value)); err != nil {
			return err
		}
	}
	return nil
}

func readableValue(b []byte) string {
	if len(b) > 0 && (b[0] == '{' || b[0] == '[') && json.Valid(b) {
		if !bytes.ContainsAny(b, "\r\n") {
			return string(b)
		}
		var line bytes.Buffer
		if json.Compact(&line, b) == nil {
			return line.String()
		}
	}
	text := utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }) < 0
	if text {
		return strconv.Quote(string(b))
	}
	return "0x" + hex.EncodeToString(b)
}

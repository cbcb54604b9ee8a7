package eventpattern

import (
	"strconv"
	"unicode/utf8"
)

// quote writes s as a JSON string.
func quote(s string) string { return string(appendQuoted(make([]byte, 0, len(s)+2), []byte(s))) }

// appendQuoted appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		s = s[n:]
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', '0'+byte(r>>4))
			dst = strconv.AppendInt(dst, int64(r&15), 16)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

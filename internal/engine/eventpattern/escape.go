package eventpattern

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendEscape appends the character that the JSON escape at the beginning of s stands for and returns the length of the escape.
// Lone surrogates become U+FFFD. If the escape is wrong, the length is minus the offset of the byte that makes it so, or of
// the end.
func appendEscape(dst, s []byte) ([]byte, int) {
	if len(s) < 2 {
		return dst, -len(s)
	}
	switch c := s[1]; c {
	case '"', '\\', '/':
		return append(dst, c), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
	default:
		return dst, -1
	}
	r, n := hex4(s, 2)
	if n <= 0 {
		return dst, n
	}
	if utf16.IsSurrogate(r) {
		if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if low, n := hex4(s, 8); n > 0 {
				if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
					return utf8.AppendRune(dst, whole), 12
				}
			}
		}
		r = utf8.RuneError
	}
	return utf8.AppendRune(dst, r), 6
}

// hex4 reads four hexadecimal digits at offset at; on failure the length is minus the offset of the bad byte.
func hex4(s []byte, at int) (rune, int) {
	var r rune
	for i := at; i < at+4; i++ {
		if i >= len(s) {
			return 0, -i
		}
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, -i
		}
	}
	return r, at + 4
}

package eventpattern

import (
	"unicode"
	"unicode/utf8"
)

// foldKey maps strings that equals-ignore-case may treat as equal to one key.
func foldKey(s string) string {
	if isLowerASCII(s) {
		return s
	}
	return string(appendFold(make([]byte, 0, len(s)), []byte(s)))
}

func isLowerASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// appendFold appends the folded form of s.
func appendFold(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		dst = utf8.AppendRune(dst, foldRune(r))
		i += n
	}
	return dst
}

func foldRune(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// foldPrefix returns how many bytes of v the pattern p covers from the start, ignoring case, or -1.
func foldPrefix(p string, v []byte) int {
	n := 0
	for _, want := range p {
		got, size := utf8.DecodeRune(v[n:])
		if size == 0 || !foldEqual(want, got) {
			return -1
		}
		n += size
	}
	return n
}

// foldSuffix reports whether v ends with p, ignoring case.
func foldSuffix(p string, v []byte) bool {
	for len(p) > 0 {
		want, m := utf8.DecodeLastRuneInString(p)
		got, n := utf8.DecodeLastRune(v)
		if n == 0 || !foldEqual(want, got) {
			return false
		}
		p, v = p[:len(p)-m], v[:len(v)-n]
	}
	return true
}

func foldEqual(want, got rune) bool { return want == got || foldRune(want) == foldRune(got) }

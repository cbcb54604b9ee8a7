package inputtransform

import "bytes"

// The scanner cuts JSON into values without building any. It trusts its input to be valid, as every stored event is; what is not
// makes it report failure or give nonsense, but never makes it read out of bounds.

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// trim returns the one value that b holds, without the blanks around it.
func trim(b []byte) ([]byte, bool) {
	start := skipSpace(b, 0)
	end, ok := skipValue(b, start)
	return b[start:end], ok && skipSpace(b, end) == len(b)
}

// skipString returns the index after the string that starts at i.
func skipString(b []byte, i int) (int, bool) {
	i++
	for i < len(b) {
		quote := bytes.IndexByte(b[i:], '"')
		if quote < 0 {
			break
		}
		escape := bytes.IndexByte(b[i:i+quote], '\\')
		if escape < 0 {
			return i + quote + 1, true
		}
		i += escape + 2
	}
	return len(b), false
}

// skipValue returns the index after the value that starts at i.
func skipValue(b []byte, i int) (int, bool) {
	if i >= len(b) {
		return i, false
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	start := i
	for i < len(b) && !isSpace(b[i]) && b[i] != ',' && b[i] != ':' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i, i > start
}

// skipNested returns the index after the object or array that starts at i.
func skipNested(b []byte, i int) (int, bool) {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			end, ok := skipString(b, i)
			if !ok {
				return end, false
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return i, false
}

// each calls f with every child of an object or array until f returns false: with the member's quoted key or nil, the child's
// position, and the child. It reports whether v was well-formed and f never returned false. Other values have no children.
func each(v []byte, f func(i int, key, child []byte) bool) bool {
	if len(v) == 0 || v[0] != '{' && v[0] != '[' {
		return true
	}
	object := v[0] == '{'
	i := skipSpace(v, 1)
	if i < len(v) && v[i] == v[0]+2 { // the closing brace or bracket
		return true
	}
	for n := 0; ; n++ {
		var key []byte
		if object {
			if i >= len(v) || v[i] != '"' {
				return false
			}
			end, ok := skipString(v, i)
			key = v[i:end]
			i = skipSpace(v, end)
			if !ok || i >= len(v) || v[i] != ':' {
				return false
			}
			i = skipSpace(v, i+1)
		}
		end, ok := skipValue(v, i)
		if !ok || !f(n, key, v[i:end]) {
			return false
		}
		i = skipSpace(v, end)
		if i >= len(v) {
			return false
		}
		if v[i] == v[0]+2 {
			return true
		}
		if v[i] != ',' {
			return false
		}
		i = skipSpace(v, i+1)
	}
}

// appendCompact appends a value without the blanks between its tokens.
func appendCompact(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		if v[i] == '"' {
			end, _ := skipString(v, i)
			dst = append(dst, v[i:end]...)
			i = end
			continue
		}
		if !isSpace(v[i]) {
			dst = append(dst, v[i])
		}
		i++
	}
	return dst
}

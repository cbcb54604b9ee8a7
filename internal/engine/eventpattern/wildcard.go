package eventpattern

import (
	"bytes"
	"strconv"
)

// A wildcard is an expression with stars, split at them: the value must begin with the first part, end with the last and hold the
// others between, in order.
type wildcard struct {
	parts [][]byte
}

// parseWildcard reads an expression in which \* and \\ stand for themselves; reason is AWS's text if it is not valid. AWS counts
// positions from the value's opening quote.
func parseWildcard(s string) (w wildcard, reason string) {
	var part []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			if i+1 < len(s) && s[i+1] == '*' {
				return w, "Consecutive wildcard characters at pos " + strconv.Itoa(i+1)
			}
			w.parts = append(w.parts, part)
			part = nil
		case '\\':
			if i+1 >= len(s) || s[i+1] != '*' && s[i+1] != '\\' {
				return w, "Invalid escape character at pos " + strconv.Itoa(i+1)
			}
			i++
			part = append(part, s[i])
		default:
			part = append(part, c)
		}
	}
	w.parts = append(w.parts, part)
	return w, ""
}

// match reports whether v fits.
func (w wildcard) match(v []byte) bool {
	first, last := w.parts[0], w.parts[len(w.parts)-1]
	if len(w.parts) == 1 {
		return bytes.Equal(v, first)
	}
	if len(v) < len(first)+len(last) || !bytes.HasPrefix(v, first) || !bytes.HasSuffix(v, last) {
		return false
	}
	v = v[len(first) : len(v)-len(last)]
	for _, part := range w.parts[1 : len(w.parts)-1] {
		i := bytes.Index(v, part)
		if i < 0 {
			return false
		}
		v = v[i+len(part):]
	}
	return true
}

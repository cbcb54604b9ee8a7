package wire

import (
	"encoding/base64"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// appendDocument appends a node as JSON text.
func (t *Tree) appendDocument(b []byte, id NodeID) []byte {
	n := &t.Nodes[id]
	switch n.Kind {
	case NodeNull:
		return append(b, "null"...)
	case NodeTrue:
		return append(b, "true"...)
	case NodeFalse:
		return append(b, "false"...)
	case NodeNumber:
		return append(b, n.Text...)
	case NodeInt:
		return strconv.AppendInt(b, int64(n.Bits), 10)
	case NodeFloat:
		f := math.Float64frombits(n.Bits)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(AppendFloat(append(b, '"'), f, KindDouble), '"')
		}
		return AppendFloat(b, f, KindDouble)
	case NodeBytes:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), []byte(n.Text)), '"')
	case NodeList, NodeObject:
		if n.Text != "" {
			return append(b, n.Text...)
		}
		return t.appendContainer(b, n)
	default: // NodeString, NodeText
		return AppendQuoted(b, n.Text)
	}
}

func (t *Tree) appendContainer(b []byte, n *Node) []byte {
	open, end := byte('['), byte(']')
	if n.Kind == NodeObject {
		open, end = '{', '}'
	}
	b = append(b, open)
	for c := n.First; c != 0; c = t.Nodes[c].Next {
		if c != n.First {
			b = append(b, ',')
		}
		if n.Kind == NodeObject {
			b = append(AppendQuoted(b, t.Nodes[c].Key), ':')
		}
		b = t.appendDocument(b, c)
	}
	return append(b, end)
}

const hexDigits = "0123456789abcdef"

// Plain returns the index, from i on, of the first byte of s that a string of JSON cannot hold as it is: a quote, a
// backslash or a control character; len(s) if there is none. It looks at eight bytes at a time.
func Plain(s string, i int) int { return plain(s, i, 0) }

// plain also stops at bytes with a bit of also set in each byte's mask.
func plain(s string, i int, also uint64) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		w := s[i : i+8]
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 | uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		quote, slash := x^ones*'"', x^ones*'\\'
		// Subtracting borrows into the high bit of bytes that are below; only bytes above the first hit may be wrong.
		if m := ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*' ')&^x | x&also) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || also != 0 && c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// AppendQuoted appends s as a string of JSON. Bytes that are not UTF-8 become U+FFFD.
func AppendQuoted(b []byte, s string) []byte {
	const notASCII = 0x8080808080808080
	b = append(b, '"')
	start, i := 0, 0
	for {
		if i = plain(s, i, notASCII); i == len(s) {
			return append(append(b, s[start:]...), '"')
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
}

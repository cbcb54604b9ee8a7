package wire

import (
	"encoding/base64"
	"math"
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

// AppendQuoted appends s as a string of JSON. Bytes that are not UTF-8 become U+FFFD.
func AppendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
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
		if c >= ' ' && c != '"' && c != '\\' {
			i++
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
	return append(append(b, s[start:]...), '"')
}

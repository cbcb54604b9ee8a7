package wire

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
)

func (n *Node) bool() (v, ok bool) {
	switch n.Kind {
	case NodeTrue:
		return true, true
	case NodeFalse:
		return false, true
	case NodeText:
		text := strings.TrimSpace(n.Text)
		v = strings.EqualFold(text, "true")
		return v, v || strings.EqualFold(text, "false")
	default:
		return false, false
	}
}

// int returns an integer of so many bits. A fraction is cut off, as AWS's servers do with numbers of JSON.
func (n *Node) int(bits int) (int64, bool) {
	var v int64
	switch n.Kind {
	case NodeInt:
		v = int64(n.Bits)
	case NodeFloat:
		f := math.Float64frombits(n.Bits)
		if v = int64(f); float64(v) != math.Trunc(f) {
			return 0, false
		}
	case NodeNumber:
		i, err := strconv.ParseInt(n.Text, 10, 64)
		if err == nil {
			v = i
			break
		}
		if !strings.ContainsAny(n.Text, ".eE") {
			return 0, false
		}
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil || f < -(1<<63) || f >= 1<<63 {
			return 0, false
		}
		v = int64(f)
	case NodeText:
		i, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(n.Text), "+"), 10, 64)
		if err != nil {
			return 0, false
		}
		v = i
	default:
		return 0, false
	}
	if bits == 32 && v != int64(int32(v)) {
		return 0, false
	}
	return v, true
}

// float returns a number. Those of 32 bits keep the digits they came with: 1.1 is not 1.100000023841858.
func (n *Node) float() (float64, bool) {
	switch n.Kind {
	case NodeInt:
		return float64(int64(n.Bits)), true
	case NodeFloat:
		return math.Float64frombits(n.Bits), true
	case NodeNumber:
		f, err := strconv.ParseFloat(n.Text, 64)
		return f, err == nil
	case NodeString, NodeText:
		text := strings.TrimSpace(n.Text)
		switch text {
		case "NaN":
			return math.NaN(), true
		case "Infinity":
			return math.Inf(1), true
		case "-Infinity":
			return math.Inf(-1), true
		}
		if n.Kind == NodeString || strings.ContainsAny(text, "xXpP_nN") {
			return 0, false
		}
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	default:
		return 0, false
	}
}

func (n *Node) time() (time.Time, bool) {
	switch n.Kind {
	case NodeInt:
		return epoch(int64(n.Bits), 0)
	case NodeFloat:
		return epochFloat(math.Float64frombits(n.Bits))
	case NodeNumber, NodeString, NodeText:
		return ParseTime(strings.TrimSpace(n.Text))
	default:
		return time.Time{}, false
	}
}

func (n *Node) blob() ([]byte, bool) {
	switch n.Kind {
	case NodeBytes:
		return append([]byte{}, n.Text...), true
	case NodeString:
		b, err := base64.StdEncoding.DecodeString(n.Text)
		return b, err == nil
	case NodeText:
		return decodeBase64(n.Text)
	default:
		return nil, false
	}
}

// decodeBase64 reads standard base64, with or without padding, with line breaks or other white space.
func decodeBase64(text string) ([]byte, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	b := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(b, []byte(text))
	if err != nil && strings.ContainsAny(text, " \t") {
		n, err = base64.RawStdEncoding.Decode(b, []byte(strings.NewReplacer(" ", "", "\t", "").Replace(text)))
	}
	return b[:n], err == nil
}

// Bounds of the years 0001 to 9999, in seconds since 1970.
const (
	minEpochSeconds = -62135596800
	maxEpochSeconds = 253402300799
)

func epoch(seconds, nanos int64) (time.Time, bool) {
	if seconds < minEpochSeconds || seconds > maxEpochSeconds {
		return time.Time{}, false
	}
	return time.Unix(seconds, nanos).UTC(), true
}

// epochFloat rounds to microseconds: a float64 holds no more of today's times.
func epochFloat(f float64) (time.Time, bool) {
	if !(f >= minEpochSeconds && f <= maxEpochSeconds) {
		return time.Time{}, false
	}
	whole, frac := math.Modf(f)
	return epoch(int64(whole), int64(math.Round(frac*1e6))*1000)
}

// ParseTime reads a time in any format that AWS's protocols use: seconds since 1970 with an optional fraction, ISO 8601
// with an optional fraction and zone, or the date of an HTTP header.
func ParseTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, false
	}
	if t, ok := parseEpoch(text); ok {
		return t, true
	}
	if c := text[0]; c >= '0' && c <= '9' || c == '-' {
		if strings.ContainsAny(text, "eE") {
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				return epochFloat(f)
			}
		}
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02", "20060102T150405Z"} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC(), true
			}
		}
		return time.Time{}, false
	}
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05.999999999 MST", "Mon, _2 Jan 2006 15:04:05 -0700", time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseEpoch reads -?digits[.digits] exactly.
func parseEpoch(text string) (time.Time, bool) {
	whole, frac, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	var nanos int64
	scale := int64(1e8)
	for i := range len(frac) {
		c := frac[i]
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
		nanos += int64(c-'0') * scale
		scale /= 10
	}
	if whole[0] == '-' {
		nanos = -nanos
	}
	return epoch(seconds, nanos)
}

// AppendISO8601 appends t as AWS writes it in XML and in URLs: with milliseconds, unless they are 0.
func AppendISO8601(b []byte, t time.Time) []byte {
	t = t.UTC()
	if t.Nanosecond() < 1e6 {
		return t.AppendFormat(b, "2006-01-02T15:04:05Z")
	}
	return t.AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// AppendHTTPDate appends t as headers have it, without the fraction.
func AppendHTTPDate(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "Mon, 02 Jan 2006 15:04:05 GMT")
}

// AppendEpoch appends t in seconds since 1970, with milliseconds unless they are 0.
func AppendEpoch(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		b, ms = append(b, '-'), -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// AppendTime appends t in a format of the models: iso8601, rfc822 or unixTimestamp.
func AppendTime(b []byte, t time.Time, format string) []byte {
	switch format {
	case "rfc822":
		return AppendHTTPDate(b, t)
	case "unixTimestamp":
		return AppendEpoch(b, t)
	}
	return AppendISO8601(b, t)
}

// AppendFloat appends a number as JSON and XML have it; those that are none are NaN, Infinity and -Infinity.
func AppendFloat(b []byte, f float64, kind Kind) []byte {
	bits := 64
	if kind == KindFloat {
		bits = 32
	}
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(b, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(b, f, 'f', -1, bits)
}

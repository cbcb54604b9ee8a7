// Package eventstream writes answers that are streams of events, in the binary frames that AWS's clients read: a prelude
// with two lengths and their checksum, headers with types, a payload, and a checksum of it all.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
package eventstream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"
)

// Limits of a frame, in bytes.
// https://smithy.io/2.0/aws/amazon-eventstream.html
const (
	maxHeaders     = 128 << 10
	maxPayload     = 24 << 20
	maxName        = math.MaxUint8
	maxHeaderValue = math.MaxInt16
)

const (
	preludeLen = 12 // two lengths and their checksum
	frameLen   = preludeLen + 4
)

// Errors of Parse and AppendFrame.
var (
	ErrShort    = errors.New("eventstream: the frame is not complete")
	ErrChecksum = errors.New("eventstream: wrong checksum")
	ErrHeaders  = errors.New("eventstream: malformed headers")
	ErrTooLarge = errors.New("eventstream: the frame is too large")
)

// Type is the type of a header's value.
type Type byte

// All types.
const (
	True      Type = iota // no value
	False                 // no value
	Byte                  // Int
	Short                 // Int
	Integer               // Int
	Long                  // Int
	Bytes                 // Data
	String                // Data
	Timestamp             // Int, milliseconds since 1970
	UUID                  // Data, 16 bytes
)

// Header is a header of a frame. Its value lies in Int or Data, as its type says.
type Header struct {
	Name string
	Type Type
	Int  int64
	Data string
}

// Text returns a header whose value is a string.
func Text(name, value string) Header { return Header{Name: name, Type: String, Data: value} }

// Bool returns a header whose value is a boolean.
func Bool(name string, value bool) Header {
	if value {
		return Header{Name: name, Type: True}
	}
	return Header{Name: name, Type: False}
}

// Time returns a header whose value is a time, to the millisecond.
func Time(name string, value time.Time) Header {
	return Header{Name: name, Type: Timestamp, Int: value.UnixMilli()}
}

// Frame is one message of a stream.
type Frame struct {
	Headers []Header
	Payload []byte
}

// Header returns the data of a string header, or the empty string.
func (f *Frame) Header(name string) string {
	for i := range f.Headers {
		if h := &f.Headers[i]; h.Name == name && h.Type == String {
			return h.Data
		}
	}
	return ""
}

// AppendFrame appends f to b.
func AppendFrame(b []byte, f *Frame) ([]byte, error) {
	start := len(b)
	b = append(b, make([]byte, preludeLen)...)
	for i := range f.Headers {
		var err error
		if b, err = appendHeader(b, &f.Headers[i]); err != nil {
			return b[:start], err
		}
	}
	headers := len(b) - start - preludeLen
	if headers > maxHeaders || len(f.Payload) > maxPayload {
		return b[:start], ErrTooLarge
	}
	b = append(b, f.Payload...)
	frame := b[start:]
	binary.BigEndian.PutUint32(frame, uint32(len(frame)+4))
	binary.BigEndian.PutUint32(frame[4:], uint32(headers))
	binary.BigEndian.PutUint32(frame[8:], crc32.ChecksumIEEE(frame[:8]))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(frame)), nil
}

func appendHeader(b []byte, h *Header) ([]byte, error) {
	if h.Name == "" || len(h.Name) > maxName || len(h.Data) > maxHeaderValue {
		return b, ErrHeaders
	}
	b = append(append(append(b, byte(len(h.Name))), h.Name...), byte(h.Type))
	switch h.Type {
	case True, False:
	case Byte:
		b = append(b, byte(h.Int))
	case Short:
		b = binary.BigEndian.AppendUint16(b, uint16(h.Int))
	case Integer:
		b = binary.BigEndian.AppendUint32(b, uint32(h.Int))
	case Long, Timestamp:
		b = binary.BigEndian.AppendUint64(b, uint64(h.Int))
	case Bytes, String:
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(h.Data))), h.Data...)
	case UUID:
		if len(h.Data) != 16 {
			return b, ErrHeaders
		}
		b = append(b, h.Data...)
	default:
		return b, ErrHeaders
	}
	return b, nil
}

// Parse reads the frame that data begins with, and returns what follows it. ErrShort means that more data is needed. The
// payload shares the memory of data.
func Parse(data []byte) (f Frame, rest []byte, err error) {
	if len(data) < preludeLen {
		return Frame{}, data, ErrShort
	}
	total, headers := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if crc32.ChecksumIEEE(data[:8]) != binary.BigEndian.Uint32(data[8:]) {
		return Frame{}, data, ErrChecksum
	}
	switch {
	case total < frameLen || headers > total-frameLen:
		return Frame{}, data, ErrHeaders
	case headers > maxHeaders || total-frameLen-headers > maxPayload:
		return Frame{}, data, ErrTooLarge
	case uint64(len(data)) < uint64(total):
		return Frame{}, data, ErrShort
	}
	end := total - 4
	if crc32.ChecksumIEEE(data[:end]) != binary.BigEndian.Uint32(data[end:]) {
		return Frame{}, data, ErrChecksum
	}
	f.Headers, err = parseHeaders(data[preludeLen : preludeLen+headers])
	if err != nil {
		return Frame{}, data, err
	}
	f.Payload = data[preludeLen+headers : end]
	return f, data[total:], nil
}

func parseHeaders(b []byte) ([]Header, error) {
	var headers []Header
	for len(b) > 0 {
		n := int(b[0])
		if n == 0 || len(b) < n+2 {
			return nil, ErrHeaders
		}
		h := Header{Name: string(b[1 : 1+n]), Type: Type(b[1+n])}
		b = b[n+2:]
		size, ok := valueLen(h.Type, b)
		if !ok || len(b) < size {
			return nil, ErrHeaders
		}
		setValue(&h, b[:size])
		headers, b = append(headers, h), b[size:]
	}
	return headers, nil
}

// valueLen returns how many bytes a value takes, with its own length if it has one.
func valueLen(t Type, b []byte) (int, bool) {
	switch t {
	case True, False:
		return 0, true
	case Byte:
		return 1, true
	case Short:
		return 2, true
	case Integer:
		return 4, true
	case Long, Timestamp:
		return 8, true
	case UUID:
		return 16, true
	case Bytes, String:
		if len(b) < 2 {
			return 0, false
		}
		n := int(binary.BigEndian.Uint16(b))
		return 2 + n, n <= maxHeaderValue
	}
	return 0, false
}

func setValue(h *Header, b []byte) {
	switch h.Type {
	case Byte:
		h.Int = int64(int8(b[0]))
	case Short:
		h.Int = int64(int16(binary.BigEndian.Uint16(b)))
	case Integer:
		h.Int = int64(int32(binary.BigEndian.Uint32(b)))
	case Long, Timestamp:
		h.Int = int64(binary.BigEndian.Uint64(b))
	case Bytes, String:
		h.Data = string(b[2:])
	case UUID:
		h.Data = string(b)
	case True, False: // the type is the value
	}
}

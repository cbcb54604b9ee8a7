package eventstream

import (
	"encoding/binary"
	"hash/crc32"
)

// WithHeaders returns a frame whose headers are the given bytes, whatever they are.
func WithHeaders(headers []byte) []byte {
	b := make([]byte, preludeLen, frameLen+len(headers))
	binary.BigEndian.PutUint32(b, uint32(frameLen+len(headers)))
	binary.BigEndian.PutUint32(b[4:], uint32(len(headers)))
	binary.BigEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[:8]))
	b = append(b, headers...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

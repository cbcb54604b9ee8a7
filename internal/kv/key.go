package kv

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Key is an encoded tuple. Keys sort as their parts do, part by part: each part begins with its type, and text and
// bytes are escaped and terminated so that a shorter one sorts first and is no beginning of a longer one. So the keys
// that begin with k's bytes are those that begin with k's parts. Builders return a new key and never change theirs.
type Key []byte

// Types of parts, in sorting order.
const (
	partTable  = 0x01 // then 2 bytes
	partBytes  = 0x02 // then the bytes, 00 as 01 01 and 01 as 01 02, then 00
	partString = 0x03 // same, UTF-8
	partUint64 = 0x04 // then 8 bytes, big endian
	partInt64  = 0x05 // then 8 bytes, big endian, sign bit flipped
	partTime   = 0x06 // then 8 bytes: nanoseconds since 1970, as partInt64
	partStamp  = 0x07 // then StampSize bytes
)

// K returns the key that holds just the table's number.
func K(t Table) Key {
	return Key{partTable, byte(t >> 8), byte(t)}
}

// grow returns a copy of k with room for n more bytes.
func (k Key) grow(n int) Key {
	out := make(Key, len(k), len(k)+n)
	copy(out, k)
	return out
}

// Str appends text.
func (k Key) Str(s string) Key { return appendEscaped(k.grow(len(s)+2), partString, s) }

// Bytes appends bytes.
func (k Key) Bytes(b []byte) Key { return appendEscaped(k.grow(len(b)+2), partBytes, b) }

// Uint64 appends a number.
func (k Key) Uint64(v uint64) Key {
	return binary.BigEndian.AppendUint64(append(k.grow(9), partUint64), v)
}

// Int64 appends a number that may be negative.
func (k Key) Int64(v int64) Key {
	return binary.BigEndian.AppendUint64(append(k.grow(9), partInt64), uint64(v)^1<<63)
}

// Time appends an instant, to the nanosecond, between the years 1678 and 2262.
func (k Key) Time(t time.Time) Key {
	return binary.BigEndian.AppendUint64(append(k.grow(9), partTime), uint64(t.UnixNano())^1<<63)
}

// Stamp appends a stamp, as SetStamped does.
func (k Key) Stamp(s Stamp) Key { return append(append(k.grow(1+StampSize), partStamp), s[:]...) }

// StampPrefix appends what precedes the stamp's own bytes. Stores use it for SetStamped.
func (k Key) StampPrefix() Key { return append(k.grow(1+StampSize), partStamp) }

// PrefixEnd returns the first key after all that begin with k, or nil when there is none.
func (k Key) PrefixEnd() Key {
	for i := len(k) - 1; i >= 0; i-- {
		if k[i] != 0xFF {
			end := bytes.Clone(k[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}

// Next returns the first key after k.
func (k Key) Next() Key { return append(k.grow(1), 0) }

func appendEscaped[T string | []byte](k Key, part byte, s T) Key {
	k = append(k, part)
	for i := range len(s) {
		if s[i] <= 1 {
			k = append(k, 1, s[i]+1)
			continue
		}
		k = append(k, s[i])
	}
	return append(k, 0)
}

// AppendInt64 appends the form in which Add, Max and Min keep a number.
func AppendInt64(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

// Int64 reads a number that Add, Max and Min keep; an absent row is 0.
func Int64(value []byte) int64 {
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}

package kv

import (
	"encoding/binary"
	"errors"
	"time"
)

var errKey = errors.New("kv: key does not have the expected parts")

// Parts reads a key's parts, one after the other. The first part that is not of the wanted type makes it and all later
// ones read as zero, and Err report it.
type Parts struct {
	rest Key
	err  error
}

// Parts returns a reader of k's parts.
func (k Key) Parts() *Parts { return &Parts{rest: k} }

// Err returns nil if all parts read so far had the wanted types.
func (p *Parts) Err() error { return p.err }

// More reports whether there are parts left.
func (p *Parts) More() bool { return p.err == nil && len(p.rest) > 0 }

// fixed takes a part of the given type and length; it returns zeroes when there is none.
func (p *Parts) fixed(part byte, n int) []byte {
	if p.err != nil || len(p.rest) < 1+n || p.rest[0] != part {
		p.err = errKey
		return make([]byte, n)
	}
	b := p.rest[1 : 1+n]
	p.rest = p.rest[1+n:]
	return b
}

func (p *Parts) escaped(part byte) []byte {
	if p.err != nil || len(p.rest) < 2 || p.rest[0] != part {
		p.err = errKey
		return nil
	}
	out := make([]byte, 0, len(p.rest)-2)
	for i := 1; i < len(p.rest); i++ {
		switch b := p.rest[i]; {
		case b == 0:
			p.rest = p.rest[i+1:]
			return out
		case b > 1:
			out = append(out, b)
		case i+1 < len(p.rest) && (p.rest[i+1] == 1 || p.rest[i+1] == 2):
			i++
			out = append(out, p.rest[i]-1)
		default:
			p.err = errKey
			return nil
		}
	}
	p.err = errKey
	return nil
}

// Table reads the table's number.
func (p *Parts) Table() Table { return Table(binary.BigEndian.Uint16(p.fixed(partTable, 2))) }

// Str reads text.
func (p *Parts) Str() string { return string(p.escaped(partString)) }

// Bytes reads bytes.
func (p *Parts) Bytes() []byte { return p.escaped(partBytes) }

// Uint64 reads a number.
func (p *Parts) Uint64() uint64 { return binary.BigEndian.Uint64(p.fixed(partUint64, 8)) }

// Int64 reads a number that may be negative.
func (p *Parts) Int64() int64 {
	return int64(binary.BigEndian.Uint64(p.fixed(partInt64, 8)) ^ 1<<63)
}

// Time reads an instant, in UTC.
func (p *Parts) Time() time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(p.fixed(partTime, 8))^1<<63)).UTC()
}

// Stamp reads a stamp.
func (p *Parts) Stamp() Stamp { return Stamp(p.fixed(partStamp, StampSize)) }

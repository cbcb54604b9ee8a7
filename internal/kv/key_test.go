package kv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// source makes tuples out of a fuzzer's bytes.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) uint64() uint64 {
	switch b := s.byte(); b % 8 {
	case 0:
		return 0
	case 1:
		return math.MaxUint64
	case 2:
		return math.MaxInt64
	case 3:
		return math.MaxInt64 + 1
	case 4:
		return uint64(s.byte())
	case 5:
		return -uint64(s.byte())
	default:
		var b [8]byte
		for i := range b {
			b[i] = s.byte()
		}
		return binary.BigEndian.Uint64(b[:])
	}
}

func (s *source) bytes() []byte {
	n := min(int(s.byte()%8), len(s.data))
	b := s.data[:n]
	s.data = s.data[n:]
	return b
}

// tuple returns up to four parts, of the types that Key's builders take.
func (s *source) tuple() []any {
	var parts []any
	for range s.byte() % 5 {
		switch s.byte() % 7 {
		case 0:
			parts = append(parts, Table(s.uint64()))
		case 1:
			parts = append(parts, s.bytes())
		case 2:
			parts = append(parts, string(s.bytes()))
		case 3:
			parts = append(parts, s.uint64())
		case 4:
			parts = append(parts, int64(s.uint64()))
		case 5:
			parts = append(parts, time.Unix(0, int64(s.uint64())).UTC())
		case 6:
			var stamp Stamp
			copy(stamp[:], s.bytes())
			parts = append(parts, stamp)
		}
	}
	return parts
}

func encode(parts []any) Key {
	k := Key{}
	for _, part := range parts {
		switch v := part.(type) {
		case Table:
			k = append(k, K(v)...)
		case []byte:
			k = k.Bytes(v)
		case string:
			k = k.Str(v)
		case uint64:
			k = k.Uint64(v)
		case int64:
			k = k.Int64(v)
		case time.Time:
			k = k.Time(v)
		case Stamp:
			k = k.Stamp(v)
		}
	}
	return k
}

// decode reads the parts of a key, which must have the types of parts.
func decode(k Key, parts []any) (got []any, err error) {
	p := k.Parts()
	for _, part := range parts {
		if !p.More() {
			return nil, fmt.Errorf("%d parts, want %d", len(got), len(parts))
		}
		switch part.(type) {
		case Table:
			got = append(got, p.Table())
		case []byte:
			got = append(got, p.Bytes())
		case string:
			got = append(got, p.Str())
		case uint64:
			got = append(got, p.Uint64())
		case int64:
			got = append(got, p.Int64())
		case time.Time:
			got = append(got, p.Time())
		case Stamp:
			got = append(got, p.Stamp())
		}
	}
	if p.More() {
		return nil, fmt.Errorf("more than %d parts", len(parts))
	}
	return got, p.Err()
}

func rank(part any) int {
	switch part.(type) {
	case Table:
		return 1
	case []byte:
		return 2
	case string:
		return 3
	case uint64:
		return 4
	case int64:
		return 5
	case time.Time:
		return 6
	default:
		return 7
	}
}

// compare says how tuples sort: part by part, by type first, and a shorter one before those that it begins.
func compare(a, b []any) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(rank(a[i]), rank(b[i])); c != 0 {
			return c
		}
		c := 0
		switch x := a[i].(type) {
		case Table:
			c = cmp.Compare(x, b[i].(Table))
		case []byte:
			c = bytes.Compare(x, b[i].([]byte))
		case string:
			c = strings.Compare(x, b[i].(string))
		case uint64:
			c = cmp.Compare(x, b[i].(uint64))
		case int64:
			c = cmp.Compare(x, b[i].(int64))
		case time.Time:
			c = x.Compare(b[i].(time.Time))
		case Stamp:
			y := b[i].(Stamp)
			c = bytes.Compare(x[:], y[:])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// FuzzKeyOrder checks that keys sort as their tuples do, that they decode to their tuples, and what ranges hold.
func FuzzKeyOrder(f *testing.F) {
	f.Add([]byte{2, 2, 1, 'a', 2, 0}, []byte{2, 2, 2, 'a', 0, 1, 0})
	f.Add([]byte{1, 1, 2, 0xFF, 0}, []byte{1, 1, 1, 0xFF})
	f.Add([]byte{1, 4, 3}, []byte{1, 4, 2})
	f.Add([]byte{2, 2, 0, 2, 0}, []byte{1, 2, 2, 0, 0})
	f.Add([]byte{1, 5, 5, 1}, []byte{3, 5, 0, 6, 3, 1, 2, 3})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a := (&source{x}).tuple()
		b := (&source{y}).tuple()
		check := func(a, b []any) {
			t.Helper()
			ka, kb := encode(a), encode(b)
			if got, want := bytes.Compare(ka, kb), compare(a, b); got != want {
				t.Errorf("compare %v, %v = %d, want %d", ka, kb, got, want)
			}
			if len(kb) == 0 {
				return
			}
			within := bytes.Compare(ka, kb) >= 0 && (kb.PrefixEnd() == nil || bytes.Compare(ka, kb.PrefixEnd()) < 0)
			begins := len(a) >= len(b) && compare(a[:len(b)], b) == 0
			if within != begins {
				t.Errorf("%v lies in the range of %v: %v, want %v", ka, kb, within, begins)
			}
		}
		check(a, b)
		check(b, a)
		check(slices.Concat(a, b), a) // tuples with much in common
		check(slices.Concat(a, b), slices.Concat(a, a))

		got, err := decode(encode(a), a)
		if err != nil || compare(got, a) != 0 {
			t.Errorf("decode(%v) = %v, %v; want %v", encode(a), got, err, a)
		}
		k := encode(a)
		if next := k.Next(); bytes.Compare(next, k) <= 0 || !bytes.Equal(next, append(bytes.Clone(k), 0)) {
			t.Errorf("Next of %v = %v", k, next)
		}
	})
}

// FuzzParts checks that reading any bytes as any parts neither fails badly nor passes over anything.
func FuzzParts(f *testing.F) {
	f.Add([]byte(K(TableReady).Str("a\x00b").Bytes([]byte{0}).Uint64(7).Int64(-7).Time(time.Unix(1, 2)).Stamp(Stamp{1})), []byte{0, 1, 2, 3, 4, 5, 6})
	f.Add([]byte{partString, 0, 0xFF}, []byte{1})
	f.Fuzz(func(t *testing.T, data, types []byte) {
		var parts []any
		for _, b := range types[:min(len(types), 20)] {
			parts = append(parts, []any{Table(0), "", []byte{}, uint64(0), int64(0), time.Time{}, Stamp{}}[b%7])
		}
		got, err := decode(Key(data), parts)
		if err == nil && !bytes.Equal(encode(got), data) {
			t.Errorf("%x decodes to %v, which encodes to %x", data, got, []byte(encode(got)))
		}
	})
}

func TestPartsReportWrongTypes(t *testing.T) {
	p := K(TableReady).Str("a").Uint64(7).Parts()
	if got := p.Table(); got != TableReady || p.Err() != nil {
		t.Errorf("Table() = %v, %v", got, p.Err())
	}
	if got := p.Uint64(); got != 0 || p.Err() == nil {
		t.Errorf("Uint64() of text = %d, %v; want 0 and an error", got, p.Err())
	}
	if got := p.Str(); got != "" || p.Err() == nil || p.More() {
		t.Errorf("Str() after an error = %q, %v; want nothing", got, p.Err())
	}
}

// TestBuildersShareNothing builds two keys on the same beginning.
func TestBuildersShareNothing(t *testing.T) {
	base := K(TableReady).Str("base")
	builders := map[string]func(k Key, i byte) Key{
		"Str":    func(k Key, i byte) Key { return k.Str(string(rune('a' + i))) },
		"Bytes":  func(k Key, i byte) Key { return k.Bytes([]byte{i}) },
		"Uint64": func(k Key, i byte) Key { return k.Uint64(uint64(i)) },
		"Int64":  func(k Key, i byte) Key { return k.Int64(int64(i)) },
		"Time":   func(k Key, i byte) Key { return k.Time(time.Unix(int64(i), 0)) },
		"Stamp":  func(k Key, i byte) Key { return k.Stamp(Stamp{i}) },
	}
	for name, build := range builders {
		one := build(base, 1)
		before := bytes.Clone(one)
		two := build(base, 2)
		deeper := build(one, 3)
		other := build(one, 4)
		if !bytes.Equal(one, before) || bytes.Equal(one, two) || bytes.Equal(deeper, other) {
			t.Errorf("%s: %v, %v, %v, %v share memory", name, one, two, deeper, other)
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for _, tt := range []struct{ key, want Key }{
		{Key{1, 2}, Key{1, 3}},
		{Key{1, 0xFF, 0xFF}, Key{2}},
		{Key{0xFF, 0xFF}, nil},
		{Key{}, nil},
	} {
		if got := tt.key.PrefixEnd(); !bytes.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("PrefixEnd(%x) = %x, want %x", []byte(tt.key), []byte(got), []byte(tt.want))
		}
	}
}

func TestInt64(t *testing.T) {
	for _, v := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		if got := Int64(AppendInt64(nil, v)); got != v {
			t.Errorf("Int64(AppendInt64(%d)) = %d", v, got)
		}
	}
	if Int64(nil) != 0 || Int64([]byte("seven b")) != 0 {
		t.Error("Int64 of no number is not 0")
	}
}

func BenchmarkKey(b *testing.B) {
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		_ = K(TableReady).Str("000000000000").Str("eu-central-1").Uint64(7).Time(now)
	}
}

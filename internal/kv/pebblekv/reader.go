package pebblekv

import (
	"iter"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/cumulet/cumulet/internal/kv"
)

// reader reads one snapshot. It implements kv.Reader.
type reader struct {
	store  *Store
	snap   *snapshot
	now    time.Time
	err    error            // the first failure
	points *pebble.Iterator // for Get, taken at the first one
}

// fail records a failure; the first one counts.
func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// release gives back what the reader holds, apart from the snapshot.
func (r *reader) release() {
	if r.points != nil {
		r.snap.putPoint(r.points)
		r.points = nil
	}
}

// Now implements kv.Reader.
func (r *reader) Now() time.Time { return r.now }

// Get implements kv.Reader.
func (r *reader) Get(key kv.Key) []byte { return r.get(key, r.store.hash(key)) }

// get is Get for a key whose hash is known.
func (r *reader) get(key kv.Key, hash uint64) []byte {
	if r.err != nil {
		return nil
	}
	if value, ok := r.store.rows.get(hash, key, r.snap.version); ok {
		return value
	}
	value := r.search(key)
	if value != nil {
		r.store.rows.put(hash, key, value, r.snap.version)
	}
	return value
}

// search looks a row up in the tree.
func (r *reader) search(key kv.Key) []byte {
	if r.points == nil {
		it, err := r.snap.point()
		if err != nil {
			r.fail(err)
			return nil
		}
		r.points = it
	}
	if !r.points.SeekPrefixGE(key) {
		if err := r.points.Error(); err != nil {
			r.fail(err)
		}
		return nil
	}
	value, err := r.points.ValueAndErr()
	if err != nil {
		r.fail(err)
		return nil
	}
	return clone(value)
}

// GetMany implements kv.Reader.
func (r *reader) GetMany(keys []kv.Key) [][]byte {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = r.Get(key)
	}
	return values
}

// Scan implements kv.Reader.
func (r *reader) Scan(in kv.Range) iter.Seq2[kv.Key, []byte] {
	return func(yield func(kv.Key, []byte) bool) {
		s, ok := spanOf(in.Start, in.End)
		if r.err != nil || !ok {
			return
		}
		it, err := r.snap.scan(s)
		if err != nil {
			r.fail(err)
			return
		}
		defer r.snap.putRange(it)
		c := cursor{it: it, reverse: in.Reverse}
		n := 0
		for ok := c.first(); ok; ok = c.next() {
			value, err := valueOf(it)
			if err != nil {
				r.fail(err)
				return
			}
			if !yield(it.Key(), value) {
				return
			}
			if n++; n == in.Limit {
				return
			}
		}
		if err := it.Error(); err != nil {
			r.fail(err)
		}
	}
}

// valueOf returns the value at an iterator's position, which is not nil.
func valueOf(it *pebble.Iterator) ([]byte, error) {
	value, err := it.ValueAndErr()
	if value == nil {
		value = []byte{}
	}
	return value, err
}

// cursor steps through an iterator in one direction.
type cursor struct {
	it      *pebble.Iterator
	reverse bool
}

func (c cursor) first() bool {
	if c.reverse {
		return c.it.Last()
	}
	return c.it.First()
}

func (c cursor) next() bool {
	if c.reverse {
		return c.it.Prev()
	}
	return c.it.Next()
}

// skip moves past a span that holds the present key.
func (c cursor) skip(s span) bool {
	switch {
	case c.reverse:
		return c.it.SeekLT(s.start)
	case len(s.end) == 0:
		return false
	default:
		return c.it.SeekGE(s.end)
	}
}

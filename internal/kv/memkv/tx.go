package memkv

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// reader reads a tree.
type reader struct {
	root  *node
	now   time.Time
	track *tx      // notes what is read; nil to note nothing
	lent  [][]byte // values that the closure must not keep
	ended bool
}

// end makes what the closure got unusable.
func (r *reader) end() {
	r.ended = true
	for _, b := range r.lent {
		spoil(b)
	}
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xEE
	}
}

func (r *reader) mustRun() {
	if r.ended {
		panic("memkv: transaction used after its closure returned")
	}
}

// Get implements kv.Reader.
func (r *reader) Get(key kv.Key) []byte {
	r.mustRun()
	if r.track != nil {
		if !r.track.countRow() {
			return nil
		}
		r.track.reads = append(r.track.reads, span{start: bytes.Clone(key), end: next(key)})
	}
	row := r.root.get(key)
	if row == nil {
		return nil
	}
	value := append([]byte{}, row.value...)
	r.lent = append(r.lent, value)
	return value
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
func (r *reader) Scan(rng kv.Range) iter.Seq2[kv.Key, []byte] {
	return func(yield func(kv.Key, []byte) bool) {
		r.mustRun()
		if rng.End != nil && bytes.Compare(rng.Start, rng.End) >= 0 {
			return
		}
		seen := span{start: bytes.Clone(rng.Start), end: bytes.Clone(rng.End)} // unless the scan stops before
		rows := 0
		defer func() {
			if r.track != nil {
				r.track.reads = append(r.track.reads, seen)
			}
		}()
		r.root.walk(seen.start, seen.end, rng.Reverse, func(row *node) bool {
			r.mustRun()
			if r.track != nil && !r.track.countRow() {
				return false
			}
			rows++
			key, value := bytes.Clone(row.key), append([]byte{}, row.value...)
			more := yield(key, value)
			spoil(key)
			spoil(value)
			if more && rows != rng.Limit {
				return true
			}
			if rng.Reverse {
				seen.start = row.key
			} else {
				seen.end = next(row.key)
			}
			return false
		})
	}
}

// Now implements kv.Reader.
func (r *reader) Now() time.Time { return r.now }

// span is the keys in [start, end); a nil end lies after the last key.
type span struct{ start, end []byte }

// tx is one run of an Update. Its reader's root is the tree that the run began with plus its own writes so far.
type tx struct {
	reader
	base     *node // the tree that the run began with
	snapshot *reader
	err      error // the limit that was exceeded
	bytes    int   // written
	rows     int   // read
	stamps   int
	reads    []span
	writes   []write
	onCommit []func()
}

var _ kv.Tx = (*tx)(nil)

func (t *tx) end() {
	t.reader.end()
	if t.snapshot != nil {
		t.snapshot.end()
	}
}

// countRow counts a row that is read. It returns false once the transaction has failed.
func (t *tx) countRow() bool {
	if t.rows++; t.rows > kv.MaxTxReads {
		t.err = kv.ErrTooLarge
	}
	return t.err == nil
}

// holds reports whether all that was read is the same in the tree root.
func (t *tx) holds(root *node) bool {
	return !slices.ContainsFunc(t.reads, func(s span) bool {
		var then, now []*node
		t.base.walk(s.start, s.end, false, func(row *node) bool { then = append(then, row); return true })
		root.walk(s.start, s.end, false, func(row *node) bool { now = append(now, row); return true })
		return !slices.EqualFunc(then, now, func(a, b *node) bool {
			return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
		})
	})
}

// Snapshot implements kv.Tx.
func (t *tx) Snapshot() kv.Reader {
	t.mustRun()
	if t.snapshot == nil {
		t.snapshot = &reader{root: t.base, now: t.now}
	}
	return t.snapshot
}

// write is one call of a method that writes; a plain Set if none of remove, number and stamp is set.
type write struct {
	key    []byte
	value  []byte
	end    []byte                            // of a DeleteRange
	remove bool                              // a DeleteRange
	number func(old int64, found bool) int64 // an atomic operation
	stamp  *kv.Stamp                         // to append to key
}

// apply returns the tree with the write done.
func (w *write) apply(root *node) *node {
	switch {
	case w.remove:
		return root.deleteRange(w.key, w.end)
	case w.number != nil:
		old, found := int64(0), false
		if row := root.get(w.key); row != nil && len(row.value) == 8 {
			old, found = kv.Int64(row.value), true
		}
		return root.set(w.key, kv.AppendInt64(nil, w.number(old, found)))
	case w.stamp != nil:
		return root.set(kv.Key(w.key).Stamp(*w.stamp), w.value)
	default:
		return root.set(w.key, w.value)
	}
}

// add notes a write, and does it in the transaction's own tree if the transaction is to see it.
func (t *tx) add(w write, size int, visible bool) {
	t.mustRun()
	t.bytes += size
	if t.bytes > kv.MaxTxBytes || len(w.key) > kv.MaxKeyBytes || len(w.end) > kv.MaxKeyBytes+1 {
		t.err = kv.ErrTooLarge
	}
	if t.err != nil {
		return
	}
	t.writes = append(t.writes, w)
	if visible {
		t.root = w.apply(t.root)
	}
}

// Set implements kv.Tx.
func (t *tx) Set(key kv.Key, value []byte) {
	t.add(write{key: bytes.Clone(key), value: append([]byte{}, value...)}, len(key)+len(value), true)
}

// Delete implements kv.Tx.
func (t *tx) Delete(key kv.Key) {
	t.add(write{key: bytes.Clone(key), end: next(key), remove: true}, len(key), true)
}

// DeleteRange implements kv.Tx.
func (t *tx) DeleteRange(start, end kv.Key) {
	t.add(write{key: bytes.Clone(start), end: bytes.Clone(end), remove: true}, len(start)+len(end), true)
}

// Add implements kv.Tx.
func (t *tx) Add(key kv.Key, delta int64) {
	t.atomic(key, func(old int64, _ bool) int64 { return old + delta })
}

// Max implements kv.Tx.
func (t *tx) Max(key kv.Key, v int64) {
	t.atomic(key, func(old int64, found bool) int64 {
		if !found {
			return v
		}
		return max(old, v)
	})
}

// Min implements kv.Tx.
func (t *tx) Min(key kv.Key, v int64) {
	t.atomic(key, func(old int64, found bool) int64 {
		if !found {
			return v
		}
		return min(old, v)
	})
}

func (t *tx) atomic(key kv.Key, number func(old int64, found bool) int64) {
	t.add(write{key: bytes.Clone(key), number: number}, len(key)+8, false)
}

// SetStamped implements kv.Tx.
func (t *tx) SetStamped(prefix kv.Key, value []byte) *kv.Stamp {
	stamp := new(kv.Stamp)
	if t.stamps++; t.stamps > math.MaxUint16+1 || len(prefix)+1+kv.StampSize > kv.MaxKeyBytes {
		t.err = kv.ErrTooLarge
	}
	w := write{key: bytes.Clone(prefix), value: append([]byte{}, value...), stamp: stamp}
	t.add(w, len(prefix)+1+kv.StampSize+len(value), false)
	return stamp
}

// OnCommit implements kv.Tx.
func (t *tx) OnCommit(fn func()) {
	t.mustRun()
	t.onCommit = append(t.onCommit, fn)
}

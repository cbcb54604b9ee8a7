package pebblekv

import (
	"fmt"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// tx is one run of a transaction's closure, and the request to commit it. It implements kv.Tx.
type tx struct {
	store   *Store
	base    reader // the snapshot as it is
	snap    *snapshot
	version uint64 // of snap

	// What it read, which must still hold when it commits.
	points []point
	ranges []span
	keys   []byte // of points
	reads  int

	writes   writeSet
	bytes    int // of keys and values written
	stamped  int // calls of SetStamped
	onCommit []func()

	// The commit.
	stripes []int      // locks held, released by the committer
	number  uint64     // in the order of commits
	index   uint16     // of the next stamped row
	done    chan error // answers a commit; has room for the answer
	lost    uint64     // hash of the key that made it run again
}

// begin makes t ready for a run on the newest snapshot.
func (t *tx) begin() {
	t.snap = t.store.snaps.forUpdate()
	t.version = t.snap.version
	t.base = reader{store: t.store, snap: t.snap, now: t.store.clock.Now()}
	t.points, t.ranges, t.keys, t.reads = t.points[:0], t.ranges[:0], t.keys[:0], 0
	t.writes.reset()
	if cap(t.writes.ops) > maxPooledOps {
		t.writes, t.keys = writeSet{}, nil
	}
	t.bytes, t.stamped, t.index, t.onCommit = 0, 0, 0, nil
}

// end gives the snapshot back. It may be called more than once.
func (t *tx) end() {
	if t.snap == nil {
		return
	}
	t.base.release()
	t.store.snaps.doneUpdate(t.snap)
	t.snap = nil
}

// Snapshot implements kv.Tx.
func (t *tx) Snapshot() kv.Reader { return &t.base }

// Now implements kv.Reader.
func (t *tx) Now() time.Time { return t.base.now }

// countRead counts one row read, and reports whether that was allowed.
func (t *tx) countRead() bool {
	if t.reads >= kv.MaxTxReads {
		t.base.fail(fmt.Errorf("%w: more than %d rows read", kv.ErrTooLarge, kv.MaxTxReads))
		return false
	}
	t.reads++
	return true
}

// Get implements kv.Reader.
func (t *tx) Get(key kv.Key) []byte {
	if t.base.err != nil || !t.countRead() {
		return nil
	}
	switch value, state := t.writes.read(key); state {
	case present:
		return value
	case absent:
		return nil
	case untouched:
	}
	from := len(t.keys)
	t.keys = append(t.keys, key...)
	hash := t.store.hash(key)
	t.points = append(t.points, point{hash, uint32(from), uint32(len(t.keys))})
	return t.base.get(key, hash)
}

// GetMany implements kv.Reader.
func (t *tx) GetMany(keys []kv.Key) [][]byte {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = t.Get(key)
	}
	return values
}

// grow counts what a write adds, and reports whether that is allowed.
func (t *tx) grow(key []byte, n int) bool {
	if t.base.err != nil {
		return false
	}
	if !t.fits(len(key)) {
		return false
	}
	t.bytes += len(key) + n
	if t.bytes > kv.MaxTxBytes {
		t.base.fail(fmt.Errorf("%w: more than %d bytes written", kv.ErrTooLarge, kv.MaxTxBytes))
		return false
	}
	return true
}

// fits checks the length of a key.
func (t *tx) fits(n int) bool {
	if n > kv.MaxKeyBytes {
		t.base.fail(fmt.Errorf("%w: a key of %d bytes, at most %d", kv.ErrTooLarge, n, kv.MaxKeyBytes))
	}
	return n <= kv.MaxKeyBytes
}

// Set implements kv.Tx.
func (t *tx) Set(key kv.Key, value []byte) {
	if t.grow(key, len(value)) {
		t.writes.set(key, value)
	}
}

// Delete implements kv.Tx.
func (t *tx) Delete(key kv.Key) {
	if t.grow(key, 0) {
		t.writes.delete(key)
	}
}

// DeleteRange implements kv.Tx.
func (t *tx) DeleteRange(start, end kv.Key) {
	// The end of a prefix may be one byte longer than any key.
	if s, ok := spanOf(start, end); ok && t.grow(start, len(end)) && t.fits(len(end)-1) {
		t.writes.deleteRange(s)
	}
}

// Add implements kv.Tx.
func (t *tx) Add(key kv.Key, delta int64) { t.atomic(key, atom{atomAdd, delta}) }

// Max implements kv.Tx.
func (t *tx) Max(key kv.Key, v int64) { t.atomic(key, atom{atomMax, v}) }

// Min implements kv.Tx.
func (t *tx) Min(key kv.Key, v int64) { t.atomic(key, atom{atomMin, v}) }

func (t *tx) atomic(key kv.Key, a atom) {
	if t.grow(key, 8) {
		t.writes.atomic(key, a)
	}
}

// SetStamped implements kv.Tx.
func (t *tx) SetStamped(prefix kv.Key, value []byte) *kv.Stamp {
	if t.stamped == maxStamps {
		t.base.fail(fmt.Errorf("%w: more than %d stamped rows", kv.ErrTooLarge, maxStamps))
	}
	t.stamped++
	if !t.fits(len(prefix)+1+kv.StampSize) || !t.grow(prefix, len(value)+1+kv.StampSize) {
		return new(kv.Stamp)
	}
	return t.writes.stamped(prefix, value)
}

// OnCommit implements kv.Tx.
func (t *tx) OnCommit(fn func()) { t.onCommit = append(t.onCommit, fn) }

package pebblekv

import (
	"bytes"
	"sort"
)

// Pebble keeps range deletions of a memtable in a list that each new one makes it sort and cut again, at the next read
// of anything: with a few thousand that overlap, a read takes milliseconds. So a range that holds few rows is deleted
// row by row, and when there are many of the others, the memtable is flushed.
const (
	maxRowDeletes   = 512 // rows that are deleted one by one
	maxRangeDeletes = 64  // range deletions in a memtable
)

// expand looks up which rows t's range deletions remove from its snapshot. Rows that come later are in the window. It
// runs before t is queued, so that the committer does not read.
func (t *tx) expand() error {
	for i := range t.writes.ops {
		o := &t.writes.ops[i]
		if o.kind != opRange {
			continue
		}
		rows, err := t.snap.keys(span{o.key, o.value}, maxRowDeletes+1, &t.writes.keys)
		if err != nil {
			return err
		}
		o.rows, o.few = rows, len(rows) <= maxRowDeletes
	}
	return nil
}

// keys returns the first n keys in a span, copied into a.
func (s *snapshot) keys(in span, n int, a *arena) ([][]byte, error) {
	it, err := s.scan(in)
	if err != nil {
		return nil, err
	}
	defer s.putRange(it)
	var keys [][]byte
	for ok := it.First(); ok && len(keys) < n; ok = it.Next() {
		keys = append(keys, a.copy(it.Key()))
	}
	return keys, it.Error()
}

// since calls fn with each key in a span that was written after a version. It returns false if these are too many.
func (w *window) since(version uint64, in span, fn func(key []byte)) bool {
	n := 0
	for i := len(w.groups) - 1; i >= 0 && w.groups[i].last > version; i-- {
		g := w.groups[i]
		if len(g.keys)-g.sorted > maxUnsorted {
			g.sort()
		}
		from := sort.Search(g.sorted, func(i int) bool { return bytes.Compare(g.keys[i], in.start) >= 0 })
		for j := from; j < len(g.keys); j++ {
			if j < g.sorted && !in.endsAfter(g.keys[j]) {
				j = g.sorted - 1 // go on with the unsorted ones
				continue
			}
			if !in.holds(g.keys[j]) {
				continue
			}
			if n++; n > maxRowDeletes {
				return false
			}
			fn(g.keys[j])
		}
	}
	return true
}

// deleteRange adds a range deletion of t to the group's batch.
func (c *committer) deleteRange(t *tx, o *op) {
	s := span{o.key, o.value}
	b := c.group.batch
	if o.few {
		for _, key := range o.rows {
			_ = b.Delete(key, nil)
		}
		o.few = c.window.since(t.version, s, func(key []byte) { _ = b.Delete(key, nil) })
	}
	if !o.few {
		_ = b.DeleteRange(s.start, s.lastKey(), nil)
		c.rangeDeletes++
	}
	c.window.addSpan(t.number, s)
	c.store.rows.deletedRange(s, t.number)
	c.group.spans = true
	c.restoreMeta(s)
}

// flushRangeDeletes gets rid of the range deletions in the memtable when they are many.
func (c *committer) flushRangeDeletes() {
	if c.rangeDeletes < maxRangeDeletes {
		return
	}
	c.rangeDeletes = 0
	if _, err := c.store.db.AsyncFlush(); err != nil {
		c.store.log.Warn("flush failed", "err", err)
	}
}

package sqs

import (
	"bytes"

	"github.com/cumulet/cumulet/internal/kv"
)

// readyEntry is a row of an index of visible messages or groups.
type readyEntry struct {
	key   kv.Key
	value []byte
}

// ahead is what the receives of one transaction have read of an index and not dealt with. They share it, because the
// snapshot that it is read from does not show what they have taken. The rows are read from the snapshot: a scan that
// conflicted would do so with every send. Who takes a row reads it again.
type ahead struct {
	head       *head
	position   *position
	index, end kv.Key

	entries []readyEntry
	from    kv.Key // where to read on; nil: at the position
	done    bool   // there is nothing more to read
	least   int    // rows to read at a time, at least

	last    kv.Key // the last row that was deleted; at the commit, so are all before it
	deleted int
	swept   bool
}

// exhausted reports whether all rows were read and dealt with.
func (a *ahead) exhausted() bool { return a.done && len(a.entries) == 0 }

// fill reads the next rows, if there are none left.
func (a *ahead) fill(tx kv.Tx, limit int) {
	if len(a.entries) > 0 || a.done {
		return
	}
	limit = max(limit, a.least)
	if a.from == nil {
		var sweep bool
		if a.from, sweep = a.head.start(a.position, a.index); sweep {
			tx.DeleteRange(a.index, a.from)
			a.swept = true
		}
	}
	if cap(a.entries) < limit {
		a.entries = make([]readyEntry, 0, limit)
	}
	a.entries = a.entries[:0]
	for key, value := range tx.Snapshot().Scan(kv.Range{Start: a.from, End: a.end, Limit: limit}) {
		both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
		a.entries = append(a.entries, readyEntry{key: both[:len(key):len(key)], value: both[len(key):]})
	}
	a.done = len(a.entries) < limit
	if !a.done {
		a.from = a.entries[limit-1].key.Next()
	}
}

// remove deletes a row. The position moves to behind the last row that is deleted: when the transaction commits there must
// be none left before that.
func (a *ahead) remove(tx kv.Tx, key kv.Key) {
	tx.Delete(key)
	if a.deleted == 0 {
		tx.OnCommit(func() { a.head.advance(a.position, a.last.Next(), a.deleted, a.swept) })
	}
	a.deleted++
	if bytes.Compare(key, a.last) > 0 {
		a.last = key
	}
}

// scan gives rows to fn, page by page, until there are enough messages. Fn deals with rows from the front, which may be
// more than those of the page, and returns how many; with none it ends the scan.
func (r *receive) scan(tx kv.Tx, a *ahead, fn func(page []readyEntry) (int, error)) error {
	for !r.full() {
		limit := min(r.room(), maxPage)
		a.fill(tx, limit)
		if len(a.entries) == 0 {
			return nil
		}
		n, err := fn(a.entries[:min(limit, len(a.entries))])
		if n == 0 || err != nil {
			return err
		}
		a.entries = a.entries[n:]
		if r.examine(n) {
			return nil
		}
	}
	return nil
}

// examine notes that n rows were dealt with, and reports whether that is enough for one transaction.
func (r *receive) examine(n int) bool {
	r.examined += n
	if r.examined < maxExamined {
		return false
	}
	r.again = true
	return true
}

package pebblekv

import (
	"bytes"
	"iter"
	"slices"

	"github.com/cumulet/cumulet/internal/kv"
)

// Scan implements kv.Tx: the snapshot's rows and the transaction's own, as they are when the scan begins, merged in
// order.
func (t *tx) Scan(in kv.Range) iter.Seq2[kv.Key, []byte] {
	return func(yield func(kv.Key, []byte) bool) {
		s, ok := spanOf(in.Start, in.End)
		if t.base.err != nil || !ok {
			return
		}
		s = span{clone(s.start), clone(s.end)} // they become part of what t has read
		it, err := t.snap.scan(s)
		if err != nil {
			t.base.fail(err)
			return
		}
		m := merge{t: t, in: s, reverse: in.Reverse, base: cursor{it: it, reverse: in.Reverse}}
		defer m.done()
		n := 0
		for ok := m.first(); ok; ok = m.next() {
			if !t.countRead() {
				return
			}
			m.last = true
			if !yield(m.key, m.value) {
				return
			}
			if n++; n == in.Limit {
				return
			}
		}
		m.exhausted = t.base.err == nil
	}
}

// merge walks through the rows of a snapshot and the writes of a transaction.
type merge struct {
	t       *tx
	in      span
	reverse bool

	base    cursor
	baseOK  bool     // base stands on a row
	own     []ownRow // the transaction's writes that are still to come
	deleted []span   // ranges that it deleted; rows that it wrote afterwards are in own

	key, value      []byte // the present row
	onBase, onOwn   bool   // where it is from
	last, exhausted bool   // key is the last row read, or the whole range was read
}

// ownRow is a row as the transaction left it; value is nil if it is gone.
type ownRow struct{ key, value []byte }

// done records what was read and gives the iterator back.
func (m *merge) done() {
	read := m.in
	switch {
	case m.exhausted || !m.last:
	case m.reverse:
		read.start = clone(m.key)
	default:
		read.end = append(clone(m.key), 0)
	}
	m.t.ranges = append(m.t.ranges, read)
	m.t.snap.putRange(m.base.it)
}

func (m *merge) first() bool {
	m.own = m.t.writes.rows(m.in, m.reverse)
	m.deleted = slices.Clone(m.t.writes.spans)
	m.baseOK = m.base.first()
	return m.settle()
}

func (m *merge) next() bool {
	m.last = false
	m.leave()
	return m.settle()
}

// leave moves past the present row.
func (m *merge) leave() {
	if m.onBase {
		m.baseOK = m.base.next()
	}
	if m.onOwn {
		m.own = m.own[1:]
	}
}

// settle moves to the next row that exists, starting with the present one.
func (m *merge) settle() bool {
	for {
		for m.baseOK && len(m.deleted) > 0 {
			s, ok := findSpan(m.deleted, m.base.it.Key())
			if !ok {
				break
			}
			m.baseOK = m.base.skip(s)
		}
		if !m.baseOK {
			if err := m.base.it.Error(); err != nil {
				m.t.base.fail(err)
				return false
			}
		}
		c := m.compare()
		m.onOwn, m.onBase = len(m.own) > 0 && c <= 0, m.baseOK && c >= 0
		switch {
		case m.onOwn:
			m.key, m.value = m.own[0].key, m.own[0].value
			if m.value != nil {
				return true
			}
			m.leave()
		case m.onBase:
			value, err := valueOf(m.base.it)
			if err != nil {
				m.t.base.fail(err)
				return false
			}
			m.key, m.value = m.base.it.Key(), value
			return true
		default:
			return false
		}
	}
}

// compare says which row comes first in the direction of the scan: below 0 the transaction's own, above 0 the base's.
func (m *merge) compare() int {
	switch {
	case len(m.own) == 0:
		return 1
	case !m.baseOK:
		return -1
	case m.reverse:
		return bytes.Compare(m.base.it.Key(), m.own[0].key)
	default:
		return bytes.Compare(m.own[0].key, m.base.it.Key())
	}
}

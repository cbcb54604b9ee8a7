package pebblekv

import (
	"bytes"
	"iter"
	"slices"

	"github.com/cumulet/cumulet/internal/kv"
)

// Scan implements kv.Tx: the snapshot's rows and the transaction's own, merged in order.
func (t *tx) Scan(in kv.Range) iter.Seq2[kv.Key, []byte] {
	return func(yield func(kv.Key, []byte) bool) {
		in.Start, in.End = slices.Clone(in.Start), slices.Clone(in.End) // they become part of what t has read
		s := span{in.Start, in.End}
		if t.base.err != nil || s.empty() {
			return
		}
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

// merge walks through the rows of a snapshot and the writes of a transaction, which may grow meanwhile.
type merge struct {
	t       *tx
	in      span
	reverse bool

	base      cursor
	baseOK    bool // base stands on a row
	key       kv.Key
	value     []byte
	any       bool // a row was yielded, and key is the last one
	exhausted bool // the whole range was read
}

// done records what was read and gives the iterator back.
func (m *merge) done() {
	read := m.in
	switch {
	case m.exhausted:
	case !m.any: // it failed
	case m.reverse:
		read.start = clone(m.key)
	default:
		read.end = append(clone(m.key), 0)
	}
	m.t.ranges = append(m.t.ranges, read)
	m.t.snap.putRange(m.base.it)
}

func (m *merge) first() bool {
	m.baseOK = m.base.first()
	return m.settle(nil)
}

func (m *merge) next() bool {
	last := m.key
	if m.baseOK && bytes.Equal(m.base.it.Key(), m.key) {
		last = m.t.lastKey(m.key) // the iterator reuses its memory
		m.baseOK = m.base.next()
	}
	return m.settle(last)
}

// lastKey copies a key into memory that is valid until the next call.
func (t *tx) lastKey(key []byte) []byte {
	t.scratch = append(t.scratch[:0], key...)
	return t.scratch
}

// settle moves to the first row after last, or the first of all if that is nil.
func (m *merge) settle(last []byte) bool {
	for {
		own := m.own(last)
		m.skipDeleted()
		if !m.baseOK {
			if err := m.base.it.Error(); err != nil {
				m.t.base.fail(err)
				return false
			}
			if own == nil {
				return false
			}
		}
		if own != nil && (!m.baseOK || m.before(own.key, m.base.it.Key())) {
			m.key, m.value, m.any = own.key, own.value, true
			return true
		}
		key := m.base.it.Key()
		switch value, state := m.t.writes.read(key); state {
		case present:
			m.key, m.value, m.any = key, value, true
			return true
		case absent:
			m.baseOK = m.base.next()
			continue
		case untouched:
		}
		value, err := m.base.it.ValueAndErr()
		if err != nil {
			m.t.base.fail(err)
			return false
		}
		m.key, m.value, m.any = key, value, true
		return true
	}
}

// before reports whether a comes before b in the direction of the scan.
func (m *merge) before(a, b []byte) bool {
	if m.reverse {
		return bytes.Compare(a, b) > 0
	}
	return bytes.Compare(a, b) < 0
}

// skipDeleted moves the base past ranges that the transaction deleted, as far as they have no newer row of its own.
func (m *merge) skipDeleted() {
	for m.baseOK && len(m.t.writes.spans) > 0 {
		s, ok := m.t.writes.spanOf(m.base.it.Key())
		if !ok {
			return
		}
		m.baseOK = m.base.skip(s)
	}
}

// own returns the first write of the transaction after last that made a row, or nil.
func (m *merge) own(last []byte) *op {
	w := &m.t.writes
	if len(w.ops) == 0 {
		return nil
	}
	run := w.sorted()
	i := 0
	switch {
	case m.reverse && last != nil:
		i, _ = w.search(run, last)
		i--
	case m.reverse && len(m.in.end) == 0:
		i = len(run) - 1
	case m.reverse:
		i, _ = w.search(run, m.in.end)
		i--
	case last != nil:
		var found bool
		if i, found = w.search(run, last); found {
			i++
		}
	default:
		i, _ = w.search(run, m.in.start)
	}
	for ; i >= 0 && i < len(run); i = m.step(i) {
		o := &w.ops[run[i]]
		if !m.in.holds(o.key) {
			return nil
		}
		if o.kind == opSet {
			return o
		}
	}
	return nil
}

func (m *merge) step(i int) int {
	if m.reverse {
		return i - 1
	}
	return i + 1
}

package pebblekv

import (
	"bytes"
	"slices"
	"sort"

	"github.com/cumulet/cumulet/internal/kv"
)

// span is a range of keys, [start, end). An empty end means that it has none.
type span struct{ start, end []byte }

// holds reports whether key lies in the span.
func (s span) holds(key []byte) bool { return bytes.Compare(key, s.start) >= 0 && s.endsAfter(key) }

// endsAfter reports whether the span's end lies beyond key.
func (s span) endsAfter(key []byte) bool { return len(s.end) == 0 || bytes.Compare(key, s.end) < 0 }

// spanOf returns the span that a caller means, whose end is open only if it is nil. ok is false if it holds nothing.
func spanOf(start, end []byte) (s span, ok bool) {
	s = span{start, end}
	return s, (end == nil || len(end) > 0) && !s.empty()
}

// empty reports whether no key lies in the span.
func (s span) empty() bool { return !s.endsAfter(s.start) }

// opKind says what an op does.
type opKind uint8

const (
	opSet     opKind = iota // key has value
	opDelete                // key has no value
	opAtomic                // key keeps its value, except for the atoms
	opStamped               // key + stamp has value
	opRange                 // [key, value) is deleted
	opDropped               // nothing: a later opRange undid it
)

// op is one effect of a transaction. Atoms apply after kind.
type op struct {
	kind       opKind
	key, value []byte
	atoms      []atom
	stamp      *kv.Stamp
	rows       [][]byte // of opRange: the keys in the snapshot, if there are few
	few        bool
}

// writeSet holds what a transaction writes: its effects in the order of the calls, at most one for each key, and an
// index by key.
//
// The index is a long sorted run and a short one that takes the insertions, so that a transaction of 100,000 rows in
// random order stays cheap and one of three rows allocates next to nothing.
type writeSet struct {
	ops   []op
	run   []int32 // positions in ops, sorted by key
	short []int32 // same, recent ones
	spans []span  // deleted ranges, sorted and disjoint

	ranges int // opRange ops

	keys, values arena // of ops and spans; apart, since the window keeps keys for longer
}

// arena copies small slices into shared memory. It never takes memory back, so the copies stay valid.
type arena struct{ chunk []byte }

// Sizes in bytes.
const (
	arenaChunk = 4 << 10
	arenaMax   = 1 << 10 // longer slices get memory of their own
)

// copy returns a copy of b, which is not nil.
func (a *arena) copy(b []byte) []byte {
	if len(b) == 0 || len(b) > arenaMax {
		return clone(b)
	}
	if cap(a.chunk)-len(a.chunk) < len(b) {
		a.chunk = make([]byte, 0, arenaChunk)
	}
	n := len(a.chunk)
	a.chunk = append(a.chunk, b...)
	return a.chunk[n:len(a.chunk):len(a.chunk)]
}

// maxShortRun is how long the short run gets before it is merged into the long one.
const maxShortRun = 256

func (w *writeSet) reset() {
	clear(w.ops)
	clear(w.spans)
	w.ranges = 0
	w.ops, w.run, w.short, w.spans = w.ops[:0], w.run[:0], w.short[:0], w.spans[:0]
}

// search returns where key is or belongs in run.
func (w *writeSet) search(run []int32, key []byte) (int, bool) {
	if n := len(run); n > 0 { // most insertions come in order
		if c := bytes.Compare(w.ops[run[n-1]].key, key); c < 0 {
			return n, false
		}
	}
	return sort.Find(len(run), func(i int) int { return bytes.Compare(key, w.ops[run[i]].key) })
}

// find returns the op of a key, or nil. It is valid until the next change.
func (w *writeSet) find(key []byte) *op {
	for _, run := range [...][]int32{w.short, w.run} {
		if i, ok := w.search(run, key); ok {
			return &w.ops[run[i]]
		}
	}
	return nil
}

// at returns the op of a key, making one that leaves the row as the transaction has it so far.
func (w *writeSet) at(key []byte) *op {
	i, ok := w.search(w.short, key)
	if ok {
		return &w.ops[w.short[i]]
	}
	if j, ok := w.search(w.run, key); ok {
		return &w.ops[w.run[j]]
	}
	kind := opAtomic
	if w.deleted(key) {
		kind = opDelete
	}
	w.ops = append(w.ops, op{kind: kind, key: w.keys.copy(key)})
	w.short = slices.Insert(w.short, i, int32(len(w.ops)-1))
	if len(w.short) >= maxShortRun {
		w.sorted()
	}
	return &w.ops[len(w.ops)-1]
}

// sorted returns the positions of all ops that have a key of their own, in the order of the keys.
func (w *writeSet) sorted() []int32 {
	if len(w.short) == 0 {
		return w.run
	}
	n, i, j := len(w.run)+len(w.short), len(w.run)-1, len(w.short)-1
	w.run = append(w.run, w.short...)
	for at := n - 1; j >= 0; at-- {
		if i >= 0 && bytes.Compare(w.ops[w.run[i]].key, w.ops[w.short[j]].key) > 0 {
			w.run[at] = w.run[i]
			i--
			continue
		}
		w.run[at] = w.short[j]
		j--
	}
	w.short = w.short[:0]
	return w.run
}

func (w *writeSet) set(key, value []byte) {
	o := w.at(key)
	o.kind, o.value, o.atoms = opSet, w.values.copy(value), nil
}

func (w *writeSet) delete(key []byte) {
	o := w.at(key)
	o.kind, o.value, o.atoms = opDelete, nil, nil
}

func (w *writeSet) atomic(key []byte, a atom) {
	o := w.at(key)
	o.atoms = appendAtom(o.atoms, a)
}

func (w *writeSet) stamped(prefix, value []byte) *kv.Stamp {
	s := new(kv.Stamp)
	w.ops = append(w.ops, op{kind: opStamped, key: w.keys.copy(prefix), value: w.values.copy(value), stamp: s})
	return s
}

// deleteRange records the deletion of a span and drops what the transaction had written there.
func (w *writeSet) deleteRange(s span) {
	s = span{w.keys.copy(s.start), w.keys.copy(s.end)}
	run := w.sorted()
	from, _ := w.search(run, s.start)
	to := from
	for to < len(run) && s.endsAfter(w.ops[run[to]].key) {
		w.ops[run[to]] = op{kind: opDropped}
		to++
	}
	w.run = slices.Delete(run, from, to)
	w.ops = append(w.ops, op{kind: opRange, key: s.start, value: s.end})
	w.ranges++

	first := sort.Search(len(w.spans), func(i int) bool { return w.spans[i].endsAfter(s.start) || bytes.Equal(w.spans[i].end, s.start) })
	last := first
	for ; last < len(w.spans) && (s.endsAfter(w.spans[last].start) || bytes.Equal(s.end, w.spans[last].start)); last++ {
		if bytes.Compare(w.spans[last].start, s.start) < 0 {
			s.start = w.spans[last].start
		}
		if len(s.end) != 0 && (len(w.spans[last].end) == 0 || bytes.Compare(w.spans[last].end, s.end) > 0) {
			s.end = w.spans[last].end
		}
	}
	w.spans = slices.Replace(w.spans, first, last, s)
}

// findSpan returns the one of spans, which are sorted and disjoint, that holds key.
func findSpan(spans []span, key []byte) (span, bool) {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].endsAfter(key) })
	if i < len(spans) && spans[i].holds(key) {
		return spans[i], true
	}
	return span{}, false
}

// deleted reports whether key lies in a deleted range. A row written afterwards has an op, which counts first.
func (w *writeSet) deleted(key []byte) bool {
	_, ok := findSpan(w.spans, key)
	return ok
}

// rows returns what the transaction says about rows in a range, in the order of a scan.
func (w *writeSet) rows(in span, reverse bool) []ownRow {
	if len(w.ops) == 0 {
		return nil
	}
	var rows []ownRow
	run := w.sorted()
	i, _ := w.search(run, in.start)
	for ; i < len(run) && in.endsAfter(w.ops[run[i]].key); i++ {
		o := &w.ops[run[i]]
		if value, state := o.read(); state != untouched {
			rows = append(rows, ownRow{o.key, value})
		}
	}
	if reverse {
		slices.Reverse(rows)
	}
	return rows
}

// state of a row, as a transaction left it.
type state uint8

const (
	untouched state = iota // the transaction says nothing about the row
	present
	absent
)

// read returns what the transaction itself says about a row, atomic operations apart.
func (w *writeSet) read(key []byte) ([]byte, state) {
	if len(w.ops) == 0 {
		return nil, untouched
	}
	if o := w.find(key); o != nil {
		return o.read()
	}
	if w.deleted(key) {
		return nil, absent
	}
	return nil, untouched
}

func (o *op) read() ([]byte, state) {
	switch o.kind {
	case opSet:
		return o.value, present
	case opDelete:
		return nil, absent
	default:
		return nil, untouched
	}
}

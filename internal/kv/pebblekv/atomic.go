package pebblekv

import (
	"slices"

	"github.com/cumulet/cumulet/internal/kv"
)

// atomKind is an operation that the committer applies to a number.
type atomKind uint8

const (
	atomAdd atomKind = iota
	atomMax
	atomMin
)

// atom is one such operation.
type atom struct {
	kind atomKind
	v    int64
}

// appendAtom adds an operation, folding it into the last one of its kind where that changes nothing.
func appendAtom(atoms []atom, a atom) []atom {
	if n := len(atoms); n > 0 && atoms[n-1].kind == a.kind {
		last := &atoms[n-1]
		switch a.kind {
		case atomAdd:
			last.v += a.v
		case atomMax:
			last.v = max(last.v, a.v)
		case atomMin:
			last.v = min(last.v, a.v)
		}
		return atoms
	}
	return append(atoms, a)
}

// number is a row as atomic operations see it.
type number struct {
	v       int64
	present bool
}

// numberOf returns the number that a row holds. One that holds something else counts as absent.
func numberOf(value []byte) number { return number{kv.Int64(value), len(value) == 8} }

func (n number) apply(atoms []atom) number {
	for _, a := range atoms {
		switch {
		case a.kind == atomAdd:
			n.v += a.v
		case !n.present:
			n.v = a.v
		case a.kind == atomMax:
			n.v = max(n.v, a.v)
		default:
			n.v = min(n.v, a.v)
		}
		n.present = true
	}
	return n
}

// maxCounters is how many rows the committer remembers for atomic operations. Beyond, it forgets all and reads again.
const maxCounters = 4096

// counters remembers the newest values of rows that atomic operations touched, so that a hot counter is read once and
// not once a group. It belongs to the committer.
type counters struct {
	byKey map[string]number
}

func (c *counters) get(key []byte) (number, bool) {
	n, ok := c.byKey[string(key)]
	return n, ok
}

func (c *counters) put(key []byte, n number) {
	if len(c.byKey) >= maxCounters {
		clear(c.byKey)
	}
	c.byKey[string(key)] = n
}

// wrote keeps the cache right when a row is written by other means.
func (c *counters) wrote(key, value []byte) {
	if len(c.byKey) == 0 {
		return
	}
	if _, ok := c.byKey[string(key)]; ok {
		c.byKey[string(key)] = numberOf(value)
	}
}

func (c *counters) deletedRange(s span) {
	for key := range c.byKey {
		if s.holds([]byte(key)) {
			c.byKey[key] = number{}
		}
	}
}

// resolve turns the atomic operations of t into plain writes. It fails if a row cannot be read.
//
// The cache is changed on the way, which is right: t will be part of the group once this succeeds. When it fails, the
// cache is dropped.
func (c *committer) resolve(t *tx) error {
	for i := range t.writes.ops {
		o := &t.writes.ops[i]
		switch o.kind {
		case opSet, opDelete, opAtomic:
			if len(o.atoms) == 0 {
				if o.kind != opAtomic {
					c.counters.wrote(o.key, o.value)
				}
				continue
			}
			n, err := c.current(o)
			if err != nil {
				clear(c.counters.byKey)
				return err
			}
			n = n.apply(o.atoms)
			o.kind, o.atoms, o.value = opSet, nil, kv.AppendInt64(make([]byte, 0, 8), n.v)
			c.counters.put(o.key, n)
		case opRange:
			c.counters.deletedRange(span{o.key, o.value})
		case opStamped, opDropped: // a stamped key is new, so no counter
		}
	}
	return nil
}

// current returns the row that o's atoms start from.
func (c *committer) current(o *op) (number, error) {
	if o.kind != opAtomic { // an earlier Set or Delete of the same transaction
		return numberOf(o.value), nil
	}
	if n, ok := c.counters.get(o.key); ok {
		return n, nil
	}
	if c.group.spans || c.window.newest[c.store.hash(o.key)] > c.group.first {
		if n, ok := c.group.lookup(o.key); ok {
			return n, nil
		}
	}
	value, closer, err := c.store.db.Get(o.key)
	if isNotFound(err) {
		return number{}, nil
	}
	if err != nil {
		return number{}, err
	}
	defer closer.Close()
	return numberOf(value), nil
}

// lookup looks for a row among the group's own writes, which are not in the database yet.
func (g *group) lookup(key []byte) (number, bool) {
	for _, t := range slices.Backward(g.txs) {
		value, state := t.writes.read(key) // an absent row has no value
		if state != untouched {
			return numberOf(value), true
		}
	}
	return number{}, false
}

// clone copies a slice that belongs to somebody else. The result is never nil.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

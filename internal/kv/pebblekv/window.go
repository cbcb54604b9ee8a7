package pebblekv

import (
	"bytes"
	"slices"
	"sort"

	"github.com/cumulet/cumulet/internal/invariant"
)

// maxWindowKeys bounds the memory of recent writes. A transaction that began before them runs again.
const maxWindowKeys = 1 << 19

// window knows what recent groups wrote, to find out whether what a transaction read still holds. It belongs to the
// committer. It reaches back to the oldest snapshot that a running transaction writes from.
type window struct {
	newest map[uint64]uint64 // hash of a key: number of the last transaction that wrote it
	groups []*written        // oldest first; the last one is under construction
	floor  uint64            // what transactions up to this number wrote is forgotten
	keys   int               // in all groups
	spare  []*written        // empty
}

// maxSpare is how many empty groups are kept for their memory.
const maxSpare = 8

// written is what one group wrote.
type written struct {
	last   uint64   // number of its last transaction
	hashes []uint64 // of keys
	keys   [][]byte // the first sorted are in order
	sorted int
	spans  []span // deleted ranges
}

// begin opens a group after transaction number n.
func (w *window) begin(n uint64) {
	g := &written{}
	if last := len(w.spare) - 1; last >= 0 {
		g = w.spare[last]
		w.spare = w.spare[:last]
	}
	g.last = n
	w.groups = append(w.groups, g)
}

// point is a row that a transaction read.
type point struct {
	hash     uint64
	from, to uint32 // of its key, in tx.keys
}

// conflict returns the hash of a key that was written after t's version although t has read it.
func (w *window) conflict(t *tx) (hash uint64, found bool) {
	if t.version < w.floor {
		return 0, true
	}
	for _, p := range t.points {
		if w.newest[p.hash] > t.version {
			return p.hash, true
		}
	}
	for i := len(w.groups) - 1; i >= 0 && w.groups[i].last > t.version; i-- {
		g := w.groups[i]
		for _, s := range g.spans {
			for _, p := range t.points {
				if s.holds(t.keys[p.from:p.to]) {
					return p.hash, true
				}
			}
			for _, r := range t.ranges {
				if s.overlaps(r) {
					return t.store.hash(r.start), true
				}
			}
		}
		for _, r := range t.ranges {
			if key, ok := g.wroteIn(r); ok {
				return t.store.hash(key), true
			}
		}
	}
	return 0, false
}

// overlaps reports whether the spans have a key in common.
func (s span) overlaps(r span) bool { return s.endsAfter(r.start) && r.endsAfter(s.start) }

// maxUnsorted is how many keys a search looks at one by one.
const maxUnsorted = 64

// wroteIn returns a key of the group that lies in r. Groups are sorted only when a transaction that read a range asks.
func (g *written) wroteIn(r span) ([]byte, bool) {
	if len(g.keys)-g.sorted > maxUnsorted {
		g.sort()
	}
	i := sort.Search(g.sorted, func(i int) bool { return bytes.Compare(g.keys[i], r.start) >= 0 })
	if i < g.sorted && r.endsAfter(g.keys[i]) {
		return g.keys[i], true
	}
	for _, key := range g.keys[g.sorted:] {
		if r.holds(key) {
			return key, true
		}
	}
	return nil, false
}

// sort puts all keys in order. Those that came since the last time are few.
func (g *written) sort() {
	added := slices.SortedFunc(slices.Values(g.keys[g.sorted:]), bytes.Compare)
	i := g.sorted - 1
	for at, j := len(g.keys)-1, len(added)-1; j >= 0; at-- {
		if i >= 0 && bytes.Compare(g.keys[i], added[j]) > 0 {
			g.keys[at] = g.keys[i]
			i--
			continue
		}
		g.keys[at] = added[j]
		j--
	}
	g.sorted = len(g.keys)
}

// add records that transaction number n, the newest, wrote key.
func (w *window) add(n, hash uint64, key []byte) {
	g := w.groups[len(w.groups)-1]
	g.last = n
	g.hashes = append(g.hashes, hash)
	g.keys = append(g.keys, key)
	w.newest[hash] = n
	w.keys++
}

// addSpan records that transaction number n, the newest, deleted a range.
func (w *window) addSpan(n uint64, s span) {
	g := w.groups[len(w.groups)-1]
	g.last = n
	g.spans = append(g.spans, s)
	w.keys++
}

// forget drops the groups that no running transaction needs, and more when there are too many keys.
func (w *window) forget(oldest uint64) {
	drop := 0
	for ; drop < len(w.groups) && (w.groups[drop].last <= oldest || w.keys > maxWindowKeys); drop++ {
		g := w.groups[drop]
		for _, h := range g.hashes {
			if w.newest[h] <= g.last {
				delete(w.newest, h)
			}
		}
		w.keys -= len(g.keys) + len(g.spans)
		w.floor = max(w.floor, g.last)
		if len(w.spare) < maxSpare {
			clear(g.keys)
			clear(g.spans)
			*g = written{hashes: g.hashes[:0], keys: g.keys[:0], spans: g.spans[:0]}
			w.spare = append(w.spare, g)
		}
	}
	w.groups = slices.Delete(w.groups, 0, drop)
	invariant.Check(w.keys >= 0, "window has %d keys", w.keys)
}

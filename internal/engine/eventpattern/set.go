package eventpattern

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// A Set finds the patterns that an event meets at a cost that hardly depends on how many there are. The zero value is empty and ready.
// All methods may be called concurrently; Match never waits for another Match, and sees a change as soon as Put or Remove has
// returned.
type Set[T comparable] struct {
	view atomic.Pointer[view[T]] // nil after a change

	mu      sync.Mutex
	entries map[T]entry
	puts    uint64
	base    *part[T]       // the bulk of the entries, as they once were
	newer   map[T]struct{} // entries that base lacks or has in another form
	gone    map[T]struct{} // entries of base that are removed or in newer
}

type entry struct {
	pattern *Pattern
	put     uint64 // in order of Put
}

// A view is the set at one moment, immutable.
type view[T comparable] struct {
	base, newer *part[T]
	gone        map[T]struct{} // of base
}

// A part is a tree over some of the entries.
type part[T comparable] struct {
	ids      []T
	tree     *tree
	searches sync.Pool // of *partSearch[T]
}

type partSearch struct {
	*search

	numbers []int32
}

// Put adds a pattern or replaces the one that id had.
func (s *Set[T]) Put(id T, p *Pattern) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		s.entries, s.newer, s.gone = map[T]entry{}, map[T]struct{}{}, map[T]struct{}{}
	}
	s.forget(id)
	s.puts++
	s.entries[id] = entry{p, s.puts}
	s.newer[id] = struct{}{}
	s.view.Store(nil)
}

// Remove removes the pattern of id, if there is one.
func (s *Set[T]) Remove(id T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.entries[id]; !ok {
		return
	}
	s.forget(id)
	delete(s.entries, id)
	s.view.Store(nil)
}

// forget makes the form of id that base or newer has invalid.
func (s *Set[T]) forget(id T) {
	if _, ok := s.entries[id]; !ok {
		return
	}
	if _, ok := s.newer[id]; ok {
		delete(s.newer, id)
		return
	}
	s.gone[id] = struct{}{}
}

// Len returns how many patterns the set holds.
func (s *Set[T]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// Match appends the ids of the patterns that e meets to dst, each once, in the order in which they were put.
func (s *Set[T]) Match(e *Event, dst []T) []T {
	v := s.view.Load()
	if v == nil {
		v = s.refresh()
	}
	if v.base != nil {
		dst = v.base.match(e, v.gone, dst)
	}
	if v.newer != nil {
		dst = v.newer.match(e, nil, dst)
	}
	return dst
}

// refresh makes a view. A few changes get a small tree of their own; many are merged into the base, so that a change costs about
// the square root of what the whole set does.
func (s *Set[T]) refresh() *view[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.view.Load(); v != nil {
		return v
	}
	const few = 64
	if len(s.newer)+len(s.gone) > few+4*int(math.Sqrt(float64(len(s.entries)))) {
		all := make([]T, 0, len(s.entries))
		for id := range s.entries {
			all = append(all, id)
		}
		s.base = newPart(s.entries, all)
		clear(s.newer)
		s.gone = map[T]struct{}{}
	}
	v := &view[T]{base: s.base}
	if len(s.newer) > 0 {
		ids := make([]T, 0, len(s.newer))
		for id := range s.newer {
			ids = append(ids, id)
		}
		v.newer = newPart(s.entries, ids)
	}
	if len(s.gone) > 0 {
		v.gone = make(map[T]struct{}, len(s.gone))
		for id := range s.gone {
			v.gone[id] = struct{}{}
		}
	}
	s.view.Store(v)
	return v
}

// newPart builds a tree over the entries of ids, which it keeps; nil if there are none.
func newPart[T comparable](entries map[T]entry, ids []T) *part[T] {
	if len(ids) == 0 {
		return nil
	}
	slices.SortFunc(ids, func(a, b T) int { return cmp.Compare(entries[a].put, entries[b].put) })
	patterns := make([]*Pattern, len(ids))
	for i, id := range ids {
		patterns[i] = entries[id].pattern
	}
	return &part[T]{ids: ids, tree: buildTree(patterns)}
}

func (p *part[T]) match(e *Event, gone map[T]struct{}, dst []T) []T {
	s, ok := p.searches.Get().(*partSearch)
	if !ok {
		s = &partSearch{search: newSearch(p.tree)}
	}
	s.numbers = s.run(e, s.numbers[:0])
	for _, n := range s.numbers {
		if _, ok := gone[p.ids[n]]; !ok {
			dst = append(dst, p.ids[n])
		}
	}
	p.searches.Put(s)
	return dst
}

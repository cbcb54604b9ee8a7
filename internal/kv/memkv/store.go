// Package memkv is a store in memory: slow, small and obviously correct. It is the model that real engines are compared
// with, and it serves tests, in which it is unkind: what a closure must not keep is overwritten as soon as it must not.
//
// All rows are an immutable tree. A transaction works on the tree that it found and notes which keys and ranges it read.
// To commit, it takes the only lock and compares what it read with the present tree: if all of it is the same, it might
// as well have run just now, so its writes are applied; else it runs again. No lock is held while a closure runs.
package memkv

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// maxRuns is how often the closure of one Update runs before ErrTooOld.
const maxRuns = 1000

// Store is a kv.Store in memory. Make it with New.
type Store struct {
	clock   *clock.Clock
	running sync.WaitGroup // transactions

	mu      sync.Mutex
	closed  bool
	root    *node
	commits uint64 // the number of the last commit that wrote something
}

var _ kv.Store = (*Store)(nil)

// New returns an empty store that takes the time of its transactions from c.
func New(c *clock.Clock) *Store { return &Store{clock: c} }

// Update implements kv.Store. It ignores Serialize.
func (s *Store) Update(ctx context.Context, fn func(tx kv.Tx) error, _ ...kv.Option) error {
	for range maxRuns {
		root, err := s.enter(ctx)
		if err != nil {
			return err
		}
		done, err := s.try(ctx, root, fn)
		if done || err != nil {
			return err
		}
	}
	return kv.ErrTooOld
}

// try runs fn once. It reports whether that was the last time.
func (s *Store) try(ctx context.Context, root *node, fn func(tx kv.Tx) error) (done bool, err error) {
	defer s.running.Done()
	t := &tx{reader: reader{root: root, now: s.clock.Now()}, base: root}
	t.track = t
	err = func() error {
		defer t.end()
		return fn(t)
	}()
	switch {
	case t.err != nil:
		return true, t.err
	case err != nil:
		return true, err
	case ctx.Err() != nil:
		return true, ctx.Err()
	case s.clock.Now().Sub(t.now) > kv.MaxTxDuration:
		return true, kv.ErrTooOld
	case !s.commit(t):
		return false, nil
	}
	for _, hook := range t.onCommit {
		hook()
	}
	return true, nil
}

// View implements kv.Store.
func (s *Store) View(ctx context.Context, fn func(r kv.Reader) error) error {
	root, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer s.running.Done()
	r := &reader{root: root, now: s.clock.Now()}
	defer r.end()
	return fn(r)
}

// Close implements kv.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return kv.ErrClosed
	}
	s.running.Wait()
	return nil
}

// enter begins a run, which ends with s.running.Done, and returns the present rows.
func (s *Store) enter(ctx context.Context) (*node, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, kv.ErrClosed
	}
	s.running.Add(1)
	return s.root, nil
}

// commit applies the transaction's writes, unless something that it read has changed.
func (s *Store) commit(t *tx) bool {
	if len(t.writes) == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != t.base && !t.holds(s.root) {
		return false
	}
	s.commits++
	stamps := 0
	for _, w := range t.writes {
		if w.stamp != nil {
			binary.BigEndian.PutUint64(w.stamp[:], s.commits)
			binary.BigEndian.PutUint16(w.stamp[8:], uint16(stamps))
			stamps++
		}
		s.root = w.apply(s.root)
	}
	return true
}

package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// Store is a database in a directory. It implements kv.Store.
type Store struct {
	dir   string
	fs    vfs.FS
	clock *clock.Clock
	log   *slog.Logger
	seed  maphash.Seed

	db        *pebble.DB
	lock      io.Closer
	fence     *fence
	space     *space
	failure   *failure
	snaps     snapshots
	stripes   *stripeLocks
	committer *committer
	rows      rowCache
	metrics   metrics
	txs       sync.Pool // of *tx

	workers sync.WaitGroup
}

var _ kv.Store = (*Store)(nil)

// errConflict says that something a transaction has read does not hold any more. It runs again.
var errConflict = errors.New("conflict")

// start runs the committer.
func (s *Store) start() {
	s.workers.Go(s.committer.run)
	s.workers.Go(s.committer.sync)
}

// View implements kv.Store.
func (s *Store) View(ctx context.Context, fn func(r kv.Reader) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := s.snaps.enter(); err != nil {
		return err
	}
	defer s.snaps.leave()
	r := reader{store: s, snap: s.snaps.forView(), now: s.clock.Now()}
	defer func() {
		r.release()
		s.snaps.doneView(r.snap)
	}()
	err := fn(&r)
	if r.err != nil {
		return r.err
	}
	return err
}

// Update implements kv.Store.
//
// Until the transaction is handed to the committer, the end of ctx ends it with ctx's error. From then on Update waits
// for the outcome: an error other than kv.ErrUnavailable means that nothing was written.
func (s *Store) Update(ctx context.Context, fn func(tx kv.Tx) error, opts ...kv.Option) error {
	if err := s.snaps.enter(); err != nil {
		return err
	}
	defer s.snaps.leave()
	want := s.stripesOf(opts)
	t := s.txs.Get().(*tx)
	begin, attempt := s.clock.Now(), 0
	for attempt < maxAttempts && s.clock.Now().Sub(begin) < maxUpdateTime {
		err := s.try(ctx, t, fn, want, attempt)
		if !errors.Is(err, errConflict) {
			if !errors.Is(err, kv.ErrUnavailable) {
				s.txs.Put(t) // otherwise the committer may still hold it
			}
			return err
		}
		s.metrics.conflicts.Add(1)
		attempt++
		if attempt >= stripesFrom && t.lost != 0 && len(want) < maxLockedStripes {
			want = addStripe(slices.Clone(want), t.lost)
		}
	}
	s.txs.Put(t)
	s.metrics.tooOld.Add(1)
	return fmt.Errorf("%w: %d attempts", kv.ErrTooOld, attempt)
}

// try runs a transaction once and commits it.
func (s *Store) try(ctx context.Context, t *tx, fn func(tx kv.Tx) error, want []int, attempt int) error {
	if err := s.failure.cause(); err != nil {
		return err
	}
	if err := s.backoff(ctx, attempt); err != nil {
		return err
	}
	if err := s.stripes.lock(ctx, s.failure.done, t, want); err != nil {
		return err
	}
	submitted := false
	defer func() { // also when fn panics
		t.end()
		if !submitted {
			s.stripes.unlock(t)
		}
	}()
	t.begin()
	err := fn(t)
	if t.base.err != nil {
		err = t.base.err
	}
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && s.clock.Now().Sub(t.base.now) > kv.MaxTxDuration {
		s.metrics.tooOld.Add(1)
		err = fmt.Errorf("%w: more than %v", kv.ErrTooOld, kv.MaxTxDuration)
	}
	if err == nil && t.writes.ranges > 0 {
		err = t.expand()
	}
	if err == nil && len(t.writes.ops) > 0 {
		t.base.release()
		submitted = true
		s.committer.queue.push(t)
		if err := s.outcome(t); err != nil {
			return err
		}
		t.committed()
		return nil
	}
	t.end()
	s.stripes.unlock(t)
	if werr := s.durable(ctx, t.version); werr != nil {
		return werr
	}
	if err == nil {
		t.committed()
	}
	return err
}

// outcome waits for the committer's answer.
func (s *Store) outcome(t *tx) error {
	select {
	case err := <-t.done:
		return err
	case <-s.failure.done:
	}
	select {
	case err := <-t.done: // it was answered before the failure
		return err
	default:
		return s.failure.err
	}
}

// committed runs what waits for the commit.
func (t *tx) committed() {
	for _, fn := range t.onCommit {
		fn()
	}
	t.onCommit = nil
}

// durable waits until a crash cannot take back what a transaction has read.
func (s *Store) durable(ctx context.Context, version uint64) error {
	done := s.snaps.awaitDurable(version)
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-s.failure.done:
		return s.failure.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// backoff waits before an attempt, and checks that ctx goes on.
func (s *Store) backoff(ctx context.Context, attempt int) error {
	if ctx.Err() != nil || attempt < backoffFrom {
		return context.Cause(ctx)
	}
	limit := min(minBackoff<<min(attempt-backoffFrom, 16), maxBackoff)
	wait := time.Duration(jitter(int64(limit)))
	return s.clock.WaitUntil(ctx, s.clock.Now().Add(wait))
}

// Failed returns a channel that is closed once the store cannot write any more. The process should then stop; Err
// says why.
func (s *Store) Failed() <-chan struct{} { return s.failure.done }

// Err returns why the store has failed, wrapping kv.ErrUnavailable, or nil.
func (s *Store) Err() error { return s.failure.cause() }

// Close implements kv.Store. After a failure it does not wait for the disk; it only makes sure that this process does
// not write to the directory any more, and releases it.
func (s *Store) Close() error {
	idle, first := s.snaps.shut()
	<-idle
	if !first {
		return kv.ErrClosed
	}
	s.committer.queue.close()
	stopped := make(chan struct{})
	go func() {
		s.workers.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-s.failure.done:
	}
	err := s.failure.cause()
	if err == nil {
		err = s.failure.guard(func() error {
			s.snaps.reap()
			s.snaps.closeLast()
			// The last group has nobody yet to vouch for it.
			mark := s.db.LogData(appendMark(nil, s.committer.durable.Load()), pebble.Sync)
			return errors.Join(mark, s.db.Close())
		})
	}
	if err != nil {
		s.fence.raise()
		s.fence.wait()
	}
	return errors.Join(err, s.lock.Close())
}

// Checkpoint writes a copy of the store, as of now, into dir, which must not exist. Tables are hard links where dir is
// on the same file system.
func (s *Store) Checkpoint(dir string) error {
	if err := s.snaps.enter(); err != nil {
		return err
	}
	defer s.snaps.leave()
	if err := s.failure.cause(); err != nil {
		return err
	}
	return s.failure.guard(func() error { return s.db.Checkpoint(dir, pebble.WithFlushedWAL()) })
}

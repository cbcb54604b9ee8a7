package timer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

// TestTrapTimerCommitsBelowTheHead is the trap that the measurements of the store warn of: a due time is chosen, then later timers fire and
// move the head on, and then the transaction commits.
func TestTrapTimerCommitsBelowTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		f.set(2*time.Second, "passes")
		f.set(time.Hour, "far")
		f.update(func(tx kv.Tx) { // commits after three seconds
			f.Set(tx, f.timer(time.Second, "overtaken"))
			time.Sleep(3 * time.Second)
		})
		f.want(firing{"passes", 2 * time.Second}, firing{"overtaken", 3 * time.Second})
	})
}

// TestTrapTimerCommitsDuringThePass is the same with a commit between the loop's look at the store and its sleep.
func TestTrapTimerCommitsDuringThePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &spyStore{Store: memkv.New(clock.New())}
		f := newFixture(t, db)
		db.afterView = func() {
			db.afterView = nil
			f.set(time.Second, "a")
		}
		f.run()
		f.set(time.Hour, "far")
		time.Sleep(time.Second)
		f.want(firing{"a", time.Second})
	})
}

// TestTrapHintIsLost has a timer of which this process gets no hint, as one set by another process.
func TestTrapHintIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		f.set(10*time.Second, "moves the head")
		time.Sleep(10 * time.Second)
		f.want(firing{"moves the head", 10 * time.Second})
		f.update(func(tx kv.Tx) { tx.Set(timerKey(f.start.Add(time.Second), testKind, []byte("no hint")), nil) })
		time.Sleep(idlePoll)
		f.want(firing{"no hint", 10*time.Second + idlePoll})
		f.wantRows(0)
	})
}

// TestTrapDeletedRowsAreNotReadAgain checks where the loop looks after timers have fired.
func TestTrapDeletedRowsAreNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &spyStore{Store: memkv.New(clock.New())}
		f := newFixture(t, db)
		f.run()
		for i := range 100 {
			f.set(time.Duration(i)*100*time.Millisecond, fmt.Sprint(i))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		fromStart := 0
		for _, s := range db.scans {
			if s.start.String() == tableStart().String() {
				fromStart++
				continue
			}
			at, err := parseTimer(s.start)
			if err != nil {
				t.Fatal(err)
			}
			if behind := s.now.Sub(at.Due); behind > 100*time.Millisecond {
				t.Errorf("scanned from %v, %v behind", s.start, behind)
			}
		}
		if fromStart > 3 { // at once, and after 5 and 10 seconds
			t.Errorf("scanned %d times from the very start in 10 seconds, want 3", fromStart)
		}
	})
}

func TestCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &spyStore{Store: memkv.New(clock.New())}
		f := newFixture(t, db)
		catchUp := func() {
			t.Helper()
			if err := f.CatchUp(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for i := range 600 {
			f.set(time.Second, fmt.Sprintf("%03d", i))
		}
		catchUp()
		f.want()
		db.scans = nil
		catchUp()
		if len(db.scans) > 0 {
			t.Errorf("CatchUp looked at the store %d times with nothing due, want none", len(db.scans))
		}

		// Whoever calls, also at the same time, finds everything fired.
		f.run()
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				catchUp()
				f.mu.Lock()
				defer f.mu.Unlock()
				if len(f.fired) != 600 {
					t.Errorf("CatchUp returned after %d of 600 timers", len(f.fired))
				}
			})
		}
		wg.Wait()
		f.fired = nil

		f.set(time.Second, "just now")
		catchUp()
		f.want(firing{"just now", time.Second})
	})
}

func TestCatchUpEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.fail(func(string) error { return errors.New("fails") })
		f.set(0, "fails")
		if err := f.CatchUp(t.Context()); err != nil {
			t.Errorf("CatchUp() = %v with a timer that fails, want nil", err)
		}
		f.set(0, "b")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.CatchUp(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("CatchUp() = %v, want that it was cancelled", err)
		}
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.CatchUp(t.Context()); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("CatchUp() = %v, want %v", err, kv.ErrClosed)
		}
		if err := f.Run(t.Context()); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("Run() = %v, want %v", err, kv.ErrClosed)
		}
	})
}

func TestStoreIsUnavailableForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &spyStore{Store: memkv.New(clock.New())}
		f := newFixture(t, db)
		f.run()
		f.set(time.Second, "a")
		db.setErr(kv.ErrUnavailable)
		time.Sleep(5*time.Second + time.Second/2)
		db.setErr(nil)
		f.want()
		time.Sleep(time.Second)
		f.want(firing{"a", 6 * time.Second})
		if n := strings.Count(f.log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d errors were logged, want one: %s", n, f.log)
		}
	})
}

// TestRandom sets and clears timers from several goroutines, and looks whether each fires once, at its time.
func TestRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		var wg sync.WaitGroup
		want := make([]map[string]time.Duration, 8)
		for g := range want {
			want[g] = map[string]time.Duration{}
			wg.Go(func() {
				for i := range 200 {
					id := fmt.Sprintf("%d/%d", g, i)
					now := time.Since(f.start)
					due := now + time.Duration((i*7919+g*104729)%5000-1000)*time.Millisecond
					f.set(due, id)
					want[g][id] = max(now, due)
					if i%10 == 0 && due > now {
						f.update(func(tx kv.Tx) { f.Clear(tx, f.start.Add(due), testKind, []byte(id)) })
						delete(want[g], id)
					}
					time.Sleep(time.Duration(i%13) * 10 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		f.wantRows(0)
		got := map[string]time.Duration{}
		for _, one := range f.fired {
			if _, twice := got[one.id]; twice {
				t.Errorf("%s fired twice", one.id)
			}
			got[one.id] = one.at
		}
		n := 0
		for g := range want {
			n += len(want[g])
			for id, at := range want[g] {
				if got[id] != at {
					t.Errorf("%s fired at %v, want %v", id, got[id], at)
				}
			}
		}
		if len(got) != n {
			t.Errorf("%d timers fired, want %d", len(got), n)
		}
	})
}

// BenchmarkCatchUp is what each request pays when nothing is due.
func BenchmarkCatchUp(b *testing.B) {
	s := New(Deps{DB: memkv.New(clock.New()), Clock: clock.New()})
	if err := s.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// spyStore notes where views scan, and fails on demand.
type spyStore struct {
	kv.Store
	afterView func()

	mu    sync.Mutex
	err   error
	scans []spiedScan
}

type spiedScan struct {
	start kv.Key
	now   time.Time
}

func (s *spyStore) setErr(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *spyStore) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *spyStore) Update(ctx context.Context, fn func(kv.Tx) error, opts ...kv.Option) error {
	if err := s.failure(); err != nil {
		return err
	}
	return s.Store.Update(ctx, fn, opts...)
}

func (s *spyStore) View(ctx context.Context, fn func(kv.Reader) error) error {
	err := s.Store.View(ctx, func(r kv.Reader) error { return fn(&spyReader{r, s}) })
	if s.afterView != nil {
		s.afterView()
	}
	return err
}

type spyReader struct {
	kv.Reader
	store *spyStore
}

func (r *spyReader) Scan(rng kv.Range) iter.Seq2[kv.Key, []byte] {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	r.store.scans = append(r.store.scans, spiedScan{rng.Start, r.Now()})
	return r.Reader.Scan(rng)
}

package timer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

const testKind Kind = 1000

// firing is what a handler was given.
type firing struct {
	id string
	at time.Duration // since the start of the test
}

// fixture is a store with a service whose handler for testKind notes what fires.
type fixture struct {
	*Service
	t     *testing.T
	db    kv.Store
	log   *strings.Builder
	start time.Time

	mu    sync.Mutex
	fired []firing
	bad   func(id string) error // what the handler returns, if it is set
}

// newFixture returns a fixture over db, or over an empty store if that is nil. It must be called in a bubble.
func newFixture(t *testing.T, db kv.Store) *fixture {
	t.Helper()
	c := clock.New()
	if db == nil {
		db = memkv.New(c)
	}
	f := &fixture{t: t, db: db, log: &strings.Builder{}, start: time.Now()}
	f.Service = New(Deps{DB: db, Clock: c, Log: slog.New(slog.NewTextHandler(f.log, nil))})
	f.Handle(testKind, f.handle)
	return f
}

func (f *fixture) handle(tx kv.Tx, due []Timer) error {
	var fired []firing
	f.mu.Lock()
	bad := f.bad
	f.mu.Unlock()
	for _, d := range due {
		if bad != nil {
			if err := bad(string(d.ID)); err != nil {
				return err
			}
		}
		fired = append(fired, firing{string(d.ID), time.Since(f.start)})
	}
	tx.OnCommit(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.fired = append(f.fired, fired...)
	})
	return nil
}

// fail sets what the handler returns; nil lets it succeed.
func (f *fixture) fail(bad func(id string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = bad
}

// run starts Run, and stops it when the test or the returned function ends.
func (f *fixture) run() (stop func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Errorf("Run() = %v, want nil", err)
		}
	})
	f.t.Cleanup(stop)
	return stop
}

func (f *fixture) update(fn func(tx kv.Tx)) {
	f.t.Helper()
	err := f.db.Update(f.t.Context(), func(tx kv.Tx) error { fn(tx); return nil })
	if err != nil {
		f.t.Error(err)
	}
}

// set sets a timer that is due the given time after the start of the test.
func (f *fixture) set(due time.Duration, id string) {
	f.t.Helper()
	f.update(func(tx kv.Tx) { f.Set(tx, f.timer(due, id)) })
}

func (f *fixture) timer(due time.Duration, id string) Timer {
	return Timer{Due: f.start.Add(due), Kind: testKind, ID: []byte(id)}
}

// want checks what has fired since the last call.
func (f *fixture) want(want ...firing) {
	f.t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.fired, want) {
		f.t.Errorf("at %v: fired %v, want %v", time.Since(f.start), f.fired, want)
	}
	f.fired = nil
}

// wantRows checks how many timers the store holds.
func (f *fixture) wantRows(want int) {
	f.t.Helper()
	got := 0
	err := f.db.View(f.t.Context(), func(r kv.Reader) error {
		for range r.Scan(kv.Prefix(tableStart())) {
			got++
		}
		return nil
	})
	if err != nil || got != want {
		f.t.Errorf("the store holds %d timers, %v; want %d", got, err, want)
	}
}

func TestFiresAtTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		f.set(5*time.Second, "late")
		f.set(time.Second+7*time.Nanosecond, "early")
		f.set(20*24*time.Hour, "far")
		time.Sleep(time.Second)
		f.want()
		time.Sleep(time.Minute)
		f.want(firing{"early", time.Second + 7}, firing{"late", 5 * time.Second})
		f.set(0, "past")
		f.want(firing{"past", 61 * time.Second})
		f.update(func(tx kv.Tx) { f.Set(tx, Timer{Kind: testKind, ID: []byte("the zero time")}) })
		f.want(firing{"the zero time", 61 * time.Second})
		time.Sleep(20 * 24 * time.Hour)
		f.want(firing{"far", 20 * 24 * time.Hour})
		f.wantRows(0)
	})
}

func TestHandlerGetsTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		var got []Timer
		f.Handle(testKind+1, func(_ kv.Tx, due []Timer) error {
			for _, d := range due {
				d.Payload = slices.Clone(d.Payload)
				got = append(got, d)
			}
			return nil
		})
		due := f.start.Add(time.Second)
		f.update(func(tx kv.Tx) {
			f.Set(tx, Timer{Due: due, Kind: testKind + 1, ID: []byte("a\x00"), Payload: []byte("old")})
			f.Set(tx, Timer{Due: due, Kind: testKind + 1, ID: []byte("a\x00"), Payload: []byte("new")})
			f.Set(tx, Timer{Due: due, Kind: testKind + 1, ID: nil})
		})
		time.Sleep(time.Second)
		if err := f.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || len(got[0].ID) != 0 || string(got[1].ID) != "a\x00" || string(got[1].Payload) != "new" || !got[1].Due.Equal(due) {
			t.Errorf("handler got %v", got)
		}
	})
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		stop := f.run()
		for i := range 4 {
			f.set(time.Duration(i)*time.Second, fmt.Sprint(i))
		}
		time.Sleep(time.Second)
		f.want(firing{"0", 0}, firing{"1", time.Second})
		stop()
		time.Sleep(time.Second + time.Second/2) // 2 becomes due while nothing runs

		again := newFixture(t, f.db)
		again.start = f.start
		again.run()
		again.want(firing{"2", 5 * time.Second / 2})
		time.Sleep(time.Second)
		again.want(firing{"3", 3 * time.Second})
		f.want()
	})
}

func TestHandlerFailureKeepsTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.fail(func(string) error { return errors.New("crash between handler and commit") })
		f.run()
		f.set(time.Second, "a")
		time.Sleep(time.Second)
		f.want()
		f.wantRows(1)

		f.fail(nil)
		again := newFixture(t, f.db)
		again.start = f.start
		if err := again.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.want(firing{"a", time.Second})
		time.Sleep(time.Minute) // the first service finds its timer gone
		f.want()
		f.wantRows(0)
	})
}

func TestFailingTimerStarvesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		var tries atomic.Int32
		f.fail(func(id string) error {
			if id == "bad" {
				tries.Add(1)
				return errors.New("cannot do that")
			}
			return nil
		})
		f.run()
		f.update(func(tx kv.Tx) {
			f.Set(tx, f.timer(time.Second, "a"))
			f.Set(tx, f.timer(time.Second, "bad"))
			f.Set(tx, f.timer(time.Second, "c"))
			f.Set(tx, f.timer(2*time.Second, "d"))
		})
		time.Sleep(2 * time.Second)
		f.want(firing{"a", time.Second}, firing{"c", time.Second}, firing{"d", 2 * time.Second})
		time.Sleep(time.Hour)
		f.wantRows(1)
		if n := tries.Load(); n < 60 || n > 75 {
			t.Errorf("the failing timer was tried %d times in an hour, want about once a minute", n)
		}
		if n := strings.Count(f.log.String(), "timer failed"); n != 1 {
			t.Errorf("the failure was logged %d times, want once: %s", n, f.log)
		}
		f.fail(nil)
		time.Sleep(time.Minute)
		f.wantRows(0)
	})
}

func TestNoHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		f.update(func(tx kv.Tx) { f.Set(tx, Timer{Due: f.start, Kind: 999, ID: []byte("orphan")}) })
		f.set(time.Second, "a")
		time.Sleep(time.Second)
		f.want(firing{"a", time.Second})
		f.wantRows(1)
		if !strings.Contains(f.log.String(), "no handler") {
			t.Errorf("log = %s, want that there is no handler", f.log)
		}
	})
}

func TestManyDueAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		f := newFixture(t, nil)
		f.run()
		for i := 0; i < n; i += 1000 {
			f.update(func(tx kv.Tx) {
				for j := range 1000 {
					f.Set(tx, f.timer(time.Second, fmt.Sprintf("%05d", i+j)))
				}
			})
		}
		time.Sleep(time.Second)
		want := make([]firing, n)
		for i := range want {
			want[i] = firing{fmt.Sprintf("%05d", i), time.Second}
		}
		f.want(want...)
		f.wantRows(0)
	})
}

// TestOverflowOfFailing has more failing timers than are remembered.
func TestOverflowOfFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = maxFailing + 300
		f := newFixture(t, nil)
		f.fail(func(id string) error {
			if id != "good" {
				return errors.New("fails")
			}
			return nil
		})
		for i := 0; i < n; i += 100 {
			f.update(func(tx kv.Tx) {
				for j := range 100 {
					f.Set(tx, f.timer(time.Second, fmt.Sprintf("%05d", i+j)))
				}
			})
		}
		f.set(2*time.Second, "good")
		f.run()
		time.Sleep(2 * time.Second)
		f.want(firing{"good", 2 * time.Second})
		f.wantRows(n)
		f.fail(nil)
		time.Sleep(3 * lastRetry)
		synctest.Wait()
		f.wantRows(0)
	})
}

func TestHandlerSetsAnEqualTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		var runs atomic.Int32
		f.Handle(testKind+1, func(tx kv.Tx, due []Timer) error {
			switch runs.Add(1) {
			case 1, 2:
				f.Set(tx, due[0]) // due at once
			case 3:
				f.Set(tx, Timer{Due: due[0].Due.Add(time.Second), Kind: testKind + 1})
			}
			return nil
		})
		f.run()
		f.update(func(tx kv.Tx) { f.Set(tx, Timer{Due: f.start.Add(time.Second), Kind: testKind + 1}) })
		time.Sleep(time.Second)
		synctest.Wait()
		if n := runs.Load(); n != 3 {
			t.Errorf("after a second the handler ran %d times, want 3", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := runs.Load(); n != 4 {
			t.Errorf("after two seconds the handler ran %d times, want 4", n)
		}
		f.wantRows(0)
	})
}

func TestClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.run()
		f.set(time.Second, "a")
		f.set(time.Second, "b")
		f.update(func(tx kv.Tx) { f.Clear(tx, f.start.Add(time.Second), testKind, []byte("a")) })
		time.Sleep(time.Minute)
		f.want(firing{"b", time.Second})
	})
}

// TestClearRacesWithFiring has a message that either times out, by its timer, or is deleted together with the timer.
func TestClearRacesWithFiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		f := newFixture(t, nil)
		state := func(id []byte) kv.Key { return kv.K(kv.TableMeta).Bytes(id) }
		f.Handle(testKind+1, func(tx kv.Tx, due []Timer) error {
			for _, d := range due {
				if s := string(tx.Get(state(d.ID))); s != "waiting" {
					return fmt.Errorf("fires in state %q", s)
				}
				tx.Set(state(d.ID), []byte("timed out"))
			}
			return nil
		})
		f.run()
		var wg sync.WaitGroup
		for i := range n {
			id := fmt.Appendf(nil, "%d", i)
			due := f.start.Add(time.Duration(i) * time.Millisecond)
			f.update(func(tx kv.Tx) {
				tx.Set(state(id), []byte("waiting"))
				f.Set(tx, Timer{Due: due, Kind: testKind + 1, ID: id})
			})
			wg.Go(func() {
				if err := clock.New().WaitUntil(t.Context(), due); err != nil {
					t.Error(err)
				}
				f.update(func(tx kv.Tx) {
					if string(tx.Get(state(id))) == "waiting" {
						tx.Set(state(id), []byte("deleted"))
						f.Clear(tx, due, testKind+1, id)
					}
				})
			})
		}
		wg.Wait()
		synctest.Wait()
		f.wantRows(0)
		got := map[string]int{}
		err := f.db.View(t.Context(), func(r kv.Reader) error {
			for _, v := range r.Scan(kv.Prefix(kv.K(kv.TableMeta))) {
				got[string(v)]++
			}
			return nil
		})
		if err != nil || got["timed out"]+got["deleted"] != n {
			t.Errorf("states %v, %v; want %d timed out or deleted", got, err, n)
		}
		t.Logf("states %v", got)
		if f.log.Len() > 0 {
			t.Errorf("log = %s, want none", f.log)
		}
	})
}

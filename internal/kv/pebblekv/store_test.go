package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/kv"
)

// open opens a store that the test closes.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.FS == nil && o.Dir == "" {
		o.FS = vfs.NewMem()
	}
	if o.Dir == "" {
		o.Dir = "data"
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) && s.Err() == nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return s
}

const tableTest kv.Table = 60_000

func key(s string) kv.Key { return kv.K(tableTest).Str(s) }

func update(t testing.TB, s *Store, fn func(tx kv.Tx)) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx kv.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *Store, k kv.Key) string {
	t.Helper()
	var out string
	if err := s.View(context.Background(), func(r kv.Reader) error {
		if v := r.Get(k); v != nil {
			out = "=" + string(v)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSetGet(t *testing.T) {
	s := open(t, Options{})
	update(t, s, func(tx kv.Tx) {
		tx.Set(key("a"), []byte("1"))
		tx.Set(key("b"), nil)
	})
	if got := get(t, s, key("a")); got != "=1" {
		t.Errorf("a = %q, want =1", got)
	}
	if got := get(t, s, key("b")); got != "=" {
		t.Errorf("b = %q, want an empty value", got)
	}
	if got := get(t, s, key("c")); got != "" {
		t.Errorf("c = %q, want none", got)
	}
}

func TestReopen(t *testing.T) {
	fs := vfs.NewMem()
	var last kv.Stamp
	for i := range 3 {
		s := open(t, Options{FS: fs})
		var stamp *kv.Stamp
		update(t, s, func(tx kv.Tx) {
			tx.Add(key("n"), 1)
			stamp = tx.SetStamped(key("q"), []byte("x"))
		})
		if string(stamp[:]) <= string(last[:]) {
			t.Errorf("stamp %x after %x", stamp, last)
		}
		last = *stamp
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, Options{FS: fs})
		if got := kv.Int64([]byte(get(t, s, key("n"))[1:])); got != int64(i+1) {
			t.Errorf("n = %d, want %d", got, i+1)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Bubbles end and their time moves although a store is open in them, and a day passes quickly.
func TestBubble(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, Options{MemTableBytes: 64 << 10})
				start := time.Now()
				for day := range 5 {
					var wg sync.WaitGroup
					for g := range 8 {
						wg.Go(func() {
							for i := range 15 {
								update(t, s, func(tx kv.Tx) {
									tx.Get(key("hot"))
									tx.Set(key("hot"), make([]byte, 1000))
									tx.Set(key(fmt.Sprint(day, g, i)), make([]byte, 1000))
								})
							}
						})
					}
					wg.Wait()
					time.Sleep(24 * time.Hour)
				}
				synctest.Wait()
				if got := time.Since(start); got < 5*24*time.Hour || got > 5*24*time.Hour+time.Minute {
					t.Errorf("%v passed, want 5 days and little more", got)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCounterContended(t *testing.T) {
	for name, opts := range map[string][]kv.Option{"plain": nil, "serialize": {kv.Serialize(key("n"))}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, Options{})
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					for range 50 {
						if err := s.Update(context.Background(), func(tx kv.Tx) error {
							n := kv.Int64(tx.Get(key("n")))
							tx.Set(key("n"), kv.AppendInt64(nil, n+1))
							return nil
						}, opts...); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if got := kv.Int64([]byte(get(t, s, key("n"))[1:])); got != 800 {
				t.Errorf("n = %d, want 800", got)
			}
			m, err := s.Metrics()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", m)
		})
	}
}

// A checkpoint is a store of its own, as of the moment that it was made.
func TestCheckpoint(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, small(fs))
	l := newLedger(make([]int, 4))
	if err := l.run(s, 50); err != nil {
		t.Fatal(err)
	}
	then := l.progress()
	if err := s.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	if err := l.run(s, 5); err != nil {
		t.Fatal(err)
	}
	o := small(fs)
	o.Dir = "copy"
	resume(t, open(t, o), then, then)
	if err := s.Checkpoint("copy"); err == nil {
		t.Error("Checkpoint into a directory that exists = nil, want an error")
	}
	if _, err := verifyLedger(s, l.acked, l.acked); err != nil {
		t.Error(err)
	}
}

// An Update that only ever conflicts gives up, in bounded time.
func TestTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		runs, start := 0, time.Now()
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			runs++
			tx.Get(key("a"))
			update(t, s, func(tx kv.Tx) { tx.Set(key("a"), nil) })
			time.Sleep(time.Second)
			tx.Set(key("b"), nil)
			return nil
		})
		if took := time.Since(start); !errors.Is(err, kv.ErrTooOld) || runs < 10 || took > 2*maxUpdateTime {
			t.Errorf("Update = %v after %d runs and %v, want kv.ErrTooOld", err, runs, took)
		}
		if m, err := s.Metrics(); err != nil || m.TooOld != 1 || m.Conflicts != uint64(runs) {
			t.Errorf("Metrics() = %+v, %v, want %d conflicts", m, err, runs)
		}
	})
}

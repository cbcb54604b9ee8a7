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
				s := open(t, Options{MemTableBytes: 1 << 20})
				start := time.Now()
				for day := range 5 {
					var wg sync.WaitGroup
					for g := range 8 {
						wg.Go(func() {
							for i := range 50 {
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

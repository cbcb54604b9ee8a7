// Package kvtest is what every kv.Store must pass: conformance tests, a check of serializability, a comparison of random
// histories with the model, and benchmarks.
//
// The tests state the contract that package kv documents. Conflicts are made on purpose, by running a whole transaction
// inside the closure of another; stores must allow that.
package kvtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cumulet/cumulet/internal/kv"
)

// Flags of the random tests; go test passes them on.
var (
	roundsFlag = flag.Int("kvtest.rounds", 3, "how many seeds the random tests of stores try")
	seedFlag   = flag.Uint64("kvtest.seed", 0, "the only seed that the random tests of stores try; 0 for random ones")
)

// Rounds runs fn as subtests with different seeds, as many as the flag kvtest.rounds says. A subtest's name is its
// seed, which the flag kvtest.seed repeats.
func Rounds(t *testing.T, fn func(t *testing.T, seed uint64)) {
	t.Helper()
	n := *roundsFlag
	if *seedFlag != 0 {
		n = 1
	}
	for range n {
		seed := *seedFlag
		if seed == 0 {
			seed = rand.Uint64()
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { fn(t, seed) })
	}
}

// table is where tests keep their rows.
const table kv.Table = 60_001

// key returns a key that tests use.
func key(name string) kv.Key { return kv.K(table).Str(name) }

// all is the range of all rows that tests make.
func all() kv.Range { return kv.Prefix(kv.K(table)) }

var errTest = errors.New("kvtest: the closure fails")

// fixture is an open store in a test.
type fixture struct {
	*testing.T
	db kv.Store
}

// Run runs all conformance tests. Open opens an empty store, which the test closes; it is also called in bubbles of
// testing/synctest.
func Run(t *testing.T, open func(t *testing.T) kv.Store) {
	t.Helper()
	for _, tests := range []map[string]func(f *fixture){readTests, writeTests, conflictTests, commitTests, limitTests, concurrentTests} {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) { test(start(t, open)) })
		}
	}
	for name, test := range bubbleTests {
		t.Run(name, func(t *testing.T) { inBubble(t, open, test) })
	}
}

func start(t *testing.T, open func(t *testing.T) kv.Store) *fixture {
	t.Helper()
	f := &fixture{T: t, db: open(t)}
	t.Cleanup(func() {
		if err := f.db.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("Close() = %v", err)
		}
	})
	return f
}

// update runs a transaction that must commit.
func (f *fixture) update(fn func(tx kv.Tx), opts ...kv.Option) {
	f.Helper()
	if err := f.db.Update(context.Background(), func(tx kv.Tx) error { fn(tx); return nil }, opts...); err != nil {
		f.Errorf("Update() = %v", err)
	}
}

// view runs a view that must succeed.
func (f *fixture) view(fn func(r kv.Reader)) {
	f.Helper()
	if err := f.db.View(context.Background(), func(r kv.Reader) error { fn(r); return nil }); err != nil {
		f.Errorf("View() = %v", err)
	}
}

// set writes rows whose values are their names.
func (f *fixture) set(names ...string) {
	f.Helper()
	f.update(func(tx kv.Tx) {
		for _, name := range names {
			tx.Set(key(name), []byte(name))
		}
	})
}

// want checks what a reader finds at a name: the value in quotation marks, or "none".
func (f *fixture) want(r kv.Reader, name, want string) {
	f.Helper()
	if got := show(r.Get(key(name))); got != want {
		f.Errorf("Get(%s) = %s, want %s", name, got, want)
	}
}

// wantStored is want in a view of its own.
func (f *fixture) wantStored(name, want string) {
	f.Helper()
	f.view(func(r kv.Reader) { f.want(r, name, want) })
}

// wantNumber checks a row that Add, Max and Min keep.
func (f *fixture) wantNumber(name string, want int64) {
	f.Helper()
	f.view(func(r kv.Reader) {
		if v := r.Get(key(name)); len(v) != 8 || kv.Int64(v) != want {
			f.Errorf("Get(%s) = %x, want the number %d", name, v, want)
		}
	})
}

// wantScan checks the names of the rows that a reader finds in a range.
func (f *fixture) wantScan(r kv.Reader, rng kv.Range, want ...string) {
	f.Helper()
	if got := names(r, rng); !slices.Equal(got, want) {
		f.Errorf("Scan(%v to %v, limit %d, reverse %v) = %q, want %q", rng.Start, rng.End, rng.Limit, rng.Reverse, got, want)
	}
}

// names returns the names of the rows in a range, except those that the store keeps for itself.
func names(r kv.Reader, rng kv.Range) []string {
	var out []string
	for k := range r.Scan(rng) {
		if p := k.Parts(); p.Table() != kv.TableMeta {
			out = append(out, p.Str())
		}
	}
	return out
}

func show(value []byte) string {
	if value == nil {
		return "none"
	}
	return fmt.Sprintf("%q", value)
}

// span is the range from one name to before another.
func span(from, to string) kv.Range { return kv.Range{Start: key(from), End: key(to)} }

func limited(rng kv.Range, limit int) kv.Range {
	rng.Limit = limit
	return rng
}

func reversed(rng kv.Range) kv.Range {
	rng.Reverse = true
	return rng
}

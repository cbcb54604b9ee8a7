package memkv

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// TestTree compares trees with maps, also old trees, which must not have changed.
func TestTree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	key := func() []byte { return fmt.Appendf(nil, "%03d", rnd.IntN(200)) }
	type version struct {
		tree *node
		rows map[string]string
	}
	check := func(v version) {
		t.Helper()
		start, end, reverse := key(), key(), rnd.IntN(2) == 0
		if rnd.IntN(5) == 0 {
			end = nil
		}
		var want, got []string
		for _, k := range slices.Sorted(maps.Keys(v.rows)) {
			if k >= string(start) && (end == nil || k < string(end)) {
				want = append(want, k+v.rows[k])
			}
		}
		if reverse {
			slices.Reverse(want)
		}
		stop := rnd.IntN(300)
		want = want[:min(stop+1, len(want))]
		v.tree.walk(start, end, reverse, func(n *node) bool {
			got = append(got, string(n.key)+string(n.value))
			return len(got) <= stop
		})
		if !slices.Equal(got, want) {
			t.Fatalf("walk(%s, %s, %v) = %v, want %v", start, end, reverse, got, want)
		}
		k := key()
		value, ok := v.rows[string(k)]
		if n := v.tree.get(k); (n != nil) != ok || n != nil && string(n.value) != value {
			t.Fatalf("get(%s) = %v, want %s, %v", k, n, value, ok)
		}
	}
	now := version{nil, map[string]string{}}
	var old []version
	for i := range 3000 {
		rows := maps.Clone(now.rows)
		if rnd.IntN(20) > 0 {
			k, v := key(), fmt.Append(nil, i)
			rows[string(k)] = string(v)
			now = version{now.tree.set(k, v), rows}
		} else {
			start, end := key(), key()
			maps.DeleteFunc(rows, func(k, _ string) bool { return k >= string(start) && k < string(end) })
			now = version{now.tree.deleteRange(start, end), rows}
		}
		check(now)
		old = append(old, now)
	}
	for _, v := range old {
		check(v)
	}
}

// depth is how many nodes lie one below the other.
func (n *node) depth() int {
	if n == nil {
		return 0
	}
	return 1 + max(n.left.depth(), n.right.depth())
}

func TestTreeIsBalanced(t *testing.T) {
	var tree *node
	for i := range 10_000 { // in order, as queues do
		tree = tree.set(kv.K(kv.TableReady).Uint64(uint64(i)), nil)
	}
	if got := tree.depth(); got > 60 {
		t.Errorf("10,000 rows are %d deep, want at most 60", got)
	}
}

// TestResultsAreSpoiled checks that what a closure must not keep does not survive.
func TestResultsAreSpoiled(t *testing.T) {
	s := New(clock.New())
	key := kv.K(kv.TableReady).Str("a")
	var kept [][]byte
	keep := func(r kv.Reader) {
		kept = append(kept, r.Get(key))
		for k, v := range r.Scan(kv.Prefix(key)) {
			kept = append(kept, k, v)
		}
	}
	if err := s.Update(context.Background(), func(tx kv.Tx) error {
		tx.Set(key, []byte("value"))
		keep(tx)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), func(r kv.Reader) error {
		keep(r)
		keep(r)
		if string(kept[len(kept)-3]) != "value" || string(kept[len(kept)-1]) == "value" {
			t.Errorf("a value read by key must last, one of a scan must not: %q", kept[len(kept)-3:])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, b := range kept {
		if len(bytes.Trim(b, "\xEE")) > 0 {
			t.Errorf("%q has survived", b)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a transaction could be used after its closure")
		}
	}()
	var tx kv.Tx
	_ = s.Update(context.Background(), func(t kv.Tx) error { tx = t; return nil })
	tx.Get(key)
}

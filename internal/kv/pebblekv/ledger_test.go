package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cumulet/cumulet/internal/kv"
)

// ledger is a workload that uses all kinds of writes, whose rows tell exactly which of its transactions took place. Each worker
// runs one transaction after the other, numbered from 1.
type ledger struct {
	mu      sync.Mutex
	started []int // by worker: the number of the last transaction that was begun
	acked   []int // by worker: the number of the last transaction that was acknowledged
}

const kept = 4 // rows that a worker leaves behind

func newLedger(heads []int) *ledger {
	return &ledger{started: slices.Clone(heads), acked: slices.Clone(heads)}
}

func headKey(w int) kv.Key        { return key("head").Int64(int64(w)) }
func rowKey(w, i int) kv.Key      { return key("row").Int64(int64(w)).Int64(int64(i)) }
func pairKey(w, i int) kv.Key     { return key("pair").Int64(int64(w)).Int64(int64(i)) }
func rowValue(w, i int) []byte    { return fmt.Appendf(nil, "%d/%d", w, i) }
func (l *ledger) progress() []int { l.mu.Lock(); defer l.mu.Unlock(); return slices.Clone(l.acked) }
func (l *ledger) begun() []int    { l.mu.Lock(); defer l.mu.Unlock(); return slices.Clone(l.started) }

// run runs n transactions in each worker, or as many as there are before the store fails. It returns the error that
// the workers ended with.
func (l *ledger) run(s kv.Store, n int) error {
	var wg sync.WaitGroup
	errs := make([]error, len(l.acked))
	for w := range l.acked {
		wg.Go(func() {
			for range n {
				if errs[w] = l.step(s, w); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// step runs the next transaction of a worker.
func (l *ledger) step(s kv.Store, w int) error {
	l.mu.Lock()
	l.started[w] = l.acked[w] + 1
	i := l.started[w]
	l.mu.Unlock()
	err := s.Update(context.Background(), func(tx kv.Tx) error {
		if got := kv.Int64(tx.Get(headKey(w))); got != int64(i-1) {
			return fmt.Errorf("worker %d: head is %d before transaction %d", w, got, i)
		}
		tx.Set(headKey(w), kv.AppendInt64(nil, int64(i)))
		tx.Set(rowKey(w, i), rowValue(w, i))
		tx.Set(pairKey(w, i), make([]byte, 100+i%7*50))
		tx.DeleteRange(rowKey(w, 0), rowKey(w, i-kept+1))
		tx.Delete(pairKey(w, i-kept))
		tx.Add(key("count"), 1)
		tx.Max(key("max").Int64(int64(w)), int64(i))
		tx.SetStamped(key("log"), rowValue(w, i))
		if i%4 == 0 {
			tx.Set(key("chain"), kv.AppendInt64(nil, kv.Int64(tx.Get(key("chain")))+1))
		}
		return nil
	})
	if err == nil {
		l.mu.Lock()
		l.acked[w] = i
		l.mu.Unlock()
	}
	return err
}

// state is what a ledger's rows say.
type ledgerState struct {
	heads []int
	last  kv.Stamp
}

// verify checks that each worker's transactions took place up to one between acked and started, entirely, and in order.
func verifyLedger(s kv.Store, acked, started []int) (ledgerState, error) {
	var out ledgerState
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	err := s.View(context.Background(), func(r kv.Reader) error {
		total, chain := 0, 0
		for w := range acked {
			h := int(kv.Int64(r.Get(headKey(w))))
			if h < acked[w] || h > started[w] {
				bad("worker %d: head is %d, acknowledged %d, begun %d", w, h, acked[w], started[w])
			}
			out.heads = append(out.heads, h)
			total += h
			chain += h / 4
			if got := int(kv.Int64(r.Get(key("max").Int64(int64(w))))); got != h {
				bad("worker %d: max is %d, want %d", w, got, h)
			}
			for _, table := range []func(w, i int) kv.Key{rowKey, pairKey} {
				var got, want []string
				for k := range r.Scan(kv.Range{Start: table(w, -1), End: table(w, 1<<40)}) {
					got = append(got, fmt.Sprintf("%x", k))
				}
				for i := max(1, h-kept+1); i <= h; i++ {
					want = append(want, fmt.Sprintf("%x", table(w, i)))
				}
				if !slices.Equal(got, want) {
					bad("worker %d: rows %q, want %q", w, got, want)
				}
			}
		}
		if got := int(kv.Int64(r.Get(key("count")))); got != total {
			bad("count is %d, want %d", got, total)
		}
		if got := int(kv.Int64(r.Get(key("chain")))); got != chain {
			bad("chain is %d, want %d", got, chain)
		}
		seen := make([]int, len(acked))
		for k, v := range r.Scan(kv.Prefix(key("log"))) {
			var w, i int
			if _, err := fmt.Sscanf(string(v), "%d/%d", &w, &i); err != nil {
				return err
			}
			if seen[w]++; seen[w] != i {
				bad("worker %d: log has transaction %d at position %d", w, i, seen[w])
			}
			copy(out.last[:], k[len(k)-kv.StampSize:])
		}
		if !slices.Equal(seen, out.heads) {
			bad("log ends at %v, want %v", seen, out.heads)
		}
		return nil
	})
	return out, errors.Join(append(errs, err)...)
}

// resume checks a store after a crash, goes on in it, and checks it again.
func resume(t testing.TB, s *Store, acked, started []int) {
	t.Helper()
	before, err := verifyLedger(s, acked, started)
	if err != nil {
		t.Fatal("after the crash:", err)
	}
	l := newLedger(before.heads)
	if err := l.run(s, 3); err != nil {
		t.Fatal("going on after the crash:", err)
	}
	var stamp *kv.Stamp
	update(t, s, func(tx kv.Tx) { stamp = tx.SetStamped(key("other"), nil) })
	if string(stamp[:]) <= string(before.last[:]) {
		t.Fatalf("stamp %x after the crash, %x before", *stamp, before.last)
	}
	if _, err := verifyLedger(s, l.acked, l.started); err != nil {
		t.Fatal("some time after the crash:", err)
	}
}

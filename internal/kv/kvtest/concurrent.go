package kvtest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/cumulet/cumulet/internal/kv"
)

const (
	goroutines = 16
	accounts   = 12
	balance    = 100 // of each account at first
)

// each runs fn in many goroutines, with a source of random numbers of its own, and waits.
func (f *fixture) each(n int, fn func(g int, rnd *rand.Rand)) {
	seed := rand.Uint64()
	f.Logf("seed %d", seed)
	var wg sync.WaitGroup
	for g := range n {
		wg.Go(func() { fn(g, rand.New(rand.NewPCG(seed, uint64(g)))) })
	}
	wg.Wait()
}

func account(i int) kv.Key { return kv.K(table).Str("account").Uint64(uint64(i)) }

// audit sums up all accounts. Those without money have no row.
func audit(r kv.Reader) (total int64) {
	for _, v := range r.Scan(kv.Prefix(kv.K(table).Str("account"))) {
		total += kv.Int64(v)
	}
	return total
}

// put sets an account's balance, and removes the row of one without money.
func put(tx kv.Tx, i int, amount int64) {
	if amount == 0 {
		tx.Delete(account(i))
		return
	}
	tx.Set(account(i), kv.AppendInt64(nil, amount))
}

var concurrentTests = map[string]func(f *fixture){
	// Transfers read, write, remove and create accounts, while audits must always find all the money.
	"TransfersAndAudits": func(f *fixture) {
		f.update(func(tx kv.Tx) {
			for i := range accounts {
				put(tx, i, balance)
			}
		})
		const total = accounts * balance
		var conflicts, gaveUp atomic.Int64
		f.each(goroutines, func(_ int, rnd *rand.Rand) {
			for range 60 {
				from, to, part := rnd.IntN(accounts), rnd.IntN(accounts), 1+rnd.Int64N(4)
				switch rnd.IntN(8) {
				case 0:
					f.view(func(r kv.Reader) {
						if got := audit(r); got != total {
							f.Errorf("a view finds %d, want %d", got, total)
						}
					})
				case 1:
					f.update(func(tx kv.Tx) {
						if got := audit(tx); got != total {
							f.Errorf("an update finds %d, want %d", got, total)
						}
						if got := audit(tx.Snapshot()); got != total {
							f.Errorf("a snapshot holds %d, want %d", got, total)
						}
						tx.Add(kv.K(table).Str("audits"), 1)
					})
				case 2: // all that two accounts have goes to a third, in one range
					err := f.db.Update(context.Background(), func(tx kv.Tx) error {
						sum, n := kv.Int64(tx.Get(account(to))), 0
						rng := limited(kv.Range{Start: account(from), End: kv.K(table).Str("account").PrefixEnd()}, 2)
						for k, v := range tx.Scan(rng) {
							if bytes.Equal(k, account(to)) {
								continue
							}
							sum += kv.Int64(v)
							n++
							tx.Delete(k)
						}
						put(tx, to, sum)
						if audit(tx) != total {
							f.Errorf("an update finds %d after its own writes, want %d", audit(tx), total)
						}
						if n == 0 {
							gaveUp.Add(1)
							return errTest
						}
						return nil
					})
					if err != nil && err != errTest { //nolint:errorlint // it must be the very same
						f.Errorf("Update() = %v", err)
					}
				default:
					runs := 0
					f.update(func(tx kv.Tx) {
						runs++
						amount := kv.Int64(tx.Get(account(from))) / part
						put(tx, from, kv.Int64(tx.Get(account(from)))-amount)
						put(tx, to, kv.Int64(tx.Get(account(to)))+amount)
					})
					conflicts.Add(int64(runs - 1))
				}
			}
		})
		f.Logf("%d conflicts, %d transactions gave up", conflicts.Load(), gaveUp.Load())
		f.view(func(r kv.Reader) {
			if got := audit(r); got != total {
				f.Errorf("in the end there is %d, want %d", got, total)
			}
		})
	},

	// Each of a pair may leave as long as the other is there, and comes back.
	"WriteSkewPairs": func(f *fixture) {
		const pairs = 4
		member := func(pair, i int) kv.Key { return kv.K(table).Uint64(uint64(pair)).Uint64(uint64(i)) }
		f.update(func(tx kv.Tx) {
			for p := range pairs {
				tx.Set(member(p, 0), nil)
				tx.Set(member(p, 1), nil)
			}
		})
		f.each(goroutines, func(_ int, rnd *rand.Rand) {
			for range 60 {
				p, i, byScan := rnd.IntN(pairs), rnd.IntN(2), rnd.IntN(2) == 0
				f.update(func(tx kv.Tx) {
					me, other := tx.Get(member(p, i)) != nil, tx.Get(member(p, 1-i)) != nil
					if byScan {
						rows := 0
						for range tx.Scan(kv.Prefix(kv.K(table).Uint64(uint64(p)))) {
							rows++
						}
						other = rows == 2 || rows == 1 && !me
					}
					switch {
					case !me && !other:
						f.Errorf("nobody of pair %d is there", p)
					case !me:
						tx.Set(member(p, i), nil)
					case other:
						tx.Delete(member(p, i))
					}
				})
			}
		})
	},

	"CountersAreExact": func(f *fixture) {
		var mu sync.Mutex
		var sum, highest, lowest int64
		f.each(goroutines, func(_ int, rnd *rand.Rand) {
			for i := range 100 {
				delta, v := rnd.Int64N(100)-40, rnd.Int64()-rnd.Int64()
				runs := 0
				f.update(func(tx kv.Tx) {
					runs++
					tx.Add(key("sum"), delta)
					tx.Max(key("max"), v)
					tx.Min(key("min"), v)
					tx.Add(key("count"), 1)
				})
				if runs != 1 {
					f.Errorf("an update without reads ran %d times", runs)
				}
				mu.Lock()
				sum, highest, lowest = sum+delta, max(highest, v), min(lowest, v)
				mu.Unlock()
				if i%10 == 0 { // a reader, and one that writes the row by other means
					f.update(func(tx kv.Tx) {
						tx.Set(key("count"), kv.AppendInt64(nil, kv.Int64(tx.Get(key("count")))+1000))
					})
				}
			}
		})
		f.wantNumber("sum", sum)
		f.wantNumber("max", highest)
		f.wantNumber("min", lowest)
		f.wantNumber("count", goroutines*100+goroutines*10*1000)
	},

	"SerializedCounterIsExact": func(f *fixture) {
		f.each(goroutines, func(int, *rand.Rand) {
			for range 30 {
				f.update(func(tx kv.Tx) {
					tx.Set(key("n"), kv.AppendInt64(nil, kv.Int64(tx.Get(key("n")))+1))
				}, kv.Serialize(key("n")))
			}
		})
		f.wantNumber("n", goroutines*30)
	},

	// Whoever starts after another has its answer gets higher stamps.
	"StampsFollowTheOrderOfCommits": func(f *fixture) {
		var mu sync.Mutex
		var highest kv.Stamp
		f.each(goroutines, func(_ int, rnd *rand.Rand) {
			for range 60 {
				n := 1 + rnd.IntN(3)
				mu.Lock()
				before := highest
				mu.Unlock()
				var stamps []*kv.Stamp
				f.update(func(tx kv.Tx) {
					stamps = stamps[:0]
					for range n {
						stamps = append(stamps, tx.SetStamped(key("q"), nil))
					}
				})
				for _, s := range stamps {
					if bytes.Compare(s[:], before[:]) <= 0 {
						f.Errorf("stamp %x after %x", *s, before)
					}
					before = *s
				}
				mu.Lock()
				if bytes.Compare(before[:], highest[:]) > 0 {
					highest = before
				}
				mu.Unlock()
			}
		})
	},

	// The trap of queues: a consumer that remembers its head must not miss a row. A stamp is chosen at commit, so no row
	// can appear below one that was seen, in views and in updates.
	"TrapTheHeadSkipsNoStampedRow": func(f *fixture) {
		const producers, rows = 8, 80
		var producing atomic.Int32
		producing.Store(producers)
		prefix := key("q")
		consume := func(read func(fn func(r kv.Reader))) {
			seen, head := map[string]bool{}, prefix
			for last := false; !last; {
				last = producing.Load() == 0
				var values []string
				next := head
				read(func(r kv.Reader) {
					values, next = nil, head
					for k, v := range r.Scan(limited(kv.Range{Start: head, End: prefix.PrefixEnd()}, 10)) {
						values = append(values, string(v))
						next = k.Next()
					}
				})
				head = next
				for _, v := range values {
					if seen[v] {
						f.Errorf("row %s was seen twice", v)
					}
					seen[v] = true
				}
				last = last && len(values) == 0
			}
			if len(seen) != producers*rows {
				f.Errorf("%d of %d rows were seen", len(seen), producers*rows)
			}
		}
		f.each(producers+4, func(g int, rnd *rand.Rand) {
			switch {
			case g < producers:
				defer producing.Add(-1)
				for i := range rows {
					f.update(func(tx kv.Tx) {
						if rnd.IntN(3) == 0 {
							tx.Get(key(fmt.Sprint(rnd.IntN(3)))) // some run twice
							tx.Set(key(fmt.Sprint(rnd.IntN(3))), nil)
						}
						tx.SetStamped(prefix, fmt.Append(nil, g, "/", i))
					})
				}
			case g%2 == 0:
				consume(f.view)
			default:
				consume(func(fn func(r kv.Reader)) { f.update(func(tx kv.Tx) { fn(tx.Snapshot()) }) })
			}
		})
	},

	// The trap of early visibility: what a view shows, and what an update that wrote nothing has seen, stays.
	"TrapNoAnswerIsTakenBack": func(f *fixture) {
		var mu sync.Mutex
		highest := int64(0) // that anybody has answered
		answer := func(n int64) int64 {
			mu.Lock()
			defer mu.Unlock()
			highest = max(highest, n)
			return highest
		}
		f.each(goroutines, func(g int, _ *rand.Rand) {
			for range 60 {
				before, n := answer(0), int64(0)
				read := func(r kv.Reader) { n = kv.Int64(r.Get(key("n"))) }
				switch g % 4 {
				case 0:
					f.view(read)
				case 1:
					f.update(func(tx kv.Tx) { read(tx) })
				case 2:
					err := f.db.Update(context.Background(), func(tx kv.Tx) error { read(tx); tx.Set(key("n"), nil); return errTest })
					if err != errTest { //nolint:errorlint // it must be the very same
						f.Errorf("Update() = %v", err)
					}
				default:
					f.update(func(tx kv.Tx) {
						read(tx)
						n++
						tx.Set(key("n"), kv.AppendInt64(nil, n))
					})
				}
				if n < before {
					f.Errorf("an answer of %d after one of %d", n, before)
				}
				answer(n)
			}
		})
	},

	"Serializable": func(f *fixture) {
		Rounds(f.T, func(t *testing.T, seed uint64) {
			t.Helper()
			f := &fixture{T: t, db: f.db}
			f.update(func(tx kv.Tx) { tx.DeleteRange(kv.K(table), nil) })
			history := record(f, seed)
			if result := check(history); result != porcupine.Ok {
				t.Errorf("the history of %d transactions is not serializable: %v", len(history), result)
			}
		})
	},
}

package kvtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cumulet/cumulet/internal/kv"
)

// race runs fn as a transaction and, within its first run after fn, other as a whole one. It returns how often fn ran.
func (f *fixture) race(fn, other func(tx kv.Tx)) int {
	f.Helper()
	runs := 0
	f.update(func(tx kv.Tx) {
		runs++
		fn(tx)
		if runs == 1 {
			f.update(other)
		}
	})
	return runs
}

// A race is between a transaction that reads and one that writes. The rows b, d, f, h and the number n are there.
type race struct {
	name     string
	fn       func(tx kv.Tx) // also writes a row of its own, unless it writes itself
	other    func(tx kv.Tx)
	conflict bool
}

func set(name string) func(tx kv.Tx) {
	return func(tx kv.Tx) { tx.Set(key(name), []byte("changed")) }
}

func remove(name string) func(tx kv.Tx) {
	return func(tx kv.Tx) { tx.Delete(key(name)) }
}

func get(name string) func(tx kv.Tx) {
	return func(tx kv.Tx) { tx.Get(key(name)) }
}

func scan(rng kv.Range) func(tx kv.Tx) {
	return func(tx kv.Tx) { names(tx, rng) }
}

// first reads the first rows of a range, and leaves the loop.
func first(rng kv.Range, rows int) func(tx kv.Tx) {
	return func(tx kv.Tx) {
		n := 0
		for range tx.Scan(rng) {
			if n++; n == rows {
				break
			}
		}
	}
}

var races = []race{
	{"get, change", get("b"), set("b"), true},
	{"get, remove", get("b"), remove("b"), true},
	{"get nothing, create", get("c"), set("c"), true},
	{"get, remove range", get("d"), func(tx kv.Tx) { tx.DeleteRange(key("c"), key("e")) }, true},
	{"get, add", get("n"), func(tx kv.Tx) { tx.Add(key("n"), 1) }, true},
	{"get, max", get("n"), func(tx kv.Tx) { tx.Max(key("n"), 1000) }, true},
	{"get, min", get("n"), func(tx kv.Tx) { tx.Min(key("n"), -1000) }, true},
	{"get nothing, add", get("m"), func(tx kv.Tx) { tx.Add(key("m"), 1) }, true},
	{"get many, change", func(tx kv.Tx) { tx.GetMany([]kv.Key{key("b"), key("c"), key("d")}) }, set("d"), true},
	{"get many nothing, create", func(tx kv.Tx) { tx.GetMany([]kv.Key{key("b"), key("c"), key("d")}) }, set("c"), true},
	{"get, change another", get("b"), set("d"), false},

	{"scan, change", scan(span("a", "g")), set("d"), true},
	{"scan, remove", scan(span("a", "g")), remove("d"), true},
	{"scan, remove range", scan(span("a", "g")), func(tx kv.Tx) { tx.DeleteRange(key("e"), nil) }, true},
	{"scan, add", scan(span("m", "o")), func(tx kv.Tx) { tx.Add(key("n"), 1) }, true},
	{"scan, phantom within", scan(span("a", "g")), set("c"), true},
	{"scan, phantom before the first", scan(span("a", "g")), set("a"), true},
	{"scan, phantom after the last", scan(span("a", "g")), set("ff"), true},
	{"scan, phantom of an add", scan(span("a", "g")), func(tx kv.Tx) { tx.Add(key("c"), 0) }, true},
	{"scan, phantom with a stamp", scan(span("a", "g")), func(tx kv.Tx) { tx.SetStamped(key("c"), nil) }, true},
	{"scan of nothing, phantom", scan(span("o", "p")), set("oo"), true},
	{"scan, before", scan(span("c", "g")), set("bb"), false},
	{"scan, at the end", scan(span("a", "f")), set("f"), false},
	{"scan, remove range beside", scan(span("c", "g")), func(tx kv.Tx) {
		tx.DeleteRange(key("a"), key("c"))
		tx.DeleteRange(key("g"), key("z"))
	}, false},
	{"reverse scan, phantom", scan(reversed(span("a", "g"))), set("a"), true},
	{"reverse scan, phantom after the last", scan(reversed(span("a", "g"))), set("ff"), true},

	{"limited scan, last row read", scan(limited(span("a", "z"), 2)), set("d"), true},
	{"limited scan, phantom", scan(limited(span("a", "z"), 2)), set("c"), true},
	{"limited scan, beyond", scan(limited(span("a", "z"), 2)), set("e"), false},
	{"limited scan that ends before, phantom", scan(limited(span("a", "e"), 3)), set("dd"), true},
	{"limited reverse scan, last row read", scan(limited(reversed(span("a", "i")), 2)), set("f"), true},
	{"limited reverse scan, phantom", scan(limited(reversed(span("a", "i")), 2)), set("hh"), true},
	{"limited reverse scan, beyond", scan(limited(reversed(span("a", "i")), 2)), set("e"), false},
	{"scan left early, last row read", first(span("a", "z"), 2), set("d"), true},
	{"scan left early, phantom", first(span("a", "z"), 2), set("c"), true},
	{"scan left early, beyond", first(span("a", "z"), 2), set("e"), false},
	{"reverse scan left early, phantom", first(reversed(span("a", "i")), 2), set("hh"), true},
	{"reverse scan left early, beyond", first(reversed(span("a", "i")), 2), set("e"), false},
	{"scan over own writes, phantom", func(tx kv.Tx) {
		tx.Set(key("c"), nil)
		tx.Delete(key("d"))
		names(tx, span("a", "g"))
	}, set("e"), true},
	{"limited scan over own writes, phantom", func(tx kv.Tx) {
		tx.Set(key("c"), nil)
		tx.Delete(key("d"))
		names(tx, limited(span("a", "z"), 3)) // b, c, f
	}, set("e"), true},
	{"limited scan over own writes, beyond", func(tx kv.Tx) {
		tx.Set(key("c"), nil)
		tx.Delete(key("d"))
		names(tx, limited(span("a", "z"), 3))
	}, set("g"), false},

	{"snapshot get, change", func(tx kv.Tx) { tx.Snapshot().Get(key("b")) }, set("b"), false},
	{"snapshot get many, change", func(tx kv.Tx) { tx.Snapshot().GetMany([]kv.Key{key("b")}) }, set("b"), false},
	{"snapshot scan, phantom", func(tx kv.Tx) { names(tx.Snapshot(), all()) }, set("c"), false},
	{"set, change", set("b"), set("b"), false},
	{"remove, change", remove("b"), set("b"), false},
	{"set, remove range", set("b"), func(tx kv.Tx) { tx.DeleteRange(key("a"), nil) }, false},
	{"remove range, phantom", func(tx kv.Tx) { tx.DeleteRange(key("a"), key("z")) }, set("c"), false},
	{"add, add", func(tx kv.Tx) { tx.Add(key("n"), 1) }, func(tx kv.Tx) { tx.Add(key("n"), 1) }, false},
	{"max, add", func(tx kv.Tx) { tx.Max(key("n"), 1) }, func(tx kv.Tx) { tx.Add(key("n"), 1) }, false},
	{"add, set", func(tx kv.Tx) { tx.Add(key("n"), 1) }, set("n"), false},
	{"stamp, stamp", func(tx kv.Tx) { tx.SetStamped(key("q"), nil) }, func(tx kv.Tx) { tx.SetStamped(key("q"), nil) }, false},
}

var conflictTests = map[string]func(f *fixture){
	"Races": func(f *fixture) {
		for _, r := range races {
			f.Run(r.name, func(t *testing.T) {
				g := &fixture{T: t, db: f.db}
				g.update(func(tx kv.Tx) {
					tx.DeleteRange(kv.K(table), nil)
					for _, name := range []string{"b", "d", "f", "h"} {
						tx.Set(key(name), []byte(name))
					}
					tx.Add(key("n"), 5)
				})
				runs := g.race(func(tx kv.Tx) {
					r.fn(tx)
					tx.Set(key("own row"), nil)
				}, r.other)
				if want := map[bool]int{false: 1, true: 2}[r.conflict]; runs != want {
					t.Errorf("the closure ran %d times, want %d", runs, want)
				}
				g.wantStored("own row", `""`)
			})
		}
	},

	"TheSecondRunSeesTheOther": func(f *fixture) {
		f.set("a")
		var seen []string
		f.race(func(tx kv.Tx) {
			seen = append(seen, show(tx.Get(key("a"))))
			tx.Set(key(fmt.Sprint("run ", len(seen))), nil)
		}, set("a"))
		if want := []string{`"a"`, `"changed"`}; !slices.Equal(seen, want) {
			f.Errorf("the runs saw %q, want %q", seen, want)
		}
		f.wantStored("run 1", "none") // nothing is left of the first run
		f.wantStored("run 2", `""`)
	},

	"NoWriteSkew": func(f *fixture) {
		f.set("alice is on call", "bob is on call")
		leave := func(name string) func(tx kv.Tx) {
			return func(tx kv.Tx) {
				if len(names(tx, all())) > 1 {
					tx.Delete(key(name))
				}
			}
		}
		f.race(leave("alice is on call"), leave("bob is on call"))
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "alice is on call") })
	},

	"NoLostUpdate": func(f *fixture) {
		increment := func(tx kv.Tx) {
			tx.Set(key("n"), kv.AppendInt64(nil, kv.Int64(tx.Get(key("n")))+1))
		}
		f.race(increment, increment)
		f.wantNumber("n", 2)
	},

	"DeleteRangeRemovesWhatIsThereAtCommit": func(f *fixture) {
		f.set("b", "d")
		f.race(func(tx kv.Tx) { tx.DeleteRange(key("a"), key("e")) }, func(tx kv.Tx) {
			tx.Set(key("c"), nil)
			tx.Add(key("cc"), 1)
			tx.SetStamped(key("ccc"), nil)
			tx.Set(key("f"), nil)
		})
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "f") })
	},

	"AddsOfBothCount": func(f *fixture) {
		f.race(func(tx kv.Tx) { tx.Add(key("n"), 1) }, func(tx kv.Tx) { tx.Add(key("n"), 10) })
		f.wantNumber("n", 11)
		f.race(func(tx kv.Tx) { tx.Add(key("n"), 1) }, func(tx kv.Tx) { tx.Set(key("n"), kv.AppendInt64(nil, 100)) })
		f.wantNumber("n", 101)
		f.race(func(tx kv.Tx) { tx.Add(key("n"), 1) }, func(tx kv.Tx) { tx.Delete(key("n")) })
		f.wantNumber("n", 1)
		f.race(func(tx kv.Tx) { tx.Max(key("n"), 7) }, func(tx kv.Tx) { tx.DeleteRange(kv.K(table), nil) })
		f.wantNumber("n", 7)
	},

	"Serialize": func(f *fixture) {
		f.set("a")
		runs := 0
		f.update(func(tx kv.Tx) {
			runs++
			tx.Get(key("a"))
			tx.Set(key("b"), nil)
			if runs == 1 {
				f.update(set("a"), kv.Serialize(key("other")))
			}
		}, kv.Serialize(key("a"), key("b"), key("a")), kv.Serialize(), kv.Serialize(key("a")))
		if runs != 2 {
			f.Errorf("the closure ran %d times, want 2", runs)
		}
	},
}

package kvtest

import (
	"bytes"
	"math"

	"github.com/cumulet/cumulet/internal/kv"
)

var writeTests = map[string]func(f *fixture){
	"ReadYourWrites": func(f *fixture) {
		f.set("a", "b", "c", "d")
		f.update(func(tx kv.Tx) {
			tx.Set(key("a"), []byte("new"))
			tx.Delete(key("b"))
			tx.Set(key("bb"), []byte("made"))
			tx.Delete(key("nothing"))
			f.want(tx, "a", `"new"`)
			f.want(tx, "b", "none")
			f.want(tx, "bb", `"made"`)
			f.wantScan(tx, all(), "a", "bb", "c", "d")
			f.wantScan(tx, reversed(all()), "d", "c", "bb", "a")
			f.wantScan(tx, limited(span("b", "z"), 2), "bb", "c")
			f.wantScan(tx, limited(reversed(span("a", "c")), 1), "bb")
			got := tx.GetMany([]kv.Key{key("a"), key("b"), key("bb"), key("c")})
			if show(got[0]) != `"new"` || got[1] != nil || show(got[2]) != `"made"` || show(got[3]) != `"c"` {
				f.Errorf("GetMany(a, b, bb, c) = %q", got)
			}
			tx.Set(key("b"), []byte("again"))
			f.want(tx, "b", `"again"`)
			f.wantScan(tx, all(), "a", "b", "bb", "c", "d")

			f.want(tx.Snapshot(), "a", `"a"`)
			f.want(tx.Snapshot(), "bb", "none")
			f.wantScan(tx.Snapshot(), all(), "a", "b", "c", "d")
		})
		f.view(func(r kv.Reader) {
			f.wantScan(r, all(), "a", "b", "bb", "c", "d")
			f.want(r, "a", `"new"`)
			f.want(r, "b", `"again"`)
		})
	},

	"AtomicOperationsAndStampsAreSeenLater": func(f *fixture) {
		f.update(func(tx kv.Tx) {
			tx.Add(key("n"), 7)
			tx.SetStamped(key("q"), nil)
			f.want(tx, "n", "none")
			f.wantScan(tx, all())
		})
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "n", "q") })
		f.wantNumber("n", 7)
	},

	"DeleteRange": func(f *fixture) {
		f.set("a", "b", "c", "d", "e")
		f.update(func(tx kv.Tx) {
			tx.Set(key("bb"), nil)
			tx.DeleteRange(key("b"), key("d"))
			f.wantScan(tx, all(), "a", "d", "e")
			f.wantScan(tx, reversed(all()), "e", "d", "a")
			f.wantScan(tx, limited(all(), 2), "a", "d")
			f.wantScan(tx, span("b", "d"))
			f.want(tx, "b", "none")
			f.want(tx, "bb", "none")
			f.want(tx, "d", `"d"`)
			tx.Set(key("c"), []byte("again"))
			f.want(tx, "c", `"again"`)
			f.wantScan(tx, all(), "a", "c", "d", "e")
			f.wantScan(tx.Snapshot(), all(), "a", "b", "c", "d", "e")
			tx.DeleteRange(key("e"), key("a")) // empty
			tx.DeleteRange(key("e"), key("e"))
		})
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "a", "c", "d", "e") })
		f.update(func(tx kv.Tx) {
			tx.DeleteRange(key("d"), nil)
			f.wantScan(tx, all(), "a", "c")
		})
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "a", "c") })
		f.update(func(tx kv.Tx) { tx.DeleteRange(kv.K(table), key("b")) })
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "c") })
	},

	"OverlappingDeleteRanges": func(f *fixture) {
		f.set("a", "b", "c", "d", "e", "f", "g")
		f.update(func(tx kv.Tx) {
			tx.DeleteRange(key("b"), key("d"))
			tx.Set(key("c"), nil)
			tx.DeleteRange(key("c"), key("f"))
			tx.Set(key("d"), nil)
			tx.DeleteRange(key("b"), key("c"))
			f.wantScan(tx, all(), "a", "d", "f", "g")
			f.wantScan(tx, reversed(all()), "g", "f", "d", "a")
		})
		f.view(func(r kv.Reader) { f.wantScan(r, all(), "a", "d", "f", "g") })
	},

	"DeletingWhileScanning": func(f *fixture) {
		f.set("a", "b", "c", "d")
		f.update(func(tx kv.Tx) {
			tx.Set(key("bb"), nil)
			n := 0
			for k, v := range tx.Scan(all()) {
				n++
				tx.Delete(k)
				tx.Set(kv.K(table+1).Bytes(k), v)
			}
			if n != 5 {
				f.Errorf("the scan yields %d rows, want 5", n)
			}
			f.wantScan(tx, all())
		})
		f.view(func(r kv.Reader) {
			f.wantScan(r, all())
			moved := 0
			for k, v := range r.Scan(kv.Prefix(kv.K(table + 1))) {
				moved++
				p := k.Parts()
				p.Table()
				name := string(v)
				if name == "" {
					name = "bb"
				}
				if old := p.Bytes(); !bytes.Equal(old, key(name)) {
					f.Errorf("the row of %s was moved to %x", name, old)
				}
			}
			if moved != 5 {
				f.Errorf("%d rows were moved, want 5", moved)
			}
		})
	},

	"WritesCopyWhatTheyAreGiven": func(f *fixture) {
		f.update(func(tx kv.Tx) {
			k, v := key("a"), []byte("1")
			spoil := func() { k[len(k)-2], v[0] = 'z', '9' }
			tx.Set(k, v)
			spoil()
			k, v = key("n"), []byte("2")
			tx.Add(k, 1)
			spoil()
			k, v = key("q"), []byte("3")
			tx.SetStamped(k, v)
			spoil()
			k = key("b")
			tx.Delete(k)
			spoil()
			k = key("x")
			tx.DeleteRange(k, key("y"))
			spoil()
			f.wantScan(tx, all(), "a")
			f.want(tx, "a", `"1"`)
		})
		f.wantNumber("n", 1)
		f.view(func(r kv.Reader) {
			f.wantScan(r, all(), "a", "n", "q")
			for _, v := range r.Scan(kv.Prefix(key("q"))) {
				if string(v) != "3" {
					f.Errorf("the stamped row is %q, want 3", v)
				}
			}
		})
	},

	"Add": func(f *fixture) {
		f.update(func(tx kv.Tx) {
			tx.Add(key("a"), 5)
			tx.Add(key("a"), -7)
			tx.Add(key("zero"), 0)
			tx.Add(key("max"), math.MaxInt64)
		})
		f.wantNumber("a", -2)
		f.wantNumber("zero", 0)
		f.update(func(tx kv.Tx) {
			tx.Add(key("a"), 100)
			tx.Add(key("max"), 1)
		})
		f.wantNumber("a", 98)
		f.wantNumber("max", math.MinInt64) // two's complement
	},

	"MaxAndMin": func(f *fixture) {
		f.update(func(tx kv.Tx) {
			tx.Max(key("max"), -5)
			tx.Min(key("min"), 5)
		})
		f.wantNumber("max", -5)
		f.wantNumber("min", 5)
		f.update(func(tx kv.Tx) {
			tx.Max(key("max"), -6)
			tx.Min(key("min"), 6)
		})
		f.wantNumber("max", -5)
		f.wantNumber("min", 5)
		f.update(func(tx kv.Tx) {
			tx.Max(key("max"), 1)
			tx.Max(key("max"), 0)
			tx.Min(key("min"), -1)
			tx.Min(key("min"), 0)
			tx.Max(key("both"), 10)
			tx.Min(key("both"), 3)
			tx.Add(key("both"), 1)
			tx.Max(key("both"), 4)
		})
		f.wantNumber("max", 1)
		f.wantNumber("min", -1)
		f.wantNumber("both", 4)
	},

	"ARowThatHoldsNoNumberCountsAsAbsent": func(f *fixture) {
		f.set("a", "b", "c")
		f.update(func(tx kv.Tx) {
			tx.Add(key("a"), 5)
			tx.Max(key("b"), -5)
			tx.Min(key("c"), 5)
			tx.Set(key("d"), []byte("d"))
			tx.Max(key("d"), -5)
		})
		f.wantNumber("a", 5)
		f.wantNumber("b", -5)
		f.wantNumber("c", 5)
		f.wantNumber("d", -5)
	},

	"WritesTakeEffectInTheOrderOfCalls": func(f *fixture) {
		number := func(v int64) []byte { return kv.AppendInt64(nil, v) }
		f.update(func(tx kv.Tx) {
			for _, name := range []string{"set add", "add set", "delete add", "add delete", "range add", "add range", "all"} {
				tx.Set(key(name), number(1000))
			}
		})
		f.update(func(tx kv.Tx) {
			tx.Set(key("set add"), number(10))
			tx.Add(key("set add"), 1)
			tx.Add(key("add set"), 1)
			tx.Set(key("add set"), number(20))
			tx.Delete(key("delete add"))
			tx.Add(key("delete add"), 3)
			tx.Add(key("add delete"), 3)
			tx.Delete(key("add delete"))
			tx.DeleteRange(key("range add"), key("range add").Next())
			tx.Add(key("range add"), 5)
			tx.Add(key("add range"), 5)
			tx.DeleteRange(key("add range"), key("add range").Next())
			tx.Add(key("all"), 1)
			tx.Max(key("all"), 2000)
			tx.Add(key("all"), 1)
			tx.Min(key("all"), 1500)
			tx.Add(key("all"), 1)
		})
		f.wantNumber("set add", 11)
		f.wantNumber("add set", 20)
		f.wantNumber("delete add", 3)
		f.wantStored("add delete", "none")
		f.wantNumber("range add", 5)
		f.wantStored("add range", "none")
		f.wantNumber("all", 1501)
	},

	"StampedRowsAndRangesInTheOrderOfCalls": func(f *fixture) {
		var kept *kv.Stamp
		f.update(func(tx kv.Tx) {
			tx.SetStamped(key("q"), []byte("removed"))
			tx.DeleteRange(key("q"), key("q").PrefixEnd())
			kept = tx.SetStamped(key("q"), []byte("kept"))
		})
		f.view(func(r kv.Reader) {
			f.wantScan(r, all(), "q")
			if got := show(r.Get(key("q").Stamp(*kept))); got != `"kept"` {
				f.Errorf("the stamped row is %s, want kept", got)
			}
		})
	},

	"LargeValues": func(f *fixture) {
		big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
		f.update(func(tx kv.Tx) { tx.Set(key("big"), big) })
		f.view(func(r kv.Reader) {
			if got := r.Get(key("big")); !bytes.Equal(got, big) {
				f.Errorf("a value of 1 MiB comes back as %d other bytes", len(got))
			}
		})
	},
}

package kvtest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

var readTests = map[string]func(f *fixture){
	"Get": func(f *fixture) {
		f.set("a", "")
		f.view(func(r kv.Reader) {
			f.want(r, "a", `"a"`)
			f.want(r, "", `""`)
			f.want(r, "b", "none")
		})
		f.update(func(tx kv.Tx) {
			f.want(tx, "a", `"a"`)
			f.want(tx, "b", "none")
		})
	},

	"GetMany": func(f *fixture) {
		f.set("a", "c")
		check := func(r kv.Reader) {
			got := r.GetMany([]kv.Key{key("c"), key("b"), key("a"), key("c")})
			if len(got) != 4 || show(got[0]) != `"c"` || got[1] != nil || show(got[2]) != `"a"` || show(got[3]) != `"c"` {
				f.Errorf("GetMany(c, b, a, c) = %q", got)
			}
			if got := r.GetMany(nil); len(got) != 0 {
				f.Errorf("GetMany() = %q, want nothing", got)
			}
		}
		f.view(check)
		f.update(func(tx kv.Tx) { check(tx) })
	},

	"AValueThatExistsIsNeverNil": func(f *fixture) {
		check := func(r kv.Reader) {
			f.want(r, "nil", `""`)
			f.want(r, "empty", `""`)
			for i, v := range r.GetMany([]kv.Key{key("nil"), key("empty")}) {
				if v == nil || len(v) > 0 {
					f.Errorf("GetMany()[%d] = %q, want an empty value", i, v)
				}
			}
			for k, v := range r.Scan(all()) {
				if v == nil || len(v) > 0 {
					f.Errorf("Scan yields %v -> %s, want an empty value", k, show(v))
				}
			}
		}
		f.update(func(tx kv.Tx) {
			tx.Set(key("nil"), nil)
			tx.Set(key("empty"), []byte{})
			check(tx)
			tx.SetStamped(key("stamped"), nil)
		})
		f.view(check)
		f.update(func(tx kv.Tx) { check(tx) })
		f.update(func(tx kv.Tx) { check(tx.Snapshot()) })
	},

	"Scan": func(f *fixture) {
		f.set("a", "b", "c", "d", "e")
		check := func(r kv.Reader) {
			f.wantScan(r, all(), "a", "b", "c", "d", "e")
			f.wantScan(r, reversed(all()), "e", "d", "c", "b", "a")
			f.wantScan(r, span("b", "d"), "b", "c")
			f.wantScan(r, reversed(span("b", "d")), "c", "b")
			f.wantScan(r, span("aa", "dd"), "b", "c", "d")
			f.wantScan(r, reversed(span("aa", "dd")), "d", "c", "b")
			f.wantScan(r, limited(all(), 2), "a", "b")
			f.wantScan(r, limited(reversed(all()), 2), "e", "d")
			f.wantScan(r, limited(span("b", "d"), 2), "b", "c")
			f.wantScan(r, limited(span("b", "d"), 9), "b", "c")
			f.wantScan(r, span("c", "c"))
			f.wantScan(r, span("d", "b"))
			f.wantScan(r, reversed(span("d", "b")))
			f.wantScan(r, kv.Prefix(key("c")), "c")
			f.wantScan(r, kv.Range{Start: key("d"), End: all().End}, "d", "e")
			f.wantScan(r, kv.Range{End: key("c")}, "a", "b")
			f.wantScan(r, kv.Range{Start: key("d")}, "d", "e")
			f.wantScan(r, limited(reversed(kv.Range{}), 1), "e")
		}
		f.view(check)
		f.update(func(tx kv.Tx) { check(tx) })
		f.update(func(tx kv.Tx) { check(tx.Snapshot()) })
	},

	"ScanValues": func(f *fixture) {
		f.set("a", "b")
		f.view(func(r kv.Reader) {
			for k, v := range r.Scan(all()) {
				if p := k.Parts(); p.Table() != table || p.Str() != string(v) {
					f.Errorf("Scan yields %v -> %q", k, v)
				}
			}
		})
	},

	"ScansAreLeftEarlyAndNested": func(f *fixture) {
		f.set("a", "b", "c", "d")
		check := func(r kv.Reader) {
			for range 100 {
				for range r.Scan(all()) {
					break
				}
				for range r.Scan(reversed(all())) {
					break
				}
			}
			var got strings.Builder
			for k, v := range r.Scan(all()) {
				outer := string(v)
				for _, v := range r.Scan(limited(reversed(kv.Range{Start: k, End: all().End}), 2)) {
					got.WriteString(outer + string(v) + " ")
				}
				f.want(r, "b", `"b"`)
				if string(v) != outer {
					f.Errorf("the row changed from %q to %q within the loop", outer, v)
				}
			}
			if want := "ad ac bd bc cd cc dd "; got.String() != want {
				f.Errorf("nested scans yield %s, want %s", got.String(), want)
			}
		}
		f.view(check)
		f.update(func(tx kv.Tx) {
			check(tx)
			tx.Delete(key("e"))
			check(tx)
		})
	},

	"AScanCanBeRangedOverTwice": func(f *fixture) {
		f.set("a", "b")
		f.view(func(r kv.Reader) {
			seq := r.Scan(all())
			for range 2 {
				n := 0
				for range seq {
					n++
				}
				if n != 2 {
					f.Errorf("the scan yields %d rows, want 2", n)
				}
			}
		})
	},

	"AViewSeesOneSnapshot": func(f *fixture) {
		f.set("a", "b", "c")
		f.view(func(r kv.Reader) {
			change := func() {
				f.update(func(tx kv.Tx) {
					tx.Set(key("a"), []byte("new"))
					tx.Set(key("bb"), nil)
					tx.Delete(key("c"))
					tx.Add(key("n"), 1)
				})
			}
			change()
			f.want(r, "a", `"a"`)
			f.want(r, "n", "none")
			var got []byte
			for _, v := range r.Scan(all()) {
				got = append(got, v...)
				change()
			}
			if string(got) != "abc" {
				f.Errorf("the scan yields %s, want abc", got)
			}
			f.want(r, "c", `"c"`)
		})
		f.wantStored("a", `"new"`)
		f.wantStored("c", "none")
	},

	"AnUpdateSeesOneSnapshot": func(f *fixture) {
		f.set("a", "b", "c")
		runs := 0
		f.update(func(tx kv.Tx) {
			if runs++; runs > 1 {
				return
			}
			f.update(func(tx kv.Tx) {
				tx.Set(key("a"), []byte("new"))
				tx.DeleteRange(key("b"), key("d"))
				tx.Set(key("d"), nil)
			})
			f.want(tx, "a", `"a"`)
			f.wantScan(tx, all(), "a", "b", "c")
			f.wantScan(tx.Snapshot(), all(), "a", "b", "c")
		})
	},

	"AViewSeesWhatAnswered": func(f *fixture) {
		for i := range 100 {
			f.update(func(tx kv.Tx) { tx.Set(key("a"), []byte{byte(i)}) })
			f.view(func(r kv.Reader) {
				if got := r.Get(key("a")); len(got) != 1 || got[0] != byte(i) {
					f.Errorf("Get(a) = %v after %d was written", got, i)
				}
			})
		}
	},

	"Now": func(f *fixture) {
		before := time.Now().Add(-time.Minute)
		check := func(r kv.Reader) time.Time {
			now := r.Now()
			if now.Location() != time.UTC || now.Before(before) {
				f.Errorf("Now() = %v, want the present in UTC", now)
			}
			return now
		}
		f.view(func(r kv.Reader) { check(r) })
		f.update(func(tx kv.Tx) {
			now := check(tx)
			tx.Set(key("a"), nil)
			if tx.Now() != now || tx.Snapshot().Now() != now {
				f.Errorf("Now() = %v, then %v, and %v of the snapshot", now, tx.Now(), tx.Snapshot().Now())
			}
		})
	},

	"ViewReturnsTheError": func(f *fixture) {
		if err := f.db.View(context.Background(), func(kv.Reader) error { return errTest }); !errors.Is(err, errTest) {
			f.Errorf("View() = %v, want %v", err, errTest)
		}
	},
}

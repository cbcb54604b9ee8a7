package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

var commitTests = map[string]func(f *fixture){
	"AnErrorRollsBackAndComesBackAsItIs": func(f *fixture) {
		f.set("a")
		want := fmt.Errorf("wrapped: %w", errTest)
		got := f.db.Update(context.Background(), func(tx kv.Tx) error {
			tx.Set(key("a"), []byte("new"))
			tx.Set(key("b"), nil)
			tx.Add(key("n"), 1)
			tx.SetStamped(key("q"), nil)
			tx.DeleteRange(kv.K(table), nil)
			tx.OnCommit(func() { f.Error("OnCommit ran after an error") })
			return want
		})
		if got != want { //nolint:errorlint // it must be the very same
			f.Errorf("Update() = %v, want %v", got, want)
		}
		f.view(func(r kv.Reader) { f.wantScan(r, kv.Range{Start: key(""), End: all().End}, "a") })
		f.wantStored("a", `"a"`)
	},

	"APanicRollsBack": func(f *fixture) {
		for range 20 { // more often than a store has of anything
			func() {
				defer func() {
					if err, ok := recover().(error); !ok || !errors.Is(err, errTest) {
						f.Errorf("recover() = %v, want the closure's panic", err)
					}
				}()
				f.update(func(tx kv.Tx) {
					tx.Get(key("a"))
					tx.Set(key("a"), nil)
					for range tx.Scan(all()) {
						panic(errTest)
					}
				}, kv.Serialize(key("a")))
			}()
			func() {
				defer func() {
					if err, ok := recover().(error); !ok || !errors.Is(err, errTest) {
						f.Errorf("recover() = %v, want the view's panic", err)
					}
				}()
				f.view(func(kv.Reader) { panic(errTest) })
			}()
		}
		f.wantStored("a", "none")
		f.update(set("a"), kv.Serialize(key("a")))
		f.wantStored("a", `"changed"`)
	},

	"OnCommit": func(f *fixture) {
		var ran []string
		hook := func(tx kv.Tx, name string) { tx.OnCommit(func() { ran = append(ran, name) }) }
		runs := 0
		f.race(func(tx kv.Tx) {
			runs++
			hook(tx, fmt.Sprint("first of run ", runs))
			tx.Get(key("a"))
			tx.Set(key("b"), nil)
			hook(tx, fmt.Sprint("second of run ", runs))
			if len(ran) > 0 {
				f.Errorf("OnCommit ran before the commit")
			}
		}, set("a"))
		if want := []string{"first of run 2", "second of run 2"}; !slices.Equal(ran, want) {
			f.Errorf("OnCommit ran %q, want %q", ran, want)
		}
		ran = nil
		f.update(func(tx kv.Tx) { hook(tx, "wrote nothing") })
		if len(ran) != 1 {
			f.Errorf("OnCommit ran %q, want it once also if nothing is written", ran)
		}
	},

	"Stamps": func(f *fixture) {
		var last kv.Stamp
		for i := range 50 {
			var stamps []*kv.Stamp
			f.update(func(tx kv.Tx) {
				stamps = nil
				for j := range i%4 + 1 {
					stamps = append(stamps, tx.SetStamped(key(fmt.Sprint("q", j%2)), []byte{byte(i), byte(j)}))
				}
			})
			for j, s := range stamps {
				if bytes.Compare(s[:], last[:]) <= 0 {
					f.Fatalf("stamp %d of transaction %d is %x, after %x", j, i, *s, last)
				}
				last = *s
				f.view(func(r kv.Reader) {
					if got := r.Get(key(fmt.Sprint("q", j%2)).Stamp(*s)); !bytes.Equal(got, []byte{byte(i), byte(j)}) {
						f.Errorf("the stamped row %d of transaction %d is %x", j, i, got)
					}
				})
			}
		}
	},

	"TheStampOfTheLastRunCounts": func(f *fixture) {
		var stamps []*kv.Stamp
		f.race(func(tx kv.Tx) {
			tx.Get(key("a"))
			stamps = append(stamps, tx.SetStamped(key("q"), nil))
		}, func(tx kv.Tx) {
			tx.Set(key("a"), nil)
			tx.SetStamped(key("q"), nil)
		})
		f.view(func(r kv.Reader) {
			f.wantScan(r, all(), "a", "q", "q")
			for k := range r.Scan(limited(reversed(all()), 1)) {
				if want := key("q").Stamp(*stamps[1]); !bytes.Equal(k, want) {
					f.Errorf("the last stamped row is %v, want %v", k, want)
				}
			}
		})
	},

	"Context": func(f *fixture) {
		f.set("a")
		ctx, cancel := context.WithCancel(context.Background())
		err := f.db.Update(ctx, func(tx kv.Tx) error {
			tx.Set(key("b"), nil)
			tx.OnCommit(func() { f.Error("OnCommit ran although ctx has ended") })
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			f.Errorf("Update() = %v when ctx ends in the closure, want %v", err, context.Canceled)
		}
		f.wantStored("b", "none")
		err = f.db.Update(ctx, func(kv.Tx) error { f.Error("the closure ran although ctx has ended"); return nil })
		if !errors.Is(err, context.Canceled) {
			f.Errorf("Update() = %v after ctx, want %v", err, context.Canceled)
		}
		err = f.db.View(ctx, func(kv.Reader) error { f.Error("the view ran although ctx has ended"); return nil })
		if !errors.Is(err, context.Canceled) {
			f.Errorf("View() = %v after ctx, want %v", err, context.Canceled)
		}
	},

	"ContextEndsRetries": func(f *fixture) {
		ctx, cancel := context.WithCancel(context.Background())
		runs := 0
		err := f.db.Update(ctx, func(tx kv.Tx) error {
			if runs++; runs == 3 {
				cancel()
			}
			tx.Get(key("a"))
			tx.Set(key("b"), nil)
			f.update(func(tx kv.Tx) { tx.Set(key("a"), []byte{byte(runs)}) })
			return nil
		})
		if !errors.Is(err, context.Canceled) || runs != 3 {
			f.Errorf("Update() = %v after %d runs, want %v after 3", err, runs, context.Canceled)
		}
		f.wantStored("b", "none")
	},

	"Close": func(f *fixture) {
		if err := f.db.Close(); err != nil {
			f.Fatalf("Close() = %v", err)
		}
		if err := f.db.Update(context.Background(), func(kv.Tx) error { f.Error("an update ran"); return nil }); !errors.Is(err, kv.ErrClosed) {
			f.Errorf("Update() = %v, want %v", err, kv.ErrClosed)
		}
		if err := f.db.View(context.Background(), func(kv.Reader) error { f.Error("a view ran"); return nil }); !errors.Is(err, kv.ErrClosed) {
			f.Errorf("View() = %v, want %v", err, kv.ErrClosed)
		}
		if err := f.db.Close(); !errors.Is(err, kv.ErrClosed) {
			f.Errorf("Close() = %v the second time, want %v", err, kv.ErrClosed)
		}
	},
}

// inBubble runs a test in a bubble, in which time passes only while everybody waits.
func inBubble(t *testing.T, open func(t *testing.T) kv.Store, test func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(start(t, open)) })
}

var bubbleTests = map[string]func(f *fixture){
	"CloseWaitsForTransactions": func(f *fixture) {
		updating, viewing, goOn := make(chan struct{}), make(chan struct{}), make(chan struct{})
		closed, updated, viewed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() {
			updated <- f.db.Update(context.Background(), func(tx kv.Tx) error {
				close(updating)
				<-goOn
				tx.Set(key("a"), nil)
				return nil
			})
		}()
		go func() {
			viewed <- f.db.View(context.Background(), func(r kv.Reader) error {
				close(viewing)
				<-goOn
				f.wantScan(r, all())
				return nil
			})
		}()
		<-updating
		<-viewing
		go func() { closed <- f.db.Close() }()
		synctest.Wait()
		select {
		case err := <-closed:
			f.Errorf("Close() = %v while transactions run", err)
		default:
		}
		close(goOn)
		if err := <-updated; err != nil {
			f.Errorf("Update() = %v during Close", err)
		}
		if err := <-viewed; err != nil {
			f.Errorf("View() = %v during Close", err)
		}
		if err := <-closed; err != nil {
			f.Errorf("Close() = %v", err)
		}
	},

	"TooLong": func(f *fixture) {
		err := f.db.Update(context.Background(), func(tx kv.Tx) error {
			tx.Set(key("a"), nil)
			time.Sleep(kv.MaxTxDuration - time.Second)
			return nil
		})
		if err != nil {
			f.Errorf("Update() = %v just within the limit", err)
		}
		err = f.db.Update(context.Background(), func(tx kv.Tx) error {
			tx.Set(key("b"), nil)
			time.Sleep(kv.MaxTxDuration + time.Second)
			return nil
		})
		if !errors.Is(err, kv.ErrTooOld) {
			f.Errorf("Update() = %v beyond the limit, want %v", err, kv.ErrTooOld)
		}
		f.view(func(r kv.Reader) {
			time.Sleep(10 * kv.MaxTxDuration) // views may take their time
			f.wantScan(r, all(), "a")
		})
	},

	"TooManyConflicts": func(f *fixture) {
		runs := 0
		err := f.db.Update(context.Background(), func(tx kv.Tx) error {
			runs++
			tx.Get(key("a"))
			tx.Set(key("b"), nil)
			f.update(func(tx kv.Tx) { tx.Set(key("a"), fmt.Append(nil, runs)) })
			return nil
		})
		if !errors.Is(err, kv.ErrTooOld) || runs < 5 {
			f.Errorf("Update() = %v after %d runs, want %v after some", err, runs, kv.ErrTooOld)
		}
		f.wantStored("b", "none")
	},
}

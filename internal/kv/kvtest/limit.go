package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cumulet/cumulet/internal/kv"
)

// wantTooLarge checks that a transaction is refused as a whole.
func (f *fixture) wantTooLarge(what string, fn func(tx kv.Tx)) {
	f.Helper()
	err := f.db.Update(context.Background(), func(tx kv.Tx) error {
		tx.Set(key("refused"), nil)
		fn(tx)
		tx.OnCommit(func() { f.Error("OnCommit ran") })
		return nil
	})
	if !errors.Is(err, kv.ErrTooLarge) {
		f.Errorf("Update() = %v with %s, want %v", err, what, kv.ErrTooLarge)
	}
	f.wantStored("refused", "none")
}

// longKey returns a key of that many bytes.
func longKey(size int) kv.Key {
	return append(key(""), bytes.Repeat([]byte{9}, size-len(key("")))...)
}

var limitTests = map[string]func(f *fixture){
	"KeySize": func(f *fixture) {
		longest, tooLong := longKey(kv.MaxKeyBytes), longKey(kv.MaxKeyBytes+1)
		f.update(func(tx kv.Tx) {
			tx.Set(longest, []byte("here"))
			tx.SetStamped(longKey(kv.MaxKeyBytes-1-kv.StampSize), nil)
			if tx.Get(tooLong) != nil {
				f.Error("a key that is too long is there")
			}
		})
		f.view(func(r kv.Reader) {
			if got := show(r.Get(longest)); got != `"here"` {
				f.Errorf("the longest key's value is %s", got)
			}
		})
		f.update(func(tx kv.Tx) { tx.Delete(longest) })
		f.wantTooLarge("Set of a long key", func(tx kv.Tx) { tx.Set(tooLong, nil) })
		f.wantTooLarge("Delete of a long key", func(tx kv.Tx) { tx.Delete(tooLong) })
		f.wantTooLarge("Add to a long key", func(tx kv.Tx) { tx.Add(tooLong, 1) })
		f.wantTooLarge("a long stamped key", func(tx kv.Tx) { tx.SetStamped(longKey(kv.MaxKeyBytes-kv.StampSize), nil) })
	},

	"BytesWritten": func(f *fixture) {
		value := make([]byte, 1<<20)
		write := func(n int) func(tx kv.Tx) {
			return func(tx kv.Tx) {
				for i := range n {
					tx.Set(key(fmt.Sprint(i)), value)
				}
			}
		}
		f.update(write(kv.MaxTxBytes/len(value) - 1))
		f.wantTooLarge("many bytes", write(kv.MaxTxBytes/len(value)))
		f.wantTooLarge("many stamped bytes", func(tx kv.Tx) {
			for range kv.MaxTxBytes / len(value) {
				tx.SetStamped(key("q"), value)
			}
		})
		f.wantTooLarge("one row written often", func(tx kv.Tx) {
			for range kv.MaxTxBytes / len(value) {
				tx.Set(key("a"), value)
			}
		})
	},

	"RowsRead": func(f *fixture) {
		const n = kv.MaxTxReads
		for from := 0; from < n+1; from += 2000 {
			f.update(func(tx kv.Tx) {
				for i := from; i < min(from+2000, n+1); i++ {
					tx.Set(kv.K(table).Uint64(uint64(i)), nil)
				}
			})
		}
		count := func(r kv.Reader, limit int) int {
			rows := 0
			for range r.Scan(limited(all(), limit)) {
				rows++
			}
			return rows
		}
		f.update(func(tx kv.Tx) {
			tx.Set(key("a"), nil)
			if got := count(tx, n); got != n {
				f.Errorf("%d rows were read, want %d", got, n)
			}
			if got := count(tx.Snapshot(), 0); got != n+1 {
				f.Errorf("%d rows were read from the snapshot, want %d", got, n+1)
			}
		})
		f.view(func(r kv.Reader) {
			if got := count(r, 0); got != n+2 {
				f.Errorf("%d rows were read in a view, want %d", got, n+2)
			}
		})
		f.wantTooLarge("a scan of many rows", func(tx kv.Tx) { count(tx, 0) })
		f.wantTooLarge("many reads of a row", func(tx kv.Tx) {
			for range n + 1 {
				tx.Get(key("a"))
			}
		})
		err := f.db.Update(context.Background(), func(tx kv.Tx) error {
			count(tx, 0)
			if tx.Get(key("a")) != nil {
				f.Error("a row is there after the failure")
			}
			return errTest
		})
		if !errors.Is(err, kv.ErrTooLarge) {
			f.Errorf("Update() = %v, want that the failed read hides the closure's error", err)
		}
	},
}

package pebblekv

import (
	"context"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/kv"
)

// numbered is row i of the tests below.
func numbered(i int) kv.Key { return key("n").Uint64(uint64(i)) }

// fillNumbered writes rows from, from+1 … to-1.
func fillNumbered(t testing.TB, s kv.Store, from, to int) {
	t.Helper()
	for ; from < to; from += 1000 {
		if err := s.Update(context.Background(), func(tx kv.Tx) error {
			for i := from; i < min(to, from+1000); i++ {
				tx.Set(numbered(i), make([]byte, 40))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// Range deletions do not pile up in the memtable, where each would make the next read slower.
func TestRangeDeletesStayFew(t *testing.T) {
	const all = 2000
	for rows, times := range map[int]int{10: 100, maxRowDeletes: 3, maxRowDeletes + 1: maxRangeDeletes + 3} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			s := open(t, Options{FS: vfs.NewMem(), MemTableBytes: 64 << 20})
			fillNumbered(t, s, 0, all)
			most := 0
			for i := range times {
				fillNumbered(t, s, 0, rows)
				update(t, s, func(tx kv.Tx) {
					tx.DeleteRange(numbered(0), numbered(rows))
					tx.Set(numbered(1), []byte{byte(i)})
				})
				most = max(most, s.committer.rangeDeletes)
			}
			if rows <= maxRowDeletes && most > 0 || rows > maxRowDeletes && (most == 0 || most > maxRangeDeletes) {
				t.Errorf("%d range deletions in the memtable", most)
			}
			n := 0
			if err := s.View(context.Background(), func(r kv.Reader) error {
				for range r.Scan(kv.Prefix(key("n"))) {
					n++
				}
				return nil
			}); err != nil || n != all-rows+1 {
				t.Errorf("%d rows left, %v, want %d", n, err, all-rows+1)
			}
		})
	}
}

// A range deletion removes what was written after its transaction began, too.
func TestDeleteRangeOfLaterRows(t *testing.T) {
	s := open(t, Options{})
	fillNumbered(t, s, 0, 10)
	update(t, s, func(tx kv.Tx) {
		tx.DeleteRange(numbered(0), nil)
		update(t, s, func(tx kv.Tx) { // commits first
			tx.Set(numbered(5), []byte("new"))
			tx.Set(numbered(50), []byte("new"))
			tx.Add(numbered(51), 1)
		})
		tx.Add(numbered(52), 1)
	})
	for i, want := range map[int]string{5: "", 50: "", 51: "", 52: "=\x00\x00\x00\x00\x00\x00\x00\x01"} {
		if got := get(t, s, numbered(i)); got != want {
			t.Errorf("row %d = %q, want %q", i, got, want)
		}
	}
}

// BenchmarkScanHead reads the first ten rows after many were deleted, with and without knowing where they begin.
func BenchmarkScanHead(b *testing.B) {
	const rows = 100_000
	for _, deleted := range []int{0, 1000, 10_000, 50_000} {
		for _, how := range []string{"rows", "range"} {
			s := open(b, Options{FS: vfs.NewMem(), MemTableBytes: 64 << 20})
			fillNumbered(b, s, 0, rows)
			if how == "range" {
				update(b, s, func(tx kv.Tx) { tx.DeleteRange(numbered(0), numbered(deleted)) })
			} else {
				for from := 0; from < deleted; from += 1000 {
					update(b, s, func(tx kv.Tx) {
						for i := range 1000 {
							tx.Delete(numbered(from + i))
						}
					})
				}
			}
			for _, head := range []int{0, deleted} {
				b.Run(fmt.Sprintf("deleted=%d/%s/from=%d", deleted, how, head), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						n := 0
						if err := s.View(context.Background(), func(r kv.Reader) error {
							for range r.Scan(kv.Range{Start: numbered(head), End: key("n").PrefixEnd(), Limit: 10}) {
								n++
							}
							return nil
						}); err != nil || n != 10 {
							b.Fatalf("%d rows, %v", n, err)
						}
					}
				})
			}
		}
	}
}

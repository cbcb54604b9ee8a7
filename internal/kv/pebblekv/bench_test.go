package pebblekv

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/kv"
)

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// each spreads b.N calls of fn over a number of goroutines and reports rate and processor time.
func each(b *testing.B, goroutines int, fn func(g, i int)) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	before := cpu(b)
	for g := range goroutines {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				fn(g, int(i))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func benchKey(i uint64) kv.Key { return kv.K(tableTest).Uint64(i * 0x9E3779B97F4A7C15) }

func BenchmarkUpdate(b *testing.B) {
	ctx := context.Background()
	value := make([]byte, 200)
	var unique atomic.Uint64
	must := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	hot := key("hot")
	loads := []struct {
		name string
		run  func(s *Store, g, i int)
	}{
		{"blind", func(s *Store, _, _ int) {
			n := unique.Add(3)
			must(s.Update(ctx, func(tx kv.Tx) error {
				for j := range uint64(3) {
					tx.Set(benchKey(n+j), value)
				}
				return nil
			}))
		}},
		{"rmw", func(s *Store, _, i int) {
			k := benchKey(uint64(i) % 1_000_000)
			must(s.Update(ctx, func(tx kv.Tx) error {
				old := tx.Get(k)
				v := make([]byte, 200)
				copy(v, old)
				binary.BigEndian.PutUint64(v, binary.BigEndian.Uint64(v)+1)
				tx.Set(k, v)
				return nil
			}))
		}},
		{"counter/add", func(s *Store, _, _ int) {
			must(s.Update(ctx, func(tx kv.Tx) error { tx.Add(hot, 1); return nil }))
		}},
		{"counter/serialize", func(s *Store, _, _ int) {
			must(s.Update(ctx, func(tx kv.Tx) error {
				tx.Set(hot, kv.AppendInt64(nil, kv.Int64(tx.Get(hot))+1))
				return nil
			}, kv.Serialize(hot)))
		}},
		{"counter/plain", func(s *Store, _, _ int) {
			must(s.Update(ctx, func(tx kv.Tx) error {
				tx.Set(hot, kv.AppendInt64(nil, kv.Int64(tx.Get(hot))+1))
				return nil
			}))
		}},
	}
	for _, disk := range []bool{true, false} {
		for _, l := range loads {
			for _, goroutines := range []int{1, 64, 256} {
				b.Run(fmt.Sprintf("disk=%v/%s/%d", disk, l.name, goroutines), func(b *testing.B) {
					o := Options{Dir: b.TempDir()}
					if !disk {
						o = Options{FS: vfs.NewMem()}
					}
					s := open(b, o)
					each(b, goroutines, func(g, i int) { l.run(s, g, i) })
					m, err := s.Metrics()
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(m.Commits)/float64(max(m.Groups, 1)), "tx/group")
					b.ReportMetric(float64(m.Conflicts)/float64(b.N), "conflicts/op")
				})
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := open(b, Options{FS: vfs.NewMem()})
	const rows = 100_000
	for i := 0; i < rows; i += 1000 {
		update(b, s, func(tx kv.Tx) {
			for j := range 1000 {
				tx.Set(kv.K(tableTest).Uint64(uint64(i+j)), make([]byte, 200))
			}
		})
	}
	ctx := context.Background()
	view := func(fn func(r kv.Reader)) {
		if err := s.View(ctx, func(r kv.Reader) error { fn(r); return nil }); err != nil {
			b.Error(err)
		}
	}
	b.Run("get", func(b *testing.B) {
		each(b, 2, func(_, i int) { view(func(r kv.Reader) { r.Get(kv.K(tableTest).Uint64(uint64(i*7919) % rows)) }) })
	})
	b.Run("miss", func(b *testing.B) {
		each(b, 2, func(_, i int) {
			view(func(r kv.Reader) { r.Get(kv.K(tableTest).Uint64(uint64(i*7919) % rows).Int64(1)) })
		})
	})
	b.Run("get10", func(b *testing.B) {
		each(b, 2, func(_, i int) {
			view(func(r kv.Reader) {
				for j := range 10 {
					r.Get(kv.K(tableTest).Uint64(uint64((i+j)*7919) % rows))
				}
			})
		})
	})
	b.Run("scan10", func(b *testing.B) {
		each(b, 2, func(_, i int) {
			view(func(r kv.Reader) {
				in := kv.Prefix(kv.K(tableTest))
				in.Start, in.Limit = kv.K(tableTest).Uint64(uint64(i*7919)%rows), 10
				for range r.Scan(in) {
				}
			})
		})
	})
	b.Run("update/get", func(b *testing.B) {
		each(b, 2, func(_, i int) {
			if err := s.Update(ctx, func(tx kv.Tx) error {
				tx.Get(kv.K(tableTest).Uint64(uint64(i*7919) % rows))
				return nil
			}); err != nil {
				b.Error(err)
			}
		})
	})
}

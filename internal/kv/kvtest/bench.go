package kvtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cumulet/cumulet/internal/kv"
)

// benchRows is how many rows there are before a benchmark that reads.
const benchRows = 100_000

// Bench runs the benchmarks of a store: the workloads of services, each with one client and with many. Open opens an
// empty store, which the benchmark closes. One
// operation is one transaction, except that of a receiver, which are two.
func Bench(b *testing.B, open func(b *testing.B) kv.Store) {
	b.Helper()
	for _, bench := range []struct {
		name    string
		clients []int
		rows    int // that are there before
		tx      func(c *client) error
	}{
		{"blind", []int{1, 64, 256}, 0, (*client).blind},
		{"rmw", []int{1, 64, 256}, benchRows, (*client).readModifyWrite},
		{"counter", []int{1, 64, 256}, 0, (*client).counter},
		{"counter-serialize", []int{64, 256}, 0, (*client).counterSerialized},
		{"counter-get-set", []int{1, 16}, 0, (*client).counterGetSet},
		{"get", []int{1, 64}, benchRows, (*client).get},
		{"scan10", []int{1, 64}, benchRows, (*client).scan},
		{"send", []int{1, 64, 256}, 0, (*client).send},
		{"send-receive-delete", []int{1, 64}, 0, (*client).queue},
		{"send-receive-delete-backlog", []int{1, 64}, benchRows, (*client).queue},
	} {
		b.Run(bench.name, func(b *testing.B) {
			w := &workload{db: open(b), rows: bench.rows}
			defer func() {
				if err := w.db.Close(); err != nil {
					b.Error(err)
				}
			}()
			w.fill(b)
			for _, clients := range bench.clients {
				b.Run(fmt.Sprint(clients), func(b *testing.B) { w.run(b, clients, bench.tx) })
			}
		})
	}
}

// workload is what the clients of a benchmark share.
type workload struct {
	db      kv.Store
	rows    int
	clients atomic.Uint64 // so far

	mu   sync.Mutex // held by the one who receives
	head kv.Key     // of the queue
}

// client is one goroutine of a benchmark.
type client struct {
	*workload
	rnd   *rand.Rand
	n     uint64 // of its next row
	value []byte
}

// The rows of a benchmark: plain ones, and those of a queue, which are bodies, ready messages, those in flight and counters.
func benchRow(i uint64) kv.Key     { return kv.K(table).Str("row").Uint64(i) }
func readyPrefix() kv.Key          { return kv.K(table).Str("ready") }
func bodyKey(id uint64) kv.Key     { return kv.K(table).Str("body").Uint64(id) }
func inFlightKey(id uint64) kv.Key { return kv.K(table).Str("in flight").Uint64(id) }
func counterRow(name string) kv.Key {
	return kv.K(table).Str("counter").Str(name)
}

// fill writes the rows that are there before: plain ones and messages.
func (w *workload) fill(b *testing.B) {
	b.Helper()
	w.head = readyPrefix()
	value := make([]byte, 200)
	for from := 0; from < w.rows; from += 1000 {
		err := w.db.Update(context.Background(), func(tx kv.Tx) error {
			for i := from; i < from+1000; i++ {
				tx.Set(benchRow(uint64(i)), value)
				sendOne(tx, uint64(i), value)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// run runs the benchmark with that many clients.
func (w *workload) run(b *testing.B, clients int, tx func(c *client) error) {
	b.Helper()
	next := func() *client {
		id := w.clients.Add(1)
		return &client{workload: w, rnd: rand.New(rand.NewPCG(id, 0)), n: id << 32, value: make([]byte, 200)}
	}
	b.ReportAllocs()
	if clients == 1 {
		c := next()
		for b.Loop() {
			if err := tx(c); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	procs := runtime.GOMAXPROCS(0)
	b.SetParallelism((clients + procs - 1) / procs)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c := next()
		for pb.Next() {
			if err := tx(c); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func (c *client) update(fn func(tx kv.Tx), opts ...kv.Option) error {
	return c.db.Update(context.Background(), func(tx kv.Tx) error { fn(tx); return nil }, opts...)
}

func (c *client) next() uint64 {
	c.n++
	return c.n
}

func (c *client) blind() error {
	return c.update(func(tx kv.Tx) {
		for range 3 {
			tx.Set(benchRow(c.next()), c.value)
		}
	})
}

func (c *client) readModifyWrite() error {
	k := benchRow(c.rnd.Uint64N(benchRows))
	return c.update(func(tx kv.Tx) { tx.Set(k, append([]byte(nil), tx.Get(k)...)) })
}

func (c *client) counter() error {
	return c.update(func(tx kv.Tx) { tx.Add(counterRow("n"), 1) })
}

func (c *client) counterGetSet() error {
	k := counterRow("n")
	return c.update(func(tx kv.Tx) { tx.Set(k, kv.AppendInt64(nil, kv.Int64(tx.Get(k))+1)) })
}

func (c *client) counterSerialized() error {
	k := counterRow("n")
	return c.update(func(tx kv.Tx) { tx.Set(k, kv.AppendInt64(nil, kv.Int64(tx.Get(k))+1)) }, kv.Serialize(k))
}

func (c *client) get() error {
	k := benchRow(c.rnd.Uint64N(benchRows))
	return c.db.View(context.Background(), func(r kv.Reader) error {
		if r.Get(k) == nil {
			return fmt.Errorf("row %v is not there", k)
		}
		return nil
	})
}

func (c *client) scan() error {
	rng := kv.Range{Start: benchRow(c.rnd.Uint64N(benchRows - 10)), End: kv.K(table).Str("row").PrefixEnd(), Limit: 10}
	return c.db.View(context.Background(), func(r kv.Reader) error {
		n := 0
		for range r.Scan(rng) {
			n++
		}
		if n != 10 {
			return fmt.Errorf("the scan found %d rows of 10", n)
		}
		return nil
	})
}

func sendOne(tx kv.Tx, id uint64, body []byte) {
	tx.Set(bodyKey(id), body)
	tx.SetStamped(readyPrefix(), kv.AppendInt64(nil, int64(id)))
	tx.Add(counterRow("ready"), 1)
}

func (c *client) send() error {
	id := c.next()
	return c.update(func(tx kv.Tx) { sendOne(tx, id, c.value) })
}

// queue sends a message ten times of twelve, and otherwise receives up to ten and deletes them, in two transactions.
func (c *client) queue() error {
	if c.rnd.IntN(12) < 10 {
		return c.send()
	}
	ids, err := c.receive()
	if err != nil || len(ids) == 0 {
		return err
	}
	return c.update(func(tx kv.Tx) {
		for _, id := range ids {
			tx.Delete(bodyKey(id))
			tx.Delete(inFlightKey(id))
		}
		tx.Add(counterRow("in flight"), -int64(len(ids)))
	})
}

// receive moves ready messages into flight. One client at a time does so, from the head on, which lies in memory.
func (c *client) receive() ([]uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []uint64
	var lost error
	head := c.head
	err := c.update(func(tx kv.Tx) {
		ids, head = ids[:0], c.head
		for k, v := range tx.Snapshot().Scan(kv.Range{Start: c.head, End: readyPrefix().PrefixEnd(), Limit: 10}) {
			id := uint64(kv.Int64(v))
			ids, head = append(ids, id), k.Next()
			tx.Delete(k)
			tx.Set(inFlightKey(id), nil)
		}
		for _, id := range ids {
			if tx.Snapshot().Get(bodyKey(id)) == nil {
				lost = fmt.Errorf("message %d has no body", id)
			}
		}
		tx.Add(counterRow("ready"), -int64(len(ids)))
		tx.Add(counterRow("in flight"), int64(len(ids)))
	})
	if err == nil {
		c.head = head
	}
	return ids, errors.Join(err, lost)
}

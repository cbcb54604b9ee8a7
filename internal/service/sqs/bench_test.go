package sqs

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

// benchEngines are the stores that benchmarks run on: the model, the engine in memory, and the engine on disk.
var benchEngines = []struct {
	name string
	open func(b *testing.B) kv.Store
}{
	{"memkv", func(*testing.B) kv.Store { return memkv.New(clock.New()) }},
	{"mem", func(b *testing.B) kv.Store { b.Helper(); return openPebble(b, "") }},
	{"disk", func(b *testing.B) kv.Store { b.Helper(); return openPebble(b, b.TempDir()) }},
}

var benchBody = strings.Repeat("x", 300)

func BenchmarkSend(b *testing.B) {
	for _, e := range benchEngines {
		for _, parallel := range []int{1, 64} {
			if e.name == "memkv" && parallel > 1 {
				continue // it retries, and is no measure of anything
			}
			b.Run(fmt.Sprintf("%s/%d", e.name, parallel), func(b *testing.B) {
				f := newFixture(b, e.open(b))
				url := f.create("q")
				b.ReportAllocs()
				b.SetParallelism(parallel)
				defer reportCPU(b)()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := f.SendMessage(f.ctx, &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: benchBody}); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}

// BenchmarkReceiveDelete receives one message and deletes it. What is received is sent before, with a backlog on top.
func BenchmarkReceiveDelete(b *testing.B) {
	for _, e := range benchEngines {
		for _, backlog := range []int{0, 100_000} {
			for _, parallel := range []int{1, 32} {
				if e.name == "memkv" && (parallel > 1 || backlog > 0) {
					continue
				}
				b.Run(fmt.Sprintf("%s/backlog=%d/%d", e.name, backlog, parallel), func(b *testing.B) {
					f := newFixture(b, e.open(b))
					url := f.create("q")
					fill(b, f, url, b.N+backlog, 0)
					var received atomic.Int64
					b.ReportAllocs()
					b.SetParallelism(parallel)
					defer reportCPU(b)()
					b.ResetTimer()
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							out, err := f.ReceiveMessage(f.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url})
							if err != nil || len(out.Messages) != 1 {
								b.Errorf("received %v, %v", out, err)
								return
							}
							received.Add(1)
							if _, err := f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *out.Messages[0].ReceiptHandle}); err != nil {
								b.Error(err)
							}
						}
					})
					b.StopTimer()
					if received.Load() != int64(b.N) {
						b.Errorf("received %d, want %d", received.Load(), b.N)
					}
				})
			}
		}
	}
}

// BenchmarkReceiveTenants receives one message of a fair queue and deletes it: of one of ten quiet tenants; and of a noisy
// tenant, whose backlog is parked in passing.
func BenchmarkReceiveTenants(b *testing.B) {
	for _, c := range []struct {
		name           string
		groups, inHand int
	}{{"no groups", 0, 0}, {"quiet", 10, 0}, {"noisy", 1, 100}} {
		for _, parallel := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/%d", c.name, parallel), func(b *testing.B) {
				f := newFixture(b, openPebble(b, ""))
				url := f.create("q")
				fill(b, f, url, b.N+c.inHand, c.groups)
				f.getAll(url, c.inHand)
				b.ReportAllocs()
				b.SetParallelism(parallel)
				defer reportCPU(b)()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						for _, m := range f.get(url, 1) {
							f.drop(url, m)
						}
					}
				})
			})
		}
	}
}

// BenchmarkReceiveNothing looks at an empty queue.
func BenchmarkReceiveNothing(b *testing.B) {
	f := newFixture(b, openPebble(b, ""))
	url := f.create("q")
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if out, err := f.ReceiveMessage(f.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url}); err != nil || len(out.Messages) > 0 {
			b.Fatal(out, err)
		}
	}
}

// fill sends messages: without a group, or of a number of groups in turn.
func fill(b *testing.B, f *fixture, url string, n, groups int) {
	b.Helper()
	in := &sqsapi.SendMessageBatchInput{QueueUrl: url}
	for i := range 10 {
		e := sqsapi.SendMessageBatchRequestEntry{Id: fmt.Sprint(i), MessageBody: benchBody}
		if groups > 0 {
			e.MessageGroupId = new(fmt.Sprint(i % groups))
		}
		in.Entries = append(in.Entries, e)
	}
	work := make(chan struct{}, n/10+1)
	for range n/10 + 1 {
		work <- struct{}{}
	}
	close(work)
	done := make(chan error)
	const workers = 32
	for range workers {
		go func() {
			var err error
			for range work {
				if _, e := f.SendMessageBatch(f.ctx, in); e != nil {
					err = e
				}
			}
			done <- err
		}()
	}
	for range workers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// reportCPU reports how much processor time each iteration takes, in microseconds, until the function it returns is
// called. Unlike the wall clock's it does not depend on what else the machine does.
func reportCPU(b *testing.B) func() {
	b.Helper()
	start := processorTime(b)
	return func() {
		used := processorTime(b) - start
		b.ReportMetric(float64(used.Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
	}
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

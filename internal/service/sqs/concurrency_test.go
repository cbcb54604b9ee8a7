package sqs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// engines are the stores that tests of concurrency run on, besides memkv in a bubble.
func openPebble(t testing.TB, dir string) kv.Store {
	t.Helper()
	o := pebblekv.Options{Dir: dir, Clock: clock.New(), CacheBytes: 128 << 20}
	if dir == "" {
		o.Dir, o.FS = "db", vfs.NewMem()
	}
	db, err := pebblekv.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func onEachEngine(t *testing.T, fn func(f *fixture)) {
	t.Run("memkv", func(t *testing.T) { fn(newFixture(t, memkv.New(clock.New()))) })
	t.Run("pebblekv", func(t *testing.T) { fn(newFixture(t, openPebble(t, ""))) })
}

// Nothing is lost, nothing is handed out twice while it is invisible, and counts are exact in the end.
func TestConcurrentStandard(t *testing.T) {
	const senders, receivers, each = 4, 4, 100
	onEachEngine(t, func(f *fixture) {
		url := f.create("q")
		var mu sync.Mutex
		held := map[string]bool{} // bodies that a receiver has
		done := map[string]bool{}
		all := make(chan struct{})
		var senderGroup, receiverGroup sync.WaitGroup
		for s := range senders {
			senderGroup.Go(func() {
				for i := range each / 2 {
					f.post(url, fmt.Sprintf("%d-%d", s, i))
				}
				for i := each / 2; i < each; i += 10 {
					in := &sqsapi.SendMessageBatchInput{QueueUrl: url}
					for j := range 10 {
						in.Entries = append(in.Entries, sqsapi.SendMessageBatchRequestEntry{Id: fmt.Sprint(j), MessageBody: fmt.Sprintf("%d-%d", s, i+j)})
					}
					if out, err := f.SendMessageBatch(f.ctx, in); err != nil || len(out.Successful) != 10 {
						t.Errorf("SendMessageBatch: %v, %v", out, err)
					}
				}
			})
		}
		for r := range receivers {
			random := rand.New(rand.NewPCG(uint64(r), 1))
			receiverGroup.Go(func() {
				for {
					select {
					case <-all:
						return
					default:
					}
					out, err := f.ReceiveMessage(f.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(10))})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, m := range out.Messages {
						if held[*m.Body] || done[*m.Body] {
							t.Errorf("%s handed out twice", *m.Body)
						}
						held[*m.Body] = true
					}
					mu.Unlock()
					for _, m := range out.Messages {
						mu.Lock()
						delete(held, *m.Body)
						back := random.IntN(4) == 0
						if !back {
							done[*m.Body] = true
						}
						if len(done) == senders*each {
							select {
							case <-all:
							default:
								close(all)
							}
						}
						mu.Unlock()
						if back {
							f.hide(url, m, 0)
						} else {
							f.drop(url, m)
						}
					}
				}
			})
		}
		senderGroup.Wait()
		receiverGroup.Wait()
		f.counts(url, 0, 0, 0)
	})
}

// Within a group messages come in the order of their sends, one receiver at a time, also with failures and retries.
func TestConcurrentFIFO(t *testing.T) {
	const groups, receivers, each = 5, 4, 40
	onEachEngine(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true")
		var mu sync.Mutex
		next := map[string]int{}
		left := groups * each
		var wg sync.WaitGroup
		for g := range groups {
			wg.Go(func() {
				for i := range each {
					f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: fmt.Sprint(i), MessageGroupId: new(fmt.Sprint(g)), MessageDeduplicationId: new(fmt.Sprint(g, "-", i))})
				}
			})
		}
		for r := range receivers {
			random := rand.New(rand.NewPCG(uint64(r), 2))
			wg.Go(func() {
				for {
					mu.Lock()
					finished := left == 0
					mu.Unlock()
					if finished {
						return
					}
					in := &sqsapi.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(3)), AttributeNames: []string{"MessageGroupId"}}
					out, err := f.ReceiveMessage(f.ctx, in)
					if err != nil {
						t.Error(err)
						return
					}
					failing := map[string]bool{}
					for _, m := range out.Messages {
						group := m.Attributes["MessageGroupId"]
						if failing[group] || random.IntN(5) == 0 {
							failing[group] = true
							continue
						}
						mu.Lock()
						if want := fmt.Sprint(next[group]); *m.Body != want {
							t.Errorf("group %s: got %s, want %s", group, *m.Body, want)
						}
						next[group]++
						left--
						mu.Unlock()
						f.drop(url, m)
					}
					for _, m := range slices.Backward(out.Messages) { // the last first, so that the group's order holds
						if failing[m.Attributes["MessageGroupId"]] {
							_, err := f.ChangeMessageVisibility(f.ctx, &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle})
							_ = err // those that were deleted before the failure are gone
						}
					}
				}
			})
		}
		wg.Wait()
		f.counts(url, 0, 0, 0)
	})
}

// Sends, receives and deletes under a purge and a move task leave counts that agree with the rows.
func TestConcurrentCounts(t *testing.T) {
	onEachEngine(t, func(f *fixture) {
		dead := f.create("dead")
		url := f.create("q", "RedrivePolicy", redrive("dead", 2))
		var wg sync.WaitGroup
		for g := range 4 {
			random := rand.New(rand.NewPCG(uint64(g), 3))
			wg.Go(func() {
				for i := range 60 {
					f.post(url, fmt.Sprint(i))
					for _, m := range f.get(url, 3) {
						switch random.IntN(3) {
						case 0:
							f.drop(url, m)
						case 1:
							in := &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle}
							_, _ = f.ChangeMessageVisibility(f.ctx, in) // may have been purged
						}
					}
				}
			})
		}
		wg.Go(func() {
			if _, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}); err != nil {
				t.Error(err)
			}
			f.startMove("dead", "", 500)
		})
		wg.Wait()
		for _, u := range []string{url, dead} {
			f.checkCounts(u)
		}
	})
}

// checkCounts compares the counters with the rows.
func (f *fixture) checkCounts(url string) {
	f.t.Helper()
	ref, err := resolve(f.ctx, url)
	if err != nil {
		f.t.Fatal(err)
	}
	err = f.db.View(f.ctx, func(r kv.Reader) error {
		q, err := f.queue(r, ref)
		if err != nil {
			return err
		}
		got := map[place]int64{}
		for key := range r.Scan(kv.Prefix(q.messages)) {
			id := messageID(key[len(q.messages):].Parts().Bytes())
			st, err := q.loadState(r, id)
			if err != nil {
				return err
			}
			if st == nil {
				st = &state{}
			}
			got[st.place]++
		}
		for _, p := range []place{placeReady, placeInFlight, placeDelayed} {
			if n := kv.Int64(r.Get(q.counter(p))); n != got[p] {
				f.t.Errorf("%s: counter of place %d is %d, rows %d", url, p, n, got[p])
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// A second service on the same store, as after a restart, sees the same queues, handles and timers.
func TestRestart(t *testing.T) {
	inBubble(t, func(f *fixture) {
		std := f.create("q", "VisibilityTimeout", "10")
		fifo := f.create("q.fifo", "FifoQueue", "true")
		for i := range 3 {
			f.post(std, fmt.Sprint(i))
			f.postTo(fifo, "g", fmt.Sprint(i))
		}
		sent := f.postTo(fifo, "g", "dup")
		m := f.get(std, 1)[0]
		n := f.get(fifo, 1)[0]
		f.sendIn(&sqsapi.SendMessageInput{QueueUrl: std, MessageBody: "late", DelaySeconds: new(int32(20))})

		second := newFixture(f.t, f.db)
		second.counts(std, 2, 1, 1)
		if again := second.postTo(fifo, "g", "dup"); *again.SequenceNumber != *sent.SequenceNumber {
			t.Errorf("deduplication was forgotten")
		}
		second.want(fifo)
		second.drop(fifo, n)
		second.want(fifo, "1", "2", "dup")
		second.drop(std, m)
		second.want(std, "1", "2")
		time.Sleep(20 * time.Second)
		f.want(std, "1", "2", "late") // the first service is there still: two on one store
		second.want(std)
		second.counts(std, 0, 3, 0)
	})
}

// After the process has ended and the store was opened again, queues, messages, handles and timers are there.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	var handle sqsapi.Message
	t.Run("before", func(t *testing.T) {
		f := newFixture(t, openPebble(t, dir))
		url := f.create("q", "VisibilityTimeout", "3600")
		for i := range 30 {
			f.post(url, fmt.Sprintf("%02d", i))
		}
		handle = f.get(url, 1)[0]
		f.want(url, "01", "02", "03", "04", "05", "06", "07", "08", "09", "10")
	})
	t.Run("after", func(t *testing.T) {
		f := newFixture(t, openPebble(t, dir))
		f.counts("q", 19, 11, 0)
		f.drop("q", handle)
		f.want("q", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20")
		f.counts("q", 9, 20, 0)
		f.checkCounts("q")
	})
}

// Deleted ready rows below the head are swept as a range, and nothing is lost by it.
func TestHeadSweep(t *testing.T) {
	f := newFixture(t, openPebble(t, ""))
	url := f.create("q")
	const total = tombstonesSwept + 2_000
	seen := map[string]bool{}
	for n := 0; n < total; n += 10 {
		in := &sqsapi.SendMessageBatchInput{QueueUrl: url}
		for i := range 10 {
			in.Entries = append(in.Entries, sqsapi.SendMessageBatchRequestEntry{Id: fmt.Sprint(i), MessageBody: fmt.Sprint(n + i)})
		}
		if _, err := f.SendMessageBatch(f.ctx, in); err != nil {
			t.Fatal(err)
		}
		for _, m := range f.get(url, 10) {
			seen[*m.Body] = true
		}
	}
	if len(seen) != total {
		t.Errorf("received %d different messages, want %d", len(seen), total)
	}
	ref, err := resolve(f.ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	h := f.heads.of(f.cache.get(ref).id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.ready.deleted; n == 0 || n > 2_000 {
		t.Errorf("%d deleted rows below the head after %d receives, want them swept once", n, total)
	}
}

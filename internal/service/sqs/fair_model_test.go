package sqs

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// tenantHistory is a random history of one fair queue, which several services on one store use in turn.
type tenantHistory struct {
	random   *rand.Rand
	services []*fixture
	url      string
	sent     map[string]int // messages by group
	held     []sqsapi.Message
	received map[string]int // receives by body
	last     map[string]int // by group: the number of the last message that was received for the first time
	deleted  map[string]bool
}

// A receive gets as many messages as there are, each tenant's come in the order in which they were sent, nothing is lost or
// handed out after it was deleted, and the rows agree after each step: with many messages in flight, so that tenants become noisy and quiet.
func TestRandomTenants(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				h := &tenantHistory{
					random: rand.New(rand.NewPCG(seed, 11)), services: []*fixture{f},
					url:  f.create("q", "VisibilityTimeout", "40"),
					sent: map[string]int{}, received: map[string]int{}, last: map[string]int{}, deleted: map[string]bool{},
				}
				if seed%2 == 1 {
					h.services = append(h.services, newFixture(f.t, f.db))
				}
				most := 0
				for step := range 80 {
					h.step(h.services[h.random.IntN(len(h.services))])
					f.checkFair(h.url)
					f.checkCounts(h.url)
					most = max(most, f.parkedRows(h.url))
					if f.t.Failed() {
						f.t.Fatalf("after step %d", step)
					}
				}
				if most < 20 {
					f.t.Errorf("at most %d rows were parked: the history is too quiet", most)
				}
				h.finish(newFixture(f.t, f.db))
			})
		})
	}
}

func (h *tenantHistory) step(f *fixture) {
	f.t.Helper()
	switch n := h.random.IntN(20); {
	case n < 6:
		group := []string{"", "a-", "a-", "b-", "c-"}[h.random.IntN(5)]
		count := 1 + h.random.IntN(15)
		if group == "a-" {
			count *= 20
		}
		f.postAll(h.url, group, h.sent[group], count)
		h.sent[group] += count
	case n < 13:
		for range 1 + h.random.IntN(8) {
			h.receive(f, 1+h.random.IntN(10))
		}
	case n < 17 && len(h.held) > 0:
		for range min(1+h.random.IntN(60), len(h.held)) {
			m := h.pick()
			if h.random.IntN(8) > 0 {
				f.drop(h.url, m) // does nothing if somebody else has it by now
				h.deleted[*m.Body] = h.deleted[*m.Body] || !f.has(h.url, m)
				continue
			}
			in := &sqsapi.ChangeMessageVisibilityInput{QueueUrl: h.url, ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: int32(h.random.IntN(3) * 30)}
			_, _ = f.ChangeMessageVisibility(f.ctx, in) // somebody else may have it by now
		}
	case n < 18:
		time.Sleep(time.Duration(h.random.IntN(60)) * time.Second)
	default:
		time.Sleep(time.Duration(h.random.IntN(3000)) * time.Millisecond)
	}
}

// has reports whether a message is still in the queue.
func (f *fixture) has(url string, m sqsapi.Message) (found bool) {
	f.t.Helper()
	handle, ok := parseReceipt(*m.ReceiptHandle)
	if !ok {
		f.t.Fatalf("receipt handle %s", *m.ReceiptHandle)
	}
	err := f.db.View(f.ctx, func(r kv.Reader) error {
		found = r.Get(f.queueIn(r, url).message(handle.id)) != nil
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return found
}

func (h *tenantHistory) pick() sqsapi.Message {
	i := h.random.IntN(len(h.held))
	m := h.held[i]
	h.held[i] = h.held[len(h.held)-1]
	h.held = h.held[:len(h.held)-1]
	return m
}

func (h *tenantHistory) receive(f *fixture, n int) {
	f.t.Helper()
	visible, err := strconv.Atoi(f.attributes(h.url, "ApproximateNumberOfMessages")["ApproximateNumberOfMessages"])
	if err != nil {
		f.t.Fatal(err)
	}
	got := f.get(h.url, int32(n))
	if len(got) != min(n, visible) {
		f.t.Errorf("received %d messages of %d visible ones, want %d", len(got), visible, n)
	}
	for _, m := range got {
		group := groupOf(m)
		number, err := strconv.Atoi((*m.Body)[len(group):])
		if err != nil {
			f.t.Fatal(err)
		}
		if h.deleted[*m.Body] {
			f.t.Errorf("%s was deleted, and received", *m.Body)
		}
		if h.received[*m.Body]++; h.received[*m.Body] == 1 {
			// Two services may for a moment not know what the other one has parked.
			if want := h.last[group]; number != want && len(h.services) == 1 {
				f.t.Errorf("received %s, want number %d", *m.Body, want)
			}
			h.last[group] = number + 1
		}
	}
	h.held = append(h.held, got...)
}

// finish receives and deletes all, as after a restart.
func (h *tenantHistory) finish(f *fixture) {
	f.t.Helper()
	time.Sleep(90 * time.Second) // nothing is in flight any more
	left := map[string]bool{}
	for group, n := range h.sent {
		for i := range n {
			if body := group + strconv.Itoa(i); !h.deleted[body] {
				left[body] = true
			}
		}
	}
	f.counts(h.url, len(left), 0, 0)
	held := f.getAll(h.url, len(left))
	for _, m := range held {
		if !left[*m.Body] {
			f.t.Errorf("%s was received twice, or deleted", *m.Body)
		}
		delete(left, *m.Body)
	}
	if len(left) > 0 {
		f.t.Errorf("%d messages were not received", len(left))
	}
	f.dropAll(h.url, held)
	f.counts(h.url, 0, 0, 0)
	f.checkFair(h.url)
}

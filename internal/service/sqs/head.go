package sqs

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/cumulet/cumulet/internal/kv"
)

// heads remembers where queues begin, so that receivers do not wade through the rows of messages that are gone. It is a
// hint: without it a receive scans from the queue's start. It never skips a row, because ready rows are keyed by the stamp
// of the commit that made them, so that nothing ever appears below a row that a committed transaction has seen.
type heads struct {
	mu      sync.Mutex
	byQueue map[queueID]*head
}

// head is what this process remembers of one queue.
type head struct {
	swept  atomic.Uint64 // the bucket for which old deduplication ids were removed
	gather gather

	mu      sync.Mutex
	from    kv.Key // there is no ready row below it; nil: not known
	deleted int    // ready rows deleted below it since the last DeleteRange
	free    int64  // messages that may go in flight before the counter is read again
}

func (h *heads) of(id queueID) *head {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byQueue == nil || len(h.byQueue) >= maxCached {
		h.byQueue = map[queueID]*head{}
	}
	q := h.byQueue[id]
	if q == nil {
		q = new(head)
		h.byQueue[id] = q
	}
	return q
}

func (h *heads) drop(id queueID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.byQueue, id)
}

// start returns where to scan from, and whether enough rows were deleted below for a DeleteRange.
func (h *head) start(prefix kv.Key) (from kv.Key, sweep bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.from == nil {
		return prefix, false
	}
	return h.from, h.deleted >= tombstonesSwept
}

// advance notes that a committed transaction has deleted a number of rows, that no row is left below from, and whether all
// rows deleted before were swept.
func (h *head) advance(from kv.Key, deleted int, swept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if swept {
		h.deleted = 0
	}
	h.deleted += deleted
	if bytes.Compare(from, h.from) > 0 {
		h.from = from
	}
}

// admit returns how many of n messages may go in flight, after reading the counter if need be.
func (h *head) admit(r kv.Reader, k *queueKeys, n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.free < int64(n) {
		h.free = maxInFlight - kv.Int64(r.Get(k.inFlight))
	}
	return int(max(min(int64(n), h.free), 0))
}

// took notes that n messages have gone in flight.
func (h *head) took(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.free -= int64(n)
}

package sqs

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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

	mu       sync.Mutex
	ready    position             // in the ready or group ready index
	free     int64                // messages that may go in flight before the counter is read again
	parked   map[tenant]*position // tenants that may have parked messages
	surveyed time.Time            // when all tenants with parked messages were looked for; zero: never
}

// position is where an index begins. Its head's mutex guards it.
type position struct {
	from    kv.Key // there is no row below it; nil: not known
	deleted int    // rows deleted below it since the last DeleteRange
	empty   bool   // there were no rows when this process looked the last time; of parked messages only
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
func (h *head) start(p *position, prefix kv.Key) (from kv.Key, sweep bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.from == nil {
		return prefix, false
	}
	return p.from, p.deleted >= tombstonesSwept
}

// advance notes that a committed transaction has deleted a number of rows, that no row is left below from, and whether all
// rows deleted before were swept.
func (h *head) advance(p *position, from kv.Key, deleted int, swept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if swept {
		p.deleted = 0
	}
	p.deleted += deleted
	if bytes.Compare(from, p.from) > 0 {
		p.from = from
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

// parkedTenant is a tenant and where its parked messages begin.
type parkedTenant struct {
	tenant   tenant
	position *position
}

// parkedTenants returns the tenants that are known to have parked messages, and whether it is time for a survey.
func (h *head) parkedTenants(now time.Time) (known []parkedTenant, stale bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for t, p := range h.parked {
		if !p.empty {
			known = append(known, parkedTenant{t, p})
		}
	}
	return known, now.Sub(h.surveyed) >= surveyInterval
}

// survey returns all tenants that had parked messages and may have some again, in order, and notes that the others are
// looked for.
func (h *head) survey(now time.Time) []parkedTenant {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.surveyed = now
	h.makeRoom()
	var all []parkedTenant
	for t, p := range h.parked {
		p.empty = false
		all = append(all, parkedTenant{t, p})
	}
	slices.SortFunc(all, func(a, b parkedTenant) int { return int(a.tenant) - int(b.tenant) })
	return all
}

// park notes that a tenant has parked messages, and returns where they begin. It returns nil for no tenant, and if too many
// are known: then a later survey finds it.
func (h *head) park(t tenant) *position {
	if t == 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.parked[t]
	if p == nil {
		if h.makeRoom(); len(h.parked) >= maxParkedTenants {
			return nil
		}
		if h.parked == nil {
			h.parked = map[tenant]*position{}
		}
		p = new(position)
		h.parked[t] = p
	}
	p.empty = false
	return p
}

// makeRoom forgets tenants without parked messages if there is no room for another.
func (h *head) makeRoom() {
	if len(h.parked) >= maxParkedTenants {
		maps.DeleteFunc(h.parked, func(_ tenant, p *position) bool { return p.empty })
	}
}

// emptied notes that there are no rows at a position.
func (h *head) emptied(p *position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.empty = true
}

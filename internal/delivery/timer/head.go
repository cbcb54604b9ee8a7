package timer

import (
	"bytes"
	"math"
	"sync"
	"sync/atomic"

	"github.com/cumulet/cumulet/internal/kv"
)

// never is a due time after all others, in nanoseconds since 1970.
const never = math.MaxInt64

// head is where the first timer is thought to be. It is a hint that lives in memory.
type head struct {
	// next is when the next timer is due, in nanoseconds since 1970, or earlier: as long as it lies in the future nothing
	// is due. The zero value means that nobody has looked yet. It is written under mu.
	next atomic.Int64

	mu   sync.Mutex
	from kv.Key // no timer below is known
	set  kv.Key // the lowest one set since the last begin, nil for none
}

// lower notes that a timer was set. It reports whether that is due before all others.
func (h *head) lower(key kv.Key) bool {
	due := dueOf(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.set == nil || bytes.Compare(key, h.set) < 0 {
		h.set = key
	}
	if due >= h.next.Load() {
		return false
	}
	h.next.Store(due)
	return true
}

// begin returns where to look for timers from. What is set from now on is noted for finish.
func (h *head) begin() kv.Key {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.set != nil && bytes.Compare(h.set, h.from) < 0 {
		h.from = h.set
	}
	h.set = nil
	return h.from
}

// finish notes that all timers that were there at begin, below from, are done with, and when the next of them is due.
func (h *head) finish(from kv.Key, next int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.from = from
	if h.set != nil {
		next = min(next, dueOf(h.set))
	}
	h.next.Store(next)
}

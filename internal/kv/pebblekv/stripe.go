package pebblekv

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/cumulet/cumulet/internal/kv"
)

// stripeLocks are the locks behind kv.Serialize, found by the hash of a key. They are channels and not mutexes, so
// that waiting ends with the context, and counts as idle in a synctest bubble.
type stripeLocks struct {
	waiting atomic.Int64 // callers that wait for a lock
	locks   [stripes]chan struct{}
}

func newStripeLocks() *stripeLocks {
	l := &stripeLocks{}
	for i := range l.locks {
		l.locks[i] = make(chan struct{}, 1)
	}
	return l
}

// lock takes the stripes, which must be sorted and distinct so that nobody can deadlock, for t.
func (l *stripeLocks) lock(ctx context.Context, failed <-chan struct{}, t *tx, want []int) error {
	for _, i := range want {
		select {
		case l.locks[i] <- struct{}{}:
			t.stripes = append(t.stripes, i)
			continue
		default:
		}
		l.waiting.Add(1)
		// The committer may be holding back a group with the holder of this stripe in it.
		t.store.committer.queue.wake()
		var err error
		select {
		case l.locks[i] <- struct{}{}:
			t.stripes = append(t.stripes, i)
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-failed:
			err = kv.ErrUnavailable
		}
		l.waiting.Add(-1)
		if err != nil {
			l.unlock(t)
			return err
		}
	}
	return nil
}

// unlock releases all that t holds.
func (l *stripeLocks) unlock(t *tx) {
	for _, i := range t.stripes {
		<-l.locks[i]
	}
	t.stripes = t.stripes[:0]
}

// stripesOf returns the stripes that opts name, sorted and distinct.
func (s *Store) stripesOf(opts []kv.Option) []int {
	var want []int
	for _, o := range opts {
		if keys, ok := o.(kv.SerializeOption); ok {
			for _, key := range keys {
				want = addStripe(want, s.hash(key))
			}
		}
	}
	return want
}

// addStripe inserts the stripe of a key's hash, if it is not there.
func addStripe(want []int, hash uint64) []int {
	stripe := int(hash % stripes)
	i, found := slices.BinarySearch(want, stripe)
	if found {
		return want
	}
	return slices.Insert(want, i, stripe)
}

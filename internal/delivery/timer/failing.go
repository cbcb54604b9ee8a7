package timer

import (
	"bytes"
	"slices"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// How timers whose handler fails are retried.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
	maxFailing = 10_000 // timers remembered; those beyond are found again by the scans from the very start
	maxRetries = 64     // timers retried before the loop looks for others that are due
)

// failing holds the timers whose handler failed. It lives in memory: after a restart they are simply due.
type failing struct {
	byKey    map[string]failure
	overflow time.Time // when to look for those that did not fit; zero for none
}

type failure struct {
	retry time.Time
	pause time.Duration // that preceded retry
}

// add notes that the timer at key failed. It reports whether that is news.
func (f *failing) add(key kv.Key, now time.Time) bool {
	old, known := f.byKey[string(key)]
	if !known && len(f.byKey) >= maxFailing {
		f.overflow = now.Add(lastRetry)
		return false
	}
	pause := min(max(2*old.pause, firstRetry), lastRetry)
	f.byKey[string(key)] = failure{retry: now.Add(pause), pause: pause}
	return !known
}

// has reports whether the timer at key is retried apart from the others.
func (f *failing) has(key kv.Key) bool {
	_, ok := f.byKey[string(key)]
	return ok
}

func (f *failing) remove(key kv.Key) { delete(f.byKey, string(key)) }

// due returns timers to retry, at most maxRetries, those that were due first before others.
func (f *failing) due(now time.Time) []kv.Key {
	if !f.overflow.After(now) {
		f.overflow = time.Time{}
	}
	var keys []kv.Key
	for k, one := range f.byKey {
		if len(keys) == maxRetries {
			break
		}
		if !one.retry.After(now) {
			keys = append(keys, kv.Key(k))
		}
	}
	slices.SortFunc(keys, func(a, b kv.Key) int { return bytes.Compare(a, b) })
	return keys
}

// next returns when the next retry is due, in nanoseconds since 1970.
func (f *failing) next() int64 {
	next := int64(never)
	if !f.overflow.IsZero() {
		next = f.overflow.UnixNano()
	}
	for _, one := range f.byKey {
		next = min(next, one.retry.UnixNano())
	}
	return next
}

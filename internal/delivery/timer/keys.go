package timer

import (
	"math"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// t/<due>/<kind>/<id> -> payload   all timers, next due first
func timerKey(due time.Time, kind Kind, id []byte) kv.Key {
	return kv.K(kv.TableTimer).Time(clamp(due)).Uint64(uint64(kind)).Bytes(id)
}

// tableStart is below all timers.
func tableStart() kv.Key { return kv.K(kv.TableTimer) }

// The instants that a key can hold are fewer than those of time.Time.
var (
	firstInstant = time.Unix(0, 0).UTC()
	lastInstant  = time.Unix(0, math.MaxInt64).UTC()
)

func clamp(t time.Time) time.Time {
	switch {
	case t.Before(firstInstant):
		return firstInstant
	case t.After(lastInstant):
		return lastInstant
	}
	return t
}

// parseTimer returns the timer at a key, without its payload.
func parseTimer(key kv.Key) (Timer, error) {
	p := key.Parts()
	p.Table()
	t := Timer{Due: p.Time(), Kind: Kind(p.Uint64()), ID: p.Bytes()}
	return t, p.Err()
}

// dueOf returns when the timer at a key is due, in nanoseconds since 1970.
func dueOf(key kv.Key) int64 {
	t, _ := parseTimer(key) // a malformed key is due since long, so that it is looked at
	return t.Due.UnixNano()
}

package timer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// How timers are looked for and fired.
const (
	batchTimers  = 256             // the most that one transaction fires
	batchBytes   = 1 << 20         // payloads in bytes, from which on a batch is closed
	rescanEvery  = 5 * time.Second // between scans from the very start, while timers fire
	idlePoll     = time.Minute     // between scans while none is due
	storeBackoff = time.Second     // after the store failed
)

var errNoHandler = errors.New("timer: no handler for this kind")

// Run fires timers when they are due, until ctx ends; it then returns nil. It returns kv.ErrClosed when the store is
// closed first.
func (s *Service) Run(ctx context.Context) error {
	failed := false
	for {
		err := s.fireDue(ctx, true)
		until := s.clock.Now().Add(idlePoll)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is how Run is stopped
		case errors.Is(err, kv.ErrClosed):
			return err
		case err != nil:
			if !failed {
				s.log.Error("timers cannot be read or fired", "err", err)
			}
			until = s.clock.Now().Add(storeBackoff)
		default:
			if next := time.Unix(0, s.head.next.Load()); next.Before(until) {
				until = next
			}
		}
		failed = err != nil
		if !s.sleep(ctx, until, err == nil) {
			return nil
		}
	}
}

// sleep returns true at the given instant, or earlier if wakeable and a timer is set that is due before all others.
// It returns false when ctx ends.
func (s *Service) sleep(ctx context.Context, until time.Time, wakeable bool) bool {
	alarm := s.clock.At(until)
	defer alarm.Stop()
	wake := s.wake
	if !wakeable {
		wake = nil
	}
	select {
	case <-alarm.C:
		return true
	case <-wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// CatchUp returns once every timer that is due at the present instant has fired, or was tried and has failed; or with
// an error when ctx ends or the store fails. When nothing is due it costs a look at the clock and an atomic load, so
// that requests may call it. It works with and without Run.
func (s *Service) CatchUp(ctx context.Context) error {
	now := s.clock.Now().UnixNano()
	for s.head.next.Load() <= now {
		if err := s.fireDue(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

// fireDue fires the timers that are due now, one caller at a time. It looks at the store only if there may be some, or
// if always is set.
func (s *Service) fireDue(ctx context.Context, always bool) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.turn }()

	now := s.clock.Now()
	if !always && s.head.next.Load() > now.UnixNano() {
		return nil // somebody else was faster
	}
	from := s.head.begin()
	if now.Sub(s.rescanned) >= rescanEvery {
		from = tableStart()
		s.rescanned = now
	}
	if err := s.retry(ctx, now); err != nil {
		return err
	}
	for {
		p, err := s.read(ctx, from, now)
		if err != nil {
			return err
		}
		for _, group := range p.byKind() {
			if err := s.fire(ctx, group, now); err != nil {
				return err
			}
		}
		from = p.after
		if p.last {
			s.head.finish(from, min(p.next, s.failing.next()))
			return nil
		}
	}
}

// page is a number of timers that are due, in order.
type page struct {
	timers []entry
	after  kv.Key // where the next page begins
	last   bool   // whether nothing more is due
	next   int64  // on the last page: when the next timer is due, in nanoseconds since 1970
}

// entry is a timer and its key.
type entry struct {
	Timer
	key kv.Key
}

// read returns the first timers from a key on that are due, other than those that are retried.
func (s *Service) read(ctx context.Context, from kv.Key, now time.Time) (page, error) {
	p := page{after: from, last: true, next: never}
	err := s.db.View(ctx, func(r kv.Reader) error {
		size := 0
		for key, payload := range r.Scan(kv.Range{Start: from, End: tableStart().PrefixEnd()}) {
			if len(p.timers) == batchTimers || size >= batchBytes {
				p.last = false
				break
			}
			t, err := parseTimer(key)
			if err == nil && t.Due.After(now) {
				p.after, p.next = bytes.Clone(key), t.Due.UnixNano()
				break
			}
			p.after = key.Next()
			at := p.after[:len(key)]
			if s.failing.has(at) {
				continue
			}
			if err != nil {
				s.failed(entry{key: at}, now, err)
				continue
			}
			size += len(payload)
			p.timers = append(p.timers, entry{Timer: t, key: at})
		}
		return nil
	})
	return p, err
}

// byKind returns the timers of each kind, in order.
func (p *page) byKind() [][]entry {
	var groups [][]entry
	index := map[Kind]int{}
	for _, e := range p.timers {
		i, ok := index[e.Kind]
		if !ok {
			i = len(groups)
			index[e.Kind] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return groups
}

// fire fires timers of one kind: all at once, or, if that fails, each on its own. It returns an error only if the store
// fails or ctx ends.
func (s *Service) fire(ctx context.Context, timers []entry, now time.Time) error {
	err := s.try(ctx, timers)
	if err == nil || stops(ctx, err) {
		return err
	}
	if len(timers) == 1 {
		s.failed(timers[0], now, err)
		return nil
	}
	for i := range timers {
		err := s.try(ctx, timers[i:i+1])
		switch {
		case err == nil:
		case stops(ctx, err):
			return err
		default:
			s.failed(timers[i], now, err)
		}
	}
	return nil
}

// retry tries the timers that have failed before and whose pause is over.
func (s *Service) retry(ctx context.Context, now time.Time) error {
	for _, key := range s.failing.due(now) {
		t, err := parseTimer(key)
		if err == nil {
			err = s.try(ctx, []entry{{Timer: t, key: key}})
		}
		switch {
		case err == nil:
			s.failing.remove(key)
		case stops(ctx, err):
			return err
		default:
			s.failed(entry{Timer: t, key: key}, now, err)
		}
	}
	return nil
}

// try fires timers of one kind in one transaction. Those that were cleared meanwhile are left out.
func (s *Service) try(ctx context.Context, timers []entry) error {
	handler := s.handlers[timers[0].Kind]
	if handler == nil {
		return errNoHandler
	}
	keys := make([]kv.Key, len(timers))
	for i := range timers {
		keys[i] = timers[i].key
	}
	return s.db.Update(ctx, func(tx kv.Tx) error {
		due := make([]Timer, 0, len(timers))
		for i, payload := range tx.GetMany(keys) {
			if payload == nil {
				continue
			}
			tx.Delete(keys[i])
			t := timers[i].Timer
			t.Payload = payload
			due = append(due, t)
		}
		if len(due) == 0 {
			return nil
		}
		if err := handler(tx, due); err != nil {
			return fmt.Errorf("handle %d timers of kind %d: %w", len(due), timers[0].Kind, err)
		}
		return nil
	})
}

// failed notes a timer that failed on its own, and logs it the first time.
func (s *Service) failed(e entry, now time.Time, err error) {
	if s.failing.add(e.key, now) {
		s.log.Error("timer failed, will be retried", "timer", e.key.String(), "err", err)
	}
}

// stops reports whether err is no fault of the timers that were tried.
func stops(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, kv.ErrClosed) || errors.Is(err, kv.ErrUnavailable)
}

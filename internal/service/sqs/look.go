package sqs

import (
	"context"
	"errors"
	"slices"
	"sync"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// looker is a receive that looks at a queue.
type looker struct {
	ctx    context.Context //nolint:containedctx // one transaction looks for several callers, each of whom may go away
	in     *sqsapi.ReceiveMessageInput
	wanted *wanted

	r   *receive
	err error
}

// look hands out what is visible now.
func (s *Service) look(ctx context.Context, ref queueRef, in *sqsapi.ReceiveMessageInput, wanted *wanted) (*receive, error) {
	for {
		l := &looker{ctx: ctx, in: in, wanted: wanted}
		if cached := s.cache.get(ref); cached != nil && !cached.fifo && in.ReceiveRequestAttemptId == nil {
			s.heads.of(cached.id).gather.look(l, func(all []*looker) { s.lookTogether(ctx, ref, all) })
		} else {
			s.lookTogether(ctx, ref, []*looker{l})
		}
		if l.err != nil || len(l.r.messages) > 0 || !l.r.again {
			return l.r, l.err
		}
	}
}

// lookTogether looks for several receives, one after the other, in one transaction. The context is that of the first.
func (s *Service) lookTogether(ctx context.Context, ref queueRef, all []*looker) {
	if len(all) > 1 {
		ctx = context.WithoutCancel(ctx) // the others need not go with the first
	}
	err := s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		shared := newSight(q, s.heads.of(q.id))
		for _, l := range all {
			shared.ready.least += wantedBy(l.in)
		}
		shown := 0
		for _, l := range all {
			l.r, l.err = nil, nil
			if l.err = checkAttempt(q, l.in); l.err != nil {
				continue
			}
			if l.ctx.Err() != nil { // nobody is there to get the messages
				l.err = context.Cause(l.ctx)
				continue
			}
			l.r = newReceive(tx, q, l.in, l.wanted, shared)
			if shown >= maxShown {
				l.r.again = true
				continue
			}
			err := s.take(tx, l.r, l.in.ReceiveRequestAttemptId)
			if _, ok := errors.AsType[*sqsapi.OverLimit](err); ok {
				l.err = err // nothing was taken, and others may still want less
				continue
			}
			if err != nil {
				return err
			}
			shown += l.r.shown
		}
		shared.settle(tx)
		return nil
	}, s.hint(ref))
	if err != nil {
		for _, l := range all {
			l.r, l.err = nil, err
		}
	}
}

// gather lets the receives of a standard queue that come at the same time look at it together. Each alone would have to
// wait for the one before, since all of them change the queue's head. The zero value is ready for use.
type gather struct {
	mu      sync.Mutex
	busy    bool // somebody leads
	waiting []*inLine
}

// inLine is a receive that waits for others.
type inLine struct {
	*looker
	turn chan bool // true: lead; false: the result is there
}

// look runs fn for l and others at once, in this goroutine or another, and returns when l has its result.
func (g *gather) look(l *looker, fn func(all []*looker)) {
	p := &inLine{looker: l, turn: make(chan bool, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, p)
	if g.busy {
		g.mu.Unlock()
		if !g.await(p) {
			return
		}
		g.mu.Lock()
	}
	g.busy = true
	n := min(len(g.waiting), maxTogether)
	served := slices.Clone(g.waiting[:n]) // p is the first: it has waited the longest
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.mu.Unlock()
	defer g.pass(served[1:]) // also when fn panics
	all := make([]*looker, n)
	for i, p := range served {
		all[i] = p.looker
	}
	fn(all)
}

// await waits for p's turn and reports whether it is to lead. One whose caller goes away leaves the line.
func (g *gather) await(p *inLine) (lead bool) {
	select {
	case lead = <-p.turn:
		return lead
	case <-p.ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.waiting, p)
	select {
	case lead = <-p.turn: // it is too late to leave
		g.mu.Unlock()
		return lead
	default:
	}
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.mu.Unlock()
		p.err = context.Cause(p.ctx)
		return false
	}
	g.mu.Unlock()
	return <-p.turn // its result is being made
}

// pass tells those who were served, and lets the next one lead.
func (g *gather) pass(served []*inLine) {
	for _, p := range served {
		p.turn <- false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy = false
		return
	}
	g.waiting[0].turn <- true
}

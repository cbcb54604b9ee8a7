package sqs

import (
	"context"
	"fmt"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// ReceiveMessage hands out up to ten visible messages, which then are in flight for the visibility timeout. If there are
// none it waits for one, up to 20 seconds. A standard queue hands out its messages about in the order in which they became
// visible; a FIFO queue in order within each group.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func (s *Service) ReceiveMessage(ctx context.Context, in *sqsapi.ReceiveMessageInput) (*sqsapi.ReceiveMessageOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	wanted, err := checkReceive(in)
	if err != nil {
		if e := s.exists(ctx, ref); e != nil {
			return nil, e
		}
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	r, err := s.look(ctx, ref, in, &wanted)
	if err != nil {
		return nil, err
	}
	if len(r.messages) == 0 && r.wait > 0 {
		r, err = s.await(ctx, ref, in, &wanted, r)
		if err != nil {
			return nil, err
		}
	}
	return &sqsapi.ReceiveMessageOutput{Messages: r.messages}, nil
}

// await looks again whenever a message may have arrived, until there is one or the wait is over.
func (s *Service) await(ctx context.Context, ref queueRef, in *sqsapi.ReceiveMessageInput, wanted *wanted, r *receive) (*receive, error) {
	listener := s.hub.Listen(r.q.topic)
	defer listener.Close()
	alarm := s.clock.At(r.now.Add(r.wait))
	defer alarm.Stop()
	for {
		// The first look comes after Listen, so that no message slips in between.
		again, err := s.look(ctx, ref, in, wanted)
		if err != nil || len(again.messages) > 0 {
			return again, err
		}
		select {
		case <-listener.C:
		case <-alarm.C:
			return again, nil
		case <-s.stopping:
			return again, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// checkReceive checks a request as far as that is possible without knowing the queue.
func checkReceive(in *sqsapi.ReceiveMessageInput) (wanted, error) {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > maxReceiveMessages) {
		return wanted{}, invalidValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	if n := in.WaitTimeSeconds; n != nil && (*n < 0 || *n > maxWaitTime) {
		return wanted{}, invalidValue(*n, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > maxVisibilityTimeout) {
		return wanted{}, badVisibility(*n)
	}
	return newWanted(in)
}

// receive is one look at a queue, in one transaction.
type receive struct {
	q          *queue
	wanted     *wanted
	now        time.Time
	want       int
	wait       time.Duration
	visibility time.Duration
	expired    int64 // milliseconds: messages enqueued then or before are gone

	// to takes messages instead of the receiver. It reports false if it leaves one where it is.
	to func(m *message, st *state) (taken bool, err error)

	messages []sqsapi.Message
	attempt  []attemptMessage // kept for FIFO queues
	taken    int
	inFlight int64 // messages that went in flight
	copied   int   // bytes of messages that went to another queue
	shown    int   // bytes of messages handed out

	sight    *sight
	examined int
	stop     bool // a message was left where it is
	again    bool // there is more to look at, in another transaction
}

func newReceive(tx kv.Tx, q *queue, in *sqsapi.ReceiveMessageInput, wanted *wanted, shared *sight) *receive {
	r := &receive{
		q:          q,
		wanted:     wanted,
		now:        tx.Now(),
		want:       wantedBy(in),
		wait:       time.Duration(q.row.ReceiveMessageWaitTimeSeconds) * time.Second,
		visibility: time.Duration(q.row.VisibilityTimeout) * time.Second,
		sight:      shared,
	}
	r.expired = r.now.Add(-time.Duration(q.row.MessageRetentionPeriod) * time.Second).UnixMilli()
	if in.WaitTimeSeconds != nil {
		r.wait = time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	if in.VisibilityTimeout != nil {
		r.visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	return r
}

// wantedBy returns how many messages a receive takes at most.
func wantedBy(in *sqsapi.ReceiveMessageInput) int {
	if in.MaxNumberOfMessages != nil {
		return int(*in.MaxNumberOfMessages)
	}
	return 1
}

// take takes messages into r.
func (s *Service) take(tx kv.Tx, r *receive, attempt *string) error {
	if attempt != nil {
		done, err := s.replay(tx, r, *attempt)
		if done || err != nil {
			return err
		}
	}
	granted := r.sight.granted
	r.want = r.sight.head.admit(tx.Snapshot(), &r.q.queueKeys, granted+r.want) - granted
	if r.want <= 0 {
		if !r.q.fifo && r.wait == 0 {
			return &sqsapi.OverLimit{Message: fmt.Sprintf("The maximum number of in flight messages is reached: %d.", maxInFlight)}
		}
		return nil
	}
	if err := s.takeVisible(tx, r); err != nil {
		return err
	}
	if r.inFlight > 0 {
		tx.Add(r.q.visible, -r.inFlight)
		tx.Add(r.q.inFlight, r.inFlight)
		h, n := r.sight.head, int(r.inFlight)
		tx.OnCommit(func() { h.took(n) })
	}
	if attempt != nil {
		s.recordAttempt(tx, r, *attempt)
	}
	return nil
}

// takeVisible takes visible messages from the queue's head.
func (s *Service) takeVisible(tx kv.Tx, r *receive) error {
	if r.q.fifo {
		return s.takeFromGroups(tx, r)
	}
	return s.takeReady(tx, r)
}

func (r *receive) full() bool { return r.taken >= r.want || r.copied >= maxCopied || r.stop }
func (r *receive) room() int  { return r.want - r.taken }

// decodeReady reads rows of the ready index.
func (k *queueKeys) decodeReady(page []readyEntry) ([]readyRow, error) {
	rows := make([]readyRow, len(page))
	for i, e := range page {
		if err := rows[i].decode(e.value); err != nil {
			return nil, fmt.Errorf("ready row of queue %d: %w", k.id, err)
		}
	}
	return rows, nil
}

// takePage deals with ready rows, from the front of a page, and returns with how many.
func (s *Service) takePage(tx kv.Tx, r *receive, a *ahead, page []readyEntry, rows []readyRow) (int, error) {
	k := &r.q.queueKeys
	keys := make([]kv.Key, 0, 3*len(page))
	for i, e := range page {
		keys = append(keys, e.key, k.message(rows[i].id))
		if rows[i].turn > 0 {
			keys = append(keys, k.state(rows[i].id))
		}
	}
	values := tx.GetMany(keys)
	for i, e := range page {
		row, body := rows[i], values[1]
		values = values[2:]
		var stateRow []byte
		if row.turn > 0 {
			stateRow, values = values[0], values[1:]
		}
		a.remove(tx, e.key)
		if err := s.takeOne(tx, r, row, body, stateRow); err != nil {
			return 0, err
		}
		if r.stop {
			tx.SetStamped(k.ready, row.encode()) // the row is deleted already
			return i + 1, nil
		}
		if r.copied >= maxCopied {
			r.again = true
			return i + 1, nil
		}
	}
	return len(page), nil
}

// takeOne hands out the message of a ready row, unless the row is a left-over or the message's time is over.
func (s *Service) takeOne(tx kv.Tx, r *receive, row readyRow, body, stateRow []byte) error {
	k := &r.q.queueKeys
	if body == nil {
		return nil
	}
	var st *state
	if row.turn > 0 {
		var err error
		if st, err = k.decodeState(row.id, stateRow); err != nil {
			return err
		}
		if st == nil || st.place != placeReady || st.turn != row.turn {
			return nil
		}
	}
	m, err := k.decodeMessage(row.id, body)
	if err != nil {
		return err
	}
	deliver, err := s.decide(tx, r, m, st)
	if err != nil || !deliver {
		return err
	}
	return s.give(tx, r, m, st)
}

// give gives a visible message to whoever takes messages.
func (s *Service) give(tx kv.Tx, r *receive, m *message, st *state) error {
	if r.to == nil {
		r.taken++
		s.hand(tx, r, m, st)
		return nil
	}
	taken, err := r.to(m, st)
	if taken {
		r.taken++
		r.copied += len(m.body)
		s.forget(tx, &r.q.queueKeys, m.id, st)
	} else {
		r.stop = true
	}
	return err
}

// decide reports whether a visible message is to be delivered. If it has expired it is removed, and if it was received too
// often it becomes a dead letter; on a FIFO queue its place in the group is then the caller's to remove.
func (s *Service) decide(tx kv.Tx, r *receive, m *message, st *state) (deliver bool, err error) {
	k := &r.q.queueKeys
	if m.enqueued <= r.expired {
		s.forget(tx, k, m.id, st)
		r.again = true
		return false, nil
	}
	if p := r.q.redrive; p != nil && st != nil && st.count >= uint64(p.MaxReceiveCount) {
		moved, err := s.deadLetter(tx, r.q, m, st)
		if err != nil {
			return false, err
		}
		if moved {
			r.copied += len(m.body)
			s.forget(tx, k, m.id, st)
			r.again = true
			return false, nil
		}
	}
	return true, nil
}

// hand gives a visible message to the receiver.
func (s *Service) hand(tx kv.Tx, r *receive, m *message, st *state) {
	k := &r.q.queueKeys
	if st == nil {
		st = &state{}
		if r.q.fifo {
			st.sequence, st.group = m.sequence, m.group
		}
	}
	if !r.q.fifo {
		st.tenant = tenantOf(m.group)
	}
	st.count++
	st.nonce = newNonce()
	st.received = r.now.UnixNano()
	if st.firstReceived == 0 {
		st.firstReceived = r.now.UnixMilli()
	}
	if r.visibility > 0 {
		due := r.now.Add(r.visibility)
		st.place, st.due = placeInFlight, due.UnixNano()
		s.timers.Set(tx, timer.Timer{Due: due, Kind: timer.KindSQSMessage, ID: k.timerID(m.id)})
		r.inFlight++
		r.sight.took(tx, st.tenant)
	} else {
		st.turn++
		if !r.q.fifo {
			tx.SetStamped(k.ready, (&readyRow{id: m.id, turn: st.turn, tenant: st.tenant}).encode())
			s.wake(tx, k)
		}
	}
	tx.Set(k.state(m.id), st.encode())
	r.emit(m, st)
}

// emit adds a message to the answer.
func (r *receive) emit(m *message, st *state) {
	r.shown += len(m.body)
	handle := receipt{queue: r.q.id, id: m.id, nonce: st.nonce}
	r.messages = append(r.messages, r.wanted.show(m, st, handle.String()))
	if r.q.fifo {
		r.attempt = append(r.attempt, attemptMessage{id: m.id, nonce: st.nonce, due: st.due})
	}
}

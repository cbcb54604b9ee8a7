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

	head     *head
	ahead    *ahead
	last     kv.Key // the last ready row that was dealt with
	deleted  int    // ready rows deleted, up to last
	swept    bool
	examined int
	stop     bool // a message was left where it is
	again    bool // there is more to look at, in another transaction
}

func (s *Service) newReceive(tx kv.Tx, q *queue, in *sqsapi.ReceiveMessageInput, wanted *wanted) *receive {
	r := &receive{
		q:          q,
		wanted:     wanted,
		now:        tx.Now(),
		want:       wantedBy(in),
		wait:       time.Duration(q.row.ReceiveMessageWaitTimeSeconds) * time.Second,
		visibility: time.Duration(q.row.VisibilityTimeout) * time.Second,
		head:       s.heads.of(q.id),
		ahead:      new(ahead),
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
	granted := r.ahead.granted
	r.want = r.head.admit(tx.Snapshot(), &r.q.queueKeys, granted+r.want) - granted
	if r.want <= 0 {
		if !r.q.fifo && r.wait == 0 {
			return &sqsapi.OverLimit{Message: fmt.Sprintf("The maximum number of in flight messages is reached: %d.", maxInFlight)}
		}
		return nil
	}
	if err := s.takeVisible(tx, r); err != nil {
		return err
	}
	r.ahead.granted += int(r.inFlight)
	if r.inFlight > 0 {
		tx.Add(r.q.visible, -r.inFlight)
		tx.Add(r.q.inFlight, r.inFlight)
		h, n := r.head, int(r.inFlight)
		tx.OnCommit(func() { h.took(n) })
	}
	if attempt != nil {
		s.recordAttempt(tx, r, *attempt)
	}
	return nil
}

// takeVisible takes visible messages from the queue's head.
func (s *Service) takeVisible(tx kv.Tx, r *receive) error {
	var err error
	if r.q.fifo {
		err = s.takeFromGroups(tx, r)
	} else {
		err = s.takeReady(tx, r)
	}
	if err != nil || r.last == nil {
		return err
	}
	h, from, deleted, swept := r.head, r.last.Next(), r.deleted, r.swept
	tx.OnCommit(func() { h.advance(from, deleted, swept) })
	return nil
}

func (r *receive) full() bool { return r.taken >= r.want || r.copied >= maxCopied || r.stop }
func (r *receive) room() int  { return r.want - r.taken }

// passed notes that a ready row is deleted, as all before it are.
func (r *receive) passed(key kv.Key) {
	r.last = key
	r.deleted++
}

// readyEntry is a row of the ready or the group ready index.
type readyEntry struct {
	key   kv.Key
	value []byte
}

// ahead is what the receives of one transaction have read of an index and not dealt with. They share it, because the
// snapshot that it is read from does not show what they have taken.
type ahead struct {
	entries []readyEntry
	from    kv.Key // where to read on; nil: at the head
	end     bool   // there is nothing more to read
	least   int    // rows to read at a time, at least
	granted int    // messages that may go in flight for earlier receives
}

// scan gives the rows of an index to fn, page by page, until there are enough messages. Fn deals with rows from the front
// of a page, and counts each with passed. The rows are read from the snapshot: a scan that conflicted would do so with
// every send. What fn takes it reads again.
func (r *receive) scan(tx kv.Tx, index, end kv.Key, fn func(page []readyEntry) error) error {
	for a := r.ahead; !r.full(); {
		limit := min(r.room(), maxPage)
		if len(a.entries) == 0 && !a.end {
			r.read(tx, index, end, max(limit, a.least))
		}
		page := a.entries[:min(limit, len(a.entries))]
		if len(page) == 0 {
			return nil
		}
		before := r.deleted
		if err := fn(page); err != nil {
			return err
		}
		done := r.deleted - before
		a.entries = a.entries[done:]
		if done < len(page) {
			return nil
		}
		r.examined += done
		if r.examined >= maxExamined {
			r.again = true
			return nil
		}
	}
	return nil
}

// read reads the next rows of an index.
func (r *receive) read(tx kv.Tx, index, end kv.Key, limit int) {
	a := r.ahead
	if a.from == nil {
		var sweep bool
		if a.from, sweep = r.head.start(index); sweep {
			tx.DeleteRange(index, a.from)
			r.swept = true
		}
	}
	if cap(a.entries) < limit {
		a.entries = make([]readyEntry, 0, limit)
	}
	a.entries = a.entries[:0]
	for key, value := range tx.Snapshot().Scan(kv.Range{Start: a.from, End: end, Limit: limit}) {
		both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
		a.entries = append(a.entries, readyEntry{key: both[:len(key):len(key)], value: both[len(key):]})
	}
	a.end = len(a.entries) < limit
	if !a.end {
		a.from = a.entries[limit-1].key.Next()
	}
}

// takeReady hands out messages of a standard queue.
func (s *Service) takeReady(tx kv.Tx, r *receive) error {
	k := &r.q.queueKeys
	return r.scan(tx, k.ready, k.readyEnd, func(page []readyEntry) error {
		rows := make([]readyRow, len(page))
		keys := make([]kv.Key, 0, 3*len(page))
		for i, e := range page {
			if err := rows[i].decode(e.value); err != nil {
				return fmt.Errorf("ready row of queue %d: %w", k.id, err)
			}
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
			r.passed(e.key)
			tx.Delete(e.key)
			if err := s.takeOne(tx, r, row, body, stateRow); err != nil {
				return err
			}
			if r.stop {
				tx.SetStamped(k.ready, row.encode()) // the row is deleted already
				return nil
			}
			if r.copied >= maxCopied {
				r.again = true
				return nil
			}
		}
		return nil
	})
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
	} else {
		st.turn++
		if !r.q.fifo {
			tx.SetStamped(k.ready, (&readyRow{id: m.id, turn: st.turn}).encode())
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

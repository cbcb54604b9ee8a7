package sqs

import (
	"fmt"
	"time"

	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// Message ids begin with the time at which the message was made, so a queue's oldest messages are its first rows. One
// timer a queue goes off when the oldest may have expired; receivers leave out those that it did not get to yet.

func (row *queueRow) retention() time.Duration {
	return time.Duration(row.MessageRetentionPeriod) * time.Second
}

// setSweep sets the queue's timer and writes its id row.
func (s *Service) setSweep(tx kv.Tx, id queueID, row *queueIDRow, due time.Time) error {
	row.Sweep = due.UnixNano()
	s.timers.Set(tx, timer.Timer{Due: due, Kind: timer.KindSQSQueue, ID: sweepTimerID(id)})
	return putQueueID(tx, id, row)
}

func (s *Service) clearSweep(tx kv.Tx, id queueID, row *queueIDRow) {
	s.timers.Clear(tx, time.Unix(0, row.Sweep).UTC(), timer.KindSQSQueue, sweepTimerID(id))
}

// sweepFrom makes the queue's timer follow a new retention period.
func (s *Service) sweepFrom(tx kv.Tx, q *queue, row *queueRow) error {
	_, idRow, err := s.byID(tx, q.id)
	if err != nil || idRow == nil {
		return err
	}
	s.clearSweep(tx, q.id, idRow)
	due := tx.Now().Add(row.retention())
	for key := range tx.Scan(kv.Range{Start: q.messages, End: q.messages.PrefixEnd(), Limit: 1}) {
		due = madeAt(key, &q.queueKeys).Add(row.retention())
	}
	return s.setSweep(tx, q.id, idRow, later(due, tx.Now()))
}

// madeAt reads the time from the key of a message.
func madeAt(key kv.Key, k *queueKeys) time.Time {
	return messageID(key[len(k.messages):].Parts().Bytes()).made()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// sweep removes messages that have expired, and sets the timer for the next that will.
func (s *Service) sweep(tx kv.Tx, id queueID, due time.Time) error {
	q, idRow, err := s.byID(tx, id)
	if err != nil || q == nil || idRow.Sweep != due.UnixNano() {
		return err
	}
	now := tx.Now()
	next := now.Add(q.row.retention())
	expired := now.Add(-q.row.retention()).UnixMilli()
	var gone []*message
	seen, more := 0, false
	// Messages are read again below where it matters; those sent meanwhile expire later.
	for key, value := range tx.Snapshot().Scan(kv.Range{Start: q.messages, End: q.messages.PrefixEnd()}) {
		made := madeAt(key, &q.queueKeys)
		if made.UnixMilli() > expired {
			next = earlier(next, made.Add(q.row.retention()))
			break
		}
		if seen++; seen > sweepBatch {
			more = true
			break
		}
		m := new(message)
		if err := m.decode(value); err != nil {
			return fmt.Errorf("message in queue %d: %w", id, err)
		}
		m.body, m.attributes = nil, nil // they are lent by the store
		if m.enqueued <= expired {
			gone = append(gone, m)
		} else { // a FIFO dead letter, which was enqueued later than it was made
			next = earlier(next, time.UnixMilli(m.enqueued).UTC().Add(q.row.retention()))
		}
	}
	for _, m := range gone {
		if err := s.expire(tx, q, m); err != nil {
			return err
		}
	}
	switch {
	case more && len(gone) > 0:
		next = now
	case seen > 0:
		next = later(next, now.Add(minSweepInterval))
	}
	return s.setSweep(tx, id, idRow, next)
}

// expire removes a message, if it is still there.
func (s *Service) expire(tx kv.Tx, q *queue, m *message) error {
	rows := tx.GetMany([]kv.Key{q.message(m.id), q.state(m.id)})
	if rows[0] == nil {
		return nil
	}
	st, err := q.decodeState(m.id, rows[1])
	if err != nil {
		return err
	}
	if !q.fifo {
		return s.remove(tx, &q.queueKeys, m.id, st, "", 0)
	}
	return s.remove(tx, &q.queueKeys, m.id, st, m.group, m.sequence)
}

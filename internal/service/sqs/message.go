package sqs

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// SendMessage appends a message to a queue. On a FIFO queue it changes nothing if the deduplication id was seen in the last
// five minutes, and answers with the first message's id and sequence number.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (s *Service) SendMessage(ctx context.Context, in *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	d, err := compose(&sqsapi.SendMessageBatchRequestEntry{
		MessageBody:             in.MessageBody,
		DelaySeconds:            in.DelaySeconds,
		MessageAttributes:       in.MessageAttributes,
		MessageSystemAttributes: in.MessageSystemAttributes,
		MessageDeduplicationId:  in.MessageDeduplicationId,
		MessageGroupId:          in.MessageGroupId,
	}, call.From(ctx))
	if err != nil {
		if e := s.exists(ctx, ref); e != nil {
			return nil, e
		}
		return nil, err
	}
	var id messageID
	var sequence uint64
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		if err := q.check(d); err != nil {
			return err
		}
		id, sequence, err = s.send(tx, q, d)
		return err
	}, s.sendHint(ref, d))
	if err != nil {
		return nil, err
	}
	return &sqsapi.SendMessageOutput{
		MessageId:                    new(id.String()),
		MD5OfMessageBody:             new(hex.EncodeToString(d.bodyMD5[:])),
		MD5OfMessageAttributes:       d.userMD5,
		MD5OfMessageSystemAttributes: d.systemMD5,
		SequenceNumber:               sequenceNumber(sequence),
	}, nil
}

// exists returns the error that goes before all others: that there is no such queue.
func (s *Service) exists(ctx context.Context, ref queueRef) error {
	return s.db.View(ctx, func(r kv.Reader) error {
		_, err := s.queue(r, ref)
		return err
	})
}

// sendHint names the group that a FIFO send changes. Sends to standard queues never conflict.
func (s *Service) sendHint(ref queueRef, drafts ...*draft) kv.Option {
	cached := s.cache.get(ref)
	if cached == nil || !cached.fifo {
		return kv.Serialize()
	}
	var keys []kv.Key
	seen := make(map[string]bool, len(drafts))
	for _, d := range drafts {
		if d.groupID != nil && !seen[*d.groupID] {
			seen[*d.groupID] = true
			keys = append(keys, cached.group(*d.groupID))
		}
	}
	return kv.Serialize(keys...)
}

// check checks a draft against the queue's type and attributes.
func (q *queue) check(d *draft) error {
	if int64(d.size) > q.row.MaximumMessageSize {
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.row.MaximumMessageSize)
	}
	if !q.fifo {
		if d.dedupID != nil {
			return wrongType(*d.dedupID, "MessageDeduplicationId")
		}
		return nil
	}
	if d.delay != nil && *d.delay != 0 {
		return wrongType(*d.delay, "DelaySeconds")
	}
	if d.groupID == nil {
		return missingParameter("MessageGroupId")
	}
	if d.dedupID == nil && !q.row.ContentBasedDeduplication {
		return invalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

func wrongType(value any, parameter string) error {
	return invalidValue(value, parameter, "The request include parameter that is not valid for this queue type.")
}

// send puts a checked draft into its queue. It returns the message's id and, on a FIFO queue, its sequence number.
func (s *Service) send(tx kv.Tx, q *queue, d *draft) (messageID, uint64, error) {
	now := tx.Now()
	m := d.message // a copy, since this may run again
	m.id = s.ids.newID(now, d.suffix)
	m.sent = now.UnixMilli()
	m.enqueued = m.sent
	if d.groupID != nil {
		m.group = *d.groupID
	}
	delay := time.Duration(q.row.DelaySeconds) * time.Second
	if d.delay != nil && !q.fifo {
		delay = time.Duration(*d.delay) * time.Second
	}
	if q.fifo {
		first, err := q.duplicateOf(tx, d, &m)
		if err != nil {
			return messageID{}, 0, err
		}
		if first != nil {
			return first.id, first.sequence, nil
		}
	}
	if err := s.put(tx, q, &m, delay); err != nil {
		return messageID{}, 0, err
	}
	if q.fifo {
		s.remember(tx, q, &m)
	}
	return m.id, m.sequence, nil
}

// put adds a message to a queue, as its newest. It gives a FIFO message its sequence number.
func (s *Service) put(tx kv.Tx, q *queue, m *message, delay time.Duration) error {
	if q.fifo {
		if err := s.putInGroup(tx, &q.queueKeys, m, delay > 0); err != nil {
			return err
		}
	}
	tx.Set(q.message(m.id), m.encode())
	if delay > 0 {
		due := tx.Now().Add(delay)
		st := state{place: placeDelayed, due: due.UnixNano(), sequence: m.sequence}
		if q.fifo {
			st.group = m.group
		} else {
			st.tenant = tenantOf(m.group)
		}
		tx.Set(q.state(m.id), st.encode())
		s.timers.Set(tx, timer.Timer{Due: due, Kind: timer.KindSQSMessage, ID: q.timerID(m.id)})
		tx.Add(q.delayed, 1)
		return nil
	}
	tx.Add(q.visible, 1)
	if !q.fifo {
		tx.SetStamped(q.ready, (&readyRow{id: m.id, tenant: tenantOf(m.group)}).encode())
		s.wake(tx, &q.queueKeys)
	}
	return nil
}

// wake wakes one of those who wait for a queue, once the transaction is durable.
func (s *Service) wake(tx kv.Tx, k *queueKeys) {
	topic := k.topic
	tx.OnCommit(func() { s.hub.Wake(topic, 1) })
}

// loadState reads a message's state, or nil when it has none.
func (k *queueKeys) loadState(r kv.Reader, id messageID) (*state, error) {
	return k.decodeState(id, r.Get(k.state(id)))
}

func (k *queueKeys) decodeState(id messageID, row []byte) (*state, error) {
	if row == nil {
		return nil, nil
	}
	st := new(state)
	if err := st.decode(row); err != nil {
		return nil, fmt.Errorf("state of message %s in queue %d: %w", id, k.id, err)
	}
	return st, nil
}

func (k *queueKeys) decodeMessage(id messageID, row []byte) (*message, error) {
	m := new(message)
	if err := m.decode(row); err != nil {
		return nil, fmt.Errorf("message %s in queue %d: %w", id, k.id, err)
	}
	return m, nil
}

// remove deletes a message and all that refers to it, wherever it is. The state is nil when it has none. Its ready row,
// if there is one, is a left-over then. Group and sequence are zero on standard queues.
func (s *Service) remove(tx kv.Tx, k *queueKeys, id messageID, st *state, group string, sequence uint64) error {
	s.forget(tx, k, id, st)
	if group == "" {
		return nil
	}
	tx.Delete(k.groupMessage(group, sequence))
	return s.settleGroup(tx, k, group)
}

// forget does the part of remove that does not concern groups.
func (s *Service) forget(tx kv.Tx, k *queueKeys, id messageID, st *state) {
	tx.Delete(k.message(id))
	if st == nil {
		tx.Add(k.visible, -1)
		return
	}
	tx.Delete(k.state(id))
	s.clearTimer(tx, k, id, st)
	k.count(tx, st, -1)
}

func (s *Service) clearTimer(tx kv.Tx, k *queueKeys, id messageID, st *state) {
	if st.due != 0 {
		s.timers.Clear(tx, st.dueTime(), timer.KindSQSMessage, k.timerID(id))
	}
}

// count counts messages in or out of the place that their state says.
func (k *queueKeys) count(tx kv.Tx, st *state, delta int64) {
	tx.Add(k.counter(st.place), delta)
	if st.tenant != 0 && st.place == placeInFlight {
		tx.Add(k.tenantInFlight(st.tenant), delta)
	}
}

func (k *queueKeys) counter(p place) kv.Key {
	switch p {
	case placeInFlight:
		return k.inFlight
	case placeDelayed:
		return k.delayed
	default:
		return k.visible
	}
}

// move changes the place of a message that has a state, and writes the state. It sets and clears the timer; due is zero
// if the message becomes ready.
func (s *Service) move(tx kv.Tx, k *queueKeys, id messageID, st *state, to place, due time.Time) error {
	s.clearTimer(tx, k, id, st)
	if st.place != to {
		k.count(tx, st, -1)
		st.place = to
		k.count(tx, st, 1)
	}
	st.due = 0
	if to != placeReady {
		st.due = due.UnixNano()
		s.timers.Set(tx, timer.Timer{Due: due, Kind: timer.KindSQSMessage, ID: k.timerID(id)})
	} else {
		st.turn++
	}
	tx.Set(k.state(id), st.encode())
	switch {
	case st.group != "":
		return s.settleGroup(tx, k, st.group)
	case to == placeReady:
		tx.SetStamped(k.ready, (&readyRow{id: id, turn: st.turn, tenant: st.tenant}).encode())
		s.wake(tx, k)
	}
	return nil
}

// messagesDue makes delayed messages and those whose visibility timeout is over visible.
func (s *Service) messagesDue(tx kv.Tx, due []timer.Timer) error {
	keys := map[queueID]*queueKeys{}
	for _, t := range due {
		qid, id, ok := parseTimerID(t.ID)
		if !ok {
			return fmt.Errorf("timer of a message: %w", errRow)
		}
		k := keys[qid]
		if k == nil {
			k = new(newQueueKeys(qid))
			keys[qid] = k
		}
		st, err := k.loadState(tx, id)
		if err != nil {
			return err
		}
		if st == nil || st.due != t.Due.UnixNano() {
			continue // deleted, or its queue is
		}
		if err := s.move(tx, k, id, st, placeReady, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

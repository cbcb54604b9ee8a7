package sqs

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// A FIFO queue keeps its messages by group and sequence number. A group can be received from if its first message is
// visible; then a row in the group ready index says so. Messages come out in order up to the first that is in flight or
// delayed: so a group stands still while its first message is in flight, as AWS's does.

// sequenceNumber returns 20 digits, or nil for 0, which standard queues have.
func sequenceNumber(n uint64) *string {
	if n == 0 {
		return nil
	}
	return new("1" + fmt.Sprintf("%019d", n))
}

func (k *queueKeys) loadGroup(tx kv.Tx, group string) (*groupRow, error) {
	row := tx.Get(k.group(group))
	if row == nil {
		return nil, nil
	}
	g := new(groupRow)
	if err := g.decode(row); err != nil {
		return nil, fmt.Errorf("group %q of queue %d: %w", group, k.id, err)
	}
	return g, nil
}

// putInGroup appends a message to its group and gives it its sequence number: the time in nanoseconds, or more if the
// group's last message, or that of a group that is gone, has as much.
func (s *Service) putInGroup(tx kv.Tx, k *queueKeys, m *message, delayed bool) error {
	g, err := k.loadGroup(tx, m.group)
	if err != nil {
		return err
	}
	if g == nil {
		// Not a read that conflicts: whoever removed this very group changed its row, which loadGroup has read.
		g = &groupRow{last: uint64(kv.Int64(tx.Snapshot().Get(k.sequenceTop)))}
	}
	g.last = max(g.last+1, uint64(tx.Now().UnixNano()))
	m.sequence = g.last
	tx.Set(k.groupMessage(m.group, m.sequence), m.id[:])
	if g.first == 0 {
		g.first = m.sequence
		if !delayed {
			s.makeReady(tx, k, m.group, g)
		}
	}
	tx.Set(k.group(m.group), g.encode())
	return nil
}

// makeReady enters a group into the group ready index. It does not write the group's row.
func (s *Service) makeReady(tx kv.Tx, k *queueKeys, group string, g *groupRow) {
	g.ready = true
	g.turn++
	tx.SetStamped(k.groupReady, (&groupReadyRow{group: group, turn: g.turn}).encode())
	s.wake(tx, k)
}

// settleGroup makes a group's row agree with its messages, after some were removed or have changed places.
func (s *Service) settleGroup(tx kv.Tx, k *queueKeys, group string) error {
	g, err := k.loadGroup(tx, group)
	if err != nil || g == nil {
		return err
	}
	first, id, err := k.firstOfGroup(tx, group, g.first)
	if err != nil {
		return err
	}
	if first == 0 {
		tx.Delete(k.group(group))
		tx.Max(k.sequenceTop, int64(g.last))
		return nil
	}
	st, err := k.loadState(tx, id)
	if err != nil {
		return err
	}
	g.first = first
	visible := st == nil || st.place == placeReady
	if visible && !g.ready {
		s.makeReady(tx, k, group, g)
	}
	g.ready = visible
	tx.Set(k.group(group), g.encode())
	return nil
}

// firstOfGroup returns the first message of a group from a sequence number on, or zeroes.
func (k *queueKeys) firstOfGroup(r kv.Reader, group string, from uint64) (sequence uint64, id messageID, err error) {
	rng := k.groupRange(group, from)
	rng.Limit = 1
	for key, value := range r.Scan(rng) {
		if len(value) != len(id) {
			return 0, id, fmt.Errorf("group %q of queue %d: %w", group, k.id, errRow)
		}
		return binary.BigEndian.Uint64(key[len(key)-8:]), messageID(value), nil
	}
	return 0, id, nil
}

func (k *queueKeys) groupRange(group string, from uint64) kv.Range {
	prefix := k.groupMessages.Str(group)
	return kv.Range{Start: prefix.Uint64(from), End: prefix.PrefixEnd()}
}

// duplicateOf returns the message that was accepted with the same deduplication id in the last five minutes, or nil. It
// sets the message's deduplication id.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
func (q *queue) duplicateOf(tx kv.Tx, d *draft, m *message) (*dedupRow, error) {
	if d.dedupID != nil {
		m.dedup = *d.dedupID
	} else {
		m.dedup = contentID(m.body)
	}
	now := tx.Now()
	b, scope := bucket(now), q.dedupScope(now, m.group)
	for _, raw := range tx.GetMany([]kv.Key{q.dedup(b, scope, m.dedup), q.dedup(b-1, scope, m.dedup)}) {
		if raw == nil {
			continue
		}
		row := new(dedupRow)
		if err := row.decode(raw); err != nil {
			return nil, fmt.Errorf("deduplication id in queue %d: %w", q.id, err)
		}
		if now.UnixNano()-row.at < int64(dedupWindow) {
			return row, nil
		}
	}
	return nil, nil
}

// remember keeps a message's deduplication id. Ids lie in buckets of five minutes; the first message of a bucket that this
// process sees removes those that are too old to matter.
func (s *Service) remember(tx kv.Tx, q *queue, m *message) {
	now := tx.Now()
	b := bucket(now)
	row := dedupRow{at: now.UnixNano(), id: m.id, sequence: m.sequence}
	tx.Set(q.dedup(b, q.dedupScope(now, m.group), m.dedup), row.encode())
	h := s.heads.of(q.id)
	if h.swept.Load() != b {
		tx.DeleteRange(q.dedups, q.dedups.Uint64(b-1))
		tx.DeleteRange(q.attempts, q.attempts.Uint64(b-1))
		tx.OnCommit(func() { h.swept.Store(b) })
	}
}

// dedupScope is the group within which deduplication ids count, or nothing if they count in the whole queue. A change
// takes effect after a minute. Observed: AWS goes on with the old scope for a while as well.
func (q *queue) dedupScope(now time.Time, group string) string {
	scope := q.row.DeduplicationScope
	if now.UnixNano()-q.row.ScopeChanged < int64(scopeChangeDelay) && q.row.OldScope != "" {
		scope = q.row.OldScope
	}
	if scope == scopeMessageGroup {
		return group
	}
	return ""
}

// takeFromGroups hands out messages of the groups whose turn it is.
func (s *Service) takeFromGroups(tx kv.Tx, r *receive) error {
	k := &r.q.queueKeys
	return r.scan(tx, &r.sight.ready, func(page []readyEntry) (int, error) {
		for i, e := range page {
			if r.full() {
				r.again = r.again || !r.stop
				return i, nil
			}
			r.sight.ready.remove(tx, e.key)
			var row groupReadyRow
			if err := row.decode(e.value); err != nil {
				return 0, fmt.Errorf("ready group of queue %d: %w", k.id, err)
			}
			g, err := k.loadGroup(tx, row.group)
			if err != nil {
				return 0, err
			}
			if g == nil || !g.ready || g.turn != row.turn {
				continue
			}
			g.ready = false
			tx.Set(k.group(row.group), g.encode())
			if err := s.takeFromGroup(tx, r, row.group, g); err != nil {
				return 0, err
			}
		}
		return len(page), nil
	})
}

// takeFromGroup hands out a group's messages in order, until one is in flight or delayed or there are enough.
func (s *Service) takeFromGroup(tx kv.Tx, r *receive, group string, g *groupRow) error {
	k := &r.q.queueKeys
	type entry struct {
		sequence uint64
		id       messageID
	}
	var entries []entry
	rng := k.groupRange(group, g.first)
	rng.Limit = min(r.room(), maxPage) // if they are not delivered after all, the group is ready again at once
	// This read need not conflict: who adds to a group writes its row, who removes from it the message's, and both are read.
	for key, value := range tx.Snapshot().Scan(rng) {
		if len(value) != 16 {
			return fmt.Errorf("group %q of queue %d: %w", group, k.id, errRow)
		}
		entries = append(entries, entry{binary.BigEndian.Uint64(key[len(key)-8:]), messageID(value)})
	}
	for _, e := range entries {
		if r.full() {
			break
		}
		rows := tx.GetMany([]kv.Key{k.message(e.id), k.state(e.id)})
		if rows[0] == nil {
			tx.Delete(k.groupMessage(group, e.sequence))
			continue
		}
		st, err := k.decodeState(e.id, rows[1])
		if err != nil {
			return err
		}
		if st != nil && st.place != placeReady {
			break
		}
		m, err := k.decodeMessage(e.id, rows[0])
		if err != nil {
			return err
		}
		deliver, err := s.decide(tx, r, m, st)
		if err != nil {
			return err
		}
		if !deliver {
			tx.Delete(k.groupMessage(group, e.sequence))
			continue
		}
		if err := s.give(tx, r, m, st); err != nil {
			return err
		}
		if r.to != nil && !r.stop {
			tx.Delete(k.groupMessage(group, e.sequence))
		}
	}
	return s.settleGroup(tx, k, group)
}

// replay answers a receive that repeats an earlier one's request attempt id: with the same messages and handles, whose
// visibility timeout starts anew, provided that none of them was touched since. It reports whether it did.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html
func (s *Service) replay(tx kv.Tx, r *receive, attempt string) (bool, error) {
	k := &r.q.queueKeys
	b := bucket(r.now)
	var row *attemptRow
	for _, raw := range tx.GetMany([]kv.Key{k.attempt(b, attempt), k.attempt(b-1, attempt)}) {
		if raw == nil || row != nil {
			continue
		}
		row = new(attemptRow)
		if err := row.decode(raw); err != nil {
			return false, fmt.Errorf("receive attempt in queue %d: %w", k.id, err)
		}
	}
	if row == nil || r.now.UnixNano()-row.at >= int64(dedupWindow) {
		return false, nil
	}
	messages := make([]*message, len(row.messages))
	states := make([]*state, len(row.messages))
	for i, a := range row.messages {
		st, err := k.loadState(tx, a.id)
		if err != nil {
			return false, err
		}
		raw := tx.Get(k.message(a.id))
		if raw == nil || st == nil || st.place != placeInFlight || st.nonce != a.nonce || st.due != a.due {
			return false, nil
		}
		if messages[i], err = k.decodeMessage(a.id, raw); err != nil {
			return false, err
		}
		states[i] = st
	}
	for i, st := range states {
		if err := s.move(tx, k, messages[i].id, st, placeInFlight, r.now.Add(r.visibility)); err != nil {
			return false, err
		}
		r.emit(messages[i], st)
	}
	s.recordAttempt(tx, r, attempt)
	return true, nil
}

// recordAttempt keeps what a receive gave out.
func (s *Service) recordAttempt(tx kv.Tx, r *receive, attempt string) {
	if len(r.attempt) > 0 {
		row := attemptRow{at: r.now.UnixNano(), messages: r.attempt}
		tx.Set(r.q.attempt(bucket(r.now), attempt), row.encode())
	}
}

// checkAttempt checks a receive request attempt id.
func checkAttempt(q *queue, in *sqsapi.ReceiveMessageInput) error {
	id := in.ReceiveRequestAttemptId
	if id == nil {
		return nil
	}
	if !q.fifo {
		return wrongType(*id, "ReceiveRequestAttemptId")
	}
	if !validID(*id) {
		return badID(*id, "ReceiveRequestAttemptId")
	}
	return nil
}

func formatUint(v uint64) string { return strconv.FormatUint(v, 10) }

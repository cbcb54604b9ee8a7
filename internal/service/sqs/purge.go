package sqs

import (
	"context"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// PurgeQueue deletes all messages of a queue, at once, and at most once in 60 seconds.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
func (s *Service) PurgeQueue(ctx context.Context, in *sqsapi.PurgeQueueInput) (*sqsapi.PurgeQueueOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		now := tx.Now().UnixNano()
		if q.row.Purged != 0 && now-q.row.Purged < int64(purgeInterval) {
			return &sqsapi.PurgeQueueInProgress{Message: "Only one PurgeQueue operation on " + ref.name + " is allowed every 60 seconds."}
		}
		row := q.row
		row.Purged = now
		q.clear(tx)
		return putQueue(tx, ref, &row)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.PurgeQueueOutput{}, nil
}

// clear removes all messages. The groups' last sequence numbers are gone with them; new ones go on from a second later
// than now, which is more than any of them.
func (q *queue) clear(tx kv.Tx) {
	for _, prefix := range q.contents() {
		tx.DeleteRange(prefix, prefix.PrefixEnd())
	}
	for _, counter := range []kv.Key{q.visible, q.inFlight, q.delayed} {
		tx.Set(counter, kv.AppendInt64(nil, 0))
	}
	if q.fifo {
		tx.Max(q.sequenceTop, tx.Now().Add(time.Second).UnixNano())
	}
}

package sqs

import (
	"context"
	"fmt"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// DeleteMessage removes a received message. On a standard queue it succeeds, and does nothing, with the handle of an
// earlier receive or of a message that is gone; on a FIFO queue an expired handle is an error.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
func (s *Service) DeleteMessage(ctx context.Context, in *sqsapi.DeleteMessageInput) (*sqsapi.DeleteMessageOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		return s.deleteReceived(tx, q, in.ReceiptHandle)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.DeleteMessageOutput{}, nil
}

func (s *Service) deleteReceived(tx kv.Tx, q *queue, handle string) error {
	h, err := q.parseHandle(handle)
	if err != nil {
		return err
	}
	st, err := q.loadState(tx, h.id)
	if err != nil || st == nil {
		return err
	}
	if q.fifo && !st.heldBy(h, tx.Now()) {
		return handleExpired(handle)
	}
	if st.nonce != h.nonce {
		return nil
	}
	return s.remove(tx, &q.queueKeys, h.id, st, st.group, st.sequence)
}

// parseHandle reads a receipt handle that must be of this queue.
func (q *queue) parseHandle(handle string) (receipt, error) {
	if handle == "" {
		return receipt{}, missingParameter("ReceiptHandle")
	}
	h, ok := parseReceipt(handle)
	if !ok {
		return receipt{}, handleInvalid(handle)
	}
	if h.queue != q.id {
		return receipt{}, handleForeign(handle)
	}
	return h, nil
}

// heldBy reports whether the message is in flight since the receive that gave out the handle.
func (st *state) heldBy(h receipt, now time.Time) bool {
	return st.place == placeInFlight && st.nonce == h.nonce && st.due > now.UnixNano()
}

// ChangeMessageVisibility sets when a received message becomes visible again, counted from now; 0 makes it visible at once.
// On a standard queue that works until somebody else has received the message.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (s *Service) ChangeMessageVisibility(ctx context.Context, in *sqsapi.ChangeMessageVisibilityInput) (*sqsapi.ChangeMessageVisibilityOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		return s.changeVisibility(tx, q, in.ReceiptHandle, in.VisibilityTimeout)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.ChangeMessageVisibilityOutput{}, nil
}

func badVisibility(seconds int32) error {
	return invalidValue(seconds, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.")
}

func (s *Service) changeVisibility(tx kv.Tx, q *queue, handle string, seconds int32) error {
	if seconds < 0 || seconds > maxVisibilityTimeout {
		return badVisibility(seconds)
	}
	h, err := q.parseHandle(handle)
	if err != nil {
		return err
	}
	st, err := q.loadState(tx, h.id)
	if err != nil {
		return err
	}
	now := tx.Now()
	switch {
	case st == nil || st.nonce != h.nonce && !q.fifo:
		return notAvailableForChange(handle)
	case q.fifo && !st.heldBy(h, now):
		return handleExpired(handle)
	}
	due := now.Add(time.Duration(seconds) * time.Second)
	if due.UnixNano() > st.received+maxVisibilityTimeout*int64(time.Second) {
		return invalidValue(seconds, "VisibilityTimeout",
			fmt.Sprintf("Total VisibilityTimeout for the message is beyond the limit [%d seconds].", maxVisibilityTimeout))
	}
	if seconds > 0 {
		return s.move(tx, &q.queueKeys, h.id, st, placeInFlight, due)
	}
	if st.place == placeReady {
		return nil
	}
	return s.move(tx, &q.queueKeys, h.id, st, placeReady, time.Time{})
}

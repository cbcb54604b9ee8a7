package sqs

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/wire"
)

// SendMessageBatch sends up to ten messages, of 1 MiB together. An entry that is invalid fails, and the others are sent.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func (s *Service) SendMessageBatch(ctx context.Context, in *sqsapi.SendMessageBatchInput) (*sqsapi.SendMessageBatchOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].Id
	}
	if err := s.checkBatch(ctx, ref, "SendMessageBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	drafts := make([]*draft, 0, len(in.Entries))
	rejected := make([]error, len(in.Entries))
	at := make([]int, 0, len(in.Entries)) // of drafts, in entries
	size := 0
	c := call.From(ctx)
	for i := range in.Entries {
		d, err := compose(&in.Entries[i], c)
		if err != nil {
			rejected[i] = err
			size += len(in.Entries[i].MessageBody)
			continue
		}
		size += d.size
		drafts = append(drafts, d)
		at = append(at, i)
	}
	if size > maxMessageBytes {
		return nil, batchTooLong(size)
	}
	var out *sqsapi.SendMessageBatchOutput
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		failed := append([]error(nil), rejected...)
		sent := make([]*sqsapi.SendMessageBatchResultEntry, len(in.Entries))
		for n, d := range drafts {
			i := at[n]
			if q.fifo && d.groupID == nil {
				// Observed: this fails the whole batch, with another code than in SendMessage.
				return invalidParameter("The request must contain the parameter MessageGroupId.")
			}
			if failed[i] = q.check(d); failed[i] != nil {
				continue
			}
			id, sequence, err := s.send(tx, q, d)
			if err != nil {
				return err
			}
			sent[i] = &sqsapi.SendMessageBatchResultEntry{
				Id:                           ids[i],
				MessageId:                    id.String(),
				MD5OfMessageBody:             hex.EncodeToString(d.bodyMD5[:]),
				MD5OfMessageAttributes:       d.userMD5,
				MD5OfMessageSystemAttributes: d.systemMD5,
				SequenceNumber:               sequenceNumber(sequence),
			}
		}
		out = &sqsapi.SendMessageBatchOutput{Failed: failures(ids, failed)}
		for _, entry := range sent {
			if entry != nil {
				out.Successful = append(out.Successful, *entry)
			}
		}
		return nil
	}, s.sendHint(ref, drafts...))
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteMessageBatch deletes up to ten messages as DeleteMessage does, each with success or failure of its own.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html
func (s *Service) DeleteMessageBatch(ctx context.Context, in *sqsapi.DeleteMessageBatchInput) (*sqsapi.DeleteMessageBatchOutput, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].Id
	}
	failed, err := s.eachReceived(ctx, in.QueueUrl, "DeleteMessageBatchRequestEntry", ids, func(tx kv.Tx, q *queue, i int) error {
		return s.deleteReceived(tx, q, in.Entries[i].ReceiptHandle)
	})
	if err != nil {
		return nil, err
	}
	out := &sqsapi.DeleteMessageBatchOutput{Failed: failures(ids, failed)}
	for i, id := range ids {
		if failed[i] == nil {
			out.Successful = append(out.Successful, sqsapi.DeleteMessageBatchResultEntry{Id: id})
		}
	}
	return out, nil
}

// ChangeMessageVisibilityBatch does what ChangeMessageVisibility does for up to ten messages, each with success or failure
// of its own.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
func (s *Service) ChangeMessageVisibilityBatch(ctx context.Context, in *sqsapi.ChangeMessageVisibilityBatchInput) (*sqsapi.ChangeMessageVisibilityBatchOutput, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].Id
	}
	failed, err := s.eachReceived(ctx, in.QueueUrl, "ChangeMessageVisibilityBatchRequestEntry", ids, func(tx kv.Tx, q *queue, i int) error {
		entry := &in.Entries[i]
		if entry.VisibilityTimeout == nil {
			return missingParameter("VisibilityTimeout")
		}
		return s.changeVisibility(tx, q, entry.ReceiptHandle, *entry.VisibilityTimeout)
	})
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ChangeMessageVisibilityBatchOutput{Failed: failures(ids, failed)}
	for i, id := range ids {
		if failed[i] == nil {
			out.Successful = append(out.Successful, sqsapi.ChangeMessageVisibilityBatchResultEntry{Id: id})
		}
	}
	return out, nil
}

// eachReceived runs fn for each entry of a batch, in one transaction. It returns the entries' errors, as far as clients
// are to see them.
func (s *Service) eachReceived(ctx context.Context, url, kind string, ids []string, fn func(tx kv.Tx, q *queue, i int) error) ([]error, error) {
	ref, err := resolve(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := s.checkBatch(ctx, ref, kind, ids); err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	var failed []error
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		failed = make([]error, len(ids))
		for i := range ids {
			failed[i] = fn(tx, q, i)
			if _, ok := errors.AsType[wire.APIError](failed[i]); failed[i] != nil && !ok {
				return failed[i]
			}
		}
		return nil
	})
	return failed, err
}

// checkBatch checks number and ids of a batch's entries. That the queue does not exist goes before.
func (s *Service) checkBatch(ctx context.Context, ref queueRef, kind string, ids []string) error {
	err := checkBatchIDs(kind, ids)
	if err != nil {
		if e := s.exists(ctx, ref); e != nil {
			return e
		}
	}
	return err
}

func checkBatchIDs(kind string, ids []string) error {
	if len(ids) == 0 {
		return &sqsapi.EmptyBatchRequest{Message: "There should be at least one " + kind + " in the request."}
	}
	if len(ids) > maxBatchEntries {
		return tooManyEntries(len(ids))
	}
	for i, id := range ids {
		if !validBatchID(id) {
			return &sqsapi.InvalidBatchEntryId{
				Message: "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
			}
		}
		if slices.Contains(ids[:i], id) {
			return &sqsapi.BatchEntryIdsNotDistinct{Message: "Id " + id + " repeated."}
		}
	}
	return nil
}

func validBatchID(id string) bool {
	if id == "" || len(id) > maxBatchIDBytes {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// failures returns the entries that failed.
func failures(ids []string, errs []error) []sqsapi.BatchResultErrorEntry {
	var out []sqsapi.BatchResultErrorEntry
	for i, err := range errs {
		apiErr, ok := errors.AsType[wire.APIError](err)
		if err == nil || !ok {
			continue
		}
		info := apiErr.ErrorInfo()
		code := info.QueryCode
		if code == "" {
			code = info.Code
		}
		out = append(out, sqsapi.BatchResultErrorEntry{Id: ids[i], SenderFault: info.Sender(), Code: code, Message: &info.Message})
	}
	return out
}

package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/kv"
)

// redrivePolicy is the RedrivePolicy attribute.
type redrivePolicy struct {
	DeadLetterTargetARN string `json:"deadLetterTargetArn"`
	MaxReceiveCount     int64  `json:"maxReceiveCount"`

	target queueRef
}

// redriveAllowPolicy is the RedriveAllowPolicy attribute.
type redriveAllowPolicy struct {
	RedrivePermission string   `json:"redrivePermission"`
	SourceQueueARNs   []string `json:"sourceQueueArns,omitempty"`
}

// setRedrivePolicy checks a RedrivePolicy and keeps it in one form. Nothing removes the policy.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func setRedrivePolicy(value string, to *string) error {
	if strings.TrimSpace(value) == "" {
		*to = ""
		return nil
	}
	invalid := func(reason string) error { return invalidValue(value, "RedrivePolicy", reason) }
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value), &fields); err != nil || fields == nil {
		return invalidAttributeValue("Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
	}
	rawCount, found := fields["maxReceiveCount"]
	if !found {
		return invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	}
	rawARN, found := fields["deadLetterTargetArn"]
	if !found {
		return invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if len(fields) > 2 {
		return invalid("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
	}
	var p redrivePolicy
	text := strings.Trim(string(rawCount), `"`)
	count, err := strconv.ParseInt(text, 10, 64)
	if err != nil || count < 1 || count > maxMaxReceiveCount {
		return invalid("Invalid value for maxReceiveCount: " + text + ", valid values are from 1 to 1000 both inclusive.")
	}
	p.MaxReceiveCount = count
	err = json.Unmarshal(rawARN, &p.DeadLetterTargetARN)
	_, service, ok := parseARN(p.DeadLetterTargetARN)
	switch {
	case err != nil || !ok:
		return invalid("Dead-letter target ARN should be fully qualified ARN.")
	case service != "sqs":
		return invalid("Only SQS queues are valid resources for deadLetterTargetArn.")
	}
	canonical, err := json.Marshal(p)
	if err != nil {
		return err
	}
	*to = string(canonical)
	return nil
}

// setRedriveAllowPolicy checks a RedriveAllowPolicy. Nothing removes the policy.
func setRedriveAllowPolicy(value string, to *string) error {
	if strings.TrimSpace(value) == "" {
		*to = ""
		return nil
	}
	const cannot = "Amazon SQS can't create the redrive allow policy. "
	invalid := func(reason string) error { return invalidValue(value, "RedriveAllowPolicy", cannot+reason) }
	format := invalidAttributeValue("Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.")
	var p redriveAllowPolicy
	var fields map[string]json.RawMessage
	if errors.Join(json.Unmarshal([]byte(value), &fields), json.Unmarshal([]byte(value), &p)) != nil || fields == nil {
		return format
	}
	for name := range fields {
		if name != "redrivePermission" && name != "sourceQueueArns" {
			return format
		}
	}
	switch p.RedrivePermission {
	case "allowAll", "denyAll":
		if p.SourceQueueARNs != nil {
			return invalid("To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")
		}
	case "byQueue":
		if len(p.SourceQueueARNs) == 0 {
			return invalid("When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
		}
		if len(p.SourceQueueARNs) > maxSourceQueues {
			return invalid("The maximum number of source queue ARNs you can specify is 10.")
		}
		for _, arn := range p.SourceQueueARNs {
			if _, service, ok := parseARN(arn); !ok || service != "sqs" {
				return format
			}
		}
	default:
		return format
	}
	canonical, err := json.Marshal(p)
	if err != nil {
		return err
	}
	*to = string(canonical)
	return nil
}

// changeRedrive keeps the index of a dead-letter queue's sources when a queue's RedrivePolicy changes, and checks the new
// policy against the queue that it names.
func (s *Service) changeRedrive(tx kv.Tx, source queueRef, before, after string) error {
	if before == after {
		return nil
	}
	if before != "" {
		var p redrivePolicy
		if err := json.Unmarshal([]byte(before), &p); err != nil {
			return err
		}
		target, _, _ := parseARN(p.DeadLetterTargetARN)
		tx.Delete(target.sourceKey(source.name))
	}
	if after == "" {
		return nil
	}
	var p redrivePolicy
	if err := json.Unmarshal([]byte(after), &p); err != nil {
		return err
	}
	target, _, _ := parseARN(p.DeadLetterTargetARN)
	invalid := func(reason string) error { return invalidValue(after, "RedrivePolicy", reason) }
	switch {
	case target.account != source.account:
		return invalid("Dead-letter target owner should be same as the source.")
	case target.region != source.region:
		return invalid("Dead-letter target region should be same as the source.")
	case isFIFOName(target.name) != isFIFOName(source.name):
		return invalid("Dead-letter queue must be same type of queue as the source..")
	}
	q, err := s.find(tx, target)
	if err != nil {
		return err
	}
	if q == nil {
		return invalid("Dead letter target does not exist.")
	}
	if !q.accepts(source) {
		return invalid("Dead-letter target does not allow this queue as a source: check its RedriveAllowPolicy.")
	}
	tx.Set(target.sourceKey(source.name), []byte{})
	return nil
}

// accepts reports whether the queue's RedriveAllowPolicy lets a queue use it for its dead letters.
func (q *queue) accepts(source queueRef) bool {
	if q.row.RedriveAllowPolicy == "" {
		return true
	}
	var p redriveAllowPolicy
	if err := json.Unmarshal([]byte(q.row.RedriveAllowPolicy), &p); err != nil {
		return false
	}
	switch p.RedrivePermission {
	case "allowAll":
		return true
	case "byQueue":
		for _, arn := range p.SourceQueueARNs {
			if ref, _, _ := parseARN(arn); ref == source {
				return true
			}
		}
	}
	return false
}

// deadLetter puts a message that was received too often into its queue's dead-letter queue. It reports false when that is
// not possible, because the queue is gone or does not allow it; then the message stays and is delivered, and is not lost.
func (s *Service) deadLetter(tx kv.Tx, q *queue, m *message, st *state) (bool, error) {
	target, err := s.find(tx, q.redrive.target)
	if err != nil {
		return false, err
	}
	if target == nil || target.id == q.id || target.fifo != q.fifo || !target.accepts(q.ref) {
		return false, nil
	}
	dead := *m
	dead.source = q.arn
	dead.priorCount += st.count
	if dead.firstReceived == 0 {
		dead.firstReceived = st.firstReceived
	}
	if q.fifo { // a standard message's retention goes on from when it was first sent
		dead.enqueued = tx.Now().UnixMilli()
	}
	return true, s.put(tx, target, &dead, 0)
}

// ListDeadLetterSourceQueues lists the queues whose dead letters go to a queue.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
func (s *Service) ListDeadLetterSourceQueues(ctx context.Context, in *sqsapi.ListDeadLetterSourceQueuesInput) (*sqsapi.ListDeadLetterSourceQueuesOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults)
	if err != nil {
		return nil, err
	}
	after, err := openToken(in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ListDeadLetterSourceQueuesOutput{}
	err = s.db.View(ctx, func(r kv.Reader) error {
		if _, err := s.queue(r, ref); err != nil {
			return err
		}
		names := namesFrom(r, ref.sourcesKey(), "", after, size+1)
		out.QueueUrls, out.NextToken = queuePage(call.From(ctx), ref.account, ref.region, names, size, in.MaxResults != nil)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

package sqs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/kv"
)

// Values of DeduplicationScope and FifoThroughputLimit.
const (
	scopeQueue        = "queue"
	scopeMessageGroup = "messageGroup"
	limitPerQueue     = "perQueue"
	limitPerGroup     = "perMessageGroupId"
)

// settings are the attributes of a queue that can be set.
type settings struct {
	DelaySeconds                  int64
	MaximumMessageSize            int64 // bytes
	MessageRetentionPeriod        int64 // seconds
	ReceiveMessageWaitTimeSeconds int64
	VisibilityTimeout             int64  // seconds
	Policy                        string `json:",omitempty"` // JSON
	RedrivePolicy                 string `json:",omitempty"` // JSON
	RedriveAllowPolicy            string `json:",omitempty"` // JSON
	KMSMasterKeyID                string `json:",omitempty"`
	KMSDataKeyReusePeriodSeconds  int64
	SQSManagedSSE                 bool

	// FIFO queues only.
	ContentBasedDeduplication bool   `json:",omitempty"`
	DeduplicationScope        string `json:",omitempty"`
	FIFOThroughputLimit       string `json:",omitempty"`
}

func defaultSettings(fifo bool) settings {
	set := settings{
		MaximumMessageSize:           maxMessageBytes,
		MessageRetentionPeriod:       defaultRetention,
		VisibilityTimeout:            defaultVisibilityTimeout,
		KMSDataKeyReusePeriodSeconds: defaultKMSReuse,
		SQSManagedSSE:                true,
	}
	if fifo {
		set.DeduplicationScope = scopeQueue
		set.FIFOThroughputLimit = limitPerQueue
	}
	return set
}

// apply sets attributes from a request, in the order of their names, and checks that they fit together.
func (set *settings) apply(attributes map[string]string, fifo bool) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := set.applyOne(name, attributes[name], fifo); err != nil {
			return err
		}
	}
	_, kms := attributes[sqsapi.QueueAttributeNameKmsMasterKeyId]
	managed, found := attributes[sqsapi.QueueAttributeNameSqsManagedSseEnabled]
	if kms && set.KMSMasterKeyID != "" {
		if found && strings.EqualFold(managed, "true") {
			return &sqsapi.InvalidAttributeName{Message: "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."}
		}
		set.SQSManagedSSE = false
	} else if found && set.SQSManagedSSE {
		set.KMSMasterKeyID = ""
	}
	if set.FIFOThroughputLimit == limitPerGroup && set.DeduplicationScope != scopeMessageGroup {
		return invalidParameter("The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup")
	}
	return nil
}

func (set *settings) applyOne(name, value string, fifo bool) error {
	switch name {
	case sqsapi.QueueAttributeNameDelaySeconds:
		return number(name, value, 0, maxDelay, &set.DelaySeconds)
	case sqsapi.QueueAttributeNameMaximumMessageSize:
		return number(name, value, minMessageSize, maxMessageBytes, &set.MaximumMessageSize)
	case sqsapi.QueueAttributeNameMessageRetentionPeriod:
		return number(name, value, minRetention, maxRetention, &set.MessageRetentionPeriod)
	case sqsapi.QueueAttributeNameReceiveMessageWaitTimeSeconds:
		return number(name, value, 0, maxWaitTime, &set.ReceiveMessageWaitTimeSeconds)
	case sqsapi.QueueAttributeNameVisibilityTimeout:
		return number(name, value, 0, maxVisibilityTimeout, &set.VisibilityTimeout)
	case sqsapi.QueueAttributeNameKmsDataKeyReusePeriodSeconds:
		return number(name, value, minKMSReuse, maxKMSReuse, &set.KMSDataKeyReusePeriodSeconds)
	case sqsapi.QueueAttributeNameKmsMasterKeyId:
		set.KMSMasterKeyID = value
		return nil
	case sqsapi.QueueAttributeNameSqsManagedSseEnabled:
		return boolean(name, value, &set.SQSManagedSSE)
	case sqsapi.QueueAttributeNamePolicy:
		return setPolicy(value, &set.Policy)
	case sqsapi.QueueAttributeNameRedrivePolicy:
		return setRedrivePolicy(value, &set.RedrivePolicy)
	case sqsapi.QueueAttributeNameRedriveAllowPolicy:
		return setRedriveAllowPolicy(value, &set.RedriveAllowPolicy)
	case sqsapi.QueueAttributeNameFifoQueue:
		var is bool
		if !fifo {
			return unknownAttribute(name)
		}
		if err := boolean(name, value, &is); err != nil {
			return err
		}
		if !is {
			return invalidAttributeValue("Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
		}
		return nil
	case sqsapi.QueueAttributeNameContentBasedDeduplication:
		if !fifo {
			return unknownAttribute(name)
		}
		return boolean(name, value, &set.ContentBasedDeduplication)
	case sqsapi.QueueAttributeNameDeduplicationScope:
		return choice(name, value, fifo, &set.DeduplicationScope, scopeQueue, scopeMessageGroup)
	case sqsapi.QueueAttributeNameFifoThroughputLimit:
		return choice(name, value, fifo, &set.FIFOThroughputLimit, limitPerQueue, limitPerGroup)
	}
	return unknownAttribute(name)
}

func badAttribute(name string) error {
	return invalidAttributeValue("Invalid value for the parameter %s.", name)
}

func number(name, value string, least, most int64, to *int64) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < least || n > most {
		return badAttribute(name)
	}
	*to = n
	return nil
}

func boolean(name, value string, to *bool) error {
	switch {
	case strings.EqualFold(value, "true"):
		*to = true
	case strings.EqualFold(value, "false"):
		*to = false
	default:
		return badAttribute(name)
	}
	return nil
}

func choice(name, value string, fifo bool, to *string, choices ...string) error {
	if !fifo {
		return &sqsapi.InvalidAttributeName{Message: "You can specify the " + name + " only when FifoQueue is set to true."}
	}
	if !slices.Contains(choices, value) {
		return badAttribute(name)
	}
	*to = value
	return nil
}

// get returns an attribute that can be set, as clients see it; empty if it is not set.
func (set *settings) get(name string, fifo bool) string {
	switch name {
	case sqsapi.QueueAttributeNameDelaySeconds:
		return formatInt(set.DelaySeconds)
	case sqsapi.QueueAttributeNameMaximumMessageSize:
		return formatInt(set.MaximumMessageSize)
	case sqsapi.QueueAttributeNameMessageRetentionPeriod:
		return formatInt(set.MessageRetentionPeriod)
	case sqsapi.QueueAttributeNameReceiveMessageWaitTimeSeconds:
		return formatInt(set.ReceiveMessageWaitTimeSeconds)
	case sqsapi.QueueAttributeNameVisibilityTimeout:
		return formatInt(set.VisibilityTimeout)
	case sqsapi.QueueAttributeNamePolicy:
		return set.Policy
	case sqsapi.QueueAttributeNameRedrivePolicy:
		return set.RedrivePolicy
	case sqsapi.QueueAttributeNameRedriveAllowPolicy:
		return set.RedriveAllowPolicy
	case sqsapi.QueueAttributeNameKmsMasterKeyId:
		return set.KMSMasterKeyID
	case sqsapi.QueueAttributeNameKmsDataKeyReusePeriodSeconds:
		if set.KMSMasterKeyID == "" {
			return ""
		}
		return formatInt(set.KMSDataKeyReusePeriodSeconds)
	case sqsapi.QueueAttributeNameSqsManagedSseEnabled:
		return strconv.FormatBool(set.SQSManagedSSE)
	}
	if !fifo {
		return ""
	}
	switch name {
	case sqsapi.QueueAttributeNameFifoQueue:
		return "true"
	case sqsapi.QueueAttributeNameContentBasedDeduplication:
		return strconv.FormatBool(set.ContentBasedDeduplication)
	case sqsapi.QueueAttributeNameDeduplicationScope:
		return set.DeduplicationScope
	case sqsapi.QueueAttributeNameFifoThroughputLimit:
		return set.FIFOThroughputLimit
	}
	return ""
}

// queueAttributes are the names that GetQueueAttributes knows, besides All.
var queueAttributes = []string{
	sqsapi.QueueAttributeNamePolicy,
	sqsapi.QueueAttributeNameVisibilityTimeout,
	sqsapi.QueueAttributeNameMaximumMessageSize,
	sqsapi.QueueAttributeNameMessageRetentionPeriod,
	sqsapi.QueueAttributeNameApproximateNumberOfMessages,
	sqsapi.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	sqsapi.QueueAttributeNameCreatedTimestamp,
	sqsapi.QueueAttributeNameLastModifiedTimestamp,
	sqsapi.QueueAttributeNameQueueArn,
	sqsapi.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	sqsapi.QueueAttributeNameDelaySeconds,
	sqsapi.QueueAttributeNameReceiveMessageWaitTimeSeconds,
	sqsapi.QueueAttributeNameRedrivePolicy,
	sqsapi.QueueAttributeNameFifoQueue,
	sqsapi.QueueAttributeNameContentBasedDeduplication,
	sqsapi.QueueAttributeNameKmsMasterKeyId,
	sqsapi.QueueAttributeNameKmsDataKeyReusePeriodSeconds,
	sqsapi.QueueAttributeNameDeduplicationScope,
	sqsapi.QueueAttributeNameFifoThroughputLimit,
	sqsapi.QueueAttributeNameRedriveAllowPolicy,
	sqsapi.QueueAttributeNameSqsManagedSseEnabled,
}

// SetQueueAttributes changes attributes of a queue.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func (s *Service) SetQueueAttributes(ctx context.Context, in *sqsapi.SetQueueAttributesInput) (*sqsapi.SetQueueAttributesOutput, error) {
	err := s.change(ctx, in.QueueUrl, func(tx kv.Tx, q *queue, row *queueRow) error {
		if err := row.apply(in.Attributes, q.fifo); err != nil {
			return err
		}
		if row.DeduplicationScope != q.row.DeduplicationScope {
			row.OldScope, row.ScopeChanged = q.row.DeduplicationScope, tx.Now().UnixNano()
		}
		if err := s.changeRedrive(tx, q.ref, q.row.RedrivePolicy, row.RedrivePolicy); err != nil {
			return err
		}
		if row.MessageRetentionPeriod != q.row.MessageRetentionPeriod {
			return s.sweepFrom(tx, q, row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.SetQueueAttributesOutput{}, nil
}

// change changes a copy of a queue's row and writes it.
func (s *Service) change(ctx context.Context, url string, fn func(tx kv.Tx, q *queue, row *queueRow) error) error {
	ref, err := resolve(ctx, url)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		row := q.row
		if err := fn(tx, q, &row); err != nil {
			return err
		}
		row.Modified = tx.Now().Unix()
		return putQueue(tx, ref, &row)
	})
}

// GetQueueAttributes returns attributes of a queue. The numbers of messages are exact when nobody is sending or receiving.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func (s *Service) GetQueueAttributes(ctx context.Context, in *sqsapi.GetQueueAttributesInput) (*sqsapi.GetQueueAttributesOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	out := &sqsapi.GetQueueAttributesOutput{}
	err = s.db.View(ctx, func(r kv.Reader) error {
		q, err := s.queue(r, ref)
		if err != nil {
			return err
		}
		names := in.AttributeNames
		if slices.Contains(names, sqsapi.QueueAttributeNameAll) {
			names = queueAttributes
		}
		attributes := make(map[string]string, len(names))
		for _, name := range names {
			if !slices.Contains(queueAttributes, name) {
				return unknownAttribute(name)
			}
			if value := q.attribute(r, name); value != "" {
				attributes[name] = value
			}
		}
		if len(attributes) > 0 {
			out.Attributes = attributes
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (q *queue) attribute(r kv.Reader, name string) string {
	switch name {
	case sqsapi.QueueAttributeNameQueueArn:
		return q.arn
	case sqsapi.QueueAttributeNameCreatedTimestamp:
		return formatInt(q.row.Created)
	case sqsapi.QueueAttributeNameLastModifiedTimestamp:
		return formatInt(q.row.Modified)
	case sqsapi.QueueAttributeNameApproximateNumberOfMessages:
		return formatInt(kv.Int64(r.Get(q.visible)))
	case sqsapi.QueueAttributeNameApproximateNumberOfMessagesNotVisible:
		return formatInt(kv.Int64(r.Get(q.inFlight)))
	case sqsapi.QueueAttributeNameApproximateNumberOfMessagesDelayed:
		return formatInt(kv.Int64(r.Get(q.delayed)))
	}
	return q.row.get(name, q.fifo)
}

func partition(c *call.Info) string {
	if c.Partition == "" {
		return "aws"
	}
	return c.Partition
}

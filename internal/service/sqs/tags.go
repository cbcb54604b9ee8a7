package sqs

import (
	"context"
	"maps"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// TagQueue adds tags to a queue, or changes their values.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html
func (s *Service) TagQueue(ctx context.Context, in *sqsapi.TagQueueInput) (*sqsapi.TagQueueOutput, error) {
	if len(in.Tags) == 0 {
		return nil, missingParameter("Tags")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err := s.retag(ctx, in.QueueUrl, func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		return checkTags(tags)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.TagQueueOutput{}, nil
}

// retag changes a queue's tags. It leaves LastModifiedTimestamp alone.
func (s *Service) retag(ctx context.Context, url string, fn func(tags map[string]string) error) error {
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
		row.Tags = maps.Clone(row.Tags)
		if row.Tags == nil {
			row.Tags = map[string]string{}
		}
		if err := fn(row.Tags); err != nil {
			return err
		}
		return putQueue(tx, ref, &row)
	})
}

// ListQueueTags returns a queue's tags.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html
func (s *Service) ListQueueTags(ctx context.Context, in *sqsapi.ListQueueTagsInput) (*sqsapi.ListQueueTagsOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ListQueueTagsOutput{}
	err = s.db.View(ctx, func(r kv.Reader) error {
		q, err := s.queue(r, ref)
		if err == nil && len(q.row.Tags) > 0 {
			out.Tags = maps.Clone(q.row.Tags)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UntagQueue removes tags from a queue. Keys that it does not have are ignored.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html
func (s *Service) UntagQueue(ctx context.Context, in *sqsapi.UntagQueueInput) (*sqsapi.UntagQueueOutput, error) {
	if len(in.TagKeys) == 0 {
		return nil, invalidParameter("Tag keys can't be empty.")
	}
	err := s.retag(ctx, in.QueueUrl, func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.UntagQueueOutput{}, nil
}

// checkTags checks number, keys and values of tags.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidParameter("Too many tags added for queue. Maximum of %d tags are allowed.", maxTags)
	}
	for key, value := range tags {
		switch {
		case key == "":
			return invalidParameter("Tag keys must be between 1 and 128 characters in length.")
		case len([]rune(key)) > maxTagKeyBytes:
			return invalidParameter("Tag keys must be between 1 and 128 characters in length.")
		case len([]rune(value)) > maxTagValueBytes:
			return invalidParameter("Tag values must be between 0 and 256 characters in length.")
		case len(key) >= 4 && (key[:4] == "aws:" || key[:4] == "AWS:"):
			return invalidParameter("Tag keys can't start with 'aws:'")
		}
	}
	return nil
}

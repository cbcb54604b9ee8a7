package sqs

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// queueRow is a queue. Its row is read by every call, so it holds nothing that changes often.
type queueRow struct {
	settings

	ID           queueID
	Partition    string
	Created      int64             // seconds since 1970
	Modified     int64             // seconds
	Purged       int64             `json:",omitempty"` // nanoseconds: the last PurgeQueue
	OldScope     string            `json:",omitempty"` // the DeduplicationScope before the present one
	ScopeChanged int64             `json:",omitempty"` // nanoseconds: when it was changed
	Tags         map[string]string `json:",omitempty"`
}

// queueIDRow says whose an id is, and when its messages are looked through for expired ones.
type queueIDRow struct {
	Account, Region, Name string
	Sweep                 int64 // nanoseconds: the due time of the queue's timer
}

func isFIFOName(name string) bool { return strings.HasSuffix(name, ".fifo") }

func putQueue(tx kv.Tx, ref queueRef, row *queueRow) error {
	raw, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode row of queue %s: %w", ref.name, err)
	}
	tx.Set(ref.key(), raw)
	return nil
}

func putQueueID(tx kv.Tx, id queueID, row *queueIDRow) error {
	raw, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode row of queue id %d: %w", id, err)
	}
	tx.Set(id.key(), raw)
	return nil
}

// CreateQueue makes a queue, or returns the one that has this name and the given attributes already.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
func (s *Service) CreateQueue(ctx context.Context, in *sqsapi.CreateQueueInput) (*sqsapi.CreateQueueOutput, error) {
	c := call.From(ctx)
	ref := queueRef{account: c.Account, region: c.Region, name: in.QueueName}
	if err := checkQueueName(in.QueueName, in.Attributes); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	err := s.db.Update(ctx, func(tx kv.Tx) error {
		existing, err := s.find(tx, ref)
		if err != nil {
			return err
		}
		if existing != nil {
			return existing.sameAs(in.Attributes)
		}
		return s.create(tx, c, ref, in)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.CreateQueueOutput{QueueUrl: new(ref.url(c))}, nil
}

// checkQueueName checks that a name is allowed and fits the queue's type.
func checkQueueName(name string, attributes map[string]string) error {
	if name == "" {
		return invalidParameter("Queue name cannot be empty")
	}
	value, found := attributes[sqsapi.QueueAttributeNameFifoQueue]
	base, isFIFO := strings.CutSuffix(name, ".fifo")
	wantFIFO := strings.EqualFold(value, "true")
	valid := base != "" && len(name) <= maxQueueNameBytes
	for i := range len(base) {
		if c := base[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			valid = false
		}
	}
	switch {
	case wantFIFO && (!isFIFO || !valid):
		return invalidParameter("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !valid || isFIFO && !found:
		return invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// sameAs compares the attributes of a CreateQueue request with those of the queue that exists.
func (q *queue) sameAs(attributes map[string]string) error {
	set := q.row.settings
	if err := set.apply(attributes, q.fifo); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if set.get(name, q.fifo) != q.row.get(name, q.fifo) {
			return &sqsapi.QueueNameExists{Message: "A queue already exists with the same name and a different value for attribute " + name}
		}
	}
	return nil
}

func (s *Service) create(tx kv.Tx, c *call.Info, ref queueRef, in *sqsapi.CreateQueueInput) error {
	now := tx.Now()
	row := queueRow{
		settings:  defaultSettings(isFIFOName(ref.name)),
		Partition: partition(c),
		Created:   now.Unix(),
		Modified:  now.Unix(),
		Tags:      in.Tags,
	}
	if err := row.apply(in.Attributes, isFIFOName(ref.name)); err != nil {
		return err
	}
	if tx.Get(ref.deletedKey()) != nil { // its timer removes it after 60 seconds
		return &sqsapi.QueueDeletedRecently{Message: "You must wait 60 seconds after deleting a queue before you can create another with the same name."}
	}
	if err := s.changeRedrive(tx, ref, "", row.RedrivePolicy); err != nil {
		return err
	}
	last := queueID(0)
	row.ID = queueID(kv.Int64(tx.Get(last.key()))) + 1
	tx.Set(last.key(), kv.AppendInt64(nil, int64(row.ID)))
	if err := putQueue(tx, ref, &row); err != nil {
		return err
	}
	return s.setSweep(tx, row.ID, &queueIDRow{Account: ref.account, Region: ref.region, Name: ref.name}, now.Add(row.retention()))
}

// GetQueueUrl returns the URL of a queue, which may be another account's.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
func (s *Service) GetQueueUrl(ctx context.Context, in *sqsapi.GetQueueUrlInput) (*sqsapi.GetQueueUrlOutput, error) {
	c := call.From(ctx)
	ref := queueRef{account: c.Account, region: c.Region, name: in.QueueName}
	if owner := in.QueueOwnerAWSAccountId; owner != nil && *owner != "" {
		ref.account = *owner
	}
	if in.QueueName == "" {
		return nil, invalidParameter("Value for parameter QueueName is invalid. Reason: Must specify a queue name.")
	}
	if err := s.exists(ctx, ref); err != nil {
		return nil, err
	}
	return &sqsapi.GetQueueUrlOutput{QueueUrl: new(ref.url(c))}, nil
}

// ListQueues lists the URLs of the account's queues in the region, by name. It returns a token for the next page only if
// the caller asks for pages with MaxResults, and at most 1,000 queues otherwise.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
func (s *Service) ListQueues(ctx context.Context, in *sqsapi.ListQueuesInput) (*sqsapi.ListQueuesOutput, error) {
	c := call.From(ctx)
	size, err := pageSize(in.MaxResults)
	if err != nil {
		return nil, err
	}
	after, err := openToken(in.NextToken)
	if err != nil {
		return nil, err
	}
	prefix := ""
	if in.QueueNamePrefix != nil {
		prefix = *in.QueueNamePrefix
	}
	out := &sqsapi.ListQueuesOutput{}
	base := regionKey(c.Account, c.Region)
	err = s.db.View(ctx, func(r kv.Reader) error {
		names := namesFrom(r, base, prefix, after, size+1)
		out.QueueUrls, out.NextToken = queuePage(c, c.Account, c.Region, names, size, in.MaxResults != nil)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// namesFrom returns up to n of the names that follow base in keys, begin with prefix, and come after a given one.
func namesFrom(r kv.Reader, base kv.Key, prefix, after string, n int) []string {
	rng := kv.Prefix(base)
	rng.Start = base.Str(max(prefix, after))
	var names []string
	for key := range r.Scan(rng) {
		name := key[len(base):].Parts().Str()
		if name == after {
			continue
		}
		if !strings.HasPrefix(name, prefix) {
			break
		}
		if names = append(names, name); len(names) == n {
			break
		}
	}
	return names
}

// queuePage returns a page of URLs and, if there are more names and the caller wants pages, the token of the next.
func queuePage(c *call.Info, account, region string, names []string, size int, paged bool) (urls []string, token *string) {
	if len(names) > size {
		names = names[:size]
		if paged {
			token = new(base64.URLEncoding.EncodeToString([]byte(names[size-1])))
		}
	}
	for _, name := range names {
		urls = append(urls, queueRef{account, region, name}.url(c))
	}
	return urls, token
}

// pageSize checks MaxResults.
func pageSize(maxResults *int32) (int, error) {
	if maxResults == nil {
		return maxListed, nil
	}
	if *maxResults < 1 || *maxResults > maxListed {
		return 0, invalidValue(*maxResults, "MaxResults", "Must be between 1 and 1000, if provided.")
	}
	return int(*maxResults), nil
}

// openToken returns the last name of the page before.
func openToken(token *string) (string, error) {
	if token == nil || *token == "" {
		return "", nil
	}
	name, err := base64.URLEncoding.DecodeString(*token)
	if err != nil {
		return "", invalidParameter("Invalid or expired next token.")
	}
	return string(name), nil
}

// DeleteQueue deletes a queue and all that is in it. Its name cannot be used for the next 60 seconds.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
func (s *Service) DeleteQueue(ctx context.Context, in *sqsapi.DeleteQueueInput) (*sqsapi.DeleteQueueOutput, error) {
	ref, err := resolve(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.queue(tx, ref)
		if err != nil {
			return err
		}
		return s.deleteQueue(tx, q)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.DeleteQueueOutput{}, nil
}

// deleteQueue removes all rows of a queue. What is left are timers of its messages, which do nothing.
func (s *Service) deleteQueue(tx kv.Tx, q *queue) error {
	if err := s.changeRedrive(tx, q.ref, q.row.RedrivePolicy, ""); err != nil {
		return err
	}
	_, idRow, err := s.byID(tx, q.id)
	if err != nil {
		return err
	}
	if idRow != nil {
		s.clearSweep(tx, q.id, idRow)
	}
	tx.Delete(q.ref.key())
	tx.Delete(q.id.key())
	for _, prefix := range q.all() {
		tx.DeleteRange(prefix, prefix.PrefixEnd())
	}
	free := tx.Now().Add(deleteInterval)
	tx.Set(q.ref.deletedKey(), kv.AppendInt64(nil, free.UnixNano()))
	s.timers.Set(tx, timer.Timer{Due: free, Kind: timer.KindSQSQueue, ID: append([]byte{timerNameFree}, q.ref.deletedKey()...)})
	id, ref, topic := q.id, q.ref, q.topic
	tx.OnCommit(func() {
		s.heads.drop(id)
		s.cache.drop(ref)
		s.hub.Wake(topic, math.MaxInt)
	})
	return nil
}

// What timers of KindSQSQueue are about: the first byte of their ids.
const (
	timerSweep    byte = 's' // then the queue id
	timerNameFree byte = 'f' // then the key of the row
)

func sweepTimerID(id queueID) []byte {
	return binary.BigEndian.AppendUint64([]byte{timerSweep}, uint64(id))
}

// queuesDue removes expired messages, and frees the names of deleted queues.
func (s *Service) queuesDue(tx kv.Tx, due []timer.Timer) error {
	for _, t := range due {
		switch {
		case len(t.ID) == 9 && t.ID[0] == timerSweep:
			if err := s.sweep(tx, queueID(binary.BigEndian.Uint64(t.ID[1:])), t.Due); err != nil {
				return err
			}
		case len(t.ID) > 1 && t.ID[0] == timerNameFree:
			key := kv.Key(slices.Clone(t.ID[1:]))
			if kv.Int64(tx.Get(key)) == t.Due.UnixNano() {
				tx.Delete(key)
			}
		default:
			return fmt.Errorf("timer of a queue: %w", errRow)
		}
	}
	return nil
}

package sqs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/cumulet/cumulet/internal/kv"
)

// queue is a queue as one transaction found it. It is shared and never changed.
type queue struct {
	queueKeys

	ref  queueRef
	row  queueRow
	fifo bool
	arn  string

	redrive *redrivePolicy // nil when there is none
}

// queueCache holds decoded queue rows. It is no truth: whoever uses an entry has read the row and compared its bytes.
type queueCache struct {
	mu     sync.RWMutex
	queues map[queueRef]*cachedQueue
}

type cachedQueue struct {
	key kv.Key // of the row
	raw []byte // the row
	*queue
}

// maxCached bounds the cache. When it is full it starts anew, which costs each queue one decoding.
const maxCached = 50_000 // queues

func (c *queueCache) get(ref queueRef) *cachedQueue {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.queues[ref]
}

func (c *queueCache) put(ref queueRef, q *cachedQueue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queues == nil || len(c.queues) >= maxCached {
		c.queues = map[queueRef]*cachedQueue{}
	}
	c.queues[ref] = q
}

func (c *queueCache) drop(ref queueRef) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.queues, ref)
}

// find reads a queue. It returns nil when there is none.
func (s *Service) find(r kv.Reader, ref queueRef) (*queue, error) {
	cached := s.cache.get(ref)
	if cached != nil {
		raw := r.Get(cached.key)
		if bytes.Equal(raw, cached.raw) {
			return cached.queue, nil
		}
		if raw == nil {
			return nil, nil
		}
		return s.decode(ref, cached.key, raw)
	}
	key := ref.key()
	raw := r.Get(key)
	if raw == nil {
		return nil, nil
	}
	return s.decode(ref, key, raw)
}

func (s *Service) decode(ref queueRef, key kv.Key, raw []byte) (*queue, error) {
	q := &queue{ref: ref}
	if err := json.Unmarshal(raw, &q.row); err != nil {
		return nil, fmt.Errorf("decode row of queue %s: %w", ref.name, err)
	}
	q.queueKeys = newQueueKeys(q.row.ID)
	q.fifo = isFIFOName(ref.name)
	q.arn = ref.arn(q.row.Partition)
	if q.row.RedrivePolicy != "" {
		q.redrive = new(redrivePolicy)
		if err := json.Unmarshal([]byte(q.row.RedrivePolicy), q.redrive); err != nil {
			return nil, fmt.Errorf("decode redrive policy of queue %s: %w", ref.name, err)
		}
		q.redrive.target, _, _ = parseARN(q.redrive.DeadLetterTargetARN)
	}
	s.cache.put(ref, &cachedQueue{key: key, raw: bytes.Clone(raw), queue: q})
	return q, nil
}

// queue reads a queue that must be there.
func (s *Service) queue(r kv.Reader, ref queueRef) (*queue, error) {
	q, err := s.find(r, ref)
	if err == nil && q == nil {
		err = queueDoesNotExist()
	}
	return q, err
}

// byID reads the queue that had the given id last. It returns nil when that is gone.
func (s *Service) byID(r kv.Reader, id queueID) (*queue, *queueIDRow, error) {
	raw := r.Get(id.key())
	if raw == nil {
		return nil, nil, nil
	}
	row := new(queueIDRow)
	if err := json.Unmarshal(raw, row); err != nil {
		return nil, nil, fmt.Errorf("decode row of queue id %d: %w", id, err)
	}
	q, err := s.find(r, queueRef{row.Account, row.Region, row.Name})
	if err != nil || q == nil || q.id != id {
		return nil, nil, err
	}
	return q, row, nil
}

// hint queues transactions on a queue's head behind each other, in this process.
func (s *Service) hint(ref queueRef) kv.Option {
	if cached := s.cache.get(ref); cached != nil {
		return kv.Serialize(cached.key)
	}
	return kv.Serialize()
}

package pebblekv

import (
	"bytes"
	"sync"
)

const (
	rowSlots       = 2048
	maxCachedValue = 2 << 10 // bytes
)

// rowCache remembers rows that are read again and again, such as a queue's attributes, so that reading them does not
// search the tree. A row lies in the slot of its hash, and comes there when it is read twice with no other of that slot
// between. It is right at any version from the one it was read at, because the committer takes it out before a newer
// version of it can be seen, and nobody can put back what was read before that.
type rowCache struct {
	slots [rowSlots]rowSlot
}

type rowSlot struct {
	mu      sync.Mutex
	written uint64 // number of the last transaction that wrote a row of this slot
	seen    uint64 // hash of the last row that was not found here
	hash    uint64 // of key
	key     []byte // nil: the slot is empty
	value   []byte // never changed
	version uint64 // at which the row was read
}

// get returns a row as of version.
func (c *rowCache) get(hash uint64, key []byte, version uint64) (value []byte, ok bool) {
	s := &c.slots[hash%rowSlots]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hash != hash || s.version > version || !bytes.Equal(s.key, key) {
		return nil, false
	}
	return s.value, true
}

// put offers a row that was read at version and is there. The cache keeps the value.
func (c *rowCache) put(hash uint64, key, value []byte, version uint64) {
	if len(value) > maxCachedValue {
		return
	}
	s := &c.slots[hash%rowSlots]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen != hash {
		s.seen = hash
		return
	}
	if s.written <= version {
		s.hash, s.key, s.value, s.version = hash, bytes.Clone(key), value, version
	}
}

// wrote takes out a row that transaction number n writes.
func (c *rowCache) wrote(hash, n uint64) {
	s := &c.slots[hash%rowSlots]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = n
	if s.hash == hash {
		s.key, s.value, s.hash = nil, nil, 0
	}
}

// deletedRange takes out the rows of a span that transaction number n deletes.
func (c *rowCache) deletedRange(r span, n uint64) {
	for i := range c.slots {
		s := &c.slots[i]
		s.mu.Lock()
		s.written = n
		if s.key != nil && r.holds(s.key) {
			s.key, s.value, s.hash = nil, nil, 0
		}
		s.mu.Unlock()
	}
}

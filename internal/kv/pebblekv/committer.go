package pebblekv

import (
	"bytes"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/cumulet/cumulet/internal/invariant"
	"github.com/cumulet/cumulet/internal/kv"
)

// committer turns queued transactions into groups, one Pebble batch each. Everything below queue belongs to its
// goroutine, run.
type committer struct {
	store    *Store
	queue    queue
	inFlight atomic.Int64 // groups that are applied and not yet durable
	applied  chan *group  // to sync

	durable      atomic.Uint64 // Pebble's sequence number after the last group that is on disk
	mark         [markBytes]byte
	rangeDeletes int // in the memtable, at most
	window       window
	counters     counters
	number       uint64 // of the last transaction
	reserved     uint64 // numbers up to this one are used up after a restart
	group        *group // under construction
}

// group is the transactions that commit together.
type group struct {
	txs      []*tx
	rejected []rejection
	first    uint64 // number before the group
	spans    bool   // a transaction deletes a range
	batch    *pebble.Batch
	snap     *snapshot
	end      uint64 // Pebble's sequence number after the group, or 0
}

// rejection is a transaction that does not commit, and why.
type rejection struct {
	tx  *tx
	err error
}

// queue holds the transactions that wait for the committer.
type queue struct {
	kick chan struct{} // holds one wake-up for the committer

	mu     sync.Mutex
	txs    []*tx
	locked int // of txs, how many hold stripes
	closed bool
}

// push queues t.
func (q *queue) push(t *tx) {
	q.mu.Lock()
	q.txs = append(q.txs, t)
	if len(t.stripes) > 0 {
		q.locked++
	}
	wake := len(q.txs) == 1 || len(q.txs) == busyTxs || len(q.txs) == maxGroupTxs || len(t.stripes) > 0
	q.mu.Unlock()
	if wake {
		q.wake()
	}
}

func (q *queue) wake() {
	select {
	case q.kick <- struct{}{}:
	default:
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}

// next waits until it is worth making a group and appends the group's transactions to txs. It returns none when the
// queue is closed and empty.
//
// With few groups in flight it takes what there is. With more it waits for the disk, so that the group grows, unless
// it is full or others wait for the stripes of one that is queued: these go on as soon as the group is applied.
func (c *committer) next(txs []*tx) []*tx {
	q := &c.queue
	for {
		inFlight := c.inFlight.Load()
		q.mu.Lock()
		n := len(q.txs)
		hot := q.locked > 0 && c.store.stripes.waiting.Load() > 0
		switch {
		case n == 0 && q.closed:
			q.mu.Unlock()
			return nil
		case n > 0 && (inFlight < c.allowed(n) || inFlight < maxGroups && (hot || n >= maxGroupTxs)):
			txs = c.take(txs)
			q.mu.Unlock()
			return txs
		}
		q.mu.Unlock()
		<-q.kick
	}
}

// allowed returns how many groups may be in flight when n transactions wait.
func (c *committer) allowed(n int) int64 {
	if n >= busyTxs {
		return busyGroups
	}
	return quietGroups
}

// take moves a group's worth of transactions out of the queue.
func (c *committer) take(txs []*tx) []*tx {
	q := &c.queue
	n, size := 0, 0
	for n < len(q.txs) && n < maxGroupTxs && (n == 0 || size+q.txs[n].bytes <= maxGroupBytes) {
		size += q.txs[n].bytes
		if len(q.txs[n].stripes) > 0 {
			q.locked--
		}
		n++
	}
	txs = append(txs, q.txs[:n]...)
	rest := copy(q.txs, q.txs[n:])
	clear(q.txs[rest:])
	q.txs = q.txs[:rest]
	return txs
}

// run commits groups until the queue is closed.
func (c *committer) run() {
	defer close(c.applied)
	defer c.store.failure.onExit("commit")
	var txs []*tx
	for {
		txs = c.next(txs[:0])
		if txs == nil {
			return
		}
		c.commit(txs)
		clear(txs)
	}
}

// commit decides about each transaction, applies those that hold and answers the others.
func (c *committer) commit(txs []*tx) {
	g := &group{first: c.number, txs: make([]*tx, 0, len(txs)), batch: c.store.db.NewBatch()}
	_ = g.batch.LogData(appendMark(c.mark[:0], c.durable.Load()), nil)
	c.group = g
	c.window.forget(c.store.snaps.oldest())
	c.window.begin(c.number)
	refused := c.store.space.check()
	if c.store.failure.failed() {
		refused = c.store.failure.cause()
	}
	for _, t := range txs {
		err := refused
		if err == nil {
			err = c.admit(t)
		}
		if err != nil {
			g.rejected = append(g.rejected, rejection{t, err})
		}
	}
	if len(g.txs) > 0 {
		c.apply(g)
	} else {
		_ = g.batch.Close() // never applied
	}
	for _, r := range g.rejected {
		c.store.metrics.count(r.err)
		c.store.stripes.unlock(r.tx)
		r.tx.done <- r.err
	}
	if len(g.txs) > 0 {
		c.applied <- g
	}
}

// admit checks that what t read still holds and adds its writes to the group.
func (c *committer) admit(t *tx) error {
	if hash, found := c.window.conflict(t); found {
		t.lost = hash
		return errConflict
	}
	if err := c.resolve(t); err != nil {
		return err
	}
	c.number++
	t.number = c.number
	if t.number > c.reserved {
		c.reserve()
	}
	for i := range t.writes.ops {
		c.write(t, &t.writes.ops[i])
	}
	c.group.txs = append(c.group.txs, t)
	return nil
}

// write adds an op to the group's batch and to the window. The batch takes anything: its methods return no errors
// but those of encodings that are not in use here.
func (c *committer) write(t *tx, o *op) {
	b := c.group.batch
	switch o.kind {
	case opSet, opDelete:
		if o.kind == opSet {
			_ = b.Set(o.key, o.value, nil)
		} else {
			_ = b.Delete(o.key, nil)
		}
		hash := c.store.hash(o.key)
		c.window.add(t.number, hash, o.key)
		c.store.rows.wrote(hash, t.number)
	case opStamped:
		var s kv.Stamp
		binary.BigEndian.PutUint64(s[:], t.number)
		binary.BigEndian.PutUint16(s[stampNumber:], t.index)
		t.index++
		*o.stamp = s
		key := append(kv.Key(o.key).StampPrefix(), s[:]...)
		_ = b.Set(key, o.value, nil)
		c.window.add(t.number, c.store.hash(key), key)
	case opRange:
		c.deleteRange(t, o)
	case opDropped:
	case opAtomic:
		invariant.Check(false, "an atomic operation was not resolved")
	}
}

// reserve writes down that the next block of commit numbers is in use. The row lies in the same batch as the first
// number of the block, so no number is on disk without it.
func (c *committer) reserve() {
	c.reserved = c.number + stampBlock
	c.writeMeta()
}

// apply writes the group without waiting for the disk, and makes it visible.
func (c *committer) apply(g *group) {
	c.inFlight.Add(1)
	if err := c.store.db.ApplyNoSyncWait(g.batch, pebble.Sync); err != nil {
		panic(err) // Pebble reports real failures otherwise
	}
	if g.batch.Len() > batchHeader { // a large batch has become a part of Pebble
		g.end = uint64(g.batch.SeqNum()) + uint64(g.batch.Count())
	}
	g.snap = &snapshot{version: c.number, pebble: c.store.db.NewSnapshot(), failed: &c.store.fence.raised}
	c.store.snaps.publish(g.snap)
	for _, t := range g.txs {
		c.store.stripes.unlock(t)
	}
	c.flushRangeDeletes()
}

// sync waits for one group after the other to be on disk, and answers its transactions.
func (c *committer) sync() {
	defer c.store.failure.onExit("sync")
	for g := range c.applied {
		began := c.store.clock.Now()
		if err := g.batch.SyncWait(); err != nil {
			c.store.failure.fail(err)
		}
		c.inFlight.Add(-1)
		c.queue.wake()
		if c.store.failure.failed() {
			continue // callers look at the failure themselves
		}
		_ = g.batch.Close() // only returns memory
		if g.end != 0 {
			c.durable.Store(g.end)
		}
		c.store.snaps.publishDurable(g.snap)
		c.store.metrics.synced(len(g.txs), c.store.clock.Now().Sub(began))
		for _, t := range g.txs {
			t.done <- nil
		}
		c.store.snaps.reap()
	}
}

// lastKey returns a key that no key of the span reaches, for Pebble, whose ranges have an end.
func (s span) lastKey() []byte {
	if len(s.end) > 0 {
		return s.end
	}
	return bytes.Repeat([]byte{0xFF}, kv.MaxKeyBytes+1)
}

// restoreMeta writes the store's own rows again after a range that holds them was deleted.
func (c *committer) restoreMeta(s span) {
	if s.holds(metaFormat()) {
		_ = c.group.batch.Set(metaFormat(), binary.BigEndian.AppendUint64(nil, formatVersion), nil)
	}
	if s.holds(metaNumber()) {
		c.writeMeta()
	}
}

// writeMeta writes down which commit numbers are in use.
func (c *committer) writeMeta() {
	_ = c.group.batch.Set(metaNumber(), binary.BigEndian.AppendUint64(nil, c.reserved), nil)
}

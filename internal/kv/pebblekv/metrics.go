package pebblekv

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// metrics counts what the store does.
type metrics struct {
	commits, conflicts, groups, tooOld, unavailable atomic.Uint64
	syncNanos, maxSyncNanos                         atomic.Int64
}

// Metrics is what a store has done since it was opened, and what it holds.
type Metrics struct {
	Commits     uint64 // transactions that wrote something
	Conflicts   uint64 // runs that had to be repeated
	Groups      uint64 // syncs; Commits/Groups is the mean size of a group
	TooOld      uint64 // transactions that failed with kv.ErrTooOld
	Unavailable uint64 // transactions refused with kv.ErrUnavailable
	SyncTime    time.Duration
	MaxSyncTime time.Duration // the longest sync

	DiskBytes        uint64 // files of the store
	MemTableBytes    uint64
	CacheBytes       int64
	CompactionDebt   uint64 // bytes that wait for compaction
	TablesBytes      int64
	ReadAmp          int // tables that a read looks at, at most
	InFlight         int // groups that wait for the disk
	QueuedTx         int // transactions that wait for a group
	OpenSnapshots    int
	FlushesTotal     int64
	CompactionsTotal int64
}

func (m *metrics) synced(txs int, took time.Duration) {
	m.groups.Add(1)
	m.commits.Add(uint64(txs))
	m.syncNanos.Add(int64(took))
	if int64(took) > m.maxSyncNanos.Load() {
		m.maxSyncNanos.Store(int64(took)) // only the sync goroutine gets here
	}
}

func (m *metrics) count(err error) {
	if errors.Is(err, kv.ErrUnavailable) {
		m.unavailable.Add(1)
	}
}

// Metrics returns the present figures. It fails once the store is closed or has failed.
func (s *Store) Metrics() (Metrics, error) {
	if err := s.snaps.enter(); err != nil {
		return Metrics{}, err
	}
	defer s.snaps.leave()
	if err := s.failure.cause(); err != nil {
		return Metrics{}, err
	}
	m := Metrics{
		Commits:     s.metrics.commits.Load(),
		Conflicts:   s.metrics.conflicts.Load(),
		Groups:      s.metrics.groups.Load(),
		TooOld:      s.metrics.tooOld.Load(),
		Unavailable: s.metrics.unavailable.Load(),
		SyncTime:    time.Duration(s.metrics.syncNanos.Load()),
		MaxSyncTime: time.Duration(s.metrics.maxSyncNanos.Load()),
		InFlight:    int(s.committer.inFlight.Load()),
	}
	s.committer.queue.mu.Lock()
	m.QueuedTx = len(s.committer.queue.txs)
	s.committer.queue.mu.Unlock()
	s.snaps.mu.Lock()
	m.OpenSnapshots = len(s.snaps.live)
	s.snaps.mu.Unlock()
	p := s.db.Metrics()
	m.DiskBytes = p.DiskSpaceUsage()
	m.MemTableBytes = p.MemTable.Size
	m.CacheBytes = p.BlockCache.Size
	m.CompactionDebt = p.Compact.EstimatedDebt
	total := p.Total()
	m.TablesBytes = total.TablesSize
	m.ReadAmp = p.ReadAmp()
	m.FlushesTotal = p.Flush.Count
	m.CompactionsTotal = p.Compact.Count
	return m, nil
}

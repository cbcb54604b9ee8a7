package pebblekv

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/cumulet/cumulet/internal/kv"
)

// snapshot is the data as of one commit, shared by all who read it.
type snapshot struct {
	version uint64 // number of the last transaction in it
	pebble  *pebble.Snapshot
	failed  *atomic.Bool // the store has: nothing must be closed any more, which may wait for Pebble's locks

	// Guarded by snapshots.mu.
	refs    int // readers, plus one each for being the visible and the durable one
	writers int // those of the readers whose transaction may write

	mu     sync.Mutex
	points []*pebble.Iterator // idle iterators without bounds
	ranges []*pebble.Iterator // idle iterators whose bounds change with each use
}

// maxIdleIterators is how many iterators of a kind a snapshot keeps for the next reader.
const maxIdleIterators = 64

// point returns an iterator for point reads; give it back with putPoint.
func (s *snapshot) point() (*pebble.Iterator, error) {
	s.mu.Lock()
	if n := len(s.points); n > 0 {
		it := s.points[n-1]
		s.points = s.points[:n-1]
		s.mu.Unlock()
		return it, nil
	}
	s.mu.Unlock()
	return s.pebble.NewIter(&pebble.IterOptions{UseL6Filters: true})
}

func (s *snapshot) putPoint(it *pebble.Iterator) {
	s.mu.Lock()
	if s.failed.Load() || len(s.points) < maxIdleIterators && it.Error() == nil {
		s.points = append(s.points, it)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	_ = it.Close() // its error was reported when it was read
}

// scan returns an iterator over r; give it back with putRange.
func (s *snapshot) scan(r span) (*pebble.Iterator, error) {
	s.mu.Lock()
	if n := len(s.ranges); n > 0 {
		it := s.ranges[n-1]
		s.ranges = s.ranges[:n-1]
		s.mu.Unlock()
		it.SetBounds(bound(r.start), bound(r.end))
		return it, nil
	}
	s.mu.Unlock()
	return s.pebble.NewIter(&pebble.IterOptions{LowerBound: bound(r.start), UpperBound: bound(r.end)})
}

// bound returns what Pebble takes for no bound where key is empty.
func bound(key []byte) []byte {
	if len(key) == 0 {
		return nil
	}
	return key
}

func (s *snapshot) putRange(it *pebble.Iterator) {
	s.mu.Lock()
	if s.failed.Load() || len(s.ranges) < maxIdleIterators && it.Error() == nil {
		s.ranges = append(s.ranges, it)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	_ = it.Close() // its error was reported when it was read
}

// close releases the snapshot. Nobody uses it any more.
func (s *snapshot) close() {
	for _, it := range slices.Concat(s.points, s.ranges) {
		_ = it.Close() // only reports what a reader has already seen
	}
	_ = s.pebble.Close() // never fails
}

// snapshots holds the snapshots in use and counts the transactions that use them.
type snapshots struct {
	durableVersion atomic.Uint64 // of durable

	mu       sync.Mutex
	closed   bool
	failed   bool          // durable stays as it is
	users    int           // running transactions
	idle     chan struct{} // closed once closed is set and users is 0
	visible  *snapshot     // newest, maybe not on disk yet
	durable  *snapshot     // newest that is on disk
	live     []*snapshot   // all with refs, oldest first
	retired  []*snapshot   // to be closed
	awaiting []awaiter     // those who wait for durable to advance
}

// awaiter waits until a version is durable.
type awaiter struct {
	version uint64
	done    chan struct{}
}

// enter counts a transaction in.
func (s *snapshots) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return kv.ErrClosed
	}
	s.users++
	return nil
}

// leave counts a transaction out.
func (s *snapshots) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.closed && s.users == 0 {
		close(s.idle)
	}
}

// shut makes enter fail and returns a channel that is closed when no transaction is left. ok is false the second time.
func (s *snapshots) shut() (idle <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.idle, false
	}
	s.closed = true
	if s.users == 0 {
		close(s.idle)
	}
	return s.idle, true
}

// forUpdate returns the newest snapshot for a transaction that may write.
func (s *snapshots) forUpdate() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visible.refs++
	s.visible.writers++
	return s.visible
}

// forView returns the newest snapshot that a crash cannot take back.
func (s *snapshots) forView() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.durable.refs++
	return s.durable
}

func (s *snapshots) doneUpdate(v *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.writers--
	s.unref(v)
}

func (s *snapshots) doneView(v *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unref(v)
}

// unref drops a reference. Closing takes Pebble's central lock, so that is left to reap, which no caller waits for.
func (s *snapshots) unref(v *snapshot) {
	v.refs--
	if v.refs > 0 {
		return
	}
	i := slices.Index(s.live, v)
	s.live = slices.Delete(s.live, i, i+1)
	s.retired = append(s.retired, v)
}

// publish makes v, newer than all, the visible snapshot.
func (s *snapshots) publish(v *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.refs = 2 // visible, and to become durable
	s.live = append(s.live, v)
	old := s.visible
	s.visible = v
	s.unref(old)
}

// oldest returns the version before which no running transaction that may write began.
func (s *snapshots) oldest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.live {
		if v.writers > 0 {
			return v.version
		}
	}
	return s.visible.version
}

// publishDurable makes v, once published, the durable snapshot.
func (s *snapshots) publishDurable(v *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed {
		return
	}
	old := s.durable
	s.durable = v
	s.durableVersion.Store(v.version)
	s.unref(old)
	s.awaiting = slices.DeleteFunc(s.awaiting, func(a awaiter) bool {
		if a.version > v.version {
			return false
		}
		close(a.done)
		return true
	})
}

// awaitDurable returns a channel that is closed once version is durable, or nil if it already is.
func (s *snapshots) awaitDurable(version uint64) <-chan struct{} {
	if s.durableVersion.Load() >= version {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.durable.version >= version {
		return nil
	}
	a := awaiter{version: version, done: make(chan struct{})}
	s.awaiting = append(s.awaiting, a)
	return a.done
}

// reap closes the snapshots that nobody uses.
func (s *snapshots) reap() {
	s.mu.Lock()
	retired := s.retired
	s.retired = nil
	s.mu.Unlock()
	for _, v := range retired {
		v.close()
	}
}

// freeze keeps the durable snapshot as it is, since nothing more becomes durable.
func (s *snapshots) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
}

// closeLast closes the newest snapshots. Nobody is left who reads.
func (s *snapshots) closeLast() {
	for _, v := range s.live {
		v.close()
	}
	s.live = nil
}

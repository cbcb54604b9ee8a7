package pebblekv

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// space watches the free space, so that a disk that fills up turns into errors while Pebble can still tidy up. It looks
// when something is to be written, and not by a clock of its own: an idle store costs nothing.
type space struct {
	fs      vfs.FS
	dir     string
	clock   *clock.Clock
	log     *slog.Logger
	reserve uint64 // bytes

	unchecked atomic.Int64 // bytes written since the last look

	mu   sync.Mutex
	at   time.Time // of the last look
	err  error     // what it found
	none bool      // the file system does not tell
}

// check returns kv.ErrUnavailable with an explanation while there is too little space.
func (s *space) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.none {
		return nil
	}
	now := s.clock.Now()
	if age := now.Sub(s.at); s.err == nil && age >= 0 && age < spaceCheckEvery && s.unchecked.Load() < int64(min(spaceCheckBytes, s.reserve/4)) {
		return nil
	}
	s.at = now
	s.unchecked.Store(0)
	before := s.err
	defer func() {
		switch {
		case before == nil && s.err != nil:
			s.log.Error("store takes no more writes for now", "err", s.err)
		case before != nil && s.err == nil:
			s.log.Warn("store takes writes again")
		}
	}()
	use, err := s.fs.GetDiskUsage(s.dir)
	switch {
	case errors.Is(err, vfs.ErrUnsupported):
		s.none, s.err = true, nil
	case err != nil:
		s.err = fmt.Errorf("%w: free space: %w", kv.ErrUnavailable, err)
	case use.AvailBytes < s.reserve:
		s.err = fmt.Errorf("%w: disk is full: %d MB free at %s, %d MB needed", kv.ErrUnavailable, use.AvailBytes>>20, s.dir, s.reserve>>20)
	default:
		s.err = nil
	}
	return s.err
}

// forTables returns an error while what is free is to be kept for the log: a table that cannot be written is tried
// again, a log is not.
func (s *space) forTables() error {
	use, err := s.fs.GetDiskUsage(s.dir)
	if err != nil {
		return nil //nolint:nilerr // then writing shows how full the disk is
	}
	if use.AvailBytes >= s.reserve/2 {
		return nil
	}
	s.ranOut()
	return fmt.Errorf("%d MB free are kept for the log: %w", use.AvailBytes>>20, syscall.ENOSPC)
}

// ranOut says that a write in the background failed for lack of space.
func (s *space) ranOut() { s.unchecked.Add(spaceCheckBytes) }

func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

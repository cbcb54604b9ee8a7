package pebblekv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// Options says how to open a store. Only Dir is required.
type Options struct {
	Dir   string       // the data directory, made if it is not there
	FS    vfs.FS       // default: the disk; vfs.NewMem() makes a store that ends with the process
	Clock *clock.Clock // default: the machine's
	Log   *slog.Logger // default: discards

	MemTableBytes uint64 // default 32 MiB; the most that is written between two flushes
	CacheBytes    int64  // default 128 MiB of table blocks and memtables, taken as it is needed
	ReserveBytes  uint64 // default 96 MiB: with less free space, Update returns kv.ErrUnavailable
	VerifyBytes   int64  // default 64 MiB: how much of the tables is read at open to find damage; -1 means all
}

// formatVersion is the version of what the rows of kv.TableMeta promise. A store with a newer one is not opened.
const formatVersion = 1

// Rows of kv.TableMeta.
func metaFormat() kv.Key { return kv.K(kv.TableMeta).Str("format") }  // -> version, 8 bytes
func metaNumber() kv.Key { return kv.K(kv.TableMeta).Str("commits") } // -> commit numbers in use, 8 bytes

// Open opens the store in a directory, making it if there is none. The directory must not be open elsewhere. Close
// the store to release it.
//
// Open reads and checks the log, the manifest and, up to Options.VerifyBytes, the tables; damage is an error that
// names the file.
func Open(o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{
		dir: o.Dir, fs: o.FS, clock: o.Clock, log: o.Log,
		seed:    maphash.MakeSeed(),
		stripes: newStripeLocks(),
		space:   &space{fs: o.FS, dir: o.Dir, clock: o.Clock, log: o.Log, reserve: o.ReserveBytes},
	}
	s.txs = sync.Pool{New: func() any { return &tx{store: s, done: make(chan error, 1)} }}
	s.failure = &failure{log: o.Log, clock: o.Clock, done: make(chan struct{}), before: func() {
		s.fence.raise()
		s.snaps.freeze()
	}}
	s.fence = &fence{FS: o.FS, space: s.space, clock: o.Clock, fail: s.failure.fail}
	s.committer = &committer{
		store:    s,
		queue:    queue{kick: make(chan struct{}, 1)},
		applied:  make(chan *group, maxGroups),
		window:   window{newest: map[uint64]uint64{}},
		counters: counters{byKey: map[string]number{}},
	}
	if err := s.open(o); err != nil {
		return nil, fmt.Errorf("open store in %s: %w", o.Dir, err)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
		if dir, err := filepath.Abs(o.Dir); err == nil {
			o.Dir = dir // one name for one directory, which the lock relies on
		}
	}
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 32 << 20
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 128 << 20
	}
	if o.ReserveBytes == 0 {
		o.ReserveBytes = defaultReserve
	}
	if o.VerifyBytes == 0 {
		o.VerifyBytes = 64 << 20
	}
	return o
}

func (s *Store) open(o Options) (err error) {
	if err := o.FS.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	lock, err := lockDir(o.FS, o.Dir)
	if err != nil {
		return err
	}
	s.lock = lock
	defer func() {
		if err != nil {
			s.fence.raise()
			s.fence.wait()
			_ = lock.Close() // the error that counts is err
		}
	}()
	if err := s.space.forTables(); err != nil {
		return fmt.Errorf("disk is full: %w", err)
	}
	manifest, err := checkLogs(o.FS, o.Dir)
	if err != nil {
		return err
	}
	po := s.pebbleOptions(o)
	if err := s.failure.guard(func() error { return verifyTables(po, o) }); err != nil {
		return err
	}
	if err := s.failure.guard(func() (err error) {
		s.db, err = pebble.Open(o.Dir, po)
		return err
	}); err != nil {
		return fmt.Errorf("database described by %s: %w", manifest, s.fence.withLast(err))
	}
	if err = s.failure.guard(s.load); err != nil {
		_ = s.failure.guard(s.db.Close) // the error that counts is err
		return err
	}
	s.start()
	return nil
}

// pebbleOptions sets Pebble up for small memory, synced commits and a disk that may be slow at deleting.
func (s *Store) pebbleOptions(o Options) *pebble.Options {
	po := &pebble.Options{
		FS:                          s.fence,
		Logger:                      s.failure,
		EventListener:               s.failure.listener(s.space),
		FormatMajorVersion:          pebble.FormatValueSeparation,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                o.MemTableBytes,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       64,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                1024,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
	}
	if o.FS == vfs.Default {
		po.TargetByteDeletionRate = 128 << 20 // deleting faster stalls syncs where the file system discards blocks
	}
	po.Levels[0].FilterPolicy = bloom.FilterPolicy(10)
	po.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionBalanced })
	po.Experimental.ReadSamplingMultiplier = -1
	// The usual scheduler looks for work ten times a second, also on an idle store; this one does when work is done.
	po.Experimental.CompactionScheduler = pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()
	po.EnsureDefaults()
	return po
}

// load reads what the store keeps about itself, and writes it if the store is new.
func (s *Store) load() error {
	format, err := s.metaRow(metaFormat())
	switch {
	case err != nil:
		return err
	case format > formatVersion:
		return fmt.Errorf("the data has format version %d, this program knows up to %d: use a newer one", format, formatVersion)
	case format == 0:
		if err := s.create(); err != nil {
			return err
		}
	}
	number, err := s.metaRow(metaNumber())
	if err != nil {
		return err
	}
	s.committer.number, s.committer.reserved = number, number
	s.committer.window.floor = number
	snap := &snapshot{version: number, pebble: s.db.NewSnapshot(), failed: &s.fence.raised, refs: 2}
	s.snaps.visible, s.snaps.durable, s.snaps.live = snap, snap, []*snapshot{snap}
	s.snaps.durableVersion.Store(number)
	s.snaps.idle = make(chan struct{})
	return nil
}

// create marks an empty database as a store.
func (s *Store) create() error {
	it, err := s.db.NewIter(nil)
	if err != nil {
		return err
	}
	some := it.First()
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		return err
	}
	if some {
		return errors.New("the directory holds a database of another program")
	}
	return s.db.Set(metaFormat(), binary.BigEndian.AppendUint64(nil, formatVersion), pebble.Sync)
}

// metaRow returns a number from kv.TableMeta, or 0.
func (s *Store) metaRow(key kv.Key) (uint64, error) {
	value, closer, err := s.db.Get(key)
	if isNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(value) != 8 {
		return 0, fmt.Errorf("row %x holds %d bytes, not 8", []byte(key), len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// ownerFile names the process that has the directory open, for whoever finds it locked.
const ownerFile = "owner.pid"

// lockDir makes this process the owner of a directory.
func lockDir(fs vfs.FS, dir string) (io.Closer, error) {
	lock, err := fs.Lock(fs.PathJoin(dir, "LOCK"))
	if err != nil {
		if owner := readOwner(fs, dir); owner != "" {
			return nil, fmt.Errorf("data directory %s is in use by process %s (%w)", dir, owner, err)
		}
		return nil, fmt.Errorf("data directory %s is in use by another process, or cannot be locked: %w", dir, err)
	}
	if err := writeOwner(fs, dir); err != nil {
		_ = lock.Close() // the error that counts is err
		return nil, err
	}
	return lock, nil
}

func readOwner(fs vfs.FS, dir string) string {
	f, err := fs.Open(fs.PathJoin(dir, ownerFile))
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func writeOwner(fs vfs.FS, dir string) error {
	f, err := fs.Create(fs.PathJoin(dir, ownerFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(strconv.Itoa(os.Getpid()) + "\n"))
	return errors.Join(err, f.Close())
}

// hash returns the hash of a key, by which conflicts are found.
func (s *Store) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }

// jitter returns a random part of d.
func jitter(d int64) int64 { return rand.Int64N(d + 1) }

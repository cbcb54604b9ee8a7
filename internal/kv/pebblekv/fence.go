package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
)

// fence is the file system that Pebble gets. It names the file in errors and counts what is written.
//
// Once the store has failed, whoever writes stops there for ever: a Pebble that has failed cannot be ended, tries again
// without pause, and must not touch a directory that somebody else may open next.
//
// An error in the log fails the store, and Pebble never hears of it: when it replaces one log by another, it has let go
// of its central lock and panics at an error, past a deferred Unlock, which ends the process before anybody is answered.
type fence struct {
	vfs.FS
	space *space
	clock *clock.Clock
	fail  func(error)

	last   atomic.Pointer[error] // the last error of an operation that writes
	raised atomic.Bool
	mu     sync.RWMutex // held for reading by each operation that writes
}

// raise stops all writing from now on.
func (f *fence) raise() { f.raised.Store(true) }

// wait returns when nobody writes any more behind a raised fence.
func (f *fence) wait() {
	f.mu.Lock()
	f.mu.Unlock() //nolint:staticcheck // only to wait
}

// do runs an operation that writes.
func (f *fence) do(what, name string, op func() error) error {
	err := f.run(op)
	if err == nil {
		return nil
	}
	if isNoSpace(err) {
		f.space.ranOut()
		// Pebble tries again at once, for as long as it takes.
		_ = f.clock.WaitUntil(context.Background(), f.clock.Now().Add(flushRetryDelay))
	}
	var path *os.PathError
	var link *os.LinkError
	if !errors.As(err, &path) && !errors.As(err, &link) { // these name the file themselves
		err = fmt.Errorf("%s %s: %w", what, name, err)
	}
	f.last.Store(&err)
	return err
}

// withLast adds the last error of an operation that writes to err: Pebble panics when it cannot open a database for
// lack of space, say, and then tells only why it panicked.
func (f *fence) withLast(err error) error {
	last := f.last.Load()
	if last == nil || errors.Is(err, *last) {
		return err
	}
	return errors.Join(*last, err)
}

// vital runs an operation that writes and whose failure must not reach Pebble.
func (f *fence) vital(what, name string, op func() error) {
	if err := f.do(what, name, op); err != nil {
		f.fail(err)
		select {} // nobody waits for this goroutine any more
	}
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

func (f *fence) run(op func() error) error {
	f.mu.RLock()
	if f.raised.Load() {
		f.mu.RUnlock()
		select {} // nobody waits for this goroutine any more
	}
	defer f.mu.RUnlock()
	return op()
}

// file runs an operation that opens a file for writing.
func (f *fence) file(what, name string, op func() (vfs.File, error)) (vfs.File, error) {
	out := &fencedFile{fence: f, name: name, vital: isLog(name)}
	if err := out.do(what, func() (err error) {
		out.File, err = op()
		return err
	}); err != nil {
		return nil, err
	}
	return out, nil
}

// Create implements vfs.FS.
func (f *fence) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file("create", name, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

// OpenReadWrite implements vfs.FS.
func (f *fence) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, category, opts...) })
}

// OpenDir implements vfs.FS.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	// Pebble syncs a directory when it makes a log, too.
	return &fencedFile{File: file, fence: f, name: name, vital: true}, nil
}

// ReuseForWrite implements vfs.FS.
func (f *fence) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file("reuse", newname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
}

// Link implements vfs.FS.
func (f *fence) Link(oldname, newname string) error {
	return f.do("link", oldname, func() error { return f.FS.Link(oldname, newname) })
}

// Remove implements vfs.FS.
func (f *fence) Remove(name string) error {
	return f.do("remove", name, func() error { return f.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (f *fence) RemoveAll(name string) error {
	return f.do("remove", name, func() error { return f.FS.RemoveAll(name) })
}

// Rename implements vfs.FS.
func (f *fence) Rename(oldname, newname string) error {
	return f.do("rename", oldname, func() error { return f.FS.Rename(oldname, newname) })
}

// MkdirAll implements vfs.FS.
func (f *fence) MkdirAll(dir string, perm os.FileMode) error {
	return f.do("mkdir", dir, func() error { return f.FS.MkdirAll(dir, perm) })
}

// Lock implements vfs.FS. It does nothing: the store holds the lock itself, since a Pebble that has failed would not
// give it back.
func (f *fence) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Unwrap implements vfs.FS.
func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is a file behind a fence.
type fencedFile struct {
	vfs.File
	fence *fence
	name  string
	vital bool
}

// do runs an operation that writes.
func (f *fencedFile) do(what string, op func() error) error {
	if f.vital {
		f.fence.vital(what, f.name, op)
		return nil
	}
	return f.fence.do(what, f.name, op)
}

// Write implements vfs.File.
func (f *fencedFile) Write(p []byte) (n int, err error) {
	err = f.do("write", func() (err error) {
		if strings.HasSuffix(f.name, ".sst") {
			if err := f.fence.space.forTables(); err != nil {
				return err
			}
		}
		n, err = f.File.Write(p)
		return err
	})
	f.fence.space.unchecked.Add(int64(n))
	return n, err
}

// WriteAt implements vfs.File.
func (f *fencedFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.do("write", func() (err error) {
		n, err = f.File.WriteAt(p, off)
		return err
	})
	f.fence.space.unchecked.Add(int64(n))
	return n, err
}

// Preallocate implements vfs.File. It is only for speed, and Pebble can do without.
func (f *fencedFile) Preallocate(offset, length int64) error {
	return f.fence.do("preallocate", f.name, func() error { return f.File.Preallocate(offset, length) })
}

// Stat implements vfs.File.
func (f *fencedFile) Stat() (info vfs.FileInfo, err error) {
	err = f.do("stat", func() (err error) {
		info, err = f.File.Stat()
		return err
	})
	return info, err
}

// Close implements vfs.File. A file can be closed behind a raised fence.
func (f *fencedFile) Close() error {
	err := f.File.Close()
	if err == nil {
		return nil
	}
	return f.do("close", func() error { return err })
}

// Sync implements vfs.File.
func (f *fencedFile) Sync() error { return f.do("sync", f.File.Sync) }

// SyncData implements vfs.File.
func (f *fencedFile) SyncData() error { return f.do("sync", f.File.SyncData) }

// SyncTo implements vfs.File.
func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	err = f.do("sync", func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

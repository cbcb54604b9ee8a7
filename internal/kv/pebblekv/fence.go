package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
)

var errFenced = errors.New("the store has failed and does not write any more")

// fence is the file system that Pebble gets. It names the file in errors, counts what is written, and once raised
// refuses all writing: a Pebble that has failed cannot be stopped, and must not touch a directory that somebody else
// may open next.
type fence struct {
	vfs.FS
	space *space
	clock *clock.Clock

	mu     sync.RWMutex // held for reading by each operation that writes
	raised bool
}

// raise refuses all writing from now on, once what goes on at the moment is done.
func (f *fence) raise() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.raised = true
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
	if errors.As(err, &path) || errors.As(err, &link) {
		return err // names the file itself
	}
	return fmt.Errorf("%s %s: %w", what, name, err)
}

func (f *fence) run(op func() error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.raised {
		return errFenced
	}
	return op()
}

// file runs an operation that opens a file for writing.
func (f *fence) file(what, name string, op func() (vfs.File, error)) (vfs.File, error) {
	var inner vfs.File
	err := f.do(what, name, func() (err error) {
		inner, err = op()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &fencedFile{File: inner, fence: f, name: name}, nil
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
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenDir(name) })
}

// ReuseForWrite implements vfs.FS.
func (f *fence) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file("reuse", oldname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
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

// Lock implements vfs.FS. The store holds the lock itself and hands it to Pebble.
func (f *fence) Lock(name string) (io.Closer, error) { return f.FS.Lock(name) }

// Unwrap implements vfs.FS.
func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is a file behind a fence.
type fencedFile struct {
	vfs.File
	fence *fence
	name  string
}

// Write implements vfs.File.
func (f *fencedFile) Write(p []byte) (n int, err error) {
	err = f.fence.do("write", f.name, func() (err error) {
		n, err = f.File.Write(p)
		return err
	})
	f.fence.space.unchecked.Add(int64(n))
	return n, err
}

// WriteAt implements vfs.File.
func (f *fencedFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fence.do("write", f.name, func() (err error) {
		n, err = f.File.WriteAt(p, off)
		return err
	})
	f.fence.space.unchecked.Add(int64(n))
	return n, err
}

// Preallocate implements vfs.File.
func (f *fencedFile) Preallocate(offset, length int64) error {
	return f.fence.do("preallocate", f.name, func() error { return f.File.Preallocate(offset, length) })
}

// Sync implements vfs.File.
func (f *fencedFile) Sync() error { return f.fence.do("sync", f.name, f.File.Sync) }

// SyncData implements vfs.File.
func (f *fencedFile) SyncData() error { return f.fence.do("sync", f.name, f.File.SyncData) }

// SyncTo implements vfs.File.
func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	err = f.fence.do("sync", f.name, func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// failure is where a store ends up that cannot write any more. It never leaves it.
//
// Pebble calls Logger.Fatalf when it cannot go on, and does not expect that call to return: it may hold its locks, or
// have deferred to release locks that it does not hold. So Fatalf records the failure, which answers every caller, and
// then stops Pebble's goroutine for ever. From then on nobody may wait for Pebble; the process is to close the store
// and stop, and whatever Pebble still does is kept away from the directory by fence.
type failure struct {
	log    *slog.Logger
	clock  *clock.Clock
	done   chan struct{} // closed at the failure
	before func()        // runs just before done is closed

	once sync.Once
	err  error // set before done is closed

	mu          sync.Mutex
	flushErrors int       // in a row
	stalled     time.Time // since when Pebble takes no writes; zero while it does
}

// fail makes the store fail, if it has not already.
func (f *failure) fail(err error) {
	f.once.Do(func() {
		f.err = fmt.Errorf("%w: %w", kv.ErrUnavailable, err)
		f.before()
		f.log.Error("store failed; the process must restart", "err", err)
		close(f.done)
	})
}

func (f *failure) failed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// cause returns the error that callers get, or nil while all is well.
func (f *failure) cause() error {
	if f.failed() {
		return f.err
	}
	return nil
}

// onExit is deferred by the store's own goroutines, which Pebble's failures may end.
func (f *failure) onExit(what string) {
	if r := recover(); r != nil {
		f.log.Error("store panicked", "in", what, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		f.fail(fmt.Errorf("%s: %v", what, r))
	}
}

// Infof implements pebble.Logger.
func (f *failure) Infof(format string, args ...any) {
	if f.log.Enabled(context.Background(), slog.LevelDebug) {
		f.log.Debug("engine", "text", fmt.Sprintf(format, args...))
	}
}

// Errorf implements pebble.Logger.
func (f *failure) Errorf(format string, args ...any) {
	f.log.Warn("engine", "text", fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger. It does not return.
func (f *failure) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	for _, a := range args {
		if cause, ok := a.(error); ok {
			err = fmt.Errorf("%s (%w)", fmt.Sprintf(format, args...), cause)
		}
	}
	f.fail(err)
	select {}
}

// listener returns what Pebble reports its background work to. Flushes that fail are tried again for as long as the
// disk is full, unless writes wait for them for too long; other errors that persist end the store, since writes would
// stall in the end.
func (f *failure) listener(space *space) *pebble.EventListener {
	background := func(err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case err == nil:
			f.flushErrors = 0
		case errors.Is(err, pebble.ErrCancelledCompaction):
		case isNoSpace(err):
			space.ranOut()
			if !f.stalled.IsZero() && f.clock.Now().Sub(f.stalled) > maxStall {
				f.fail(err)
			}
		default:
			if f.flushErrors++; f.flushErrors >= maxFlushErrors {
				f.fail(err)
			}
		}
	}
	stall := func(since time.Time) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.stalled = since
	}
	stop := func() {
		if f.failed() {
			select {} // Pebble would try again without pause
		}
	}
	return &pebble.EventListener{
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { stall(f.clock.Now()) },
		WriteStallEnd:   func() { stall(time.Time{}) },
		FlushBegin:      func(pebble.FlushInfo) { stop() },
		CompactionBegin: func(pebble.CompactionInfo) { stop() },
		BackgroundError: func(err error) { f.log.Warn("background work failed, trying again", "err", err) },
		FlushEnd:        func(info pebble.FlushInfo) { background(info.Err) },
		CompactionEnd:   func(info pebble.CompactionInfo) { background(info.Err) },
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			f.fail(fmt.Errorf("data is corrupt: %s: %w", info.Path, info.Details))
		},
	}
}

// guard runs fn, which calls Pebble, and returns its error, also when Pebble stops on the way.
func (f *failure) guard(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		var err error
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
			result <- err
		}()
		err = fn()
	}()
	select {
	case err := <-result:
		return err
	case <-f.done:
		return f.err
	}
}

func isNotFound(err error) bool { return errors.Is(err, pebble.ErrNotFound) }

package pebblekv

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/cumulet/cumulet/internal/kv"
)

var crashRounds = flag.Int("crash.rounds", 1, "how many times to repeat each crash test")

// crashable is vfs.NewCrashableMem, but for a deadlock: its ReuseForWrite takes a lock for reading twice, between which
// CrashClone may ask for it.
type crashable struct{ *vfs.MemFS }

func newCrashable() crashable { return crashable{vfs.NewCrashableMem()} }

func (fs crashable) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := fs.Rename(oldname, newname); err != nil {
		return nil, err
	}
	return fs.OpenReadWrite(newname, category)
}

// crash returns the disk as a power failure leaves it. Of what was not synced, each block stays with a probability.
func (fs crashable) crash(rng *rand.Rand, percent int) crashable {
	return crashable{fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})}
}

// isSync reports whether an operation asks for durability.
func isSync(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

// small makes a store flush and compact all the time.
func small(fs vfs.FS) Options { return Options{FS: fs, Dir: "data", MemTableBytes: 16 << 10} }

// crash is the disk as the power went, and what clients knew then.
type crash struct {
	fs             crashable
	acked, started []int
}

// The power goes just before a sync, any sync. All that was acknowledged is there, nothing is there in parts.
func TestCrashAtEverySync(t *testing.T) {
	for round := range *crashRounds {
		rng := rand.New(rand.NewPCG(uint64(round), 1))
		mem := newCrashable()
		l := newLedger(make([]int, 6))
		var mu sync.Mutex
		var crashes []crash
		armed := false
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if !isSync(op) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if armed {
				c := crash{acked: l.progress()}
				c.fs = mem.crash(rng, rng.IntN(3)*50)
				c.started = l.begun()
				crashes = append(crashes, c)
			}
			return nil
		}))
		s := open(t, small(fs))
		mu.Lock()
		armed = true
		mu.Unlock()
		if err := l.run(s, 30); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		armed = false
		mu.Unlock()
		if _, err := verifyLedger(s, l.acked, l.started); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d crashes", len(crashes))
		if len(crashes) < 30 {
			t.Errorf("%d syncs, want more", len(crashes))
		}
		every := 1
		if *crashRounds == 1 {
			every = len(crashes)/30 + 1
		}
		for i, c := range crashes {
			if i%every != 0 {
				continue
			}
			s, err := Open(small(c.fs))
			if err != nil {
				t.Fatalf("crash %d: %v", i, err)
			}
			resume(t, s, c.acked, c.started)
			// A second crash, after what follows recovery.
			again := c.fs.crash(nil, 0)
			if err := s.Close(); err != nil {
				t.Fatalf("crash %d: %v", i, err)
			}
			if i%10 == 0 {
				s, err := Open(small(again))
				if err != nil {
					t.Fatalf("crash %d, second one: %v", i, err)
				}
				if _, err := verifyLedger(s, c.acked, []int{99, 99, 99, 99, 99, 99}); err != nil {
					t.Fatalf("crash %d, second one: %v", i, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// An operation on a file fails, once or from then on. Callers get kv.ErrUnavailable or nothing happens; none hangs,
// and what was acknowledged is there when the store is opened again.
func TestIOError(t *testing.T) {
	for round := range *crashRounds {
		for _, lasting := range []bool{false, true} {
			t.Run(fmt.Sprintf("lasting=%v", lasting), func(t *testing.T) {
				failed, survived := 0, 0
				step := 5
				for at := 1 + round%step; ; at += step {
					fired, ok := ioError(t, int64(at), lasting)
					if !fired {
						break
					}
					if ok {
						survived++
					} else {
						failed++
					}
				}
				t.Logf("the store failed %d times and survived %d times", failed, survived)
				if failed == 0 {
					t.Error("the store never failed")
				}
			})
		}
	}
}

// ioError makes the operation number at fail, and reports whether there was one and whether the store survived it.
func ioError(t *testing.T, at int64, lasting bool) (fired, survived bool) {
	t.Helper()
	mem := newCrashable()
	var n atomic.Int64
	var hit atomic.Value
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || op.Kind == errorfs.OpFileClose || op.Kind == errorfs.OpLock {
			return nil
		}
		if k := n.Add(1); k == at || lasting && k > at {
			hit.CompareAndSwap(nil, fmt.Sprint(op.Kind, " ", op.Path))
			return syscall.EIO
		}
		return nil
	}))
	l := newLedger(make([]int, 4))
	s, err := Open(small(fs))
	if err == nil {
		if err = l.run(s, 15); err != nil && !errors.Is(err, kv.ErrUnavailable) {
			t.Fatalf("operation %d, %v: %v", at, hit.Load(), err)
		}
		survived = err == nil
		if err != nil && s.Err() == nil {
			t.Fatalf("operation %d, %v: %v, but the store has not failed", at, hit.Load(), err)
		}
		if err := s.Close(); err != nil && survived && hit.Load() == nil {
			t.Fatal(err)
		}
	}
	if hit.Load() == nil {
		return false, survived
	}
	for _, fs := range []vfs.FS{mem.crash(nil, 0), mem} {
		s, err := Open(small(fs))
		if err != nil {
			t.Fatalf("open after operation %d, %v, failed: %v", at, hit.Load(), err)
		}
		if _, err := verifyLedger(s, l.acked, l.started); err != nil {
			t.Fatalf("after operation %d, %v, failed: %v", at, hit.Load(), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return true, survived
}

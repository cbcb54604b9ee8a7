package pebblekv_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/kvtest"
	"github.com/cumulet/cumulet/internal/kv/memkv"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"
)

func open(t testing.TB, o pebblekv.Options) kv.Store {
	t.Helper()
	s, err := pebblekv.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store {
		return open(t, pebblekv.Options{Dir: "data", FS: vfs.NewMem()})
	})
}

// TestMetamorphic compares random histories with the model, closing the store or cutting its power now and then, with
// tables so small that they are written all the time.
func TestMetamorphic(t *testing.T) {
	kvtest.Rounds(t, func(t *testing.T, seed uint64) {
		o := pebblekv.Options{Dir: "data", FS: vfs.NewCrashableMem(), MemTableBytes: 32 << 10}
		reopen := func(t *testing.T, s kv.Store, crash bool) kv.Store {
			t.Helper()
			if crash { // all that was answered is on disk, so the disk without the rest is what the history says
				o.FS = o.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, o)
		}
		kvtest.Metamorphic(t, seed, 1500, memkv.New(clock.New()), open(t, o), reopen)
	})
}

func BenchmarkDisk(b *testing.B) {
	kvtest.Bench(b, func(b *testing.B) kv.Store {
		b.Helper()
		return open(b, pebblekv.Options{Dir: b.TempDir()})
	})
}

func BenchmarkMemory(b *testing.B) {
	kvtest.Bench(b, func(b *testing.B) kv.Store {
		b.Helper()
		return open(b, pebblekv.Options{Dir: "data", FS: vfs.NewMem()})
	})
}

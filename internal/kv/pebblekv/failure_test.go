package pebblekv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/cumulet/cumulet/internal/kv"
)

// quota is a disk of limited size. Files that are removed or replaced give their room back.
type quota struct {
	vfs.FS
	silent bool // does not tell how much is free

	mu          sync.Mutex
	size, used  int64
	bytesByFile map[string]int64
}

func (q *quota) take(name string, n int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.used+n > q.size {
		return syscall.ENOSPC
	}
	q.used += n
	q.bytesByFile[name] += n
	return nil
}

func (q *quota) free(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= q.bytesByFile[name]
	delete(q.bytesByFile, name)
}

func (q *quota) resize(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size = n
}

func (q *quota) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	q.free(name)
	f, err := q.FS.Create(name, category)
	return &quotaFile{f, q, name}, err
}

func (q *quota) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	q.free(oldname)
	f, err := q.FS.ReuseForWrite(oldname, newname, category)
	return &quotaFile{f, q, newname}, err
}

func (q *quota) Remove(name string) error {
	q.free(name)
	return q.FS.Remove(name)
}

func (q *quota) Rename(oldname, newname string) error {
	if err := q.FS.Rename(oldname, newname); err != nil {
		return err
	}
	q.free(newname)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytesByFile[newname] = q.bytesByFile[oldname]
	delete(q.bytesByFile, oldname)
	return nil
}

func (q *quota) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if q.silent {
		return vfs.DiskUsage{}, vfs.ErrUnsupported
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return vfs.DiskUsage{AvailBytes: uint64(max(0, q.size-q.used)), TotalBytes: uint64(q.size), UsedBytes: uint64(q.used)}, nil
}

type quotaFile struct {
	vfs.File
	quota *quota
	name  string
}

func (f *quotaFile) Write(p []byte) (int, error) {
	if err := f.quota.take(f.name, int64(len(p))); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// fill writes a row that nothing can compress.
func fill(s kv.Store, n int) error {
	value := make([]byte, 4<<10)
	random := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	_, _ = random.Read(value) // never fails
	return s.Update(context.Background(), func(tx kv.Tx) error {
		tx.SetStamped(key("fill"), value)
		return nil
	})
}

// A disk fills up and empties again, three times. Update says so in time, goes on by itself, and nothing is lost.
func TestDiskFull(t *testing.T) {
	disk := &quota{FS: vfs.NewMem(), size: 1 << 20, bytesByFile: map[string]int64{}}
	o := Options{FS: disk, Dir: "data", MemTableBytes: 64 << 10, ReserveBytes: 400 << 10}
	s := open(t, o)
	l := newLedger(make([]int, 4))
	for round := range 3 {
		n := 0
		var err error
		for err == nil && n < 100_000 {
			if err = l.step(s, n%4); err == nil {
				err = fill(s, n)
			}
			n++
		}
		if !errors.Is(err, kv.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "disk is full") {
			t.Fatalf("round %d: after %d transactions: %v, want a full disk", round, n, err)
		}
		t.Logf("round %d: full after %d transactions", round, n)
		if s.Err() != nil {
			t.Fatalf("round %d: the store failed: %v", round, s.Err())
		}
		if _, err := verifyLedger(s, l.acked, l.acked); err != nil {
			t.Fatal("reading with a full disk:", err)
		}
		disk.resize(disk.size + 1<<20)
		if err := l.run(s, 1); err != nil {
			t.Fatalf("round %d: with space again: %v", round, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, o)
	if _, err := verifyLedger(s, l.acked, l.acked); err != nil {
		t.Fatal(err)
	}
}

// A disk fills up that does not say how full it is. The store fails, and goes on when it is opened with space again.
func TestDiskFullUnannounced(t *testing.T) {
	disk := &quota{FS: vfs.NewMem(), size: 512 << 10, silent: true, bytesByFile: map[string]int64{}}
	l := newLedger(make([]int, 4))
	for round := range 3 {
		s := open(t, small(disk))
		if _, err := verifyLedger(s, l.acked, l.started); err != nil {
			t.Fatal(err)
		}
		for n, err := 0, error(nil); err == nil; n++ {
			if err = l.step(s, n%4); err == nil {
				err = fill(s, n)
			}
			if err != nil && !errors.Is(err, kv.ErrUnavailable) || n == 100_000 {
				t.Fatalf("round %d: %v, want kv.ErrUnavailable", round, err)
			}
		}
		<-s.Failed()
		if err := s.Update(context.Background(), func(kv.Tx) error { return nil }); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Update after the failure = %v, want kv.ErrUnavailable", err)
		}
		if _, err := verifyLedger(s, l.acked, l.started); err != nil {
			t.Fatal("reading after the failure:", err)
		}
		if err := s.Close(); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Close() = %v, want the failure", err)
		}
		disk.resize(disk.size + 4<<20) // what the dead store has left behind is only removed once it is open
		s = open(t, small(disk))
		state, err := verifyLedger(s, l.acked, l.started)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		l = newLedger(state.heads)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// gate lets syncs through only while it is open.
type gate struct {
	mu   sync.Mutex
	wait chan struct{} // nil while it is open
	held atomic.Int64
}

func (g *gate) MaybeError(op errorfs.Op) error {
	if !isSync(op) || !strings.HasSuffix(op.Path, ".log") {
		return nil
	}
	g.mu.Lock()
	wait := g.wait
	g.mu.Unlock()
	if wait != nil {
		g.held.Add(1)
		<-wait
	}
	return nil
}

func (g *gate) String() string { return "gate" }

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wait = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.wait)
	g.wait = nil
}

// While a commit waits for the disk, other transactions build on it, but no answer that rests on it goes out.
func TestVisibleIsNotDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		s := open(t, Options{FS: errorfs.Wrap(vfs.NewMem(), g)})
		g.close()
		var mu sync.Mutex
		answers := map[string]string{}
		run := func(name string, fn func(tx kv.Tx) error) {
			go func() {
				err := s.Update(context.Background(), fn)
				mu.Lock()
				defer mu.Unlock()
				answers[name] = fmt.Sprint(err)
			}()
			synctest.Wait()
		}
		run("write", func(tx kv.Tx) error { tx.Set(key("a"), []byte("new")); return nil })
		seen := ""
		run("read", func(tx kv.Tx) error { seen = string(tx.Get(key("a"))); return nil })
		run("fail", func(tx kv.Tx) error { return errors.New("a is " + string(tx.Get(key("a")))) })
		run("build", func(tx kv.Tx) error { tx.Set(key("b"), tx.Get(key("a"))); return nil })
		if seen != "new" {
			t.Errorf("Update sees %q, want what is visible", seen)
		}
		mu.Lock()
		if len(answers) > 0 {
			t.Errorf("answered before the sync: %v", answers)
		}
		mu.Unlock()
		if got := get(t, s, key("a")); got != "" {
			t.Errorf("View sees %q before the sync, want nothing", got)
		}
		if g.held.Load() == 0 {
			t.Error("no sync was held up")
		}
		g.open()
		synctest.Wait()
		want := map[string]string{"write": "<nil>", "read": "<nil>", "fail": "a is new", "build": "<nil>"}
		if fmt.Sprint(answers) != fmt.Sprint(want) {
			t.Errorf("answers %v, want %v", answers, want)
		}
		if got := get(t, s, key("b")); got != "=new" {
			t.Errorf("b = %q, want =new", got)
		}
	})
}

// An Update whose commit is on its way waits for the outcome even if its context ends.
func TestCancelAfterSubmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		s := open(t, Options{FS: errorfs.Wrap(vfs.NewMem(), g)})
		g.close()
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan error, 1)
		go func() {
			result <- s.Update(ctx, func(tx kv.Tx) error { tx.Set(key("a"), nil); return nil })
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-result:
			t.Fatalf("Update = %v before the sync", err)
		default:
		}
		g.open()
		if err := <-result; err != nil {
			t.Errorf("Update = %v, want nil", err)
		}
		if err := s.Update(ctx, func(tx kv.Tx) error { tx.Set(key("b"), nil); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Update = %v, want context.Canceled", err)
		}
		if got := get(t, s, key("b")); got != "" {
			t.Errorf("b = %q, want none", got)
		}
	})
}

// A sync that fails makes the store fail, and every waiter hears of it.
func TestSyncFails(t *testing.T) {
	var broken atomic.Bool
	mem := newCrashable()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if isSync(op) && broken.Load() {
			return syscall.EIO
		}
		return nil
	}))
	s := open(t, Options{FS: fs})
	l := newLedger(make([]int, 32))
	if err := l.run(s, 3); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	err := l.run(s, 3)
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		if !errors.Is(err, kv.ErrUnavailable) || !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), ".log") {
			t.Errorf("Update = %v, want kv.ErrUnavailable with its cause and file", err)
		}
	}
	<-s.Failed()
	if err := s.Close(); !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("Close() = %v, want the failure", err)
	}
	s = open(t, Options{FS: mem.crash(nil, 0)})
	resume(t, s, l.acked, l.started)
}

// A directory has one owner.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	_, err := Open(Options{Dir: dir + "/."})
	if want := fmt.Sprintf("data directory %s is in use by process %d", dir, os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Open = %v, want %q", err, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Dir: dir})
}

func TestFormatVersion(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs})
	update(t, s, func(tx kv.Tx) { tx.Set(metaFormat(), binary.BigEndian.AppendUint64(nil, formatVersion+1)) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Options{FS: fs, Dir: "data"})
	if err == nil || !strings.Contains(err.Error(), "format version 2, this program knows up to 1") {
		t.Errorf("Open = %v, want a newer format version", err)
	}
}

func TestForeignDatabase(t *testing.T) {
	fs := vfs.NewMem()
	db, err := pebble.Open("data", &pebble.Options{FS: fs, Logger: &failure{log: Options{}.withDefaults().Log}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte("a"), nil, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(Options{FS: fs, Dir: "data"}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("Open = %v, want a refusal", err)
	}
}

// contents returns the files of a directory.
func contents(t *testing.T, fs vfs.FS, pattern string) map[string][]byte {
	t.Helper()
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if !strings.Contains(name, pattern) || strings.HasPrefix(name, "marker") {
			continue
		}
		f, err := fs.Open("data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

// A bit that flips in a table or in the log is found when the store is opened, and the error names the file.
func TestBitFlips(t *testing.T) {
	for _, pattern := range []string{".sst", ".log", "MANIFEST-"} {
		t.Run(pattern, func(t *testing.T) {
			fs := vfs.NewMem()
			o := Options{FS: fs, Dir: "data", MemTableBytes: 1 << 20}
			if pattern != ".log" {
				o.MemTableBytes = 16 << 10
			}
			s := open(t, o)
			l := newLedger(make([]int, 4))
			if err := l.run(s, 60); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tried, silent := 0, 0
			for name, data := range contents(t, fs, pattern) {
				used := len(data)
				for used > 0 && data[used-1] == 0 {
					used--
				}
				for at := 11; at < used; at += max(1, used/25) {
					damaged := vfs.NewMem()
					if _, err := vfs.Clone(fs, damaged, "data", "data", vfs.CloneSync); err != nil {
						t.Fatal(err)
					}
					f, err := damaged.OpenReadWrite("data/"+name, vfs.WriteCategoryUnspecified)
					if err != nil {
						t.Fatal(err)
					}
					_, err = f.WriteAt([]byte{data[at] ^ 0x10}, int64(at))
					if err := errors.Join(err, f.Close()); err != nil {
						t.Fatal(err)
					}
					tried++
					o := o
					o.FS = damaged
					s, err := Open(o)
					if err != nil {
						if !strings.Contains(err.Error(), strings.TrimSuffix(name, pattern)) {
							t.Errorf("%s, byte %d of %d: %v, want the file's name", name, at, used, err)
						}
						continue
					}
					silent++
					if _, err := verifyLedger(s, l.acked, l.acked); err != nil {
						t.Errorf("%s, byte %d of %d: opened, but: %v", name, at, used, err)
					}
					_ = s.Close() // whatever it says
				}
			}
			t.Logf("%d flips, %d without effect", tried, silent)
			if tried < 10 {
				t.Errorf("%d flips, want more", tried)
			}
		})
	}
}

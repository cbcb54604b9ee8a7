package kvtest

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/kv"
)

// Reopen closes a store and opens it again, or, if crash is set, does as if the process had died and opens what is left.
type Reopen func(t *testing.T, s kv.Store, crash bool) kv.Store

// Metamorphic runs one random history of transactions, one after the other, on two stores, and compares all that they
// return and, from time to time, all that they hold. Store a is the model; reopen, unless it is nil, replaces b now and
// then. The history depends on the seed only. Both stores are empty at first, and closed in the end.
func Metamorphic(t *testing.T, seed uint64, transactions int, a, b kv.Store, reopen Reopen) {
	t.Helper()
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 1))}
	wa, wb := &world{db: a}, &world{db: b}
	defer func() {
		for _, w := range []*world{wa, wb} {
			if err := w.db.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		}
	}()
	for i := range transactions {
		if reopen != nil && g.one(40) {
			wb.db = reopen(t, wb.db, g.one(2))
		}
		p := g.program(len(wa.stamps))
		if i%50 == 49 || i == transactions-1 {
			p = program{view: true, steps: []step{{kind: stepScan, key: symbol{nil: true}, end: symbol{nil: true}}}} // everything
		}
		before := len(wa.stamps)
		ra, rb := wa.run(p), wb.run(p)
		if !slices.Equal(ra, rb) {
			same := 0
			for same < min(len(ra), len(rb)) && ra[same] == rb[same] {
				same++
			}
			t.Fatalf("seed %d, transaction %d: the stores differ\n%v\nboth:%s\nthen the model:%s\nand the store:%s",
				seed, i, p, lines(ra[:same]), lines(ra[same:]), lines(rb[same:]))
		}
		for _, w := range []*world{wa, wb} {
			for j := max(before, 1); j < len(w.stamps); j++ {
				if string(w.stamps[j-1][:]) >= string(w.stamps[j][:]) {
					t.Fatalf("seed %d, transaction %d: stamp %x after %x", seed, i, w.stamps[j], w.stamps[j-1])
				}
			}
		}
	}
}

// lines prints the first of some lines.
func lines(all []string) string {
	const most = 30
	if len(all) > most {
		all = append(all[:most:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return "\n  " + strings.Join(all, "\n  ")
}

// symbol is a key in both stores: a name, or a prefix and the number of a stamp, which differ between the stores.
type symbol struct {
	name  string
	stamp int // 1 for the first stamp; 0 for none
	nil   bool
}

func (s symbol) String() string {
	switch {
	case s.nil:
		return "nil"
	case s.stamp > 0:
		return fmt.Sprintf("%q/stamp %d", s.name, s.stamp)
	default:
		return fmt.Sprintf("%q", s.name)
	}
}

type stepKind uint8

const (
	stepGet stepKind = iota
	stepGetMany
	stepScan
	stepScanGet    // and gets a row in each step
	stepScanDelete // and deletes each row
	stepSnapshotGet
	stepSnapshotScan
	stepSet
	stepDelete
	stepDeleteRange
	stepAdd
	stepMax
	stepMin
	stepSetStamped
	stepKinds
)

var stepNames = [stepKinds]string{
	"Get", "GetMany", "Scan", "Scan+Get", "Scan+Delete", "Snapshot.Get", "Snapshot.Scan", "Set", "Delete", "DeleteRange", "Add",
	"Max", "Min", "SetStamped",
}

// step is one call. Which fields it uses depends on the kind.
type step struct {
	kind    stepKind
	key     symbol // or the start of a range
	end     symbol // of a range
	keys    []symbol
	limit   int
	stop    int // leave a scan after that many rows; 0 for not at all
	reverse bool
	number  int64
	value   []byte
}

func (s step) String() string {
	out := fmt.Sprintf("%s %v", stepNames[s.kind], s.key)
	switch s.kind {
	case stepGetMany:
		return fmt.Sprintf("GetMany %v", s.keys)
	case stepScan, stepScanGet, stepScanDelete, stepSnapshotScan:
		return fmt.Sprintf("%s to %v limit %d stop %d reverse %v", out, s.end, s.limit, s.stop, s.reverse)
	case stepDeleteRange:
		return fmt.Sprintf("%s to %v", out, s.end)
	case stepAdd, stepMax, stepMin:
		return fmt.Sprintf("%s %d", out, s.number)
	case stepSet, stepSetStamped:
		return fmt.Sprintf("%s %.20q (%d bytes)", out, s.value, len(s.value))
	default:
		return out
	}
}

// program is one transaction.
type program struct {
	view      bool
	fail      bool // an Update that returns an error
	serialize bool
	steps     []step
}

func (p program) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "transaction: view %v, fails %v, serialize %v", p.view, p.fail, p.serialize)
	for _, s := range p.steps {
		fmt.Fprintf(&out, "\n  %v", s)
	}
	return out.String()
}

// generator makes random programs.
type generator struct{ rnd *rand.Rand }

// one is true one time of n.
func (g *generator) one(n int) bool { return g.rnd.IntN(n) == 0 }

func (g *generator) program(stamps int) program {
	p := program{view: g.one(6), serialize: g.one(8)}
	p.fail = !p.view && g.one(10)
	steps := 1 + g.rnd.IntN(6)
	if g.one(10) {
		steps *= 10
	}
	for range steps {
		p.steps = append(p.steps, g.step(p.view, stamps))
	}
	return p
}

func (g *generator) step(view bool, stamps int) step {
	kinds := int(stepKinds)
	if view {
		kinds = int(stepScanDelete)
	}
	s := step{
		kind:    stepKind(g.rnd.IntN(kinds)),
		key:     g.symbol(stamps),
		end:     g.symbol(stamps),
		reverse: g.one(2),
		number:  g.number(),
	}
	if s.kind == stepDeleteRange && !g.one(3) { // less often, lest the stores be empty
		s.kind = stepSet
	}
	if g.one(3) {
		s.limit = 1 + g.rnd.IntN(8)
	}
	if g.one(3) {
		s.stop = 1 + g.rnd.IntN(8)
	}
	switch s.kind { // a nil key stands for the end of all
	case stepScan, stepScanGet, stepScanDelete, stepSnapshotScan, stepDeleteRange:
		s.key.nil, s.end.nil = g.one(4), g.one(4)
	default:
	}
	for range g.rnd.IntN(5) {
		s.keys = append(s.keys, g.symbol(stamps))
	}
	s.value = g.value()
	return s
}

func (g *generator) number() int64 {
	switch g.rnd.IntN(8) {
	case 0:
		return math.MaxInt64
	case 1:
		return math.MinInt64
	default:
		return g.rnd.Int64N(200) - 100
	}
}

func (g *generator) value() []byte {
	switch g.rnd.IntN(10) {
	case 0:
		return nil
	case 1:
		return []byte(strings.Repeat("long ", 1000))
	case 2, 3:
		return kv.AppendInt64(nil, g.number())
	default:
		return fmt.Append(nil, "v", g.rnd.IntN(1000))
	}
}

// symbol returns one of few keys, so that programs meet; half of them have a stamp, once there are some.
func (g *generator) symbol(stamps int) symbol {
	s := symbol{name: g.name()}
	if stamps > 0 && g.one(3) {
		s.stamp = 1 + max(0, stamps-1-g.rnd.IntN(20)) // a recent one
	}
	return s
}

func (g *generator) name() string {
	const letters = "ab\x00\xff"
	name := make([]byte, g.rnd.IntN(4))
	for i := range name {
		name[i] = letters[g.rnd.IntN(len(letters))]
	}
	return string(name)
}

// world is a store and what is known about it.
type world struct {
	db     kv.Store
	stamps []kv.Stamp
}

// key returns the key in this store.
func (w *world) key(s symbol) kv.Key {
	k := key(s.name)
	if s.stamp > 0 {
		k = k.Stamp(w.stamps[s.stamp-1])
	}
	return k
}

// show prints a key with the number of its stamp in place of the stamp.
func (w *world) show(k kv.Key) string {
	text := k.String()
	i := strings.LastIndex(text, "/#")
	if i < 0 {
		return text
	}
	b, err := hex.DecodeString(text[i+2:])
	if err != nil || len(b) != kv.StampSize {
		return text
	}
	if n := slices.Index(w.stamps, kv.Stamp(b)); n >= 0 {
		return fmt.Sprintf("%s/stamp %d", text[:i], n+1)
	}
	return text
}

// run runs a program and returns what it saw.
func (w *world) run(p program) []string {
	var seen []string
	var stamps []*kv.Stamp
	hooks := 0
	var err error
	if p.view {
		err = w.db.View(context.Background(), func(r kv.Reader) error {
			for _, s := range p.steps {
				seen = append(seen, w.read(r, s)...)
			}
			return nil
		})
	} else {
		var opts []kv.Option
		if p.serialize {
			opts = append(opts, kv.Serialize(w.key(p.steps[0].key)))
		}
		err = w.db.Update(context.Background(), func(tx kv.Tx) error {
			seen, stamps = nil, nil
			for _, s := range p.steps {
				if stamp := w.write(tx, s); stamp != nil {
					stamps = append(stamps, stamp)
				}
				seen = append(seen, w.read(tx, s)...)
			}
			tx.OnCommit(func() { hooks++ })
			if p.fail {
				return errTest
			}
			return nil
		}, opts...)
	}
	if err == nil {
		for _, s := range stamps {
			w.stamps = append(w.stamps, *s)
		}
	}
	return append(seen, fmt.Sprintf("err %v, OnCommit ran %d times", err, hooks))
}

// rng returns the range of a step. It does not leave the rows of tests.
func (w *world) rng(s step) kv.Range {
	rng := kv.Range{Start: kv.K(table), End: all().End, Limit: s.limit, Reverse: s.reverse}
	if !s.key.nil {
		rng.Start = w.key(s.key)
	}
	if !s.end.nil {
		rng.End = w.key(s.end)
	}
	return rng
}

// write does a step that only writes. It returns the stamp of a stamped row.
func (w *world) write(tx kv.Tx, s step) *kv.Stamp {
	switch s.kind {
	case stepSet:
		tx.Set(w.key(s.key), s.value)
	case stepDelete:
		tx.Delete(w.key(s.key))
	case stepDeleteRange:
		rng := w.rng(s)
		tx.DeleteRange(rng.Start, rng.End)
	case stepAdd:
		tx.Add(w.key(s.key), s.number)
	case stepMax:
		tx.Max(w.key(s.key), s.number)
	case stepMin:
		tx.Min(w.key(s.key), s.number)
	case stepSetStamped:
		return tx.SetStamped(key(s.key.name), s.value)
	default: // it reads
	}
	return nil
}

// read does a step that reads, and returns what it saw; it does nothing for other steps.
func (w *world) read(r kv.Reader, s step) []string {
	switch s.kind {
	case stepSnapshotGet, stepSnapshotScan:
		tx, ok := r.(kv.Tx)
		if !ok {
			return nil
		}
		r = tx.Snapshot()
	default:
	}
	var seen []string
	switch s.kind {
	case stepGet, stepSnapshotGet:
		seen = append(seen, fmt.Sprintf("%v = %.40s", s.key, show(r.Get(w.key(s.key)))))
	case stepGetMany:
		keys := make([]kv.Key, len(s.keys))
		for i, k := range s.keys {
			keys[i] = w.key(k)
		}
		for i, v := range r.GetMany(keys) {
			seen = append(seen, fmt.Sprintf("%v = %.40s", s.keys[i], show(v)))
		}
	case stepScan, stepScanGet, stepScanDelete, stepSnapshotScan:
		rows := 0
		for k, v := range r.Scan(w.rng(s)) {
			seen = append(seen, fmt.Sprintf("%s -> %.40s (%d bytes)", w.show(k), show(v), len(v)))
			if s.kind == stepScanGet {
				seen = append(seen, show(r.Get(w.key(s.end))), show(r.Get(k)))
			}
			if s.kind == stepScanDelete {
				r.(kv.Tx).Delete(k)
			}
			if rows++; rows == s.stop {
				break
			}
		}
	default: // it writes
	}
	return seen
}

package kvtest

import (
	"context"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

// weakStore is a store that does not check some of what transactions read.
type weakStore struct {
	kv.Store
	weaken func(tx kv.Tx) kv.Tx
}

func (s weakStore) Update(ctx context.Context, fn func(tx kv.Tx) error, opts ...kv.Option) error {
	return s.Store.Update(ctx, func(tx kv.Tx) error { return fn(s.weaken(tx)) }, opts...)
}

// blindTx forgets that it reads rows by key.
type blindTx struct {
	kv.Tx
	written map[string]bool
}

func (t blindTx) Get(key kv.Key) []byte {
	if t.written[string(key)] {
		return t.Tx.Get(key)
	}
	return t.Snapshot().Get(key)
}

func (t blindTx) Set(key kv.Key, value []byte) {
	t.written[string(key)] = true
	t.Tx.Set(key, value)
}

func (t blindTx) Delete(key kv.Key) {
	t.written[string(key)] = true
	t.Tx.Delete(key)
}

// TestCheckFindsWhatIsWrong checks that the check of serializability finds a store that is not serializable.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	for seed := range uint64(200) {
		db := weakStore{memkv.New(clock.New()), func(tx kv.Tx) kv.Tx { return blindTx{tx, map[string]bool{}} }}
		if check(record(&fixture{T: t, db: db}, seed)) == porcupine.Illegal {
			return
		}
	}
	t.Error("no history of 200 was found wrong")
}

// TestModel checks the model of histories itself.
func TestModel(t *testing.T) {
	write := []action{{writeRegister, 0, 7}, {addCounter, 1, 5}, {appendList, 0, 3}, {readCounter, 1, 0}, {readRegister, 0, 0}, {readList, 0, 0}}
	seen, after := state{}.step(write)
	if want := "0;7;;"; seen != want {
		t.Errorf("the transaction sees %s, want %s", seen, want)
	}
	seen, _ = after.step([]action{{readCounter, 1, 0}, {readAll, 0, 0}, {readList, 0, 0}, {clearAll, 0, 0}, {readAll, 0, 0}})
	if want := "5;0=7,;3,;;"; seen != want {
		t.Errorf("the next one sees %s, want %s", seen, want)
	}
	history := func(first, second string, overlap bool) []porcupine.Operation {
		h := []porcupine.Operation{
			{Input: []action{{writeRegister, 0, 1}, {readRegister, 1, 0}}, Output: first, Call: 1, Return: 3},
			{Input: []action{{writeRegister, 1, 1}, {readRegister, 0, 0}}, Output: second, Call: 2, Return: 4},
		}
		if !overlap {
			h[1].Call, h[1].Return = 4, 5
		}
		return h
	}
	for _, tt := range []struct {
		first, second string
		overlap       bool
		want          porcupine.CheckResult
	}{
		{"0;", "1;", true, porcupine.Ok},
		{"1;", "0;", true, porcupine.Ok},
		{"0;", "0;", true, porcupine.Illegal}, // write skew
		{"0;", "1;", false, porcupine.Ok},
		{"1;", "0;", false, porcupine.Illegal}, // the second comes before the first, which had its answer
	} {
		if got := check(history(tt.first, tt.second, tt.overlap)); got != tt.want {
			t.Errorf("check(%s %s, overlap %v) = %v, want %v", tt.first, tt.second, tt.overlap, got, tt.want)
		}
	}
}

// TestMetamorphicOfTheModel runs the model against itself.
func TestMetamorphicOfTheModel(t *testing.T) {
	Rounds(t, func(t *testing.T, seed uint64) {
		t.Helper()
		reopen := func(_ *testing.T, s kv.Store, _ bool) kv.Store { return s }
		Metamorphic(t, seed, 2000, memkv.New(clock.New()), memkv.New(clock.New()), reopen)
	})
}

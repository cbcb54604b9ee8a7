package kvtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/cumulet/cumulet/internal/kv"
)

// A history is checked against a state of some registers, counters and a list that is read and appended to.
const (
	registers = 3
	counters  = 2
	clients   = 6
	txPerOne  = 25
	checkTime = 30 * time.Second
)

// state is what the model knows. It is compared with ==.
type state struct {
	register [registers]int64
	counter  [counters]int64
	list     string
}

// action is one step of a transaction.
type action struct {
	kind  actionKind
	index int
	value int64
}

type actionKind uint8

const (
	readRegister actionKind = iota
	writeRegister
	clearRegister // absent is 0
	readCounter
	addCounter
	readList
	appendList
	clearAll // registers, by DeleteRange
	readAll  // registers, by Scan
	actionKinds
)

// writes reports whether the action needs an Update.
func (k actionKind) writes() bool {
	switch k {
	case writeRegister, clearRegister, addCounter, appendList, clearAll:
		return true
	default:
		return false
	}
}

func registerKey(i int) kv.Key { return kv.K(table).Str("register").Uint64(uint64(i)) }
func counterKey(i int) kv.Key  { return kv.K(table).Str("counter").Uint64(uint64(i)) }
func listKey() kv.Key          { return kv.K(table).Str("list") }

// runView does the reading actions and returns what they saw.
func runView(r kv.Reader, actions []action) string {
	var seen strings.Builder
	for _, a := range actions {
		switch a.kind {
		case readRegister:
			fmt.Fprintf(&seen, "%d;", kv.Int64(r.Get(registerKey(a.index))))
		case readCounter:
			fmt.Fprintf(&seen, "%d;", kv.Int64(r.Get(counterKey(a.index))))
		case readList:
			for _, v := range r.Scan(kv.Prefix(listKey())) {
				fmt.Fprintf(&seen, "%d,", kv.Int64(v))
			}
			seen.WriteByte(';')
		case readAll:
			for k, v := range r.Scan(kv.Prefix(kv.K(table).Str("register"))) {
				p := k.Parts()
				p.Table()
				p.Str()
				fmt.Fprintf(&seen, "%d=%d,", p.Uint64(), kv.Int64(v))
			}
			seen.WriteByte(';')
		default:
			writeAction(r.(kv.Tx), a)
		}
	}
	return seen.String()
}

func writeAction(tx kv.Tx, a action) {
	switch a.kind {
	case writeRegister:
		tx.Set(registerKey(a.index), kv.AppendInt64(nil, a.value))
	case clearRegister:
		tx.Delete(registerKey(a.index))
	case addCounter:
		tx.Add(counterKey(a.index), a.value)
	case appendList:
		tx.SetStamped(listKey(), kv.AppendInt64(nil, a.value))
	case clearAll:
		tx.DeleteRange(registerKey(0), registerKey(registers))
	default:
		panic("not a write")
	}
}

// step does the actions on a state, and returns what they see and the state after.
func (s state) step(actions []action) (string, state) {
	var seen strings.Builder
	before := s // counters and the list are read as they were
	for _, a := range actions {
		switch a.kind {
		case readRegister:
			fmt.Fprintf(&seen, "%d;", s.register[a.index])
		case writeRegister:
			s.register[a.index] = a.value
		case clearRegister:
			s.register[a.index] = 0
		case readCounter:
			fmt.Fprintf(&seen, "%d;", before.counter[a.index])
		case addCounter:
			s.counter[a.index] += a.value
		case readList:
			seen.WriteString(before.list + ";")
		case appendList:
			s.list += fmt.Sprintf("%d,", a.value)
		case clearAll:
			s.register = [registers]int64{}
		case readAll:
			for i, v := range s.register {
				if v != 0 {
					fmt.Fprintf(&seen, "%d=%d,", i, v)
				}
			}
			seen.WriteByte(';')
		default:
			panic("no such action")
		}
	}
	return seen.String(), s
}

var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(s, input, output any) (bool, any) {
		seen, after := s.(state).step(input.([]action))
		return seen == output.(string), after
	},
}

// check says whether there is an order of the transactions, in accordance with who had an answer before whom began, in
// which each sees what it saw.
func check(history []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model, history, checkTime)
}

// record runs random transactions in several goroutines and returns what they did and saw.
func record(f *fixture, seed uint64) []porcupine.Operation {
	var mu sync.Mutex
	var history []porcupine.Operation
	var ticks, values atomic.Int64
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(client)))
			for range txPerOne {
				actions, writes := make([]action, 1+rnd.IntN(4)), false
				for i := range actions {
					kind := actionKind(rnd.IntN(int(actionKinds)))
					writes = writes || kind.writes()
					actions[i] = action{kind, rnd.IntN(counters), values.Add(1)}
				}
				op := porcupine.Operation{ClientId: client, Input: actions, Call: ticks.Add(1)}
				var err error
				var seen string
				if writes || rnd.IntN(2) == 0 {
					err = f.db.Update(context.Background(), func(tx kv.Tx) error { seen = runView(tx, actions); return nil })
				} else {
					err = f.db.View(context.Background(), func(r kv.Reader) error { seen = runView(r, actions); return nil })
				}
				op.Return = ticks.Add(1)
				op.Output = seen
				if err != nil {
					f.Errorf("a transaction failed: %v", err)
				}
				mu.Lock()
				history = append(history, op)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return history
}

package timer

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
)

// Kind says who handles a timer.
type Kind uint16

// All kinds. Numbers are never reused.
const (
	KindSQSMessage  Kind = 1 // service/sqs: a delayed or received message becomes visible
	KindSQSQueue    Kind = 2 // service/sqs: a queue's oldest messages expire, or a deleted queue's name is free again
	KindSQSMoveTask Kind = 3 // service/sqs: a message move task goes on
)

// Timer is something to be done at an instant. Its due time, kind and id tell it from others.
type Timer struct {
	Due     time.Time // to the nanosecond; one in the past fires at once
	Kind    Kind
	ID      []byte
	Payload []byte // for the handler
}

// Handler does what is due, in the transaction in which the timers disappear. All timers are of the handler's kind, in
// the order in which they are due. They are valid until it returns. It may set timers, also equal ones.
type Handler func(tx kv.Tx, due []Timer) error

// Deps is what a Service needs.
type Deps struct {
	DB    kv.Store
	Clock *clock.Clock
	Log   *slog.Logger
}

// Service sets timers and fires them. Its methods may be called concurrently, except Handle.
type Service struct {
	db       kv.Store
	clock    *clock.Clock
	log      *slog.Logger
	handlers map[Kind]Handler

	head head
	wake chan struct{} // holds one wake-up for Run

	turn      chan struct{} // holds one token while somebody fires; it guards what is below
	rescanned time.Time     // the last scan from the very start
	failing   failing
}

// New returns a service that fires nothing until Run or CatchUp is called.
func New(d Deps) *Service {
	return &Service{
		db:       d.DB,
		clock:    d.Clock,
		log:      d.Log,
		handlers: map[Kind]Handler{},
		head:     head{from: tableStart()},
		wake:     make(chan struct{}, 1),
		turn:     make(chan struct{}, 1),
		failing:  failing{byKey: map[string]failure{}},
	}
}

// Handle says who handles the timers of a kind. It is called once a kind, before Run and CatchUp; timers without a
// handler stay, and are tried again from time to time.
func (s *Service) Handle(kind Kind, fn Handler) {
	if s.handlers[kind] != nil {
		panic(fmt.Sprintf("timer: kind %d has two handlers", kind))
	}
	s.handlers[kind] = fn
}

// Set adds a timer, or replaces the payload of an equal one. It fires after the transaction's commit.
func (s *Service) Set(tx kv.Tx, t Timer) {
	key := timerKey(t.Due, t.Kind, t.ID)
	tx.Set(key, t.Payload)
	tx.OnCommit(func() {
		if s.head.lower(key) {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	})
}

// Clear removes a timer, if it is there.
func (s *Service) Clear(tx kv.Tx, due time.Time, kind Kind, id []byte) {
	tx.Delete(timerKey(due, kind, id))
}

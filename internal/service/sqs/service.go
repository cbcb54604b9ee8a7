package sqs

import (
	"log/slog"
	"strconv"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// Deps is what a Service needs.
type Deps struct {
	DB     kv.Store
	Clock  *clock.Clock
	Timers *timer.Service // whoever made it runs it; New adds handlers to it
	Log    *slog.Logger
	// Stopping is closed when the platform is about to end: nobody waits for a message any more. Nil for never.
	Stopping <-chan struct{}
}

// Service implements Amazon SQS. Its methods may be called concurrently. It has no loop of its own: all that happens
// later happens through timers.
type Service struct {
	db     kv.Store
	clock  *clock.Clock
	timers *timer.Service
	log    *slog.Logger

	stopping <-chan struct{}

	hub   kv.Hub // topics are queue ids
	cache queueCache
	heads heads
	ids   idClock
}

var _ sqsapi.Handler = (*Service)(nil)

// New returns a service over what is in the store.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, timers: d.Timers, log: d.Log, stopping: d.Stopping}
	d.Timers.Handle(timer.KindSQSMessage, s.messagesDue)
	d.Timers.Handle(timer.KindSQSQueue, s.queuesDue)
	d.Timers.Handle(timer.KindSQSMoveTask, s.moveTasksDue)
	return s
}

func formatInt[T ~int | ~int32 | ~int64](v T) string { return strconv.FormatInt(int64(v), 10) }

package cumulet

import (
	"log/slog"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	stsapi "github.com/cumulet/cumulet/internal/api/sts"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/service/sqs"
	"github.com/cumulet/cumulet/internal/service/sts"
	"github.com/cumulet/cumulet/internal/wire"
)

// parts is what services are made of.
type parts struct {
	db     kv.Store
	clock  *clock.Clock
	timers *timer.Service
	log    *slog.Logger

	stopping <-chan struct{} // closed when the platform is about to end: calls that wait for something come back
}

// services returns all services that there are.
func services(p parts) []wire.Service {
	return []wire.Service{
		sqsapi.Bind(sqs.New(sqs.Deps{DB: p.db, Clock: p.clock, Timers: p.timers, Log: p.log, Stopping: p.stopping})),
		stsapi.Bind(sts.New()),
	}
}

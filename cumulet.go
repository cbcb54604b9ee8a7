package cumulet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/errgroup"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/gateway"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"
	"github.com/cumulet/cumulet/internal/telemetry"
)

// Server is a running platform. Its methods may be called concurrently.
type Server struct {
	listener net.Listener
	tls      bool
	caPath   string
	root     auth.Credential // shown once, when it was made; else zero
	gateway  *gateway.Gateway

	cancel context.CancelFunc
	ended  chan struct{}
	err    error // set before ended is closed
}

// Open starts a platform, which runs until ctx ends, Close is called, or its store fails. When it returns, the platform
// answers requests.
func Open(ctx context.Context, c Config) (_ *Server, err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	mode, err := auth.ParseMode(c.Auth)
	if err != nil {
		return nil, err
	}
	s := &Server{ended: make(chan struct{}), tls: c.TLS}
	var undo []func() error
	defer func() {
		if err != nil {
			for _, release := range slices.Backward(undo) {
				err = errors.Join(err, release())
			}
		}
	}()
	if s.listener, err = listen(ctx, c, mode); err != nil {
		return nil, err
	}
	undo = append(undo, s.listener.Close)
	now := clock.New()
	db, err := openStore(c, now) //nolint:contextcheck // once begun, opening a store is not given up half-way
	if err != nil {
		return nil, err
	}
	undo = append(undo, db.Close)
	tlsConfig, err := s.loadTLS(c, now)
	if err != nil {
		return nil, err
	}
	authenticator, err := s.newAuth(ctx, c, mode, db, now)
	if err != nil {
		return nil, err
	}
	tracer, err := telemetry.NewTracer(ctx, c.OTLPEndpoint, Version)
	if err != nil {
		return nil, fmt.Errorf("start tracing: %w", err)
	}
	metrics := telemetry.NewMetrics()
	metrics.Readings(storeReadings, func() []float64 { return readStore(db) })
	ctx, s.cancel = context.WithCancel(ctx)
	timers := timer.New(timer.Deps{DB: db, Clock: now, Log: c.Log})
	s.gateway = gateway.New(gateway.Deps{
		Models:   catalog.Models,
		Services: services(parts{db: db, clock: now, timers: timers, log: c.Log, stopping: ctx.Done()}),
		Info:     gateway.Info{Version: Version, Mode: mode.String(), Store: storeKind(c)},
		Auth:     authenticator,
		Clock:    now,
		Log:      c.Log,
		Metrics:  metrics,
		Tracer:   tracer,
	})
	go s.run(ctx, running{
		server: gateway.NewServer(s.gateway, tlsConfig, c.Log), timers: timers, db: db, tracer: tracer,
	})
	return s, nil
}

// running are the parts of a platform that work by themselves.
type running struct {
	server *gateway.Server
	timers *timer.Service
	db     *pebblekv.Store
	tracer *telemetry.Tracer
}

// run runs all parts until ctx ends or one of them fails. Then requests in flight finish first, workers stop next, and
// the store is closed last.
func (s *Server) run(ctx context.Context, r running) {
	defer close(s.ended)
	defer s.cancel()
	group, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, s.cancel)
	workers, stopWorkers := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error {
		defer stopWorkers()
		return r.server.Serve(ctx, s.listener)
	})
	group.Go(func() error { return r.timers.Run(workers) })
	group.Go(func() error {
		select {
		case <-r.db.Failed():
			return fmt.Errorf("the store has failed; nothing acknowledged is lost, restart once its disk is well: %w", r.db.Err())
		case <-workers.Done():
			return nil
		}
	})
	s.err = group.Wait()
	if err := errors.Join(r.tracer.Close(context.WithoutCancel(ctx)), r.db.Close()); s.err == nil {
		s.err = err // else it follows from the first
	}
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL returns the server's URL, such as http://127.0.0.1:4566.
func (s *Server) URL() string {
	if s.tls {
		return "https://" + s.Addr().String()
	}
	return "http://" + s.Addr().String()
}

// CAPath returns the file with the CA that clients are to trust; empty without TLS.
func (s *Server) CAPath() string { return s.caPath }

// NewRoot returns the root user's credential if it was made just now, and ok. It is shown this one time.
func (s *Server) NewRoot() (accessKey, secretKey string, ok bool) {
	return s.root.AccessKey, s.root.Secret, s.root.AccessKey != ""
}

// Call runs an operation in the process, for the root user of account in region, authorized and validated as if it came
// over HTTP. Service is named as in the AWS SDK for Go, such as sqs; params and the result are the SDK's JSON.
func (s *Server) Call(ctx context.Context, account, region, service, operation string, params []byte) ([]byte, error) {
	return s.gateway.Call(s.caller(ctx, account, region), service, operation, params)
}

// Wait returns once the platform has ended: nil after Close or the end of its context, else why it ended.
func (s *Server) Wait() error {
	<-s.ended
	return s.err
}

// Close stops the platform: requests in flight finish, new ones are refused. It returns when all has ended.
func (s *Server) Close() error {
	s.cancel()
	return s.Wait()
}

func listen(ctx context.Context, c Config, mode auth.Mode) (net.Listener, error) {
	if c.Listener != nil {
		return c.Listener, nil
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if err := auth.CheckListen(mode, c.Listen); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", c.Listen)
}

func openStore(c Config, now *clock.Clock) (*pebblekv.Store, error) {
	o := pebblekv.Options{Dir: c.DataDir, Clock: now, Log: c.Log}
	if c.DataDir == "" {
		o.Dir, o.FS = "memory", vfs.NewMem()
	}
	return pebblekv.Open(o)
}

func storeKind(c Config) string {
	if c.DataDir == "" {
		return "memory"
	}
	return "disk"
}

func (s *Server) loadTLS(c Config, now *clock.Clock) (*tls.Config, error) {
	if !c.TLS {
		return nil, nil //nolint:nilnil // no TLS, no configuration
	}
	if c.TLSDir == "" {
		if c.DataDir == "" {
			return nil, errors.New("TLS without a data directory needs a directory for its CA")
		}
		c.TLSDir = filepath.Join(c.DataDir, "tls")
	}
	hosts := c.TLSHosts
	if host, _, err := net.SplitHostPort(s.listener.Addr().String()); err == nil {
		hosts = append(hosts, host)
	}
	config, path, err := gateway.LoadTLS(c.TLSDir, hosts, now.Now())
	s.caPath = path
	return config, err
}

// newAuth returns the authenticator. In local mode every credential counts, so that none is made.
func (s *Server) newAuth(ctx context.Context, c Config, mode auth.Mode, db *pebblekv.Store, now *clock.Clock) (*auth.Authenticator, error) {
	root := auth.Credential{AccessKey: c.RootAccessKey, Secret: c.RootSecretKey, Account: c.RootAccount}
	if mode != auth.Local || root.AccessKey != "" || root.Secret != "" {
		loaded, made, err := auth.LoadRoot(ctx, db, root)
		if err != nil {
			return nil, err
		}
		if root = loaded; made {
			s.root = loaded
		}
	}
	return auth.New(auth.Deps{Mode: mode, Root: root, Clock: now, Log: c.Log}), nil
}

package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// Server serves a handler on a listener: HTTP/1.1, HTTP/2 with prior knowledge and, with a TLS configuration, over TLS.
type Server struct {
	http *http.Server
}

// NewServer returns a server that runs once Serve is called. With tlsConfig nil it speaks plain text. What net/http says
// about single connections, such as failed handshakes, is logged at debug level: nobody has to act on it.
func NewServer(h http.Handler, tlsConfig *tls.Config, log *slog.Logger) *Server {
	var speaks http.Protocols
	speaks.SetHTTP1(true)
	speaks.SetHTTP2(true)
	speaks.SetUnencryptedHTTP2(true)
	return &Server{http: &http.Server{
		Handler:           h,
		TLSConfig:         tlsConfig,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		Protocols:         &speaks,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Serve accepts connections until ctx ends. Then it stops accepting and waits for the requests in flight,
// for a bounded time. It returns nil after an orderly end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var (
		drained sync.WaitGroup
		failed  = make(chan struct{})
	)
	drained.Go(func() {
		select {
		case <-ctx.Done():
		case <-failed:
			return
		}
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if s.http.Shutdown(deadline) != nil {
			_ = s.http.Close() // whoever is still there has had its time
		}
	})
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.http.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		close(failed)
		drained.Wait()
		return err
	}
	drained.Wait()
	return nil
}

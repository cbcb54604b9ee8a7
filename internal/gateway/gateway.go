package gateway

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/telemetry"
	"github.com/cumulet/cumulet/internal/wire"
)

// Deps is what a Gateway needs.
type Deps struct {
	Models   []*wire.Model  // all services that AWS has; what is not in Services answers 501
	Services []wire.Service // what is implemented
	Planes   map[Kind]Plane // data planes; one that is missing answers 501
	Info     Info
	Auth     *auth.Authenticator
	Clock    *clock.Clock
	Log      *slog.Logger
	Metrics  *telemetry.Metrics
	Tracer   *telemetry.Tracer // nil for none
}

// Plane serves the requests of a data plane.
type Plane func(w http.ResponseWriter, r *http.Request, t *Target)

// Gateway serves API calls, pages and data planes. Its methods may be called concurrently.
type Gateway struct {
	router   *Router
	bindings []binding // by Endpoint.Index
	planes   map[Kind]Plane
	pages    http.Handler
	auth     *auth.Authenticator
	clock    *clock.Clock
	log      *slog.Logger
	metrics  *telemetry.Metrics
	tracer   *telemetry.Tracer
	exchange sync.Pool // of *exchange
	baseURL  atomic.Pointer[baseURL]
}

// binding is what the gateway knows of an operation beyond the catalogue.
type binding struct {
	operation *wire.Operation // nil: not implemented
	action    string          // as policies name it, such as sqs:SendMessage
	maxBody   int64           // bytes
	streams   bool            // the input has a body that is not read into memory
	slow      bool            // may take longer than bodyTimeout
	counters  [protocols]atomic.Pointer[telemetry.Operation]
}

// New returns a gateway. It panics when a service is bound that Models does not have: that is a mistake in the program.
func New(d Deps) *Gateway {
	g := &Gateway{
		router:  NewRouter(d.Models),
		planes:  d.Planes,
		auth:    d.Auth,
		clock:   d.Clock,
		log:     d.Log,
		metrics: d.Metrics,
		tracer:  d.Tracer,
	}
	g.exchange.New = func() any { return &exchange{g: g} }
	g.bindings = make([]binding, len(g.router.Endpoints()))
	for i := range g.bindings {
		e := &g.router.Endpoints()[i]
		g.bindings[i] = binding{
			action:  actionPrefix(e.Model) + ":" + e.Operation.Name,
			maxBody: bodyLimit(e.Model.ID),
			streams: e.Operation.StreamsInput,
			slow:    e.Operation.EventStream || e.Operation.HostPrefix != "" || strings.HasPrefix(e.Model.Protocols[0], "rest-"),
		}
	}
	for _, s := range d.Services {
		for i := range s.Operations {
			e := g.router.Lookup(s.ID, s.Operations[i].Name)
			if e == nil {
				panic("gateway: no model for " + s.ID + " " + s.Operations[i].Name)
			}
			g.bindings[e.Index].operation = &s.Operations[i]
		}
	}
	g.pages = g.newPages(d.Info, d.Services)
	return g
}

// actionPrefix returns the service's name in policies, which differs from that in signatures for a few.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func actionPrefix(m *wire.Model) string {
	switch m.ID {
	case "cloudwatch":
		return "cloudwatch"
	case "iotdataplane":
		return "iot"
	case "resourcegroupstaggingapi":
		return "tag"
	}
	return m.SigningName
}

// counters returns the counters of an operation in a protocol.
func (g *Gateway) counters(e *Endpoint, p Protocol) *telemetry.Operation {
	slot := &g.bindings[e.Index].counters[p]
	if c := slot.Load(); c != nil {
		return c
	}
	c := g.metrics.Operation(e.Model.ID, e.Operation.Name, p.String())
	slot.Store(c)
	return c
}

// baseURL remembers the URL of the last authority, since nearly all requests have the same.
type baseURL struct {
	host string
	tls  bool
	url  string
}

func (g *Gateway) urlOf(r *http.Request) string {
	tls := r.TLS != nil
	if last := g.baseURL.Load(); last != nil && last.host == r.Host && last.tls == tls {
		return last.url
	}
	scheme := "http://"
	if tls {
		scheme = "https://"
	}
	next := &baseURL{host: strings.Clone(r.Host), tls: tls, url: scheme + r.Host}
	g.baseURL.Store(next)
	return next.url
}

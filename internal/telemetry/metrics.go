package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what the platform does. Its methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics returns metrics of a registry of their own, with those of the process and of Go's runtime.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cumulet_requests_total", Help: "API calls answered.",
		}, []string{"service", "operation", "protocol", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cumulet_request_duration_seconds", Help: "Time from a request's headers to the end of its answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5, 20},
		}, []string{"service", "operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cumulet_requests_in_flight", Help: "Requests that wait for their answer.",
		}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// InFlight adds n requests to those that wait for their answer.
func (m *Metrics) InFlight(n int) { m.inFlight.Add(float64(n)) }

// Operation counts the calls of one operation in one protocol.
type Operation struct {
	ok      prometheus.Counter
	latency prometheus.Observer
	other   *prometheus.CounterVec // by status
}

// Operation returns the counters of an operation. Whoever counts often keeps what it returns.
func (m *Metrics) Operation(service, operation, protocol string) *Operation {
	labels := prometheus.Labels{"service": service, "operation": operation, "protocol": protocol}
	other := m.requests.MustCurryWith(labels)
	return &Operation{ok: other.WithLabelValues("200"), latency: m.latency.WithLabelValues(service, operation), other: other}
}

// Done counts a call that was answered with an HTTP status after d.
func (o *Operation) Done(status int, d time.Duration) {
	o.latency.Observe(d.Seconds())
	if status == http.StatusOK {
		o.ok.Inc()
		return
	}
	o.other.WithLabelValues(strconv.Itoa(status)).Inc()
}

// Reading is a figure that is asked for whenever the metrics are read.
type Reading struct {
	Name    string // such as cumulet_kv_commits_total
	Help    string
	Counter bool // it only ever grows
}

// Readings adds figures. Read returns their values in the same order, or nil when there are none at the moment.
func (m *Metrics) Readings(readings []Reading, read func() []float64) {
	c := &readingsCollector{read: read}
	for _, r := range readings {
		kind := prometheus.GaugeValue
		if r.Counter {
			kind = prometheus.CounterValue
		}
		c.descs = append(c.descs, prometheus.NewDesc(r.Name, r.Help, nil, nil))
		c.kinds = append(c.kinds, kind)
	}
	m.registry.MustRegister(c)
}

type readingsCollector struct {
	descs []*prometheus.Desc
	kinds []prometheus.ValueType
	read  func() []float64
}

// Describe implements prometheus.Collector.
func (c *readingsCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *readingsCollector) Collect(out chan<- prometheus.Metric) {
	for i, v := range c.read() {
		out <- prometheus.MustNewConstMetric(c.descs[i], c.kinds[i], v)
	}
}

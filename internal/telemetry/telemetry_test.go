package telemetry_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cumulet/cumulet/internal/telemetry"
)

func TestLogger(t *testing.T) {
	for format, want := range map[string]string{"": `msg=hello key=1`, "text": `msg=hello key=1`, "json": `"msg":"hello","key":1`} {
		var b bytes.Buffer
		log, err := telemetry.NewLogger(&b, telemetry.Log{Format: format, Level: slog.LevelWarn})
		if err != nil {
			t.Fatal(err)
		}
		log.Info("not this")
		log.Warn("hello", "key", 1)
		if got := b.String(); !strings.Contains(got, want) || strings.Contains(got, "not this") {
			t.Errorf("format %q: logged %s, want %s", format, got, want)
		}
	}
	if _, err := telemetry.NewLogger(io.Discard, telemetry.Log{Format: "xml"}); err == nil {
		t.Error("format xml: got no error")
	}
}

func TestMetrics(t *testing.T) {
	m := telemetry.NewMetrics()
	values := []float64{1, 2.5}
	m.Readings([]telemetry.Reading{{Name: "x_total", Help: "X.", Counter: true}, {Name: "y", Help: "Y."}}, func() []float64 { return values })
	o := m.Operation("sqs", "SendMessage", "json")
	o.Done(200, time.Millisecond)
	o.Done(200, time.Second)
	o.Done(400, time.Second)
	m.InFlight(2)
	m.InFlight(-1)
	page := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	text := page()
	for _, want := range []string{
		"# TYPE x_total counter\nx_total 1\n", "# TYPE y gauge\ny 2.5\n", "cumulet_requests_in_flight 1\n",
		`cumulet_requests_total{operation="SendMessage",protocol="json",service="sqs",status="200"} 2`,
		`cumulet_requests_total{operation="SendMessage",protocol="json",service="sqs",status="400"} 1`,
		`cumulet_request_duration_seconds_count{operation="SendMessage",service="sqs"} 3`,
		`cumulet_request_duration_seconds_bucket{operation="SendMessage",service="sqs",le="0.001"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	values = nil // as from a store that is closed
	if text := page(); strings.Contains(text, "x_total") {
		t.Errorf("figures that there are not: %s", text)
	}
}

// TestTracer sends a span to a collector, as a part of the caller's trace.
func TestTracer(t *testing.T) {
	got := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a short body fails the test below
		got <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	tracer, err := telemetry.NewTracer(t.Context(), collector.URL, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	const traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	_, span := tracer.Start(t.Context(), http.Header{"Traceparent": {"00-" + traceID + "-00f067aa0ba902b7-01"}}, "sqs", "SendMessage")
	span.End("the-request", 500)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := <-got
	for _, want := range []string{"/v1/traces ", "sqs.SendMessage", "the-request", "cumulet", "1.2.3", "K\xf9/5w\xb3M\xa6\xa3\xce\x92\x9d\x0e\x0eG6"} {
		if !strings.Contains(sent, want) {
			t.Errorf("%q is missing from %q", want, sent)
		}
	}
}

// TestNoTracer uses what there is without a collector.
func TestNoTracer(t *testing.T) {
	tracer, err := telemetry.NewTracer(t.Context(), "", "1.2.3")
	if err != nil || tracer != nil {
		t.Fatalf("NewTracer = %v, %v; want nothing", tracer, err)
	}
	allocs := testing.AllocsPerRun(100, func() {
		_, span := tracer.Start(t.Context(), nil, "sqs", "SendMessage")
		span.End("", 200)
	})
	if allocs != 0 {
		t.Errorf("no tracing allocates %v times, want 0", allocs)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	cloudwatchapi "github.com/cumulet/cumulet/internal/api/cloudwatch"
	lambdaapi "github.com/cumulet/cumulet/internal/api/lambda"
	s3api "github.com/cumulet/cumulet/internal/api/s3"
	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/gateway"
	"github.com/cumulet/cumulet/internal/telemetry"
	"github.com/cumulet/cumulet/internal/wire"
)

// The root credential of harnesses.
const (
	rootKey    = "AKIAQAAAAAAAEXAMPLE2"
	rootSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

type options struct {
	mode    string
	send    func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error)
	receive func(context.Context, *sqsapi.ReceiveMessageInput) (*sqsapi.ReceiveMessageOutput, error)
	put     func(context.Context, *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error)
	invoke  func(context.Context, *lambdaapi.InvokeInput) (*lambdaapi.InvokeOutput, error)
	putObj  func(context.Context, *s3api.PutObjectInput) (*s3api.PutObjectOutput, error)
	getObj  func(context.Context, *s3api.GetObjectInput) (*s3api.GetObjectOutput, error)
}

// harness is a gateway before operations that tests write.
type harness struct {
	gateway *gateway.Gateway
	log     *logBuffer
}

func newHarness(t testing.TB, o options) *harness {
	t.Helper()
	mode, err := auth.ParseMode(o.mode)
	if err != nil {
		t.Fatal(err)
	}
	if o.send == nil {
		o.send = func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
			return &sqsapi.SendMessageOutput{MessageId: new("m")}, nil
		}
	}
	ops := []wire.Operation{wire.Op("SendMessage", o.send)}
	if o.receive != nil {
		ops = append(ops, wire.Op("ReceiveMessage", o.receive))
	}
	services := []wire.Service{{ID: "sqs", Operations: ops}}
	if o.put != nil {
		services = append(services, wire.Service{ID: "cloudwatch", Operations: []wire.Operation{wire.Op("PutMetricData", o.put)}})
	}
	if o.invoke != nil {
		services = append(services, wire.Service{ID: "lambda", Operations: []wire.Operation{wire.Op("Invoke", o.invoke)}})
	}
	if o.putObj != nil {
		services = append(services, wire.Service{ID: "s3", Operations: []wire.Operation{wire.Op("PutObject", o.putObj), wire.Op("GetObject", o.getObj)}})
	}
	h := &harness{log: &logBuffer{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	root := auth.Credential{AccessKey: rootKey, Secret: rootSecret, Account: auth.DefaultAccount, UserID: auth.DefaultAccount}
	h.gateway = gateway.New(gateway.Deps{
		Models: catalog.Models, Services: services, Clock: clock.New(), Log: log, Metrics: telemetry.NewMetrics(),
		Auth: auth.New(auth.Deps{Mode: mode, Root: root, Clock: clock.New(), Log: log}),
		Info: gateway.Info{Version: "1.2.3", Mode: mode.String(), Store: "memory"},
	})
	return h
}

// logBuffer is a log that can be read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// signedFor returns a header that local mode believes.
func signedFor(service string) string {
	return "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

// answer is what a request got.
type answer struct {
	StatusCode int
	Header     http.Header
}

// ask sends a request past the network and returns the answer and its body. Headers are pairs of name and value.
func (h *harness) ask(method, target, body string, headers ...string) (answer, string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.gateway.ServeHTTP(w, r)
	return answer{w.Code, w.Header()}, w.Body.String()
}

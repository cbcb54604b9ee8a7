package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

// discardWriter is an http.ResponseWriter that costs next to nothing.
type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *discardWriter) WriteHeader(status int)      { w.status = status }

// body is a request body that can be read again.
type body struct{ strings.Reader }

func (*body) Close() error { return nil }

// sender returns a function that sends the same signed message, 256 bytes, to an operation that does nothing.
func sender(t testing.TB, mode string) func() {
	t.Helper()
	h := newHarness(t, options{mode: mode, send: func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
		return &sqsapi.SendMessageOutput{MD5OfMessageBody: new("5d41402abc4b2a76b9719d911017c592"), MessageId: new("01a206ac-5a0a-4457-b50d-f796a60b1458")}, nil
	}})
	text := `{"QueueUrl":"http://127.0.0.1:4566/000000000000/q","MessageBody":"` + strings.Repeat("x", 256) + `"}`
	r := &http.Request{
		Method: http.MethodPost, Host: "127.0.0.1:4566", URL: &url.URL{Path: "/"}, RequestURI: "/", ProtoMajor: 1, ContentLength: int64(len(text)),
		Header: http.Header{
			"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"AmazonSQS.SendMessage"},
			"X-Amzn-Query-Mode": {"true"}, "User-Agent": {"bench"},
		},
	}
	sigv4.NewSigner(rootKey, sigv4.Secret{Key: rootSecret}, "us-east-1", "sqs").Sign(r, sigv4.HashPayload([]byte(text)), time.Now())
	reader := &body{}
	w := &discardWriter{header: http.Header{}}
	r.Body = io.ReadCloser(reader)
	return func() {
		reader.Reset(text)
		clear(w.header)
		w.status = 0
		h.gateway.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			t.Fatalf("status %d", w.status)
		}
	}
}

// BenchmarkSendMessage measures the gateway's own part of a call: everything but net/http and the operation.
func BenchmarkSendMessage(b *testing.B) {
	for _, mode := range []string{"local", "enforce"} {
		b.Run(mode, func(b *testing.B) {
			send := sender(b, mode)
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}

// TestSendMessageAllocations guards the hottest call: input, output, their texts, the caller, its context, and the
// answer's headers.
func TestSendMessageAllocations(t *testing.T) {
	send := sender(t, "enforce")
	const most = 16
	if n := testing.AllocsPerRun(1000, send); n > most && !raceEnabled {
		t.Errorf("a SendMessage allocates %v times, want at most %d", n, most)
	}
}

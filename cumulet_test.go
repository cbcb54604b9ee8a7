package cumulet_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cumulet/cumulet"
	"github.com/cumulet/cumulet/internal/cumulettest"
)

// TestZeroConfig starts what the zero Config describes, and calls it over a socket.
func TestZeroConfig(t *testing.T) {
	s, err := cumulet.Open(t.Context(), cumulet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("URL = %s, want one of the loopback interface", s.URL())
	}
	if _, _, ok := s.NewRoot(); ok || s.CAPath() != "" {
		t.Error("the zero Config made a root credential or a CA")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/_cumulet/info", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), `"store":"memory"`) {
		t.Errorf("info = %s, %v", body, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]cumulet.Config{
		"unknown auth mode":          {Auth: "nope"},
		"refusing to listen":         {Listen: "0.0.0.0:0"},
		"needs a directory":          {TLS: true},
		"account \"1\"":              {Auth: "enforce", RootAccount: "1"},
		"access key id and a secret": {Auth: "enforce", RootAccessKey: "AKIA"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := cumulet.Open(t.Context(), c)
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("Open(%+v) = %v, want an error about %q", c, err, name)
			}
		})
	}
}

// TestOpenUndoesItself has an Open that fails late: port and data directory are free again.
func TestOpenUndoesItself(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := cumulet.Config{Listen: l.Addr().String(), DataDir: t.TempDir(), Auth: "enforce", RootAccount: "1"}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cumulet.Open(t.Context(), c); err == nil {
		t.Fatal("Open succeeded")
	}
	c.RootAccount = ""
	s, err := cumulet.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.NewRoot(); !ok {
		t.Error("no root credential was made")
	}
	if _, err := cumulet.Open(t.Context(), cumulet.Config{DataDir: c.DataDir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second Open = %v, want one that says that the directory is in use", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// TestEndOfContext ends a platform by its context.
func TestEndOfContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := cumulet.Open(ctx, cumulet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := s.Wait(); err != nil {
		t.Errorf("Wait = %v, want nil", err)
	}
}

// TestLongPollsEndWithThePlatform stops a platform while somebody waits for a message.
func TestLongPollsEndWithThePlatform(t *testing.T) {
	cumulettest.Run(t, func(t *testing.T, p *cumulettest.Platform) {
		if _, err := p.Call(t.Context(), "sqs", "CreateQueue", `{"QueueName": "q"}`); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		answer := make(chan string, 1)
		go func() {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, strings.NewReader(`{"QueueUrl": "q", "WaitTimeSeconds": 20}`))
			req.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
			req.Header.Set("Content-Type", "application/x-amz-json-1.0")
			req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
			resp, err := p.HTTP.Do(req)
			if err != nil {
				answer <- err.Error()
				return
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			answer <- resp.Status + " " + string(body)
		}()
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if got, want := <-answer, "200 OK {}"; got != want || time.Since(start) > time.Second {
			t.Errorf("got %s after %v, want %s at once", got, time.Since(start), want)
		}
	})
}

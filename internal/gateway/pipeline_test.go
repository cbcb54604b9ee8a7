package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	cloudwatchapi "github.com/cumulet/cumulet/internal/api/cloudwatch"
	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/kv"
)

const (
	formType = "application/x-www-form-urlencoded; charset=utf-8"
	json10   = "application/x-amz-json-1.0"
)

// TestRefusals asks for what cannot be had, in each protocol, and wants the answer in that protocol.
func TestRefusals(t *testing.T) {
	h := newHarness(t, options{put: func(context.Context, *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error) {
		return nil, nil
	}})
	for _, c := range []struct {
		name    string
		method  string
		target  string
		headers []string
		body    string
		status  int
		media   string
		parts   []string // that the body or a header must hold
	}{
		{
			"JSON, unknown operation", "POST", "/",
			[]string{"X-Amz-Target", "AmazonSQS.Nope", "Content-Type", json10, "Authorization", signedFor("sqs")},
			"{}",
			400, json10,
			[]string{`"__type":"com.amazon.coral.service#UnknownOperationException"`, "UnknownOperationException;Sender"},
		},
		{
			"JSON, unknown service", "POST", "/",
			[]string{"X-Amz-Target", "Nope.Nope", "Content-Type", json10},
			"{}",
			400, "application/x-amz-json-1.1",
			[]string{`"__type":"UnknownOperationException"`},
		},
		{
			"JSON, not implemented", "POST", "/",
			[]string{"X-Amz-Target", "DynamoDB_20120810.PutItem", "Content-Type", json10},
			"{}",
			501, json10,
			[]string{"NotImplemented", "dynamodb PutItem"},
		},
		{
			"JSON, malformed", "POST", "/",
			[]string{"X-Amz-Target", "AmazonSQS.SendMessage", "Content-Type", json10, "Authorization", signedFor("sqs")},
			"{",
			400, json10,
			[]string{"SerializationException"},
		},
		{
			"JSON, wrong content type", "POST", "/",
			[]string{"X-Amz-Target", "AmazonSQS.SendMessage", "Content-Type", "text/xml", "Authorization", signedFor("sqs")},
			"{}",
			404, json10,
			[]string{"UnknownOperationException"},
		},
		{
			"JSON, missing member", "POST", "/",
			[]string{"X-Amz-Target", "AmazonSQS.SendMessage", "Content-Type", json10, "Authorization", signedFor("sqs")},
			`{"QueueUrl":"q"}`,
			400, json10,
			[]string{"MissingParameter", "MessageBody"},
		},
		{
			"query, unknown operation", "POST", "/",
			[]string{"Content-Type", formType, "Authorization", signedFor("sns")},
			"Action=Nope&Version=2010-03-31",
			400, "text/xml",
			[]string{"<Code>InvalidAction</Code>", "Could not find operation Nope for version 2010-03-31", "<Type>Sender</Type>"},
		},
		{
			"query, unknown service", "POST", "/",
			[]string{"Content-Type", formType, "Authorization", signedFor("ec2")},
			"Action=RunInstances&Version=2016-11-15",
			400, "text/xml",
			[]string{"<Code>InvalidAction</Code>"},
		},
		{
			"query, no action", "POST", "/",
			[]string{"Content-Type", formType, "Authorization", signedFor("sns")},
			"Version=2010-03-31",
			400, "text/xml",
			[]string{"<Code>MissingAction</Code>"},
		},
		{
			"query, not implemented", "POST", "/",
			[]string{"Content-Type", formType, "Authorization", signedFor("sns")},
			"Action=Publish",
			501, "text/xml",
			[]string{"<Code>NotImplemented</Code>", "sns Publish"},
		},
		{
			"query in a GET", "GET", "/?Action=Nope&Version=2012-11-05",
			[]string{"Authorization", signedFor("sqs")},
			"",
			400, "text/xml",
			[]string{"<Code>InvalidAction</Code>"},
		},
		{
			"REST-JSON, unknown path", "GET", "/2015-03-31/nope",
			[]string{"Authorization", signedFor("lambda")},
			"",
			404, "application/json",
			[]string{"UnknownOperationException"},
		},
		{
			"REST-JSON, unknown service", "GET", "/nope",
			[]string{"Authorization", signedFor("my-tool")},
			"",
			403, "application/json",
			[]string{"MissingAuthenticationTokenException"},
		},
		{
			"REST-JSON, not implemented", "GET", "/2015-03-31/functions",
			[]string{"Authorization", signedFor("lambda")},
			"",
			501, "application/json",
			[]string{"NotImplemented", "lambda ListFunctions"},
		},
		{
			"CBOR, unknown operation", "POST", "/service/GraniteServiceVersion20100801/operation/Nope",
			[]string{"Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor"},
			"",
			404, "application/cbor",
			[]string{"UnknownOperationException", "rpc-v2-cbor"},
		},
		{
			"CBOR, not implemented", "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics",
			[]string{"Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor"},
			"\xa0",
			501, "application/cbor",
			[]string{"NotImplemented"},
		},
		{
			"CBOR, wrong content type", "POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData",
			[]string{"Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/json"},
			"{}",
			415, "application/cbor",
			[]string{"UnsupportedMediaType"},
		},
		{
			"CBOR, malformed", "POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData",
			[]string{"Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor", "Authorization", signedFor("monitoring")},
			"\xff",
			400, "application/cbor",
			[]string{"SerializationException"},
		},
		{
			"S3, not implemented", "GET", "/bucket/key", nil, "",
			501, "application/xml",
			[]string{"<Code>NotImplemented</Code>", "s3 GetObject"},
		},
		{
			"S3, unknown method", "PATCH", "/bucket/key", nil, "",
			405, "application/xml",
			[]string{"<Code>MethodNotAllowed</Code>"},
		},
		{"a data plane", "GET", "/_aws/execute-api/a/b", nil, "", 501, "application/json", []string{"message"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := h.ask(c.method, c.target, c.body, c.headers...)
			if resp.StatusCode != c.status || !strings.HasPrefix(resp.Header.Get("Content-Type"), c.media) {
				t.Errorf("got %d %s, want %d %s: %s", resp.StatusCode, resp.Header.Get("Content-Type"), c.status, c.media, body)
			}
			everything := body + fmt.Sprint(resp.Header)
			for _, part := range c.parts {
				if !strings.Contains(everything, part) {
					t.Errorf("%q is missing from %s", part, everything)
				}
			}
		})
	}
	if log := h.log.String(); log != "" {
		t.Errorf("refusals are no errors of ours, but were logged:\n%s", log)
	}
}

// send asks for SendMessage in JSON.
func (h *harness) send(body string, headers ...string) (answer, string) {
	return h.ask("POST", "/", body, append([]string{"X-Amz-Target", "AmazonSQS.SendMessage", "Content-Type", json10, "Authorization", signedFor("sqs")}, headers...)...)
}

const goodMessage = `{"QueueUrl":"q","MessageBody":"x"}`

func TestHandlerErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
		logged bool
	}{
		{"modelled", fmt.Errorf("send: %w", &sqsapi.QueueDoesNotExist{Message: "gone"}), 400, "QueueDoesNotExist", false},
		{"a bug", errors.New("secret detail"), 500, "InternalFailure", true},
		{"the disk is full", fmt.Errorf("send: %w", kv.ErrUnavailable), 503, "ServiceUnavailable", false},
		{"too many conflicts", kv.ErrTooOld, 503, "ServiceUnavailable", false},
		{"the store is closed", kv.ErrClosed, 503, "ServiceUnavailable", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, options{send: func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) { return nil, c.err }})
			resp, body := h.send(goodMessage)
			if resp.StatusCode != c.status || !strings.Contains(body, c.code) || strings.Contains(body, "secret") {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, body, c.status, c.code)
			}
			if got := strings.Count(h.log.String(), "secret detail") == 1; got != c.logged {
				t.Errorf("logged %v, want %v: %s", got, c.logged, h.log)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	h := newHarness(t, options{send: func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) { panic("oh no") }})
	resp, body := h.send(goodMessage)
	if resp.StatusCode != 500 || !strings.Contains(body, "InternalFailure") {
		t.Errorf("got %d %s, want InternalFailure", resp.StatusCode, body)
	}
	if log := h.log.String(); !strings.Contains(log, "oh no") || !strings.Contains(log, "pipeline_test.go") || !strings.Contains(log, resp.Header.Get("X-Amzn-Requestid")) {
		t.Errorf("the log lacks the panic, its stack or the request's id:\n%s", log)
	}
}

// TestClientGone has a client that goes away while its call is running.
func TestClientGone(t *testing.T) {
	h := newHarness(t, options{send: func(ctx context.Context, _ *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("wait: %w", context.Cause(ctx))
	}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(goodMessage))
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	r.Header.Set("Authorization", signedFor("sqs"))
	h.gateway.ServeHTTP(httptest.NewRecorder(), r)
	if log := h.log.String(); log != "" {
		t.Errorf("logged %s, want nothing", log)
	}
}

func TestBodies(t *testing.T) {
	var got string
	h := newHarness(t, options{send: func(_ context.Context, in *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
		got = in.MessageBody
		return &sqsapi.SendMessageOutput{}, nil
	}})
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(`{"QueueUrl":"q","MessageBody":"zipped"}`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if resp, body := h.send(zipped.String(), "Content-Encoding", "gzip"); resp.StatusCode != 200 || got != "zipped" {
		t.Errorf("gzip: got %d %s and message %q", resp.StatusCode, body, got)
	}
	if resp, body := h.send(goodMessage, "Content-Encoding", "gzip"); resp.StatusCode != 400 || !strings.Contains(body, "SerializationException") {
		t.Errorf("not gzip: got %d %s", resp.StatusCode, body)
	}
	if resp, body := h.send(goodMessage, "Content-Encoding", "br"); resp.StatusCode != 400 {
		t.Errorf("unknown coding: got %d %s", resp.StatusCode, body)
	}
	var bomb bytes.Buffer
	z = gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 17 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if resp, body := h.send(bomb.String(), "Content-Encoding", "gzip"); resp.StatusCode != 413 {
		t.Errorf("gzip bomb: got %d %s, want 413", resp.StatusCode, body)
	}
	large := strings.Repeat("x", 16<<20+1)
	for _, length := range []int64{int64(len(large)), -1} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(large))
		r.ContentLength = length
		r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
		w := httptest.NewRecorder()
		h.gateway.ServeHTTP(w, r)
		if w.Code != 413 || !strings.Contains(w.Body.String(), "RequestEntityTooLargeException") {
			t.Errorf("length %d: got %d %s, want 413", length, w.Code, w.Body)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodMessage))
	r.ContentLength = 1000
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	w := httptest.NewRecorder()
	h.gateway.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "IncompleteBody") {
		t.Errorf("body that ends early: got %d %s", w.Code, w.Body)
	}
}

// TestCaller checks what a handler learns of its caller.
func TestCaller(t *testing.T) {
	var got call.Info
	h := newHarness(t, options{send: func(ctx context.Context, _ *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
		got = *call.From(ctx)
		return &sqsapi.SendMessageOutput{}, nil
	}})
	resp, _ := h.send(goodMessage, "X-Amzn-Trace-Id", "Root=1", "Authorization",
		"AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	want := call.Info{
		Account: "111122223333", Region: "eu-west-1", Partition: "aws", Principal: "arn:aws:iam::111122223333:root", UserID: "111122223333",
		AccessKey: "111122223333", RequestID: resp.Header.Get("X-Amzn-Requestid"), Service: "sqs", Operation: "SendMessage",
		Trace: "Root=1", BaseURL: "http://example.com",
	}
	if got != want || len(got.RequestID) != 36 {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEnforce(t *testing.T) {
	h := newHarness(t, options{mode: "enforce"})
	for _, c := range []struct {
		name    string
		headers []string
		body    string
		status  int
		code    string
	}{
		{"JSON, unsigned", []string{"X-Amz-Target", "AmazonSQS.SendMessage"}, goodMessage, 400, "MissingAuthenticationToken"},
		{"query, unsigned", []string{"Content-Type", formType}, "Action=SendMessage&Version=2012-11-05", 403, "<Code>MissingAuthenticationToken</Code>"},
		{"JSON, incomplete", []string{"X-Amz-Target", "AmazonSQS.SendMessage", "Authorization", signedFor("sqs")}, goodMessage, 400, "IncompleteSignature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if resp, body := h.ask("POST", "/", c.body, c.headers...); resp.StatusCode != c.status || !strings.Contains(body, c.code) {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, body, c.status, c.code)
			}
		})
	}
}

func TestBrowsers(t *testing.T) {
	h := newHarness(t, options{})
	resp, _ := h.ask("OPTIONS", "/", "", "Origin", "http://localhost:3000", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-amz-target")
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || resp.Header.Get("Access-Control-Allow-Headers") != "x-amz-target" {
		t.Errorf("preflight: got %d %v", resp.StatusCode, resp.Header)
	}
	if resp, _ = h.send(goodMessage, "Origin", "http://127.0.0.1:8080"); resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("call: got %d %v", resp.StatusCode, resp.Header)
	}
	for _, origin := range []string{"https://example.com", "http://localhost.example.com", "null", "http://127.0.0.1.example.com"} {
		if resp, body := h.send(goodMessage, "Origin", origin); resp.StatusCode != 403 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("call from %s: got %d %s, want 403", origin, resp.StatusCode, body)
		}
	}
}

func TestPages(t *testing.T) {
	h := newHarness(t, options{})
	h.send(goodMessage)
	for _, c := range []struct {
		path  string
		parts []string
	}{
		{"/_cumulet/health", []string{`"status":"ok"`}},
		{"/_cumulet/info", []string{`"version":"1.2.3"`, `"auth":"local"`, `"store":"memory"`, `{"service":"sqs","implemented":["SendMessage"],"of":23}`}},
		{"/_localstack/health", []string{`"sqs":"running"`, `"s3":"disabled"`, `"stepfunctions":"disabled"`, `"edition":"community"`}},
		{"/_localstack/info", []string{`"version":"1.2.3"`}},
		{"/metrics", []string{`cumulet_requests_total{operation="SendMessage",protocol="json",service="sqs",status="200"} 1`, "go_goroutines", "cumulet_requests_in_flight 0"}},
	} {
		resp, body := h.ask("GET", c.path, "")
		for _, part := range c.parts {
			if resp.StatusCode != 200 || !strings.Contains(body, part) {
				t.Errorf("%s: got %d, %q is missing from %s", c.path, resp.StatusCode, part, body)
			}
		}
	}
	if resp, _ := h.ask("GET", "/_cumulet/nope", ""); resp.StatusCode != 404 {
		t.Errorf("unknown page: got %d", resp.StatusCode)
	}
}

func TestCall(t *testing.T) {
	h := newHarness(t, options{send: func(ctx context.Context, in *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
		if in.QueueUrl == "none" {
			return nil, &sqsapi.QueueDoesNotExist{Message: "gone"}
		}
		return &sqsapi.SendMessageOutput{MessageId: new(call.From(ctx).Account + " " + call.From(ctx).Operation)}, nil
	}})
	ctx := call.With(t.Context(), &call.Info{Account: "111122223333"})
	out, err := h.gateway.Call(ctx, "sqs", "SendMessage", []byte(goodMessage))
	if want := `{"MessageId":"111122223333 SendMessage"}`; err != nil || string(out) != want {
		t.Errorf("Call = %s, %v; want %s", out, err, want)
	}
	for params, code := range map[string]string{
		`{"QueueUrl":"none","MessageBody":"x"}`: "QueueDoesNotExist", `{"QueueUrl":"q"}`: "MissingRequiredParameterException", `[]`: "SerializationException",
	} {
		if _, err := h.gateway.Call(ctx, "sqs", "SendMessage", []byte(params)); err == nil || !strings.HasPrefix(err.Error(), code) {
			t.Errorf("Call(%s) = %v, want %s", params, err, code)
		}
	}
}

package api_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/gateway"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/wiretest"
)

// TestSDK calls every operation of AWS's own clients with every member set. What we decode from the request must be what
// the client was given, and what the client makes of our answer must be what we encoded; so must its errors.
func TestSDK(t *testing.T) {
	for _, s := range services() {
		t.Run(s.id, func(t *testing.T) {
			r := newRunner(t, s)
			for i := range r.wire.Operations {
				op := &r.wire.Operations[i]
				if reason, ok := s.skip[op.Name]; ok {
					t.Logf("%s is left out: %s", op.Name, reason)
					continue
				}
				t.Run(op.Name, func(t *testing.T) { r.operation(t, op) })
			}
			t.Logf("%s: %d operations, %d requests, %d answers, %d errors through the SDK", s.id, len(r.wire.Operations), r.requests, r.answers, r.errors)
		})
	}
}

// runner runs the operations of one service.
type runner struct {
	service
	wire                      *wire.Model
	model                     *wiretest.Model
	router                    *gateway.Router
	shapes                    map[string]generated
	requests, answers, errors int
}

// generated are the types that cmd/apigen made for an operation.
type generated struct{ input, output reflect.Type }

func newRunner(t *testing.T, s service) *runner {
	t.Helper()
	r := &runner{service: s, shapes: map[string]generated{}, router: gateway.NewRouter(catalog.Models)}
	for _, m := range catalog.Models {
		if m.ID == s.id {
			r.wire = m
		}
	}
	data, err := os.ReadFile(filepath.Join("models", s.id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := os.ReadFile(filepath.Join("models", "overlay", s.id+".json"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if r.model, err = wiretest.ParseModel(data, overlay, []byte(s.extra)); err != nil {
		t.Fatal(err)
	}
	if s.handler != nil {
		for m := range s.handler.Methods() {
			r.shapes[m.Name] = generated{m.Type.In(1).Elem(), m.Type.Out(0).Elem()}
		}
	}
	return r
}

func (r *runner) operation(t *testing.T, op *wire.OperationModel) {
	variants := max(r.model.Input(op.Name).Variants(), r.model.Output(op.Name).Variants())
	for variant := range variants {
		r.succeed(t, op, variant)
	}
	for _, name := range r.model.Errors(op.Name) {
		r.fail(t, op, name)
	}
}

// input returns the values that the client is called with.
func (r *runner) input(op string, variant int) *wiretest.Dynamic {
	in := r.model.Input(op).Fill(variant)
	if r.adjust != nil {
		r.adjust(op, in.Values)
	}
	return in
}

func (r *runner) output(op string, variant int) *wiretest.Dynamic {
	out := r.model.Output(op).Fill(variant)
	if r.adjustOutput != nil {
		r.adjustOutput(op, out.Values)
	}
	return out
}

func (r *runner) succeed(t *testing.T, op *wire.OperationModel, variant int) {
	call := &wire.Call{Model: r.wire, Operation: op, RequestID: "0123456789ABCDEF"}
	client := r.client(func(req *http.Request) (*http.Response, error) {
		r.checkRequest(t, call, req, variant)
		resp := &wire.Response{Header: http.Header{}}
		out := wire.Shape(r.output(op.Name, variant))
		if g, ok := r.shapes[op.Name]; ok && g.output != nil {
			dst := reflect.New(g.output).Interface().(wire.Shape)
			convert(t, dst, out)
			out = dst
		}
		if err := r.protocol.Encode(call, out, resp); err != nil {
			return nil, fmt.Errorf("Encode: %w", err)
		}
		return httpResponse(req, resp)
	})
	c := converter{unions: r.unions}
	result, err := c.call(t.Context(), client, op.Name, r.input(op.Name, variant))
	if err != nil {
		t.Errorf("variant %d: the client says: %v", variant, err)
		return
	}
	want := r.output(op.Name, variant)
	got := r.model.Output(op.Name)
	c.shape = got
	values, err := c.get(result, got.Schema())
	if err != nil {
		t.Fatal(err)
	}
	got.Values = values.(map[string]any)
	if r.adjustOutput != nil {
		r.adjustOutput(op.Name, got.Values)
	}
	if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
		t.Errorf("variant %d: the client got (-want +got):\n%s", variant, diff)
	}
	r.answers++
}

// checkRequest decodes a client's request into a Dynamic and, if there is one, a generated shape.
func (r *runner) checkRequest(t *testing.T, call *wire.Call, req *http.Request, variant int) {
	op := call.Operation.Name
	body := readBody(t, req)
	if req.ContentLength > 0 { // net/http keeps it out of the header on both sides; the gateway puts it back
		req.Header.Set("Content-Length", strconv.FormatInt(req.ContentLength, 10))
	}
	targets := []wire.Shape{r.model.Input(op)}
	if g, ok := r.shapes[op]; ok {
		targets = append(targets, reflect.New(g.input).Interface().(wire.Shape))
	}
	for _, got := range targets {
		w := &wire.Request{Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Header: req.Header}
		if r.model.Streams(op) {
			w.Stream = bytes.NewReader(body)
		} else {
			w.Body = body
		}
		missing, err := r.protocol.Decode(call, w, got)
		if err != nil || len(missing) > 0 {
			t.Errorf("%T: Decode(%s %s, %.500q): missing %v, %v", got, req.Method, req.URL, body, missing, err)
			continue
		}
		if diff := cmp.Diff(asJSON(t, r.input(op, variant)), asJSON(t, got)); diff != "" {
			t.Errorf("%T: Decode of variant %d (-want +got):\n%s", got, variant, diff)
		}
	}
	r.requests++
}

func readBody(t *testing.T, req *http.Request) []byte {
	t.Helper()
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if req.Header.Get("Content-Encoding") == "gzip" && !strings.HasPrefix(req.URL.Host, "s3") {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

func httpResponse(req *http.Request, resp *wire.Response) (*http.Response, error) {
	body := resp.Body
	if resp.Stream != nil {
		var b bytes.Buffer
		if err := resp.Stream(&b, func() error { return nil }); err != nil {
			return nil, fmt.Errorf("Stream: %w", err)
		}
		body = b.Bytes()
	}
	return &http.Response{
		StatusCode: resp.Status, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// fail answers with an exception, which must reach the caller as the SDK's type for it.
func (r *runner) fail(t *testing.T, op *wire.OperationModel, name string) {
	want := r.model.Error(name, "no <&> luck", nil)
	want.Fill(0)
	client := r.client(func(req *http.Request) (*http.Response, error) {
		resp := &wire.Response{Header: http.Header{}}
		r.protocol.EncodeError(&wire.Call{Model: r.wire, Operation: op, RequestID: "0123456789ABCDEF"}, want, resp)
		return httpResponse(req, resp)
	})
	c := converter{unions: r.unions}
	_, err := c.call(t.Context(), client, op.Name, r.input(op.Name, 0))
	var apiErr smithy.APIError
	if !errors.As(err, &apiErr) {
		t.Errorf("%s: the client says %v", name, err)
		return
	}
	if op.Method == http.MethodHead { // without a body, clients know the status only
		if apiErr.ErrorCode() != "NotFound" {
			t.Errorf("%s: the client got code %q", name, apiErr.ErrorCode())
		}
		return
	}
	info := want.ErrorInfo()
	if code := apiErr.ErrorCode(); code != info.Code && code != info.QueryCode || apiErr.ErrorMessage() != info.Message && want.Schema().Message != "" {
		t.Errorf("%s: the client got code %q, message %q", name, code, apiErr.ErrorMessage())
	}
	v := reflect.ValueOf(apiErr).Elem()
	if !strings.EqualFold(v.Type().Name(), name) {
		if _, generic := apiErr.(*smithy.GenericAPIError); !generic || !r.untyped[name] {
			t.Errorf("%s: the client got a %T", name, apiErr)
		}
		return
	}
	got := r.model.Error(name, "", nil)
	c.shape = &got.Dynamic
	values, err := c.get(v, got.Schema())
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got.Values = values.(map[string]any)
	if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
		t.Errorf("%s: the client got (-want +got):\n%s", name, diff)
	}
	r.errors++
}

package api_test

import (
	"bytes"
	"fmt"
	"go/build"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/gateway"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/wiretest"
)

// TestRequestSnapshots routes and decodes the requests that AWS recorded from its own clients, one an operation with every member set,
// which lie in the modules of its SDK. Every member must be there.
func TestRequestSnapshots(t *testing.T) {
	for _, s := range services() {
		t.Run(s.id, func(t *testing.T) {
			r := newRunner(t, s)
			files, err := filepath.Glob(filepath.Join(moduleDir(t, s.client(nil)), "request_snapshot", "*.request.snap"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%d snapshots, %v", len(files), err)
			}
			decoded := 0
			for _, file := range files {
				if r.snapshot(t, file) {
					decoded++
				}
			}
			t.Logf("%s: %d of %d request snapshots routed and decoded, every member set", s.id, decoded, len(files))
		})
	}
}

// moduleDir returns where the source of a client lies.
func moduleDir(t *testing.T, client any) string {
	t.Helper()
	method, ok := reflect.TypeOf(client).MethodByName("Options")
	if !ok {
		t.Fatalf("%T has no method Options", client)
	}
	pc := method.Func.Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	if !filepath.IsAbs(file) { // built with -trimpath
		cache := os.Getenv("GOMODCACHE")
		if cache == "" {
			cache = filepath.Join(build.Default.GOPATH, "pkg", "mod")
		}
		file = filepath.Join(cache, file)
	}
	return filepath.Dir(file)
}

func (r *runner) snapshot(t *testing.T, file string) bool {
	op := strings.TrimSuffix(filepath.Base(file), ".request.snap")
	call := &wire.Call{Model: r.wire, RequestID: "id"}
	for i := range r.wire.Operations {
		if r.wire.Operations[i].Name == op {
			call.Operation = &r.wire.Operations[i]
		}
	}
	if call.Operation == nil {
		if !slices.Contains(r.newer, op) {
			t.Errorf("%s: the catalog has no such operation", op)
		}
		return false
	}
	if reason, ok := r.undecodable[op]; ok {
		t.Logf("%s is left out: %s", op, reason)
		return false
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ok := r.routed(t, op, data)
	targets := []wire.Shape{r.model.Input(op)}
	if g, found := r.shapes[op]; found {
		targets = append(targets, reflect.New(g.input).Interface().(wire.Shape))
	}
	for _, in := range targets {
		req, err := parseSnapshot(data, r.model.Streams(op))
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		if strings.HasPrefix(call.Operation.URI, "/{Bucket}") { // the snapshot has it in the host
			req.Path = "/bucket" + req.Path
		}
		missing, err := r.protocol.Decode(call, req, in)
		if err != nil || len(missing) > 0 {
			t.Errorf("%s, %T: Decode: missing %v, %v", op, in, missing, err)
			ok = false
		}
	}
	want := targets[0].(*wiretest.Dynamic)
	for _, path := range want.Unset() {
		if r.unset[op+path] == "" {
			t.Errorf("%s: %s is not set", op, path)
			ok = false
		}
	}
	if len(targets) > 1 {
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, targets[1])); diff != "" {
			t.Errorf("%s: the generated shape has (-dynamic +generated):\n%s", op, diff)
			ok = false
		}
	}
	return ok
}

// routed reports whether the gateway would take a snapshot for the operation that it is of.
func (r *runner) routed(t *testing.T, op string, data []byte) bool {
	t.Helper()
	req, err := parseSnapshot(data, false)
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	in := &gateway.Input{Method: req.Method, Host: "127.0.0.1:4566", Path: req.Path, Query: req.Query, Header: req.Header, Scope: r.wire.SigningName}
	if strings.HasPrefix(r.model.Operation(op).URI, "/{Bucket}") {
		in.Host = "bucket.s3.us-east-1.amazonaws.com"
	}
	target := r.router.Route(in)
	if target.InForm {
		target = r.router.RouteForm(target, in, string(req.Body))
	}
	if e := target.Endpoint; e == nil || e.Model != r.wire || e.Operation.Name != op || target.Protocol.String() != r.protocol.Name() {
		t.Errorf("%s: %s %s?%s is routed to %+v", op, in.Method, in.Path, in.Query, target)
		return false
	}
	return true
}

// parseSnapshot reads a line with the method and the URI, headers, and the body, with empty lines between them.
func parseSnapshot(data []byte, streams bool) (*wire.Request, error) {
	line, rest, ok := bytes.Cut(data, []byte("\n\n"))
	method, uri, ok2 := strings.Cut(string(line), " ")
	if !ok || !ok2 {
		return nil, fmt.Errorf("malformed snapshot %.100q", data)
	}
	req := &wire.Request{Method: method, Header: http.Header{}}
	req.Path, req.Query, _ = strings.Cut(uri, "?")
	for {
		var line []byte
		if line, rest, ok = bytes.Cut(rest, []byte("\n")); !ok || len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ": ")
		req.Header.Add(name, value)
	}
	if streams {
		req.Stream = bytes.NewReader(rest)
	} else {
		req.Body = rest
	}
	return req, nil
}

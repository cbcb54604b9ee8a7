package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/telemetry"
	"github.com/cumulet/cumulet/internal/wire"
)

// exchange is one request and its answer on their way through the steps. It is reused: nothing of it may be kept by a
// handler, but for info.
type exchange struct {
	g      *Gateway
	w      http.ResponseWriter
	r      *http.Request
	start  time.Time
	in     Input
	target Target
	codec  *codec
	auth   auth.Request
	call   wire.Call
	req    wire.Request
	resp   wire.Response
	info   *call.Info
	span   telemetry.Span
	body   []byte // as received; memory of its own
	status int    // 0 until the answer is on its way
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.exchange.Get().(*exchange)
	x.w, x.r = w, r
	x.start = g.clock.Now()
	x.auth.Signature, x.auth.ParseErr = sigv4.Parse(r)
	x.in = Input{Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Scope: x.auth.Signature.Service}
	if x.auth.Signature.V2() {
		x.in.Scope = "s3"
	}
	x.target = g.router.Route(&x.in)
	switch x.target.Kind {
	case KindAPI:
		g.metrics.InFlight(1)
		defer x.finish()
		x.serve() //nolint:contextcheck // the context is x.r's
	case KindPage:
		g.pages.ServeHTTP(w, r)
		x.free()
	default:
		t := x.target
		x.free()
		g.servePlane(w, r, &t)
	}
}

// serve answers an API call.
func (x *exchange) serve() {
	x.codec = &codecs[x.target.Protocol]
	x.call = wire.Call{Model: x.target.Model}
	x.resp.Header = x.w.Header()
	if x.target.Protocol == ProtocolRESTXML {
		x.call.RequestID = newRequestIDS3()
	} else {
		x.call.RequestID = newRequestID()
	}
	if origin := x.r.Header["Origin"]; len(origin) > 0 && !x.cors(origin[0]) {
		return
	}
	out, err := x.handle()
	if err == nil {
		err = x.codec.Encode(&x.call, out, &x.resp)
	}
	if err != nil && !x.fail(err) {
		return
	}
	x.write()
}

// handle runs the steps up to the operation's handler.
func (x *exchange) handle() (wire.Shape, error) {
	limit := int64(maxBody)
	if e := x.target.Endpoint; e != nil {
		limit = x.g.bindings[e.Index].maxBody
	}
	streams := x.target.Endpoint != nil && x.g.bindings[x.target.Endpoint.Index].streams
	if x.target.Protocol != ProtocolRESTXML {
		if err := x.read(limit); err != nil {
			return nil, err
		}
	}
	if x.target.InForm {
		x.target = x.g.router.RouteForm(x.target, &x.in, string(x.body))
		x.codec = &codecs[x.target.Protocol]
	}
	x.call.Model = x.target.Model
	if x.target.Endpoint == nil {
		return nil, unknownOperation(&x.target, x.version())
	}
	b := &x.g.bindings[x.target.Endpoint.Index]
	x.call.Operation = x.target.Endpoint.Operation
	if b.operation == nil {
		return nil, notImplemented(x.target.Model.ID, x.target.Name)
	}
	if err := checkMedia(&x.target, x.r.Header); err != nil {
		return nil, err
	}
	if err := x.authenticate(); err != nil {
		return nil, err
	}
	if err := x.open(streams, limit); err != nil {
		return nil, err
	}
	if b.slow {
		x.noDeadline()
	}
	in := b.operation.New()
	missing, err := x.codec.Decode(&x.call, &x.req, in)
	if err != nil {
		return nil, err
	}
	ctx := x.r.Context()
	if err := x.g.auth.Authorize(ctx, x.info, b.action); err != nil {
		return nil, err
	}
	if err := wire.Validate(&x.call, in, missing); err != nil {
		return nil, err
	}
	ctx, x.span = x.g.tracer.Start(call.With(ctx, x.info), x.r.Header, x.target.Model.ID, x.target.Name)
	return b.operation.Call(ctx, in)
}

// read reads the whole body as it was received.
func (x *exchange) read(limit int64) (err error) {
	x.body, err = readBody(x.r, x.body, limit)
	if errors.Is(err, errTooLarge) {
		return tooLarge(&x.target, limit)
	}
	return err
}

// authenticate finds out who calls.
func (x *exchange) authenticate() error {
	x.info = &call.Info{
		RequestID: x.call.RequestID, Service: x.target.Model.ID, Operation: x.target.Name, BaseURL: x.g.urlOf(x.r),
	}
	if trace := x.r.Header["X-Amzn-Trace-Id"]; len(trace) > 0 {
		x.info.Trace = trace[0]
	}
	x.auth.HTTP, x.auth.Service = x.r, x.target.Model.SigningName
	x.auth.S3, x.auth.Bucket = x.target.Protocol == ProtocolRESTXML, x.target.Bucket
	x.auth.Body = x.body
	x.auth.Anonymous = x.target.Model.ID == "sts" && anonymous[x.target.Name]
	return x.g.auth.Authenticate(x.r.Context(), &x.auth, x.info)
}

// anonymous are the operations of STS that callers without credentials may call: they bring a token instead.
var anonymous = map[string]bool{"AssumeRoleWithWebIdentity": true, "AssumeRoleWithSAML": true}

// open prepares what the protocol decodes.
func (x *exchange) open(streams bool, limit int64) error {
	x.req = wire.Request{Method: x.r.Method, Path: x.in.Path, Query: x.in.Query, Header: x.r.Header, Body: x.body}
	if x.target.Protocol != ProtocolRESTXML {
		plain, err := decompress(x.r.Header, x.body, limit)
		if errors.Is(err, errTooLarge) {
			return tooLarge(&x.target, limit)
		}
		x.req.Body = plain
		if streams && err == nil { // it had to be read for its signature
			x.req.Body, x.req.Stream = nil, bytes.NewReader(plain)
		}
		return err
	}
	if x.target.Bucket != "" {
		x.req.Path = "/" + x.target.Bucket + x.req.Path
	}
	body, err := x.g.auth.Body(&x.auth)
	if err != nil {
		return err
	}
	stream := &patientReader{src: body, control: http.NewResponseController(x.w), now: x.g.clock.Now}
	if streams {
		x.req.Body, x.req.Stream = nil, stream
		return nil
	}
	x.body, err = readAll(stream, x.body[:0], limit)
	if errors.Is(err, errTooLarge) {
		return tooLarge(&x.target, limit)
	}
	x.req.Body = x.body
	return err
}

// version returns the API version that a Query call names.
func (x *exchange) version() string {
	if x.target.Protocol != ProtocolQuery {
		return ""
	}
	if v := formValue(x.in.Query, "Version"); v != "" {
		return v
	}
	return formValue(string(x.body), "Version")
}

// noDeadline lets an operation take its time: the deadline for the body would otherwise end its context.
func (x *exchange) noDeadline() {
	// Not all connections have deadlines; then there is nothing to lift.
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Time{})
}

// fail turns the answer into that of an error. It returns false when nobody is there to read it.
func (x *exchange) fail(err error) bool {
	answer, unexpected := answerable(x.r.Context(), err, x.codec)
	if answer == nil {
		x.status = statusClientGone
		return false
	}
	if unexpected {
		x.g.log.Error("call failed", "service", x.modelID(), "operation", x.target.Name, "request_id", x.call.RequestID, "err", err)
	}
	x.resp.Body, x.resp.Stream = nil, nil
	x.codec.EncodeError(&x.call, answer, &x.resp)
	return true
}

func (x *exchange) modelID() string {
	if x.target.Model == nil {
		return ""
	}
	return x.target.Model.ID
}

// write sends the answer.
func (x *exchange) write() {
	h := x.resp.Header
	x.status = x.resp.Status
	if x.status == 0 {
		x.status = http.StatusOK
	}
	if x.resp.Stream != nil {
		x.stream()
		return
	}
	if len(x.resp.Body) > autoLength && h["Content-Length"] == nil {
		h["Content-Length"] = []string{strconv.Itoa(len(x.resp.Body))}
	}
	if len(x.resp.Body) > largeAnswer {
		_ = http.NewResponseController(x.w).SetWriteDeadline(x.g.clock.Now().Add(writeTimeout))
	}
	x.w.WriteHeader(x.status)
	if len(x.resp.Body) > 0 && x.r.Method != http.MethodHead {
		_, _ = x.w.Write(x.resp.Body) // it fails when the client is gone
	}
}

// stream sends an answer that is made while it is sent.
func (x *exchange) stream() {
	x.w.WriteHeader(x.status)
	control := http.NewResponseController(x.w)
	flush := func() error {
		if err := control.SetWriteDeadline(x.g.clock.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		return control.Flush()
	}
	if err := x.resp.Stream(x.w, flush); err != nil {
		if x.r.Context().Err() == nil {
			x.g.log.Error("stream failed", "service", x.modelID(), "operation", x.target.Name, "request_id", x.call.RequestID, "err", err)
		}
		panic(http.ErrAbortHandler) // the client must not take what it got for the whole
	}
}

// finish ends an exchange: it turns a panic into an answer, counts, and gives the memory back.
func (x *exchange) finish() {
	abort := false
	if p := recover(); p != nil {
		abort = !x.panicked(p)
	}
	x.g.metrics.InFlight(-1)
	if e := x.target.Endpoint; e != nil {
		x.g.counters(e, x.target.Protocol).Done(x.status, x.g.clock.Now().Sub(x.start))
	}
	x.span.End(x.call.RequestID, x.status)
	x.free()
	if abort {
		panic(http.ErrAbortHandler) // closes the connection
	}
}

// panicked logs a panic, which is a bug, and answers 500. It returns false when it is too late for that.
func (x *exchange) panicked(p any) bool {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return false
	}
	x.g.log.Error("handler panicked", "service", x.modelID(), "operation", x.target.Name, "request_id", x.call.RequestID,
		"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if x.status != 0 {
		return false
	}
	x.resp.Body, x.resp.Stream = nil, nil
	x.codec.EncodeError(&x.call, internalFailure(), &x.resp)
	x.write()
	return true
}

// free gives the memory back.
func (x *exchange) free() {
	x.resp.Free()
	body := x.body
	if cap(body) > maxPooledBody {
		body = nil
	}
	*x = exchange{g: x.g, body: body[:0]}
	x.g.exchange.Put(x)
}

// servePlane serves a data plane.
func (g *Gateway) servePlane(w http.ResponseWriter, r *http.Request, t *Target) {
	if plane := g.planes[t.Kind]; plane != nil {
		plane(w, r, t)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", newRequestID())
	w.WriteHeader(http.StatusNotImplemented)
	_, _ = io.WriteString(w, `{"message":"Cumulet does not serve this kind of endpoint."}`) // it fails when the client is gone
}

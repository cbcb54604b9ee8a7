package gateway

import (
	"context"
	"errors"

	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
)

// Call runs an operation for a caller in this process, named by ctx's call.Info, whose account and region it keeps. It is
// authorized and validated as one that came over HTTP. Service is the package's name, such as sqs; params and the result are
// the SDK's JSON. What fails is a wire.APIError, whatever the cause.
func (g *Gateway) Call(ctx context.Context, service, operation string, params []byte) ([]byte, error) {
	out, err := g.call(ctx, service, operation, params)
	if err == nil {
		return jsonbody.SDK.Append(nil, out), nil
	}
	answer, unexpected := answerable(ctx, err, &codecs[ProtocolJSON])
	if answer == nil {
		return nil, context.Cause(ctx)
	}
	if unexpected {
		g.log.Error("call failed", "service", service, "operation", operation, "err", err)
	}
	return nil, answer
}

func (g *Gateway) call(ctx context.Context, service, operation string, params []byte) (wire.Shape, error) {
	e := g.router.Lookup(service, operation)
	if e == nil {
		return nil, unknownOperation(&Target{Name: operation}, "")
	}
	b := &g.bindings[e.Index]
	if b.operation == nil {
		return nil, notImplemented(service, operation)
	}
	info := *call.From(ctx)
	info.Service, info.Operation, info.RequestID = service, operation, newRequestID()
	in := b.operation.New()
	missing, err := jsonbody.SDK.Decode(string(params), in)
	if err != nil {
		return nil, err
	}
	if err := g.auth.Authorize(ctx, &info, b.action); err != nil {
		return nil, err
	}
	if err := wire.Validate(&wire.Call{Model: e.Model, Operation: e.Operation, RequestID: info.RequestID}, in, missing); err != nil {
		return nil, err
	}
	return b.operation.Call(call.With(ctx, &info), in)
}

// ErrorText returns the code and the message of an error of Call; empty for one that no client would see.
func ErrorText(err error) (code, message string) {
	var api wire.APIError
	if !errors.As(err, &api) {
		return "", ""
	}
	return api.ErrorInfo().Code, api.ErrorInfo().Message
}

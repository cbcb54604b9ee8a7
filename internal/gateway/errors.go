package gateway

import (
	"context"
	"errors"
	"net/http"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/wire"
)

// statusClientGone is the status under which requests are counted whose client went away before the answer.
const statusClientGone = 499

// unknownOperation returns the error for a request that names no operation that AWS has, as its protocol words it.
func unknownOperation(t *Target, version string) *wire.Error {
	switch t.Protocol {
	case ProtocolQuery:
		if t.Name == "" {
			return wire.Errorf(http.StatusBadRequest, "MissingAction", "Missing Action")
		}
		if version == "" {
			version = "NO_VERSION_SPECIFIED"
		}
		return wire.Errorf(http.StatusBadRequest, "InvalidAction", "Could not find operation %s for version %s", t.Name, version)
	case ProtocolRESTXML:
		if t.Name == "" {
			return wire.Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
		}
		return notImplemented("s3", t.Name)
	case ProtocolRESTJSON:
		if t.Model == nil {
			return wire.Errorf(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
		}
		return wire.Errorf(http.StatusNotFound, "UnknownOperationException", "")
	case ProtocolCBOR:
		return wire.Errorf(http.StatusNotFound, "UnknownOperationException", "")
	default:
		return wire.Errorf(http.StatusBadRequest, "UnknownOperationException", "")
	}
}

// notImplemented returns the error for an operation that AWS has and Cumulet has not.
func notImplemented(service, operation string) *wire.Error {
	return wire.Errorf(http.StatusNotImplemented, "NotImplemented", "Cumulet does not implement %s %s.", service, operation)
}

// tooLarge returns the error for a body above its limit, in bytes.
func tooLarge(t *Target, limit int64) *wire.Error {
	name := t.Name
	if name == "" {
		name = "unknown"
	}
	code := "RequestEntityTooLargeException"
	switch {
	case t.Protocol == ProtocolRESTXML:
		return wire.Errorf(http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big.")
	case t.Protocol == ProtocolQuery:
		code = "RequestEntityTooLarge"
	case t.Model != nil && t.Model.ID == "lambda":
		code = "RequestTooLargeException"
	}
	return wire.Errorf(http.StatusRequestEntityTooLarge, code, "Request must be smaller than %d bytes for the %s operation", limit, name)
}

// incompleteBody returns the error for a body that ends early or too late.
func incompleteBody(timeout bool) *wire.Error {
	if timeout {
		return wire.Errorf(http.StatusRequestTimeout, "RequestTimeout", "The request body did not arrive in time.")
	}
	return wire.Errorf(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

// malformedCoding returns the error for a body that its Content-Encoding does not describe.
func malformedCoding(message string) *wire.Error {
	return &wire.Error{Code: "SerializationException", QueryCode: "MalformedInput", Status: http.StatusBadRequest, Message: message}
}

// forbiddenOrigin returns the error for a call by a page of somebody else in the browser of somebody who may call.
func forbiddenOrigin(origin string) *wire.Error {
	return wire.Errorf(http.StatusForbidden, "AccessDenied", "Pages of %s may not call this server.", origin)
}

// answerable returns the error that a client gets for err, and whether err is to be logged: only what nobody expects is.
func answerable(ctx context.Context, err error, c *codec) (_ wire.APIError, log bool) {
	if api, ok := errors.AsType[wire.APIError](err); ok {
		return api, false
	}
	if refused, ok := auth.AsError(err); ok {
		code, status, message := refused.Answer(c.family)
		plain := &wire.Error{Code: code, Status: status, Message: message}
		if c.family == sigv4.JSON {
			plain.QueryCode, _, _ = refused.Answer(sigv4.Query)
		}
		if c.family == sigv4.S3 && len(refused.Details) > 0 {
			return &detailedError{plain, refused.Details}, false
		}
		return plain, false
	}
	switch {
	case errors.Is(err, kv.ErrUnavailable), errors.Is(err, kv.ErrClosed), errors.Is(err, kv.ErrTooOld):
		return wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is temporarily unable to handle the request. Try again."), false
	case ctx.Err() != nil:
		return nil, false //nolint:nilerr // nobody is there to read an answer
	}
	return internalFailure(), true
}

// detailedError is a refusal by S3, whose error document has more elements than others'.
type detailedError struct {
	plain   *wire.Error
	details []sigv4.Detail
}

func (e *detailedError) Error() string { return e.plain.Error() }

// ErrorInfo implements wire.APIError.
func (e *detailedError) ErrorInfo() wire.ErrorInfo { return e.plain.ErrorInfo() }

// Fields implements wire.Shape.
func (e *detailedError) Fields(v wire.Visitor) {
	for i := range e.details {
		m := wire.Member{Name: e.details[i].Name, Wire: e.details[i].Name, Of: &detailSchema}
		v.String(&m, &e.details[i].Value)
	}
}

// Schema implements wire.Shape.
func (e *detailedError) Schema() *wire.Schema { return &detailedSchema }

var (
	detailSchema   = wire.Schema{Name: "Detail", Kind: wire.KindString}
	detailedSchema = wire.Schema{Name: "Error", Kind: wire.KindStructure}
)

// internalFailure returns the error that stands for all that no client should see.
func internalFailure() *wire.Error {
	return wire.Errorf(http.StatusInternalServerError, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
}

// checkMedia returns an error for a body whose type is not of the protocol that the rest of the request speaks.
func checkMedia(t *Target, h http.Header) error {
	media := contentType(h)
	switch t.Protocol {
	case ProtocolJSON:
		switch media {
		case "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json", "":
			return nil
		}
		return wire.Errorf(http.StatusNotFound, "UnknownOperationException", "")
	case ProtocolCBOR:
		if media == "application/cbor" || media == "" {
			return nil
		}
		return wire.Errorf(http.StatusUnsupportedMediaType, "UnsupportedMediaTypeException", "Expected application/cbor, got %s", media)
	default:
		return nil
	}
}

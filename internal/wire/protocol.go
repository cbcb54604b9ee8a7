package wire

import (
	"io"
	"net/http"
	"sync"
)

// Request is what a protocol decodes. Nothing in it depends on the server that received it.
type Request struct {
	Method string
	Path   string // as sent, escaped
	Query  string // as sent, without the question mark
	Header http.Header
	Body   []byte    // the whole body, decompressed; nil when Stream is set
	Stream io.Reader // the body of an operation whose input streams; else nil
}

// Response is what a protocol encodes an answer to.
type Response struct {
	Status int
	Header http.Header // set by the caller before, added to by the protocol
	Body   []byte
	// Stream, when set, writes the body instead of Body; flush sends what was written so far to the client.
	Stream func(w io.Writer, flush func() error) error

	pooled *[]byte
}

// maxPooledBytes keeps rare, huge answers out of the pool.
const maxPooledBytes = 256 << 10

var bufferPool = sync.Pool{New: func() any { return new(make([]byte, 0, 2048)) }}

// Buffer returns an empty slice to append Body to. Free takes it back: a Body that began with it belongs to the response.
func (r *Response) Buffer() []byte {
	if r.pooled == nil {
		r.pooled = bufferPool.Get().(*[]byte)
	}
	return (*r.pooled)[:0]
}

// Free gives the memory of Body back, once it has been sent. It may be left out.
func (r *Response) Free() {
	if r.pooled == nil {
		return
	}
	if cap(r.Body) > cap(*r.pooled) {
		*r.pooled = r.Body[:0]
	}
	if cap(*r.pooled) <= maxPooledBytes {
		bufferPool.Put(r.pooled)
	}
	r.Body, r.pooled = nil, nil
}

// SetHeader sets a header whose key has its canonical form, such as X-Amzn-Requestid.
func (r *Response) SetHeader(key, value string) {
	if r.Header == nil {
		r.Header = make(http.Header, 4)
	}
	r.Header[key] = []string{value}
}

// Call is a request on its way through a protocol: which operation of which service, and what the request's id is.
type Call struct {
	Model     *Model
	Operation *OperationModel // nil in an error answer when it is not known
	RequestID string
}

// Missing lists required members that a request left out, by their path as in AWS's messages, such as entries.1.member.id.
type Missing []string

// Protocol turns requests into inputs, and outputs and errors into answers. Implementations hold no state.
type Protocol interface {
	// Name is the name in the models, such as json.
	Name() string
	// Decode fills in, a new input. Bytes that are not of the protocol give an APIError such as SerializationException.
	Decode(c *Call, req *Request, in Shape) (Missing, error)
	// Encode writes a successful answer.
	Encode(c *Call, out Shape, resp *Response) error
	// EncodeError writes an error's answer, with the members of a modelled exception.
	EncodeError(c *Call, err APIError, resp *Response)
}

package eventstream

import (
	"errors"
	"io"

	"github.com/cumulet/cumulet/internal/wire"
)

// ContentType is the type of answers that are streams of events.
const ContentType = "application/vnd.amazon.eventstream"

// Names of the headers of all frames.
const (
	messageType   = ":message-type"
	eventType     = ":event-type"
	exceptionType = ":exception-type"
	errorCode     = ":error-code"
	errorMessage  = ":error-message"
	contentType   = ":content-type"
)

// Body is how a protocol writes the structures in events.
type Body struct {
	ContentType string
	// Append appends a structure.
	Append func(b []byte, s wire.Shape) []byte
	// AppendError appends an exception with its message and members.
	AppendError func(b []byte, err wire.APIError) []byte
	// Initial makes the output's other members the first event, initial-response. Protocols that carry them in headers
	// leave it out.
	Initial bool
}

// Encode sets resp to stream the events of out, and reports false if out has no event stream. The caller has set the
// status and headers. The events come from out's source while the answer is being written; an error that it returns
// becomes the last event, and one that clients are not meant to see is also returned by resp.Stream.
func (body *Body) Encode(out wire.Shape, resp *wire.Response) bool {
	var f streamFinder
	if out.Fields(&f); !f.found {
		return false
	}
	resp.SetHeader("Content-Type", ContentType)
	resp.Stream = func(w io.Writer, flush func() error) error {
		s := stream{body: body, w: w, flush: flush}
		if body.Initial {
			if err := s.initial(out); err != nil {
				return err
			}
		}
		if f.source == nil {
			return nil
		}
		err := f.source(s.send)
		if err == nil || s.broken != nil {
			return err
		}
		return s.fail(err)
	}
	return true
}

// stream writes frames to a client. It is used by one goroutine.
type stream struct {
	body   *Body
	w      io.Writer
	flush  func() error
	buf    []byte
	broken error // of the connection
}

func (s *stream) write(f *Frame) error {
	b, err := AppendFrame(s.buf[:0], f)
	if err != nil {
		return err
	}
	s.buf = b
	if _, s.broken = s.w.Write(b); s.broken == nil {
		s.broken = s.flush()
	}
	return s.broken
}

func (s *stream) initial(out wire.Shape) error {
	return s.write(&Frame{
		Headers: []Header{Text(messageType, "event"), Text(eventType, "initial-response"), Text(contentType, s.body.ContentType)},
		Payload: s.body.Append(nil, out),
	})
}

// send writes an event: the union's member that is set.
func (s *stream) send(union wire.Shape) error {
	var u unionFinder
	if union.Fields(&u); u.event == nil {
		return errors.New("eventstream: an event has no member that is set")
	}
	if e, ok := u.event.(wire.APIError); ok {
		return s.exception(u.member.Name, e)
	}
	f := &Frame{Headers: []Header{Text(messageType, "event"), Text(eventType, u.member.Name)}}
	e := eventWriter{body: s.body, frame: f}
	u.event.Fields(&e)
	if e.rest && e.content == "" {
		e.payload(s.body.ContentType, s.body.Append(nil, u.event))
	}
	if e.content != "" {
		f.Headers = append(f.Headers, Text(contentType, e.content))
	}
	return s.write(f)
}

func (s *stream) exception(name string, err wire.APIError) error {
	return s.write(&Frame{
		Headers: []Header{Text(messageType, "exception"), Text(exceptionType, name), Text(contentType, s.body.ContentType)},
		Payload: s.body.AppendError(nil, err),
	})
}

// fail ends the stream with an error.
func (s *stream) fail(err error) error {
	if e, ok := errors.AsType[wire.APIError](err); ok {
		return s.exception(e.ErrorInfo().Code, e)
	}
	return errors.Join(err, s.write(&Frame{
		Headers: []Header{Text(messageType, "error"), Text(errorCode, "InternalFailure"), Text(errorMessage, "The stream ended with an internal failure.")},
	}))
}

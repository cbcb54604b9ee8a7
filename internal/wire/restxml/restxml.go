package restxml

import (
	"net/http"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
	"github.com/cumulet/cumulet/internal/wire/httpbinding"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var _ wire.Protocol = Protocol{}

const (
	contentType = "application/xml"
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
)

var format = httpbinding.Format{Dialect: &dialect, Parse: parse}

var events = eventstream.Body{
	ContentType: "text/xml",
	Append:      appendEvent,
	AppendError: func(b []byte, err wire.APIError) []byte { return appendError(b, err) },
}

// Name implements wire.Protocol.
func (Protocol) Name() string { return "rest-xml" }

// Decode implements wire.Protocol.
func (Protocol) Decode(c *wire.Call, req *wire.Request, in wire.Shape) (wire.Missing, error) {
	return httpbinding.Decode(c, req, in, &format)
}

// Encode implements wire.Protocol.
func (Protocol) Encode(c *wire.Call, out wire.Shape, resp *wire.Response) error {
	setRequestID(c, resp)
	resp.Status = c.Operation.Status
	if resp.Status == 0 {
		resp.Status = http.StatusOK
	}
	p := httpbinding.Bind(out, resp)
	switch {
	case p.Member != nil && p.Member.Of.EventStream:
		events.Encode(out, resp)
	case p.Written, c.Operation.NoOutput:
		if isS3(c.Model) {
			fixPayload(&p, resp)
		}
	case p.Shape != nil:
		write(resp, func(b []byte) []byte {
			return xmlbody.REST.AppendElement(b, payloadName(c, p.Member), p.Member, p.Shape)
		})
	case p.Member == nil && p.Elements:
		write(resp, func(b []byte) []byte { return appendRoot(b, c, out) })
	}
	return nil
}

// write makes what append appends the body.
func write(resp *wire.Response, appendBody func(b []byte) []byte) {
	if len(resp.Header["Content-Type"]) == 0 {
		resp.SetHeader("Content-Type", contentType)
	}
	resp.Body = appendBody(append(resp.Buffer(), declaration...))
}

// payloadName returns the root of a structure that is the whole body: the member's name if the model has one, or else the
// structure's own. S3's roots are always the member's.
func payloadName(c *wire.Call, m *wire.Member) string {
	if m.Wire == m.Name && !isS3(c.Model) {
		return m.Of.Name
	}
	return m.Wire
}

// appendRoot appends the members of an output that are in the body.
func appendRoot(b []byte, c *wire.Call, out wire.Shape) []byte {
	if isS3(c.Model) {
		return appendS3Root(b, c.Operation.Name, out)
	}
	root := wire.Member{Of: out.Schema()}
	if root.Of.XMLNamespace == "" {
		root.XMLNamespace = c.Model.XMLNamespace
	}
	return xmlbody.REST.AppendRoot(b, root.Of.Name, &root, out)
}

// appendEvent appends a structure in an event, under its own name and in no namespace.
func appendEvent(b []byte, s wire.Shape) []byte {
	return xmlbody.REST.AppendElement(b, s.Schema().Name, nil, s)
}

// EncodeError implements wire.Protocol. Answers to HEAD, and those with a status that forbids it, have no body.
func (Protocol) EncodeError(c *wire.Call, err wire.APIError, resp *wire.Response) {
	setRequestID(c, resp)
	info := err.ErrorInfo()
	shape, modelled := err.(wire.Shape)
	if modelled {
		httpbinding.Bind(shape, resp)
	}
	resp.Status = info.Status
	if info.Status == http.StatusNotModified || c.Operation != nil && c.Operation.Method == http.MethodHead {
		resp.Body = nil
		return
	}
	resp.SetHeader("Content-Type", contentType)
	b := append(resp.Buffer(), declaration...)
	if isS3(c.Model) {
		resp.Body = appendS3Error(b, c, err)
		return
	}
	b = append(b, "<ErrorResponse"...)
	if c.Model != nil && c.Model.XMLNamespace != "" {
		b = append(xmlbody.AppendText(append(b, ` xmlns="`...), c.Model.XMLNamespace), '"')
	}
	fault := "Receiver"
	if info.Sender() {
		fault = "Sender"
	}
	b = appendText(append(b, "><Error>"...), "Type", fault)
	b = appendError(appendText(b, "Code", info.Code), err)
	b = appendText(append(b, "</Error>"...), "RequestId", c.RequestID)
	resp.Body = append(b, "</ErrorResponse>"...)
}

// appendError appends an error's message and members, without an element around them.
func appendError(b []byte, err wire.APIError) []byte {
	info := err.ErrorInfo()
	shape, modelled := err.(wire.Shape)
	if info.Message != "" || !modelled {
		name := "Message"
		if modelled && shape.Schema().Message != "" {
			name = shape.Schema().Message
		}
		b = appendText(b, name, info.Message)
	}
	if modelled {
		b = xmlbody.REST.AppendMembers(b, shape)
	}
	return b
}

func appendText(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = xmlbody.AppendText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

func setRequestID(c *wire.Call, resp *wire.Response) {
	if isS3(c.Model) {
		resp.SetHeader("X-Amz-Request-Id", c.RequestID)
		resp.SetHeader("X-Amz-Id-2", hostID(c.RequestID))
		return
	}
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
}

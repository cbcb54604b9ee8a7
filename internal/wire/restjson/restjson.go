// Package restjson is the protocol REST-JSON: members in headers, paths, queries and bodies of JSON.
//
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
package restjson

import (
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
	"github.com/cumulet/cumulet/internal/wire/httpbinding"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var _ wire.Protocol = Protocol{}

// Name implements wire.Protocol.
func (Protocol) Name() string { return "rest-json" }

var events = eventstream.Body{
	ContentType: "application/json",
	Append:      jsonbody.Wire.Append,
	AppendError: func(b []byte, err wire.APIError) []byte { return jsonbody.Wire.AppendError(b, "", err) },
}

// Decode implements wire.Protocol.
func (Protocol) Decode(c *wire.Call, req *wire.Request, in wire.Shape) (wire.Missing, error) {
	format := httpbinding.Format{Dialect: jsonbody.WireOf(c.Model).Dialect(), Parse: jsonbody.ParseInto}
	return httpbinding.Decode(c, req, in, &format)
}

// Encode implements wire.Protocol.
func (Protocol) Encode(c *wire.Call, out wire.Shape, resp *wire.Response) error {
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
	resp.Status = c.Operation.Status
	if resp.Status == 0 {
		resp.Status = 200
	}
	p := httpbinding.Bind(out, resp)
	switch {
	case c.Operation.EventStream:
		events.Encode(out, resp)
	case p.Written || c.Operation.NoOutput:
	case p.Member == nil:
		if p.Elements || p.Bare && resp.Status != 204 {
			writeJSON(resp, out)
		}
	case p.Shape != nil:
		writeJSON(resp, p.Shape)
	}
	return nil
}

func writeJSON(resp *wire.Response, s wire.Shape) {
	if len(resp.Header["Content-Type"]) == 0 {
		resp.SetHeader("Content-Type", "application/json")
	}
	resp.Body = jsonbody.Wire.Append(resp.Buffer(), s)
}

// EncodeError implements wire.Protocol.
func (Protocol) EncodeError(c *wire.Call, err wire.APIError, resp *wire.Response) {
	info := err.ErrorInfo()
	resp.Status = info.Status
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
	resp.SetHeader("X-Amzn-Errortype", info.Code)
	resp.SetHeader("Content-Type", "application/json")
	if s, ok := err.(wire.Shape); ok {
		httpbinding.Bind(s, resp)
		resp.Status = info.Status
	}
	resp.Body = jsonbody.Wire.AppendError(resp.Buffer(), "", err)
}

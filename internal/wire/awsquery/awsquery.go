// Package awsquery is the Query protocol: a form each request, as the body or in the URL, and XML answers.
//
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
package awsquery

import (
	"fmt"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var _ wire.Protocol = Protocol{}

// Name implements wire.Protocol.
func (Protocol) Name() string { return "query" }

// Decode implements wire.Protocol. It reads the parameters of the URL and of the body.
func (Protocol) Decode(c *wire.Call, req *wire.Request, in wire.Shape) (wire.Missing, error) {
	t, err := parse(req.Query, string(req.Body))
	if err != nil {
		return nil, err
	}
	defer t.Free()
	if c.Model != nil && c.Model.ID == "sqs" && len(req.Path) > 1 && t.Child(0, queueURL) == wire.NoNode {
		t.Add(0, wire.Node{Key: queueURL, Kind: wire.NodeText, Text: req.Path})
	}
	src := wire.Source{Tree: t, Dialect: &dialect}
	return src.Decode(in)
}

// queueURL is the parameter that older clients of SQS leave out: they send the request to the queue's own URL.
const queueURL = "QueueUrl"

var dialect = wire.Dialect{Name: xmlbody.Query.Member, List: list, Map: entries, Mismatch: mismatch}

func mismatch(m *wire.Member, n *wire.Node) error {
	e := &wire.Error{Code: "MalformedInput", Status: 400}
	switch m.Of.Kind {
	case wire.KindInteger, wire.KindLong, wire.KindFloat, wire.KindDouble:
		e.Message = fmt.Sprintf("Invalid number %q for %s", n.Text, m.Name)
	default:
		e.Message = fmt.Sprintf("Invalid value %q for %s", n.Text, m.Name)
	}
	return e
}

// Encode implements wire.Protocol.
func (Protocol) Encode(c *wire.Call, out wire.Shape, resp *wire.Response) error {
	setHeaders(c, resp)
	resp.Status = 200
	b := resp.Buffer()
	b = append(append(append(b, '<'), c.Operation.Name...), "Response"...)
	b = append(appendNamespace(b, c.Model), '>')
	if wrapper := c.Operation.ResultWrapper; wrapper != "" {
		b = append(append(append(b, '<'), wrapper...), '>')
		b = xmlbody.Query.AppendMembers(b, out)
		b = append(append(append(b, "</"...), wrapper...), '>')
	}
	b = append(xmlbody.AppendText(append(b, "<ResponseMetadata><RequestId>"...), c.RequestID), "</RequestId></ResponseMetadata></"...)
	resp.Body = append(append(b, c.Operation.Name...), "Response>"...)
	return nil
}

// EncodeError implements wire.Protocol.
func (Protocol) EncodeError(c *wire.Call, err wire.APIError, resp *wire.Response) {
	setHeaders(c, resp)
	info := err.ErrorInfo()
	resp.Status = info.Status
	code := info.QueryCode
	if code == "" {
		code = info.Code
	}
	fault := "Receiver"
	if info.Sender() {
		fault = "Sender"
	}
	b := append(resp.Buffer(), "<ErrorResponse"...)
	b = append(append(append(appendNamespace(b, c.Model), "><Error><Type>"...), fault...), "</Type><Code>"...)
	b = append(xmlbody.AppendText(b, code), "</Code>"...)
	shape, modelled := err.(wire.Shape)
	if info.Message != "" || !modelled {
		b = append(xmlbody.AppendText(append(b, "<Message>"...), info.Message), "</Message>"...)
	}
	if modelled {
		b = xmlbody.Query.AppendMembers(b, shape)
	}
	if c.Model != nil && c.Model.ID == "sqs" {
		b = append(b, "<Detail/>"...) // Observed
	}
	b = xmlbody.AppendText(append(b, "</Error><RequestId>"...), c.RequestID)
	resp.Body = append(b, "</RequestId></ErrorResponse>"...)
}

func setHeaders(c *wire.Call, resp *wire.Response) {
	resp.SetHeader("Content-Type", "text/xml")
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
}

func appendNamespace(b []byte, m *wire.Model) []byte {
	if m == nil || m.XMLNamespace == "" {
		return b
	}
	return append(xmlbody.AppendText(append(b, ` xmlns="`...), m.XMLNamespace), '"')
}

// Package awsjson is the protocol AWS JSON 1.0 and 1.1: an object of JSON each way, and the operation in X-Amz-Target.
//
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
package awsjson

import (
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var _ wire.Protocol = Protocol{}

// Name implements wire.Protocol.
func (Protocol) Name() string { return "json" }

var events = eventstream.Body{
	ContentType: "application/json",
	Append:      jsonbody.Wire.Append,
	AppendError: func(b []byte, err wire.APIError) []byte { return jsonbody.Wire.AppendError(b, "", err) },
	Initial:     true,
}

// Decode implements wire.Protocol. An empty body is not an object: AWS refuses it too.
func (Protocol) Decode(c *wire.Call, req *wire.Request, in wire.Shape) (wire.Missing, error) {
	return jsonbody.WireOf(c.Model).Decode(string(req.Body), in)
}

// Encode implements wire.Protocol. Observed: operations that the model gives no output answer with an empty body.
func (Protocol) Encode(c *wire.Call, out wire.Shape, resp *wire.Response) error {
	setHeaders(c, resp)
	resp.Status = 200
	if op := c.Operation; op != nil && op.NoOutput {
		return nil
	} else if op != nil && op.EventStream {
		events.Encode(out, resp)
		return nil
	}
	resp.Body = jsonbody.Wire.Append(resp.Buffer(), out)
	setChecksum(c, resp)
	return nil
}

// setChecksum adds the checksum of the body that DynamoDB's clients compare with, if it is there.
func setChecksum(c *wire.Call, resp *wire.Response) {
	if c.Model != nil && c.Model.ID == "dynamodb" {
		resp.SetHeader("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(resp.Body)), 10))
	}
}

// EncodeError implements wire.Protocol.
func (Protocol) EncodeError(c *wire.Call, err wire.APIError, resp *wire.Response) {
	setHeaders(c, resp)
	info := err.ErrorInfo()
	resp.Status = info.Status
	if c.Model != nil && c.Model.QueryCompatible {
		code := info.QueryCode
		if code == "" {
			code = info.Code
		}
		fault := ";Receiver"
		if info.Sender() {
			fault = ";Sender"
		}
		resp.SetHeader("X-Amzn-Query-Error", code+fault)
	}
	resp.Body = jsonbody.Wire.AppendError(resp.Buffer(), typeName(c.Model, info.Code), err)
	setChecksum(c, resp)
}

func setHeaders(c *wire.Call, resp *wire.Response) {
	version := "1.1"
	if c.Model != nil && c.Model.JSONVersion != "" {
		version = c.Model.JSONVersion
	}
	resp.SetHeader("Content-Type", "application/x-amz-json-"+version)
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
}

// coral are the errors of the framework under AWS's services, by its namespaces, which version 1.0 shows.
var coral = map[string]string{
	"AccessDeniedException":               "com.amazon.coral.service#",
	"ExpiredTokenException":               "com.amazon.coral.service#",
	"IncompleteSignatureException":        "com.amazon.coral.service#",
	"InternalFailure":                     "com.amazon.coral.service#",
	"InvalidSignatureException":           "com.amazon.coral.service#",
	"MissingAuthenticationTokenException": "com.amazon.coral.service#",
	"SerializationException":              "com.amazon.coral.service#",
	"ServiceUnavailableException":         "com.amazon.coral.availability#",
	"ThrottlingException":                 "com.amazon.coral.availability#",
	"UnknownOperationException":           "com.amazon.coral.service#",
	"UnrecognizedClientException":         "com.amazon.coral.service#",
	"ValidationException":                 "com.amazon.coral.validate#",
}

// namespaces are those of the services whose own do not follow from their names.
var namespaces = map[string]string{
	"dynamodb":        "com.amazonaws.dynamodb.v20120810#",
	"dynamodbstreams": "com.amazonaws.dynamodb.v20120810#",
	"sfn":             "com.amazonaws.swf.service.v2.model#",
	"cloudwatch":      "com.amazonaws.cloudwatch.v2010_08_01#",
}

// typeName returns the __type of an error: the bare code in version 1.1, with a namespace in 1.0.
func typeName(m *wire.Model, code string) string {
	if m == nil || m.JSONVersion != "1.0" || strings.Contains(code, "#") {
		return code
	}
	if prefix, ok := coral[code]; ok {
		return prefix + code
	}
	if prefix, ok := namespaces[m.ID]; ok {
		return prefix + code
	}
	return "com.amazonaws." + m.ID + "#" + code
}

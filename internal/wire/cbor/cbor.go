package cbor

import (
	"fmt"

	"github.com/cumulet/cumulet/internal/wire"
)

// Protocol implements wire.Protocol. Requests go to /service/{service}/operation/{operation}.
type Protocol struct{}

var _ wire.Protocol = Protocol{}

// Header and its value mark requests and answers.
const (
	Header = "Smithy-Protocol"
	Value  = "rpc-v2-cbor"
)

const contentType = "application/cbor"

var dialect = wire.Dialect{
	Name:     func(m *wire.Member) string { return m.Name },
	Mismatch: mismatch,
}

// Name implements wire.Protocol.
func (Protocol) Name() string { return "smithy-rpc-v2-cbor" }

// Decode implements wire.Protocol. Operations without input have no body; an empty one means that no member is set.
func (Protocol) Decode(_ *wire.Call, req *wire.Request, in wire.Shape) (wire.Missing, error) {
	src := wire.Source{Root: wire.NoNode, Dialect: &dialect}
	if len(req.Body) > 0 {
		t, err := Parse(string(req.Body))
		if err != nil {
			return nil, err
		}
		defer t.Free()
		if t.Nodes[0].Kind != wire.NodeObject {
			return nil, malformed()
		}
		src.Tree, src.Root = t, 0
	}
	return src.Decode(in)
}

// Encode implements wire.Protocol. Operations that the model gives no output answer without a body.
func (Protocol) Encode(c *wire.Call, out wire.Shape, resp *wire.Response) error {
	setHeaders(c, resp)
	resp.Status = 200
	if c.Operation != nil && c.Operation.NoOutput {
		delete(resp.Header, "Content-Type")
		return nil
	}
	resp.Body = Append(resp.Buffer(), out)
	return nil
}

// EncodeError implements wire.Protocol.
func (Protocol) EncodeError(c *wire.Call, err wire.APIError, resp *wire.Response) {
	setHeaders(c, resp)
	info := err.ErrorInfo()
	resp.Status = info.Status
	if c.Model != nil && c.Model.QueryCompatible {
		code, fault := info.QueryCode, ";Receiver"
		if code == "" {
			code = info.Code
		}
		if info.Sender() {
			fault = ";Sender"
		}
		resp.SetHeader("X-Amzn-Query-Error", code+fault)
	}
	e := newEncoder(append(resp.Buffer(), openMap))
	e.text("__type")
	e.text(typeName(c.Model, info.Code))
	shape, modelled := err.(wire.Shape)
	name := "message"
	if modelled && shape.Schema().Message != "" {
		name = shape.Schema().Message
	}
	if info.Message != "" {
		e.text(name)
		e.text(info.Message)
	}
	if modelled {
		e.members(shape)
	}
	resp.Body = append(e.done(), breakByte)
}

func setHeaders(c *wire.Call, resp *wire.Response) {
	resp.SetHeader("Content-Type", contentType)
	resp.SetHeader(Header, Value)
	resp.SetHeader("X-Amzn-Requestid", c.RequestID)
}

// typeName returns the shape id of an error. Clients look only at what follows the hash.
func typeName(m *wire.Model, code string) string {
	if m == nil {
		return code
	}
	return "com.amazonaws." + m.ID + "#" + code
}

var kinds = map[wire.Kind]string{
	wire.KindStructure: "structure", wire.KindList: "list", wire.KindMap: "map", wire.KindString: "string", wire.KindBoolean: "boolean",
	wire.KindInteger: "integer", wire.KindLong: "long", wire.KindFloat: "float", wire.KindDouble: "double", wire.KindTimestamp: "timestamp",
	wire.KindBlob: "blob",
}

func mismatch(m *wire.Member, _ *wire.Node) error {
	return &wire.Error{
		Code: "SerializationException", QueryCode: "MalformedInput", Status: 400,
		Message: fmt.Sprintf("The value of %s is not a %s.", m.Name, kinds[m.Of.Kind]),
	}
}

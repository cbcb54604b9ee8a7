package jsonbody

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
)

// Texts that AWS's servers answer. Observed by others on Athena and SES in 2026, and on DynamoDB and SQS.
const (
	foundList      = "Start of list found where not expected"
	foundStructure = "Start of structure or map found where not expected."
)

func serialization(message string) *wire.Error {
	return &wire.Error{Code: "SerializationException", QueryCode: "MalformedInput", Status: 400, Message: message}
}

// malformed is the error for a text that is not JSON. Observed: AWS gives no message.
func malformed() *wire.Error { return serialization("") }

var tokens = map[wire.NodeKind]string{
	wire.NodeString: "STRING_VALUE",
	wire.NodeNumber: "NUMBER_VALUE",
	wire.NodeTrue:   "TRUE_VALUE",
	wire.NodeFalse:  "FALSE_VALUE",
}

var targets = map[wire.Kind]string{
	wire.KindString:    "String",
	wire.KindBoolean:   "Boolean",
	wire.KindInteger:   "Integer",
	wire.KindLong:      "Long",
	wire.KindFloat:     "Float",
	wire.KindDouble:    "Double",
	wire.KindBlob:      "Blob",
	wire.KindTimestamp: "milliseconds since epoch",
}

// wording says that a scalar cannot be what is wanted.
type wording func(n *wire.Node, want wire.Kind) string

// usual is how most services word it.
func usual(n *wire.Node, want wire.Kind) string {
	return tokens[n.Kind] + " can not be converted to " + article(want, "a ") + targets[want]
}

// dynamo is how DynamoDB words it since about 2023.
func dynamo(n *wire.Node, want wire.Kind) string {
	return tokens[n.Kind] + " cannot be converted to " + targets[want]
}

// classic is how the services on the older framework word it: recorded for API Gateway.
func classic(n *wire.Node, want wire.Kind) string {
	return "class java.lang." + javaClass(n) + " can not be converted to " + article(want, "an ") + targets[want]
}

func article(want wire.Kind, usual string) string {
	switch want {
	case wire.KindTimestamp:
		return ""
	case wire.KindInteger:
		return "an "
	case wire.KindBlob:
		return "a "
	default:
		return usual
	}
}

// javaClass returns the class that a server in Java reads a scalar as.
func javaClass(n *wire.Node) string {
	if n.Kind == wire.NodeString {
		return "String"
	}
	if n.Kind != wire.NodeNumber {
		return "Boolean"
	}
	i, err := strconv.ParseInt(n.Text, 10, 64)
	switch {
	case err != nil:
		return "Double"
	case i == int64(int16(i)):
		return "Short"
	case i == int64(int32(i)):
		return "Integer"
	}
	return "Long"
}

// mismatch returns the error for a node that cannot be what m wants.
func (words wording) mismatch(m *wire.Member, n *wire.Node) error {
	want := m.Of.Kind
	switch n.Kind {
	case wire.NodeList:
		return serialization(foundList)
	case wire.NodeObject:
		return serialization(foundStructure)
	case wire.NodeText:
		return serialization(fmt.Sprintf("%s can not be converted to %s", n.Text, article(want, "a ")+targets[want]))
	default: // a scalar
	}
	switch want {
	case wire.KindStructure:
		return serialization("Expected null")
	case wire.KindList:
		return serialization("Expected list or null")
	case wire.KindMap:
		return serialization("Expected map or null")
	case wire.KindBlob:
		if n.Kind == wire.NodeString {
			return serialization(fmt.Sprintf("'%s' can not be converted to a Blob: %s", n.Text, base64Fault(n.Text)))
		}
	case wire.KindInteger:
		if n.Kind == wire.NodeNumber {
			return serialization(fmt.Sprintf("Numeric value (%s) out of range of int (-2147483648 - 2147483647)", n.Text))
		}
	case wire.KindLong:
		if n.Kind == wire.NodeNumber {
			return serialization(fmt.Sprintf("Numeric value (%s) out of range of long (-9223372036854775808 - 9223372036854775807)", n.Text))
		}
	default:
	}
	return serialization(words(n, want))
}

// base64Fault says what is wrong with a text that is not base64.
func base64Fault(text string) string {
	if len(text)%4 != 0 {
		return fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text))
	}
	body := strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	for _, r := range body {
		if r == '=' || r > 'z' || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", r) {
			return fmt.Sprintf("Invalid Base64 character: '%c'", r)
		}
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil {
		return "Invalid last non-pad Base64 character dectected" // spelt so by AWS
	}
	return "Invalid Base64"
}

package jsonbody

import (
	"encoding/base64"
	"fmt"
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
	wire.KindString:    "a String",
	wire.KindBoolean:   "a Boolean",
	wire.KindInteger:   "an Integer",
	wire.KindLong:      "a Long",
	wire.KindFloat:     "a Float",
	wire.KindDouble:    "a Double",
	wire.KindBlob:      "a Blob",
	wire.KindTimestamp: "milliseconds since epoch",
}

// Mismatch returns the error for a node that cannot be what m wants.
func Mismatch(m *wire.Member, n *wire.Node) error {
	want := m.Of.Kind
	switch n.Kind {
	case wire.NodeList:
		return serialization(foundList)
	case wire.NodeObject:
		return serialization(foundStructure)
	case wire.NodeText:
		return serialization(fmt.Sprintf("%s can not be converted to %s", n.Text, targets[want]))
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
	}
	return serialization(tokens[n.Kind] + " can not be converted to " + targets[want])
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

package sqs

import (
	"crypto/md5" //nolint:gosec // SQS's checksum
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
)

// draft is a message that somebody wants to send: checked as far as that is possible without knowing the queue.
type draft struct {
	message

	size      int     // of body and attributes, in bytes
	delay     *int32  // seconds
	groupID   *string // as given
	dedupID   *string // as given
	suffix    [10]byte
	systemMD5 *string
	userMD5   *string
}

// compose checks an entry's content. AWSTraceHeader is the caller's X-Amzn-Trace-Id header, unless the entry has its own.
func compose(in *sqsapi.SendMessageBatchRequestEntry, c *call.Info) (*draft, error) {
	if in.MessageBody == "" {
		return nil, missingParameter("MessageBody")
	}
	if !validText(in.MessageBody) {
		return nil, invalidContents()
	}
	if d := in.DelaySeconds; d != nil && (*d < 0 || *d > maxDelay) {
		return nil, invalidValue(*d, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	}
	if id := in.MessageGroupId; id != nil && !validID(*id) {
		return nil, badID(*id, "MessageGroupId")
	}
	if id := in.MessageDeduplicationId; id != nil && !validID(*id) {
		return nil, badID(*id, "MessageDeduplicationId")
	}
	d := &draft{delay: in.DelaySeconds, groupID: in.MessageGroupId, dedupID: in.MessageDeduplicationId, suffix: newSuffix()}
	d.body = []byte(in.MessageBody)
	d.bodyMD5 = md5.Sum(d.body) //nolint:gosec // as above
	d.sender = senderID(c)
	d.trace = c.Trace
	d.size = len(d.body)
	if err := d.addAttributes(in.MessageAttributes); err != nil {
		return nil, err
	}
	if err := d.addSystemAttributes(in.MessageSystemAttributes); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *draft) addAttributes(in map[string]sqsapi.MessageAttributeValue) error {
	if len(in) == 0 {
		return nil
	}
	if len(in) > maxMessageAttributes {
		return invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(in), maxMessageAttributes)
	}
	d.attributes = make([]attribute, 0, len(in))
	for name, v := range in {
		if err := checkAttributeName(name); err != nil {
			return err
		}
		a, err := newAttribute("user", name, &v)
		if err != nil {
			return err
		}
		d.size += len(a.name) + len(a.dataType) + len(a.value)
		d.attributes = append(d.attributes, a)
	}
	slices.SortFunc(d.attributes, compareAttributes)
	d.userMD5 = attributesMD5(d.attributes)
	return nil
}

// addSystemAttributes takes AWSTraceHeader, the only system attribute that a sender can give. It does not count for size.
func (d *draft) addSystemAttributes(in map[string]sqsapi.MessageSystemAttributeValue) error {
	for name, v := range in {
		if name != sqsapi.MessageSystemAttributeNameForSendsAWSTraceHeader {
			return invalidParameter("Message system attribute name '%s' is invalid.", name)
		}
		a, err := newAttribute("system", name, (*sqsapi.MessageAttributeValue)(&v))
		if err != nil {
			return err
		}
		if a.dataType != "String" {
			return invalidParameter("The type of message (system) attribute '%s' is invalid. You must use only the following supported type prefixes: String.", name)
		}
		d.trace = string(a.value)
		d.systemMD5 = attributesMD5([]attribute{a})
	}
	return nil
}

// newAttribute checks type and value of an attribute. Kind is user or system.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func newAttribute(kind, name string, v *sqsapi.MessageAttributeValue) (attribute, error) {
	if len(v.StringListValues) > 0 || len(v.BinaryListValues) > 0 {
		return attribute{}, &sqsapi.UnsupportedOperation{Message: "Message attribute list values in SendMessage operation are not supported."}
	}
	if v.DataType == "" {
		return attribute{}, invalidParameter("The message attribute '%s' must contain non-empty message attribute type.", name)
	}
	if len(v.DataType) > maxAttributeNameBytes {
		return attribute{}, invalidParameter("Length of message attribute type must be less than %d bytes.", maxAttributeNameBytes)
	}
	a := attribute{name: name, dataType: v.DataType}
	prefix, _, _ := strings.Cut(v.DataType, ".")
	switch prefix {
	case "String", "Number":
		if v.StringValue == nil || *v.StringValue == "" {
			return attribute{}, emptyAttribute(kind, name, prefix)
		}
		if !validText(*v.StringValue) {
			return attribute{}, invalidContents()
		}
		if prefix == "Number" && !validNumber(*v.StringValue) {
			return attribute{}, invalidParameter("Can't cast the value of message (%s) attribute '%s' to a number.", kind, name)
		}
		a.value = []byte(*v.StringValue)
	case "Binary":
		if len(v.BinaryValue) == 0 {
			return attribute{}, emptyAttribute(kind, name, prefix)
		}
		a.value = v.BinaryValue
	default:
		return attribute{}, invalidParameter("The type of message (%s) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", kind, name)
	}
	return a, nil
}

func emptyAttribute(kind, name, dataType string) error {
	return invalidParameter("Message (%s) attribute '%s' must contain a non-empty value of type '%s'.", kind, name, dataType)
}

func checkAttributeName(name string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return invalidParameter("The request must contain non-empty message attribute names.")
	case len(name) > maxAttributeNameBytes:
		return invalidParameter("Length of message attribute name must be less than %d bytes.", maxAttributeNameBytes)
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return invalidParameter("Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.")
	case name[0] == '.':
		return invalidParameter("Invalid message attribute name starting with character '.' was found.")
	case name[len(name)-1] == '.':
		return invalidParameter("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return invalidParameter("Message attribute name can not have successive '.' character.")
	}
	for _, r := range name {
		if r > 0x7F || !isAlphanumeric(byte(r)) && r != '-' && r != '_' && r != '.' {
			return invalidParameter("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", r)
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// validText reports whether all characters are among #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
func validText(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += n
	}
	return true
}

func invalidContents() error {
	return &sqsapi.InvalidMessageContents{
		Message: "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
	}
}

// validID reports whether a group, deduplication or attempt id is 1 to 128 printable ASCII characters without space.
func validID(id string) bool {
	if id == "" || len(id) > maxGroupIDBytes {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

func badID(id, parameter string) error {
	return invalidValue(id, parameter, parameter+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
}

// validNumber reports whether text is a decimal number of at most 38 digits within SQS's range.
func validNumber(s string) bool {
	s = strings.TrimSpace(s)
	digits := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E':
		default:
			return false
		}
	}
	if digits == 0 || digits > maxNumberDigits+4 {
		return false
	}
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && v < 1e126 && v > -1e126
}

// contentID is the deduplication id that content-based deduplication gives.
func contentID(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

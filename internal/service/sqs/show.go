package sqs

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
)

// wanted says which attributes a receiver wants to see.
type wanted struct {
	system     []string // names
	allSystem  bool
	attributes []string // names, or beginnings that end in .*
	all        bool     // message attributes
}

// systemAttributes are the names that a receiver can ask for, besides All.
var systemAttributes = []string{
	sqsapi.MessageSystemAttributeNameSenderId,
	sqsapi.MessageSystemAttributeNameSentTimestamp,
	sqsapi.MessageSystemAttributeNameApproximateReceiveCount,
	sqsapi.MessageSystemAttributeNameApproximateFirstReceiveTimestamp,
	sqsapi.MessageSystemAttributeNameSequenceNumber,
	sqsapi.MessageSystemAttributeNameMessageDeduplicationId,
	sqsapi.MessageSystemAttributeNameMessageGroupId,
	sqsapi.MessageSystemAttributeNameAWSTraceHeader,
	sqsapi.MessageSystemAttributeNameDeadLetterQueueSourceArn,
}

// newWanted reads a receiver's wishes. Observed: AttributeNames goes before MessageSystemAttributeNames if both are given,
// and AWS takes any text as the name of a message attribute.
func newWanted(in *sqsapi.ReceiveMessageInput) (wanted, error) {
	w := wanted{system: in.AttributeNames}
	if len(w.system) == 0 {
		w.system = in.MessageSystemAttributeNames
	}
	for _, name := range w.system {
		if name == sqsapi.MessageSystemAttributeNameAll {
			w.allSystem = true
		} else if !slices.Contains(systemAttributes, name) {
			return wanted{}, unknownAttribute(name)
		}
	}
	w.attributes = in.MessageAttributeNames
	for _, name := range w.attributes {
		if name == "All" || name == "*" || name == ".*" {
			w.all = true
		}
	}
	return w, nil
}

// show returns a received message as its receiver sees it.
func (w *wanted) show(m *message, st *state, handle string) sqsapi.Message {
	out := sqsapi.Message{
		MessageId:     new(m.id.String()),
		ReceiptHandle: &handle,
		MD5OfBody:     new(hex.EncodeToString(m.bodyMD5[:])),
		Body:          new(string(m.body)),
	}
	if len(w.system) > 0 {
		out.Attributes = w.showSystem(m, st)
	}
	if len(w.attributes) > 0 && len(m.attributes) > 0 {
		w.showAttributes(m, &out)
	}
	return out
}

func (w *wanted) showSystem(m *message, st *state) map[string]string {
	attributes := make(map[string]string, 8)
	set := func(name, value string) {
		if value != "" && (w.allSystem || slices.Contains(w.system, name)) {
			attributes[name] = value
		}
	}
	first := st.firstReceived
	if m.firstReceived != 0 {
		first = m.firstReceived
	}
	set(sqsapi.MessageSystemAttributeNameSenderId, m.sender)
	set(sqsapi.MessageSystemAttributeNameSentTimestamp, formatInt(m.sent))
	set(sqsapi.MessageSystemAttributeNameApproximateReceiveCount, formatUint(m.priorCount+st.count))
	set(sqsapi.MessageSystemAttributeNameApproximateFirstReceiveTimestamp, formatInt(first))
	if n := sequenceNumber(m.sequence); n != nil {
		set(sqsapi.MessageSystemAttributeNameSequenceNumber, *n)
	}
	set(sqsapi.MessageSystemAttributeNameMessageDeduplicationId, m.dedup)
	set(sqsapi.MessageSystemAttributeNameMessageGroupId, m.group)
	set(sqsapi.MessageSystemAttributeNameAWSTraceHeader, m.trace)
	set(sqsapi.MessageSystemAttributeNameDeadLetterQueueSourceArn, m.source)
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

// showAttributes adds the message attributes that the receiver wants; the checksum is that of these only.
func (w *wanted) showAttributes(m *message, out *sqsapi.Message) {
	shown := make([]attribute, 0, len(m.attributes))
	for _, a := range m.attributes {
		if w.wants(a.name) {
			shown = append(shown, a)
		}
	}
	if len(shown) == 0 {
		return
	}
	out.MD5OfMessageAttributes = attributesMD5(shown)
	out.MessageAttributes = make(map[string]sqsapi.MessageAttributeValue, len(shown))
	for _, a := range shown {
		v := sqsapi.MessageAttributeValue{DataType: a.dataType}
		if a.binary() {
			v.BinaryValue = bytes.Clone(a.value)
		} else {
			v.StringValue = new(string(a.value))
		}
		out.MessageAttributes[a.name] = v
	}
}

func (w *wanted) wants(name string) bool {
	if w.all {
		return true
	}
	for _, pattern := range w.attributes {
		if prefix, found := strings.CutSuffix(pattern, ".*"); found && strings.HasPrefix(name, prefix) || pattern == name {
			return true
		}
	}
	return false
}

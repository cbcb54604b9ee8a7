package sqs

import (
	"crypto/md5" //nolint:gosec // SQS's checksum
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// attributesMD5 returns the checksum that SDKs compare with their own, in hexadecimal, or nil when there are none. Each
// attribute adds its name, its type and its value, each after its length, in the order of names; before the value stands
// a byte that tells text from bytes.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func attributesMD5(attributes []attribute) *string {
	if len(attributes) == 0 {
		return nil
	}
	if !slices.IsSortedFunc(attributes, compareAttributes) {
		attributes = slices.Clone(attributes)
		slices.SortFunc(attributes, compareAttributes)
	}
	var b []byte
	part := func(n int) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	for i := range attributes {
		a := &attributes[i]
		part(len(a.name))
		b = append(b, a.name...)
		part(len(a.dataType))
		b = append(b, a.dataType...)
		transport := byte(1)
		if a.binary() {
			transport = 2
		}
		b = append(b, transport)
		part(len(a.value))
		b = append(b, a.value...)
	}
	sum := md5.Sum(b) //nolint:gosec // as above
	return new(hex.EncodeToString(sum[:]))
}

func compareAttributes(a, b attribute) int { return strings.Compare(a.name, b.name) }

package awsjson_test

import (
	"encoding/json"
	"testing"

	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
)

const sendMessage = `{"QueueUrl":"http://127.0.0.1:4566/000000000000/orders-queue","MessageBody":"{\"orderId\":\"o-1234567890\",\"total\":99.5,\"items\":[1,2,3]}","DelaySeconds":5,"MessageAttributes":{"kind":{"DataType":"String","StringValue":"order.created"},"n":{"DataType":"Number","StringValue":"42"}},"MessageGroupId":"group-1"}`

func receiveOutput() *sqs.ReceiveMessageOutput {
	var out sqs.ReceiveMessageOutput
	for range 10 {
		out.Messages = append(out.Messages, sqs.Message{
			MessageId: new("5fea7756-0ea4-451a-a703-a558b933e274"), ReceiptHandle: new("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a0Wq5v9X3u5d8uJ5Xh0hT4Q3nGkq9N1p2vYb7c"),
			MD5OfBody: new("9e107d9d372bb6826bd81d3542a419d6"), Body: new(`{"orderId":"o-1234567890","total":99.5}`),
			Attributes: map[string]string{"SentTimestamp": "1515531081123"},
		})
	}
	return &out
}

func BenchmarkDecodeSendMessage(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(sendMessage)))
	c, req := callOf(b, "sqs", "SendMessage"), &wire.Request{Body: []byte(sendMessage)}
	for b.Loop() {
		var in sqs.SendMessageInput
		if _, err := (awsjson.Protocol{}).Decode(c, req, &in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeEncodingJSON is what the standard library takes for the same.
func BenchmarkDecodeEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	body := []byte(sendMessage)
	for b.Loop() {
		var in sqs.SendMessageInput
		if err := json.Unmarshal(body, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidateSendMessage(b *testing.B) {
	b.ReportAllocs()
	c := &wire.Call{} // the usual rules: those of SQS check nothing but what is required
	var in sqs.SendMessageInput
	if _, err := (awsjson.Protocol{}).Decode(c, &wire.Request{Body: []byte(sendMessage)}, &in); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := wire.Validate(c, &in, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeReceiveMessage10(b *testing.B) {
	b.ReportAllocs()
	c, out := callOf(b, "sqs", "ReceiveMessage"), receiveOutput()
	for b.Loop() {
		var resp wire.Response
		if err := (awsjson.Protocol{}).Encode(c, out, &resp); err != nil {
			b.Fatal(err)
		}
		resp.Free()
	}
}

// BenchmarkEncodeEncodingJSON is what the standard library takes for the same.
func BenchmarkEncodeEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	out := receiveOutput()
	for b.Loop() {
		if _, err := json.Marshal(out); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocations keeps the hottest paths from getting slower unnoticed.
func TestAllocations(t *testing.T) {
	c, req, out := callOf(t, "sqs", "SendMessage"), &wire.Request{Body: []byte(sendMessage)}, receiveOutput()
	decode := testing.AllocsPerRun(100, func() {
		var in sqs.SendMessageInput
		_, _ = awsjson.Protocol{}.Decode(c, req, &in)
	})
	encode := testing.AllocsPerRun(100, func() {
		var resp wire.Response
		_ = awsjson.Protocol{}.Encode(c, out, &resp)
		resp.Free()
	})
	// With the race detector, pools drop some of what they are given.
	if decode > 20 || encode > 22 {
		t.Errorf("decoding allocates %v times, encoding %v; want at most 20 and 22", decode, encode)
	}
}

package awsjson_test

import (
	"net/http"
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
)

const sendMessage = `{"QueueUrl":"http://127.0.0.1:4566/000000000000/orders-queue","MessageBody":"{\"orderId\":\"o-1234567890\",\"total\":99.5,\"items\":[1,2,3]}","DelaySeconds":5,"MessageAttributes":{"kind":{"DataType":"String","StringValue":"order.created"},"n":{"DataType":"Number","StringValue":"42"}},"MessageGroupId":"group-1"}`

func BenchmarkDecodeSendMessage(b *testing.B) {
	b.ReportAllocs()
	req := &wire.Request{Body: []byte(sendMessage)}
	b.SetBytes(int64(len(sendMessage)))
	for b.Loop() {
		var in sqs.SendMessageInput
		if _, err := (awsjson.Protocol{}).Decode(&wire.Call{}, req, &in); err != nil {
			b.Fatal(err)
		}
	}
}

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

func BenchmarkEncodeReceiveMessage10(b *testing.B) {
	b.ReportAllocs()
	out := receiveOutput()
	c := &wire.Call{Model: catalog.Models[0], RequestID: "r"}
	for b.Loop() {
		var resp wire.Response
		resp.Header = http.Header{}
		if err := (awsjson.Protocol{}).Encode(c, out, &resp); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(resp.Body)))
		resp.Free()
	}
}

func TestDecodeSendMessage(t *testing.T) {
	var in sqs.SendMessageInput
	missing, err := awsjson.Protocol{}.Decode(&wire.Call{}, &wire.Request{Body: []byte(sendMessage)}, &in)
	if err != nil || len(missing) != 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if *in.DelaySeconds != 5 || in.MessageBody != `{"orderId":"o-1234567890","total":99.5,"items":[1,2,3]}` || in.MessageAttributes["n"].DataType != "Number" || *in.MessageGroupId != "group-1" {
		t.Errorf("decoded %+v", in)
	}
}

package awsquery_test

import (
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsquery"
)

func call(t testing.TB, service, operation string) *wire.Call {
	t.Helper()
	for _, m := range catalog.Models {
		for i := range m.Operations {
			if m.ID == service && m.Operations[i].Name == operation {
				return &wire.Call{Model: m, Operation: &m.Operations[i], RequestID: "6a2c-1"}
			}
		}
	}
	t.Fatalf("no operation %s of %s", operation, service)
	return nil
}

func TestDecode(t *testing.T) {
	form := "Action=SendMessageBatch&Version=2012-11-05" +
		"&SendMessageBatchRequestEntry.10.Id=ten&SendMessageBatchRequestEntry.10.MessageBody=b10" +
		"&SendMessageBatchRequestEntry.2.Id=two&SendMessageBatchRequestEntry.2.MessageBody=a%20b%2Bc+d" +
		"&SendMessageBatchRequestEntry.2.DelaySeconds=5" +
		"&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=kind&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Binary" +
		"&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.BinaryValue=aGk%3D"
	var in sqs.SendMessageBatchInput
	missing, err := awsquery.Protocol{}.Decode(call(t, "sqs", "SendMessageBatch"), &wire.Request{Query: "QueueUrl=http%3A%2F%2Fq", Body: []byte(form)}, &in)
	if err != nil || len(missing) > 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	want := sqs.SendMessageBatchInput{QueueUrl: "http://q", Entries: []sqs.SendMessageBatchRequestEntry{
		{Id: "two", MessageBody: "a b+c d", DelaySeconds: new(int32(5)), MessageAttributes: map[string]sqs.MessageAttributeValue{
			"kind": {DataType: "Binary", BinaryValue: []byte("hi")},
		}},
		{Id: "ten", MessageBody: "b10"},
	}}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("Decode = %+v, want %+v", in, want)
	}
}

// TestQueueURLFromPath has the request of clients such as the first SDK for Java.
func TestQueueURLFromPath(t *testing.T) {
	var in sqs.PurgeQueueInput
	missing, err := awsquery.Protocol{}.Decode(call(t, "sqs", "PurgeQueue"), &wire.Request{Path: "/000000000000/q", Body: []byte("Action=PurgeQueue")}, &in)
	if err != nil || len(missing) > 0 || in.QueueUrl != "/000000000000/q" {
		t.Errorf("Decode = %+v, %v, %v", in, missing, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	for form, code := range map[string]string{
		"QueueUrl=%zz":                    "MalformedQueryString",
		"a..b=1":                          "MalformedQueryString",
		strings.Repeat("a.", 100) + "a=1": "MalformedQueryString",
		"QueueUrl=u&MessageBody=b&DelaySeconds=one": "MalformedInput",
		"QueueUrl=u&MessageBody=b&DelaySeconds=":    "MalformedInput",
	} {
		_, err := awsquery.Protocol{}.Decode(call(t, "sqs", "SendMessage"), &wire.Request{Body: []byte(form)}, &sqs.SendMessageInput{})
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != code || e.Status != 400 {
			t.Errorf("Decode(%s) = %v, want %s", form, err, code)
		}
	}
	missing, err := awsquery.Protocol{}.Decode(call(t, "sqs", "SendMessage"), &wire.Request{Body: []byte("QueueUrl=u&MessageAttribute.1.Name=n")}, &sqs.SendMessageInput{})
	if got := strings.Join(missing, " "); err != nil || got != "messageBody messageAttributes.n.member.dataType" {
		t.Errorf("missing = %s, %v", got, err)
	}
}

func TestEncode(t *testing.T) {
	out := &sqs.ReceiveMessageOutput{Messages: []sqs.Message{{
		MessageId: new("1"), Body: new("<a & \"b\">\r\n\x01"), Attributes: map[string]string{"SentTimestamp": "5"},
	}}}
	var resp wire.Response
	if err := (awsquery.Protocol{}).Encode(call(t, "sqs", "ReceiveMessage"), out, &resp); err != nil {
		t.Fatal(err)
	}
	want := `<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult>` +
		"<Message><MessageId>1</MessageId><Body>&lt;a &amp; &quot;b&quot;&gt;&#xD;\n\ufffd</Body><Attribute><Name>SentTimestamp</Name><Value>5</Value></Attribute></Message>" +
		`</ReceiveMessageResult><ResponseMetadata><RequestId>6a2c-1</RequestId></ResponseMetadata></ReceiveMessageResponse>`
	if got := string(resp.Body); got != want || resp.Status != 200 || resp.Header.Get("Content-Type") != "text/xml" {
		t.Errorf("Encode = %d %s, want %s", resp.Status, got, want)
	}
	resp = wire.Response{}
	if err := (awsquery.Protocol{}).Encode(call(t, "sqs", "DeleteQueue"), &sqs.DeleteQueueOutput{}, &resp); err != nil {
		t.Fatal(err)
	}
	want = `<DeleteQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>6a2c-1</RequestId></ResponseMetadata></DeleteQueueResponse>`
	if got := string(resp.Body); got != want {
		t.Errorf("Encode = %s, want %s", got, want)
	}
}

func TestEncodeError(t *testing.T) {
	var resp wire.Response
	awsquery.Protocol{}.EncodeError(call(t, "sqs", "DeleteQueue"), &sqs.QueueDoesNotExist{Message: "gone"}, &resp)
	want := `<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>gone</Message><Detail/></Error><RequestId>6a2c-1</RequestId></ErrorResponse>`
	if got := string(resp.Body); got != want || resp.Status != 400 {
		t.Errorf("EncodeError = %d %s, want %s", resp.Status, got, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("Action=A&QueueUrl=u&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringListValue.1=x")
	f.Add("SendMessageBatchRequestEntry=&SendMessageBatchRequestEntry.9999999999999999999=1&SendMessageBatchRequestEntry.-1.Id=2")
	f.Add("a.b.c=1&a-b=2&a.b=3&a=4&=5&.=6&%41.b=7")
	c := call(f, "sqs", "SendMessageBatch")
	f.Fuzz(func(t *testing.T, form string) {
		var in sqs.SendMessageBatchInput
		if _, err := (awsquery.Protocol{}).Decode(c, &wire.Request{Body: []byte(form)}, &in); err != nil {
			return
		}
		// What came in goes out as XML that others can read.
		failed := &sqs.SendMessageBatchOutput{}
		for _, e := range in.Entries {
			failed.Failed = append(failed.Failed, sqs.BatchResultErrorEntry{Id: e.Id, Message: &e.MessageBody})
		}
		var resp wire.Response
		if err := (awsquery.Protocol{}).Encode(c, failed, &resp); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(string(resp.Body)))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %q", err, resp.Body)
			}
		}
	})
}

func BenchmarkDecodeSendMessage(b *testing.B) {
	b.ReportAllocs()
	c := call(b, "sqs", "SendMessage")
	req := &wire.Request{Body: []byte("Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders-queue&MessageBody=%7B%22orderId%22%3A%22o-1234567890%22%7D&DelaySeconds=5&MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=order.created")}
	for b.Loop() {
		var in sqs.SendMessageInput
		if _, err := (awsquery.Protocol{}).Decode(c, req, &in); err != nil {
			b.Fatal(err)
		}
	}
}

package awsjson_test

import (
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
)

func callOf(t testing.TB, service, operation string) *wire.Call {
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
	var in sqs.SendMessageInput
	missing, err := awsjson.Protocol{}.Decode(callOf(t, "sqs", "SendMessage"), &wire.Request{Body: []byte(sendMessage)}, &in)
	if err != nil || len(missing) != 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if *in.DelaySeconds != 5 || in.MessageBody != `{"orderId":"o-1234567890","total":99.5,"items":[1,2,3]}` || in.MessageAttributes["n"].DataType != "Number" || *in.MessageGroupId != "group-1" {
		t.Errorf("Decode set %+v", in)
	}
}

func TestEncode(t *testing.T) {
	var resp wire.Response
	if err := (awsjson.Protocol{}).Encode(callOf(t, "sqs", "ListQueues"), &sqs.ListQueuesOutput{QueueUrls: []string{}}, &resp); err != nil {
		t.Fatal(err)
	}
	if resp.Status != 200 || string(resp.Body) != `{"QueueUrls":[]}` || resp.Header.Get("Content-Type") != "application/x-amz-json-1.0" || resp.Header.Get("X-Amzn-RequestId") != "6a2c-1" {
		t.Errorf("Encode = %d %v %s", resp.Status, resp.Header, resp.Body)
	}
	resp.Free()
	resp = wire.Response{}
	if err := (awsjson.Protocol{}).Encode(callOf(t, "sqs", "DeleteQueue"), &sqs.DeleteQueueOutput{}, &resp); err != nil || len(resp.Body) != 0 {
		t.Errorf("Encode = %q, %v; want no body", resp.Body, err)
	}
}

func TestEncodeError(t *testing.T) {
	tests := []struct {
		service, operation string
		err                wire.APIError
		body, queryError   string
	}{
		{
			"sqs", "DeleteQueue", &sqs.QueueDoesNotExist{Message: "The specified queue does not exist."},
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`, "AWS.SimpleQueueService.NonExistentQueue;Sender",
		},
		{
			"sqs", "SendMessage", &wire.Error{Code: "SerializationException", QueryCode: "MalformedInput", Status: 400, Message: "Expected null"},
			`{"__type":"com.amazon.coral.service#SerializationException","Message":"Expected null"}`, "MalformedInput;Sender",
		},
		{"sqs", "SendMessage", &wire.Error{Code: "InternalFailure", Status: 500}, `{"__type":"com.amazon.coral.service#InternalFailure"}`, "InternalFailure;Receiver"},
		{
			"dynamodb", "GetItem", wire.Errorf(400, "ResourceNotFoundException", "Requested resource not found"),
			`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}`, "",
		},
		{"dynamodb", "GetItem", wire.Errorf(400, "ValidationException", "no"), `{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}`, ""},
		{"kms", "CreateKey", wire.Errorf(400, "SerializationException", ""), `{"__type":"SerializationException"}`, ""},
		{"kms", "CreateKey", wire.Errorf(400, "NotFoundException", "a \"quote\""), `{"__type":"NotFoundException","message":"a \"quote\""}`, ""},
	}
	for _, test := range tests {
		var resp wire.Response
		awsjson.Protocol{}.EncodeError(callOf(t, test.service, test.operation), test.err, &resp)
		if string(resp.Body) != test.body || resp.Status != test.err.ErrorInfo().Status || resp.Header.Get("X-Amzn-Query-Error") != test.queryError {
			t.Errorf("EncodeError(%v) = %d %v %s, want %s %s", test.err, resp.Status, resp.Header, resp.Body, test.queryError, test.body)
		}
	}
	var resp wire.Response
	awsjson.Protocol{}.EncodeError(&wire.Call{}, wire.Errorf(400, "UnknownOperationException", ""), &resp)
	if string(resp.Body) != `{"__type":"UnknownOperationException"}` {
		t.Errorf("EncodeError without a model = %s", resp.Body)
	}
}

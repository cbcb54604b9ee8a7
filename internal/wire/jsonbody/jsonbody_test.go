package jsonbody_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/lambda"
	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
)

func modelOf(id string) *wire.Model {
	for _, m := range catalog.Models {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// TestMismatch compares with texts observed at AWS: Athena and SES in 2026, API Gateway and DynamoDB as recorded.
func TestMismatch(t *testing.T) {
	tests := []struct{ service, text, want string }{
		{"sqs", `{"QueueUrl":1}`, "NUMBER_VALUE can not be converted to a String"},
		{"sqs", `{"QueueUrl":true}`, "TRUE_VALUE can not be converted to a String"},
		{"sqs", `{"QueueUrl":["x"]}`, "Start of list found where not expected"},
		{"sqs", `{"QueueUrl":{}}`, "Start of structure or map found where not expected."},
		{"sqs", `{"DelaySeconds":"1"}`, "STRING_VALUE can not be converted to an Integer"},
		{"sqs", `{"DelaySeconds":false}`, "FALSE_VALUE can not be converted to an Integer"},
		{"sqs", `{"DelaySeconds":2147483648}`, "Numeric value (2147483648) out of range of int (-2147483648 - 2147483647)"},
		{"sqs", `{"MessageAttributes":"x"}`, "Expected map or null"},
		{"sqs", `{"MessageAttributes":[]}`, "Start of list found where not expected"},
		{"sqs", `{"MessageAttributes":{"a":"x"}}`, "Expected null"},
		{"sqs", `{"MessageAttributes":{"a":{"StringListValues":"x"}}}`, "Expected list or null"},
		{"sqs", `{"MessageAttributes":{"a":{"BinaryValue":"23456"}}}`, "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
		{"sqs", `{"MessageAttributes":{"a":{"BinaryValue":"=+/="}}}`, "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"},
		{"sqs", `{"MessageAttributes":{"a":{"BinaryValue":1}}}`, "NUMBER_VALUE can not be converted to a Blob"},
		{"sqs", `[]`, "Start of list found where not expected"},
		{"sqs", `1`, ""},
		{"sqs", `{"QueueUrl":"x",}`, ""},
		{"sqs", ``, ""},
		{"dynamodb", `{"QueueUrl":1}`, "NUMBER_VALUE cannot be converted to String"},
		{"apigateway", `{"QueueUrl":true}`, "class java.lang.Boolean can not be converted to an String"},
		{"apigateway", `{"QueueUrl":70000}`, "class java.lang.Integer can not be converted to an String"},
	}
	for _, test := range tests {
		_, err := jsonbody.WireOf(modelOf(test.service)).Decode(test.text, &sqs.SendMessageInput{})
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != "SerializationException" || e.Status != 400 || e.Message != test.want {
			t.Errorf("Decode(%s) = %v, want SerializationException: %s", test.text, err, test.want)
		}
	}
}

func TestDecode(t *testing.T) {
	var in sqs.SendMessageInput
	text := `{"Unknown":{"a":[1]},"QueueUrl":"first","MessageBody":"\u00e9\ud83d\ude00\n\"","DelaySeconds":1.9,"MessageAttributes":{"n":null,"a":{"DataType":"Binary","BinaryValue":"aGk="}},"QueueUrl":"last"}`
	missing, err := jsonbody.Wire.Decode(text, &in)
	if err != nil || len(missing) > 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if in.QueueUrl != "last" || in.MessageBody != "é😀\n\"" || *in.DelaySeconds != 1 || len(in.MessageAttributes) != 1 || string(in.MessageAttributes["a"].BinaryValue) != "hi" {
		t.Errorf("Decode set %+v", in)
	}
	missing, err = jsonbody.Wire.Decode(`{"QueueUrl":null,"Entries":[{"Id":"a"},null,{"MessageBody":"b"}]}`, &sqs.SendMessageBatchInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(missing, " "); got != "queueUrl entries.1.member.messageBody entries.2.member.id" {
		t.Errorf("missing = %s", got)
	}
}

func TestStyles(t *testing.T) {
	modified := time.Date(2026, 11, 23, 4, 5, 6, 120e6, time.UTC)
	out := &lambda.CreateEventSourceMappingOutput{UUID: new("u"), LastModified: &modified, BatchSize: new(int32(10))}
	for _, test := range []struct {
		style *jsonbody.Style
		want  string
	}{
		{jsonbody.Wire, `{"UUID":"u","BatchSize":10,"LastModified":1795406706.12}`},
		{jsonbody.SDK, `{"UUID":"u","BatchSize":10,"LastModified":"2026-11-23T04:05:06.120Z"}`},
	} {
		if got := string(test.style.Append(nil, out)); got != test.want {
			t.Errorf("Append = %s, want %s", got, test.want)
		}
	}
	tags := &sqs.ListQueueTagsOutput{Tags: map[string]string{"b": "2", "a": "1"}}
	if got, want := string(jsonbody.SDK.Append(nil, tags)), `{"Tags":{"a":"1","b":"2"}}`; got != want {
		t.Errorf("Append = %s, want %s", got, want)
	}
	create := &sqs.CreateQueueInput{}
	if _, err := jsonbody.States.Decode(`{"QueueName":"q","Tags":{"a":"b"}}`, create); err != nil || create.Tags["a"] != "b" {
		t.Errorf("States.Decode = %+v, %v", create, err)
	}
}

func TestRedacted(t *testing.T) {
	in := &lambda.CreateFunctionInput{FunctionName: "f", Environment: &lambda.Environment{Variables: map[string]string{"PASSWORD": "secret"}}}
	got := string(jsonbody.Redacted.Append(nil, in))
	if strings.Contains(got, "secret") || !strings.Contains(got, `"***"`) || !strings.Contains(got, `"FunctionName":"f"`) {
		t.Errorf("Redacted.Append = %s", got)
	}
}

// FuzzParse compares what is JSON with encoding/json, and what it means.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+3,true,null,"\u00e9\ud83d\ude00\\"],"b":{}}`, `[]`, `"\ud800"`, `01`, `1.`, "\"\x01\"", `{"a":1,"a":2}`, " 1 ", `nul`, `{"a"}`, `[1,]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := jsonbody.Parse(text)
		if !utf8.ValidString(text) {
			if err == nil {
				t.Fatalf("Parse(%q) took what is not UTF-8", text)
			}
			return
		}
		var want any
		wantErr := json.Unmarshal([]byte(text), &want)
		if strings.Count(text, "[")+strings.Count(text, "{") > 200 {
			return // too deep, perhaps
		}
		var number *json.UnmarshalTypeError // a float64 cannot hold it, but it is JSON
		if (err == nil) != (wantErr == nil || errors.As(wantErr, &number)) {
			t.Fatalf("Parse(%q) = %v, encoding/json says %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		defer tree.Free()
		if s, ok := want.(string); ok && tree.Nodes[0].Text != s {
			t.Fatalf("Parse(%q) = %q, want %q", text, tree.Nodes[0].Text, s)
		}
		// Whatever the text is, decoding it does not panic.
		var in sqs.SendMessageBatchInput
		if _, err := jsonbody.Wire.Decode(text, &in); err == nil {
			again := string(jsonbody.Wire.Append(nil, &in))
			if !json.Valid([]byte(again)) {
				t.Fatalf("Append after Decode(%q) = %s", text, again)
			}
		}
	})
}

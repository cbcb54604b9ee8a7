package restjson_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/lambda"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/restjson"
)

func call(t testing.TB, operation string) *wire.Call {
	t.Helper()
	for _, m := range catalog.Models {
		for i := range m.Operations {
			if m.ID == "lambda" && m.Operations[i].Name == operation {
				return &wire.Call{Model: m, Operation: &m.Operations[i], RequestID: "6a2c-1"}
			}
		}
	}
	t.Fatalf("no operation %s", operation)
	return nil
}

func TestDecode(t *testing.T) {
	req := &wire.Request{
		Path: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations", Query: "Qualifier=v%201&x=y",
		Header: http.Header{"X-Amz-Invocation-Type": {"Event"}, "X-Amz-Client-Context": {"e30="}}, Body: []byte(`{"not":"parsed"`),
	}
	var in lambda.InvokeInput
	missing, err := restjson.Protocol{}.Decode(call(t, "Invoke"), req, &in)
	if err != nil || len(missing) > 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if in.FunctionName != "arn:aws:lambda:us-east-1:123456789012:function:f" || *in.Qualifier != "v 1" || *in.InvocationType != "Event" || string(in.Payload) != `{"not":"parsed"` || in.LogType != nil {
		t.Errorf("Decode set %+v", in)
	}
	var create lambda.CreateFunctionInput
	missing, err = restjson.Protocol{}.Decode(call(t, "CreateFunction"), &wire.Request{Path: "/2015-03-31/functions", Body: []byte(`{"FunctionName":"f","Role":"r","Code":{"ZipFile":"UEs="},"Timeout":3,"Environment":{"Variables":{"A":"b"}}}`)}, &create)
	if err != nil || len(missing) > 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if create.FunctionName != "f" || string(create.Code.ZipFile) != "PK" || *create.Timeout != 3 || create.Environment.Variables["A"] != "b" {
		t.Errorf("Decode set %+v", create)
	}
	missing, err = restjson.Protocol{}.Decode(call(t, "CreateFunction"), &wire.Request{Path: "/2015-03-31/functions"}, &lambda.CreateFunctionInput{})
	if got := strings.Join(missing, " "); err != nil || got != "functionName role code" {
		t.Errorf("missing = %s, %v", got, err)
	}
}

func TestEncode(t *testing.T) {
	var resp wire.Response
	out := &lambda.InvokeOutput{StatusCode: new(int32(202)), FunctionError: new("Unhandled"), Payload: []byte("raw")}
	if err := (restjson.Protocol{}).Encode(call(t, "Invoke"), out, &resp); err != nil {
		t.Fatal(err)
	}
	if resp.Status != 202 || resp.Header.Get("X-Amz-Function-Error") != "Unhandled" || string(resp.Body) != "raw" {
		t.Errorf("Encode = %d %v %s", resp.Status, resp.Header, resp.Body)
	}
	resp = wire.Response{}
	if err := (restjson.Protocol{}).Encode(call(t, "GetFunction"), &lambda.GetFunctionOutput{Tags: map[string]string{"a": "b"}}, &resp); err != nil {
		t.Fatal(err)
	}
	if resp.Status != 200 || resp.Header.Get("Content-Type") != "application/json" || string(resp.Body) != `{"Tags":{"a":"b"}}` {
		t.Errorf("Encode = %d %v %s", resp.Status, resp.Header, resp.Body)
	}
	resp = wire.Response{}
	restjson.Protocol{}.EncodeError(call(t, "Invoke"), &lambda.TooManyRequestsException{Message: "slow", Type: new("User"), RetryAfterSeconds: new("7")}, &resp)
	if resp.Status != 429 || resp.Header.Get("X-Amzn-Errortype") != "TooManyRequestsException" || resp.Header.Get("Retry-After") != "7" || string(resp.Body) != `{"message":"slow","Type":"User"}` {
		t.Errorf("EncodeError = %d %v %s", resp.Status, resp.Header, resp.Body)
	}
}

func TestEncodeEvents(t *testing.T) {
	var resp wire.Response
	out := &lambda.InvokeWithResponseStreamOutput{StatusCode: new(int32(200)), EventStream: func(send func(*lambda.InvokeWithResponseStreamResponseEvent) error) error {
		return send(&lambda.InvokeWithResponseStreamResponseEvent{PayloadChunk: &lambda.InvokeResponseStreamUpdate{Payload: []byte("chunk")}})
	}}
	if err := (restjson.Protocol{}).Encode(call(t, "InvokeWithResponseStream"), out, &resp); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := resp.Stream(&b, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" || !strings.Contains(b.String(), "PayloadChunk") || !strings.Contains(b.String(), "chunk") {
		t.Errorf("Encode = %v %q", resp.Header, b.String())
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("/2015-03-31/functions", "Qualifier=1", "a", `{"FunctionName":"f","Code":{"ZipFile":"UEs="},"Layers":["a"],"VpcConfig":{"SubnetIds":[null]}}`)
	f.Add("/2015-03-31/functions/%zz/invocations", "%zz=%&&", "", `{}`)
	create, invoke := call(f, "CreateFunction"), call(f, "Invoke")
	f.Fuzz(func(t *testing.T, path, query, header, body string) {
		req := &wire.Request{Path: path, Query: query, Header: http.Header{"X-Amz-Invocation-Type": {header}}, Body: []byte(body)}
		var in lambda.CreateFunctionInput
		if _, err := (restjson.Protocol{}).Decode(create, req, &in); err == nil && body != "" && !json.Valid([]byte(body)) {
			t.Fatalf("Decode took %q", body)
		}
		var inv lambda.InvokeInput
		if _, err := (restjson.Protocol{}).Decode(invoke, req, &inv); err != nil {
			t.Fatalf("Decode of a blob: %v", err)
		}
		if string(inv.Payload) != body {
			t.Fatalf("payload = %q, want %q", inv.Payload, body)
		}
	})
}

func BenchmarkInvoke(b *testing.B) {
	b.ReportAllocs()
	c := call(b, "Invoke")
	req := &wire.Request{Path: "/2015-03-31/functions/my-function/invocations", Header: http.Header{"X-Amz-Invocation-Type": {"RequestResponse"}}, Body: []byte(`{"a":1}`)}
	for b.Loop() {
		var in lambda.InvokeInput
		if _, err := (restjson.Protocol{}).Decode(c, req, &in); err != nil {
			b.Fatal(err)
		}
		var resp wire.Response
		if err := (restjson.Protocol{}).Encode(c, &lambda.InvokeOutput{StatusCode: new(int32(200)), Payload: []byte(`{}`)}, &resp); err != nil {
			b.Fatal(err)
		}
		resp.Free()
	}
}

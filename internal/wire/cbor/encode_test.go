package cbor_test

import (
	"errors"
	"math"
	"net/http"
	"testing"
	"time"

	oracle "github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/cloudwatch"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/cbor"
)

func datum() cloudwatch.MetricDatum {
	return cloudwatch.MetricDatum{
		MetricName: "latency", Value: new(1.5), Unit: new("Milliseconds"), StorageResolution: new(int32(60)),
		Timestamp: new(time.UnixMilli(1700000000123).UTC()), Dimensions: []cloudwatch.Dimension{{Name: "host", Value: "a"}, {Name: "zone", Value: "b"}},
		Values: []float64{1, 0.1, math.Inf(-1)}, Counts: []float64{},
	}
}

func model(t testing.TB) *wire.Model {
	t.Helper()
	for _, m := range catalog.Models {
		if m.ID == "cloudwatch" {
			return m
		}
	}
	t.Fatal("no cloudwatch in the catalog")
	return nil
}

func TestRoundTrip(t *testing.T) {
	want := &cloudwatch.PutMetricDataInput{Namespace: "app", MetricData: []cloudwatch.MetricDatum{datum(), {MetricName: ""}}}
	body := cbor.Append(nil, want)
	if err := oracle.Wellformed(body); err != nil {
		t.Fatalf("the oracle says of %x: %v", body, err)
	}
	got := &cloudwatch.PutMetricDataInput{}
	missing, err := cbor.Protocol{}.Decode(nil, &wire.Request{Body: body}, got)
	if err != nil || len(missing) != 0 {
		t.Fatalf("Decode = %v, %v", missing, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestDecodeErrors(t *testing.T) {
	for what, body := range map[string]any{
		"a list":                []any{},
		"text for a list":       map[string]any{"MetricData": "x"},
		"a number for a string": map[string]any{"Namespace": 1},
		"text for a number":     map[string]any{"MetricData": []any{map[string]any{"MetricName": "m", "Value": "1"}}},
		"an integer too large":  map[string]any{"MetricData": []any{map[string]any{"MetricName": "m", "StorageResolution": 1 << 40}}},
	} {
		data, err := oracle.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		_, err = cbor.Protocol{}.Decode(nil, &wire.Request{Body: data}, &cloudwatch.PutMetricDataInput{})
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != "SerializationException" || e.Status != http.StatusBadRequest {
			t.Errorf("%s: Decode = %v, want a SerializationException", what, err)
		}
	}
	missing, err := cbor.Protocol{}.Decode(nil, &wire.Request{}, &cloudwatch.PutMetricDataInput{})
	if err != nil || !cmp.Equal(missing, wire.Missing{"namespace"}) {
		t.Errorf("Decode of nothing = %v, %v; want namespace to be missing", missing, err)
	}
}

func TestEncodeError(t *testing.T) {
	resp := &wire.Response{Header: http.Header{}}
	cbor.Protocol{}.EncodeError(&wire.Call{Model: model(t), RequestID: "id"}, &cloudwatch.InvalidParameterValueException{Message: "no"}, resp)
	var got map[string]any
	if err := oracle.Unmarshal(resp.Body, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"__type": "com.amazonaws.cloudwatch#InvalidParameterValueException", "message": "no"}
	if diff := cmp.Diff(want, got); diff != "" || resp.Status != http.StatusBadRequest {
		t.Errorf("status %d, body (-want +got):\n%s", resp.Status, diff)
	}
	wantHeader := http.Header{
		"Content-Type": {"application/cbor"}, "Smithy-Protocol": {"rpc-v2-cbor"}, "X-Amzn-Requestid": {"id"},
		"X-Amzn-Query-Error": {"InvalidParameterValue;Sender"},
	}
	if diff := cmp.Diff(wantHeader, resp.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

// FuzzDecode decodes anything into a real shape; what it makes of it must survive being written and read again.
func FuzzDecode(f *testing.F) {
	f.Add(cbor.Append(nil, &cloudwatch.PutMetricDataInput{Namespace: "app", MetricData: []cloudwatch.MetricDatum{datum()}}))
	f.Fuzz(func(t *testing.T, body []byte) {
		first := &cloudwatch.PutMetricDataInput{}
		if _, err := (cbor.Protocol{}).Decode(nil, &wire.Request{Body: body}, first); err != nil {
			return
		}
		again := &cloudwatch.PutMetricDataInput{}
		written := cbor.Append(nil, first)
		if _, err := (cbor.Protocol{}).Decode(nil, &wire.Request{Body: written}, again); err != nil {
			t.Fatalf("Decode(%x): %v", written, err)
		}
		if rewritten := cbor.Append(nil, again); string(rewritten) != string(written) {
			t.Errorf("wrote %x, then %x", written, rewritten)
		}
	})
}

func BenchmarkDecodePutMetricData(b *testing.B) {
	body := cbor.Append(nil, &cloudwatch.PutMetricDataInput{Namespace: "app", MetricData: []cloudwatch.MetricDatum{datum(), datum()}})
	req := &wire.Request{Body: body}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := (cbor.Protocol{}).Decode(nil, req, &cloudwatch.PutMetricDataInput{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	in := &cloudwatch.PutMetricDataInput{Namespace: "app", MetricData: []cloudwatch.MetricDatum{datum(), datum()}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = cbor.Append(buf[:0], in)
	}
	b.SetBytes(int64(len(buf)))
}

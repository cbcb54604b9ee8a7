package sigv4

import (
	"net/http"
	"testing"
)

// benchRequest is a SendMessage as the Go SDK sends it.
func benchRequest(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	body := make([]byte, 300)
	for i := range body {
		body[i] = 'x'
	}
	r := outgoing(t, "POST", "/", body)
	for name, value := range map[string]string{
		"Amz-Sdk-Invocation-Id": "2f5f2e52-6b1c-4c0b-9c0e-2f6f0b0e4d0a", "Amz-Sdk-Request": "attempt=1; max=3",
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage", "X-Amzn-Query-Mode": "true",
	} {
		r.Header.Set(name, value)
	}
	NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "sqs").Sign(r, HashPayload(body), testNow)
	return transmit(t, r), body
}

func BenchmarkParse(b *testing.B) {
	r, _ := benchRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r, body := benchRequest(b)
	var v Verifier
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(&v, r, Secret{Key: testSecret}, body, testNow, Rules{Service: "sqs"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyPresigned(b *testing.B) {
	r := outgoing(b, "GET", "/bucket/key?versionId=abc", nil)
	NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "s3").Presign(r, testNow, 60e9)
	r = transmit(b, r)
	var v Verifier
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(&v, r, Secret{Key: testSecret}, nil, testNow, Rules{Service: "s3", S3: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	r, body := benchRequest(b)
	s := NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "sqs")
	b.ReportAllocs()
	for b.Loop() {
		s.Sign(r, HashPayload(body), testNow)
	}
}

// The way of every request stays cheap: reading a credential allocates nothing, and neither does verifying it.
func TestAllocations(t *testing.T) {
	r, body := benchRequest(t)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Parse(r); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("Parse: %v allocations, want 0", n)
	}
	var v Verifier
	if n := testing.AllocsPerRun(100, func() {
		if err := verify(&v, r, Secret{Key: testSecret}, body, testNow, Rules{Service: "sqs"}); err != nil {
			t.Fatal(err)
		}
	}); n > 2 { // 0, but the race detector makes pools forget
		t.Errorf("Parse, Check and Verify: %v allocations, want 2 at most", n)
	}
}

package sigv4

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var testNow = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// received returns a request as a server sees it.
func received(t testing.TB, method, target, body string, header http.Header) *http.Request {
	t.Helper()
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\n")
	if err := header.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\r\n" + body)
	r, err := http.ReadRequest(bufioReader(b.String()))
	if err != nil {
		t.Fatalf("ReadRequest(%q): %v", b.String(), err)
	}
	return r
}

// verify parses, checks and verifies as the gateway does.
func verify(v *Verifier, r *http.Request, secret Secret, body []byte, now time.Time, rules Rules) error {
	sig, err := Parse(r)
	if err != nil {
		return err
	}
	if !sig.Signed() {
		return MissingToken()
	}
	if err := Check(r, &sig, now, rules); err != nil {
		return err
	}
	return v.Verify(r, &sig, secret, body, rules)
}

// The cases of AWS's Signature Version 4 test suite, with the signatures that it expects.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func TestSuite(t *testing.T) {
	const (
		scope  = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
		simple = "host;x-amz-date"
	)
	for _, test := range []struct {
		name, method, target, signedHeaders, signature string
		header                                         http.Header
		body                                           string
	}{
		{name: "get-vanilla", method: "GET", target: "/", signedHeaders: simple, signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-vanilla-query", method: "GET", target: "/", signedHeaders: simple, signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-vanilla-query-order-key-case", method: "GET", target: "/?Param2=value2&Param1=value1", signedHeaders: simple, signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{name: "get-vanilla-empty-query-key", method: "GET", target: "/?Param1=value1", signedHeaders: simple, signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{name: "get-utf8", method: "GET", target: "/\u1234", signedHeaders: simple, signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{name: "post-vanilla", method: "POST", target: "/", signedHeaders: simple, signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{name: "post-vanilla-query", method: "POST", target: "/?Param1=value1", signedHeaders: simple, signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
		{name: "post-header-key-sort", method: "POST", target: "/", signedHeaders: "host;my-header1;x-amz-date", header: http.Header{"My-Header1": {"value1"}}, signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		{name: "get-header-value-trim", method: "GET", target: "/", signedHeaders: "host;my-header1;my-header2;x-amz-date", header: http.Header{"My-Header1": {" value1"}, "My-Header2": {" \"a   b   c\""}}, signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{name: "get-header-key-duplicate", method: "GET", target: "/", signedHeaders: "host;my-header1;x-amz-date", header: http.Header{"My-Header1": {"value2", "value2", "value1"}}, signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{name: "post-x-www-form-urlencoded", method: "POST", target: "/", signedHeaders: "content-type;host;x-amz-date", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: "Param1=value1", signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{
				"Host": {"example.amazonaws.com"}, "X-Amz-Date": {"20150830T123600Z"},
				"Authorization": {Algorithm + " Credential=" + scope + ", SignedHeaders=" + test.signedHeaders + ", Signature=" + test.signature},
			}
			maps.Copy(header, test.header)
			r := received(t, test.method, test.target, test.body, header)
			var v Verifier
			if err := verify(&v, r, Secret{Key: testSecret}, []byte(test.body), testNow, Rules{Service: "service"}); err != nil {
				sig, _ := Parse(r)
				s := v.get()
				t.Errorf("verify: %v\n%s", err, s.canonicalRequest(nil, r, &sig, []byte(HashPayload([]byte(test.body))), form{}))
			}
		})
	}
}

// AWS's documented examples for S3: headers, and a presigned URL.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
func TestS3Examples(t *testing.T) {
	const (
		secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
		host   = "examplebucket.s3.amazonaws.com"
		prefix = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
	)
	now := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, method, target string
		header               http.Header
	}{
		{"GetObject", "GET", "/test.txt", http.Header{
			"Range": {"bytes=0-9"}, "X-Amz-Content-Sha256": {EmptyHash}, "X-Amz-Date": {"20130524T000000Z"},
			"Authorization": {prefix + "host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		}},
		{"PutObject", "PUT", "/test%24file.text", http.Header{
			"Date": {"Fri, 24 May 2013 00:00:00 GMT"}, "X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"},
			"X-Amz-Content-Sha256": {"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
			"Authorization":        {prefix + "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		}},
		{"GetBucketLifecycle", "GET", "/?lifecycle", http.Header{
			"X-Amz-Content-Sha256": {EmptyHash}, "X-Amz-Date": {"20130524T000000Z"},
			"Authorization": {prefix + "host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		}},
		{"ListObjects", "GET", "/?max-keys=2&prefix=J", http.Header{
			"X-Amz-Content-Sha256": {EmptyHash}, "X-Amz-Date": {"20130524T000000Z"},
			"Authorization": {prefix + "host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
		}},
		{"presigned", "GET", "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", http.Header{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.header.Set("Host", host)
			r := received(t, test.method, test.target, "", test.header)
			var v Verifier
			if err := verify(&v, r, Secret{Key: secret}, nil, now, Rules{S3: true, Service: "s3"}); err != nil {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// hard are targets whose canonical form differs from how they look.
var hard = []string{
	"/", "/queue", "/a/b/c/", "/a%20b", "/a%2Fb", "/%E2%98%83/%7Eok", "/a+b", "/a%2Bb", "/arn%3Aaws%3Alambda/x",
	"/?a=1&b=2", "/?b=2&a=1&a=0", "/?flag", "/?flag=", "/?k=%20%2B%2F&a-b=1&a=2", "/?x=%E2%98%83&x=a%3Db",
	"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations?Qualifier=%24LATEST",
}

// Requests that AWS's signer for Go signs verify, in headers and presigned, with and without a session token.
func TestSDKSigner(t *testing.T) {
	for _, service := range []string{"sqs", "s3"} {
		for _, target := range hard {
			for _, token := range []string{"", "FwoGZXIvYXdzEXAMPLE+token/=="} {
				t.Run(service+target+token, func(t *testing.T) {
					rules := Rules{S3: service == "s3", Service: service}
					signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = rules.S3 })
					creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: token}
					secret := Secret{Key: testSecret, SessionToken: token}
					body := []byte(`{"a":1}`)

					out := outgoing(t, "POST", target, body)
					out.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
					out.Header.Set("X-Amz-Meta-Odd", "  two  spaces\tand tab ")
					hash := HashPayload(body)
					if rules.S3 {
						out.Header.Set("X-Amz-Content-Sha256", hash)
					}
					out.Header.Set("X-Amz-Meta-Odd", "two  spaces")
					if err := signer.SignHTTP(context.Background(), creds, out, hash, service, "us-east-1", testNow); err != nil {
						t.Fatal(err)
					}
					var v Verifier
					if err := verify(&v, transmit(t, out), secret, body, testNow, rules); err != nil {
						t.Errorf("header: %v", err)
					}

					out = outgoing(t, "GET", target, nil)
					q := out.URL.Query()
					q.Set("X-Amz-Expires", "60")
					out.URL.RawQuery = q.Encode()
					hash = EmptyHash
					if rules.S3 {
						hash = UnsignedPayload
					}
					signed, _, err := signer.PresignHTTP(context.Background(), creds, out, hash, service, "us-east-1", testNow)
					if err != nil {
						t.Fatal(err)
					}
					out, err = http.NewRequest("GET", signed, nil)
					if err != nil {
						t.Fatal(err)
					}
					if err := verify(&v, transmit(t, out), secret, nil, testNow.Add(time.Minute), rules); err != nil {
						t.Errorf("presigned: %v", err)
					}
				})
			}
		}
	}
}

// Our own signer and verifier agree too, in every form.
func TestSigner(t *testing.T) {
	for _, service := range []string{"sqs", "s3"} {
		for _, target := range hard {
			for _, token := range []string{"", "a+token/=="} {
				t.Run(service+target+token, func(t *testing.T) {
					rules := Rules{S3: service == "s3", Service: service}
					secret := Secret{Key: testSecret, SessionToken: token}
					s := NewSigner(testKey, secret, "eu-west-1", service)
					body := []byte("body")
					var v Verifier

					out := outgoing(t, "PUT", target, body)
					s.Sign(out, HashPayload(body), testNow)
					s.Sign(out, HashPayload(body), testNow) // signing again changes nothing
					if err := verify(&v, transmit(t, out), secret, body, testNow, rules); err != nil {
						t.Errorf("header: %v", err)
					}
					out = outgoing(t, "GET", target, nil)
					s.Presign(out, testNow, time.Hour)
					if err := verify(&v, transmit(t, out), secret, nil, testNow.Add(time.Hour), rules); err != nil {
						t.Errorf("presigned: %v", err)
					}
					out = outgoing(t, "PUT", target, body)
					if err := s.SignAsymmetric(out, HashPayload(body), "*", testNow); err != nil {
						t.Fatal(err)
					}
					if err := verify(&v, transmit(t, out), secret, body, testNow, rules); err != nil {
						t.Errorf("asymmetric: %v", err)
					}
				})
			}
		}
	}
}

func outgoing(t testing.TB, method, target string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, "http://127.0.0.1:4566"+target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// transmit returns the request as the server at the other end reads it.
func transmit(t testing.TB, out *http.Request) *http.Request {
	t.Helper()
	var b bytes.Buffer
	if err := out.Write(&b); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufioReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A client that speaks HTTP/2 may sign :authority in place of host.
func TestAuthority(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	r.Host = "127.0.0.1:4566"
	r.Header.Set("X-Amz-Date", testNow.Format(timeLayout))
	sig := Signature{
		AccessKey: testKey, Date: "20150830", Region: "us-east-1", Service: "kinesis", Terminator: terminator,
		Time: testNow.Format(timeLayout), SignedHeaders: ":authority;x-amz-date",
	}
	s := NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "kinesis")
	s.sign(r, &sig, EmptyHash)
	r.Header.Set("Authorization", Algorithm+" Credential="+testKey+"/20150830/us-east-1/kinesis/aws4_request, SignedHeaders="+
		sig.SignedHeaders+", Signature="+sig.Signature)
	var v Verifier
	if err := verify(&v, r, Secret{Key: testSecret}, nil, testNow, Rules{Service: "kinesis"}); err != nil {
		t.Errorf("verify: %v", err)
	}
	r.Host = "elsewhere"
	wantCode(t, verify(&v, r, Secret{Key: testSecret}, nil, testNow, Rules{Service: "kinesis"}), JSON, "InvalidSignatureException", 400)
}

// wantCode fails the test unless err is an *Error that family f words with this code and status.
func wantCode(t *testing.T, err error, f Family, code string, status int) string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *Error with code %s", err, code)
	}
	gotCode, gotStatus, message := e.Answer(f)
	if gotCode != code || gotStatus != status {
		t.Errorf("got %s (%d) %q, want %s (%d)", gotCode, gotStatus, message, code, status)
	}
	return message
}

// An S3 POST form is verified by its policy.
func TestForm(t *testing.T) {
	const policy = "eyJjb25kaXRpb25zIjpbXX0="
	s := NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "s3")
	credential, date, signature := s.SignForm(policy, testNow)
	fields := url.Values{
		"x-amz-algorithm": {Algorithm}, "x-amz-credential": {credential}, "x-amz-date": {date},
		"x-amz-signature": {signature}, "policy": {policy},
	}
	sig, err := ParseForm(fields)
	if err != nil || sig.Kind != Form || sig.AccessKey != testKey || sig.Region != "us-east-1" {
		t.Fatalf("ParseForm = %+v, %v", sig, err)
	}
	if err := Check(nil, &sig, testNow, Rules{S3: true, Service: "s3"}); err != nil {
		t.Errorf("Check: %v", err)
	}
	var v Verifier
	if err := v.VerifyForm(&sig, policy, Secret{Key: testSecret}); err != nil {
		t.Errorf("VerifyForm: %v", err)
	}
	wantCode(t, v.VerifyForm(&sig, policy+"x", Secret{Key: testSecret}), S3, "SignatureDoesNotMatch", 403)
	delete(fields, "policy")
	_, err = ParseForm(fields)
	wantCode(t, err, S3, "InvalidArgument", 400)
}

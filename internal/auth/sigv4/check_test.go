package sigv4

import (
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// edit changes a signed request.
type edit func(r *http.Request)

func setAuth(old, replacement string) edit {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, replacement, 1))
	}
}

func set(name, value string) edit { return func(r *http.Request) { r.Header.Set(name, value) } }
func del(name string) edit        { return func(r *http.Request) { r.Header.Del(name) } }

// setQuery changes the query as the client would have sent it.
func setQuery(old, replacement string) edit {
	return func(r *http.Request) {
		r.RequestURI = strings.Replace(r.RequestURI, old, replacement, 1)
		_, r.URL.RawQuery, _ = strings.Cut(r.RequestURI, "?")
	}
}

// What AWS refuses before it looks at a signature, with its code, status and text.
func TestRefusals(t *testing.T) {
	const auth = "Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, "
	for _, test := range []struct {
		name    string
		edit    edit
		after   time.Duration
		code    string
		message string
	}{
		{name: "late", after: 6 * time.Minute, code: "InvalidSignatureException", message: "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T124200Z - 5 min.)"},
		{name: "early", after: -6 * time.Minute, code: "InvalidSignatureException", message: "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T123000Z + 5 min.)"},
		{name: "no signature", edit: setAuth("Signature=", "X="), code: "IncompleteSignatureException", message: "Authorization header requires 'Signature' parameter. " + auth},
		{name: "no signed headers", edit: setAuth("SignedHeaders=", "X="), code: "IncompleteSignatureException", message: "Authorization header requires 'SignedHeaders' parameter. " + auth},
		{name: "no credential", edit: setAuth("Credential=", "X="), code: "IncompleteSignatureException", message: "Authorization header requires 'Credential' parameter. Authorization="},
		{name: "nothing", edit: set("Authorization", "AWS4-HMAC-SHA256"), code: "IncompleteSignatureException", message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"},
		{name: "no date", edit: del("X-Amz-Date"), code: "IncompleteSignatureException", message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " + auth},
		{name: "bad date", edit: set("X-Amz-Date", "201"), code: "IncompleteSignatureException", message: "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"},
		{name: "no equals sign", edit: setAuth("Credential=AKIDEXAMPLE", "Credential= AKIDEXAMPLE"), code: "IncompleteSignatureException", message: "'AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential= "},
		{name: "four elements", edit: setAuth("/us-east-1", ""), code: "IncompleteSignatureException", message: "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/sqs/aws4_request'"},
		{name: "no host", edit: setAuth("host;", ""), code: "InvalidSignatureException", message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{name: "target not signed", edit: setAuth(";x-amz-target", ""), code: "InvalidSignatureException", message: "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
		{name: "signed header missing", edit: setAuth("host;", "accept;host;"), code: "IncompleteSignatureException", message: "'accept' is named as a SignedHeader, but it does not exist in the HTTP request."},
		{name: "signed headers out of order", edit: setAuth("host;x-amz-date", "x-amz-date;host"), code: "InvalidSignatureException", message: "The request signature we calculated does not match"},
		{name: "signed header twice", edit: setAuth("host;", "host;host;"), code: "InvalidSignatureException", message: "The request signature we calculated does not match"},
		{name: "endless signed headers", edit: setAuth("host;", "host;"+strings.Repeat("i", maxSignedHeaders)+";"), code: "InvalidSignatureException", message: "The request signature we calculated does not match"},
		{name: "another service", edit: setAuth("/sqs/", "/sns/"), code: "InvalidSignatureException", message: "Credential should be scoped to correct service: 'sqs'. "},
		{name: "another terminator", edit: setAuth("aws4_request", "aws5"), code: "InvalidSignatureException", message: "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "},
		{name: "another date", edit: setAuth("/20150830/", "/20150829/"), code: "InvalidSignatureException", message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'."},
		{name: "unknown algorithm", edit: setAuth("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), code: "IncompleteSignatureException", message: "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). "},
		{name: "not AWS's", edit: set("Authorization", "Bearer abc"), code: "MissingAuthenticationTokenException", message: "Request is missing Authentication Token"},
		{name: "unsigned", edit: del("Authorization"), code: "MissingAuthenticationTokenException", message: "Request is missing Authentication Token"},
		{name: "twice", edit: setQuery("/", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"), code: "InvalidSignatureException", message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := outgoing(t, "POST", "/", nil)
			out.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
			NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "sqs").Sign(out, EmptyHash, testNow)
			r := transmit(t, out)
			if test.edit != nil {
				test.edit(r)
			}
			var v Verifier
			err := verify(&v, r, Secret{Key: testSecret}, nil, testNow.Add(test.after), Rules{Service: "sqs"})
			if message := wantCode(t, err, JSON, test.code, http.StatusBadRequest); !strings.HasPrefix(message, test.message) {
				t.Errorf("got message %q, want %q", message, test.message)
			}
		})
	}
}

// The same for S3's headers.
func TestRefusalsS3(t *testing.T) {
	const malformed = "The authorization header is malformed; "
	for _, test := range []struct {
		name    string
		edit    edit
		after   time.Duration
		code    string
		status  int
		message string
	}{
		{name: "late", after: 16 * time.Minute, code: "RequestTimeTooSkewed", status: 403, message: "The difference between the request time and the current time is too large."},
		{name: "early", after: -16 * time.Minute, code: "RequestTimeTooSkewed", status: 403, message: "The difference between the request time and the current time is too large."},
		{name: "no hash", edit: del("X-Amz-Content-Sha256"), code: "InvalidRequest", status: 400, message: "Missing required header for this request: x-amz-content-sha256"},
		{name: "bad hash", edit: set("X-Amz-Content-Sha256", "unsigned-payload"), code: "InvalidArgument", status: 400, message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "},
		{name: "no date", edit: del("X-Amz-Date"), code: "AccessDenied", status: 403, message: "AWS authentication requires a valid Date or x-amz-date header"},
		{name: "no signature", edit: setAuth("Signature=", "X="), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + "the authorization header requires three components: Credential, SignedHeaders, and Signature."},
		{name: "four elements", edit: setAuth("/us-east-1", ""), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`},
		{name: "bad scope date", edit: setAuth("/20150830/", "/2015/"), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + `incorrect date format "2015". This date in the credential must be in the format "yyyyMMdd".`},
		{name: "no region", edit: setAuth("/us-east-1/", "//"), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + "a non-empty region must be provided in the credential."},
		{name: "another service", edit: setAuth("/s3/", "/sqs/"), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + `incorrect service "sqs". This endpoint belongs to "s3".`},
		{name: "another terminator", edit: setAuth("aws4_request", "aws5"), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + `incorrect terminal "aws5". This endpoint uses "aws4_request".`},
		{name: "another date", edit: setAuth("/20150830/", "/20150829/"), code: "AuthorizationHeaderMalformed", status: 400, message: malformed + "Invalid credential date. Date is not the same as X-Amz-Date."},
		{name: "unsigned header", edit: set("X-Amz-Acl", "public-read"), code: "AccessDenied", status: 403, message: "There were headers present in the request which were not signed"},
		{name: "twice", edit: setQuery("/b/k", "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"), code: "InvalidArgument", status: 400, message: "Only one auth mechanism allowed; "},
		{name: "bad version 2", edit: set("Authorization", "AWS key"), code: "InvalidArgument", status: 400, message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := outgoing(t, "GET", "/b/k", nil)
			NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "s3").Sign(out, EmptyHash, testNow)
			r := transmit(t, out)
			if test.edit != nil {
				test.edit(r)
			}
			var v Verifier
			err := verify(&v, r, Secret{Key: testSecret}, nil, testNow.Add(test.after), Rules{S3: true, Service: "s3"})
			if message := wantCode(t, err, S3, test.code, test.status); !strings.HasPrefix(message, test.message) {
				t.Errorf("got message %q, want %q", message, test.message)
			}
		})
	}
}

// The same for presigned URLs of S3.
func TestRefusalsPresigned(t *testing.T) {
	const code = "AuthorizationQueryParametersError"
	for _, test := range []struct {
		name    string
		edit    edit
		after   time.Duration
		code    string
		status  int
		message string
	}{
		{name: "expired", after: 61 * time.Second, code: "AccessDenied", status: 403, message: "Request has expired"},
		{name: "not yet", after: -16 * time.Minute, code: "AccessDenied", status: 403, message: "Request is not yet valid"},
		{name: "algorithm", edit: setQuery("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), code: code, status: 400, message: `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`},
		{name: "no expiry", edit: setQuery("X-Amz-Expires", "X"), code: code, status: 400, message: "Query-string authentication version 4 requires the X-Amz-Algorithm, "},
		{name: "no credential", edit: setQuery("X-Amz-Credential", "X"), code: code, status: 400, message: "Query-string authentication version 4 requires the X-Amz-Algorithm, "},
		{name: "expiry is no number", edit: setQuery("Expires=60", "Expires=1e3"), code: code, status: 400, message: "X-Amz-Expires should be a number"},
		{name: "negative expiry", edit: setQuery("Expires=60", "Expires=-1"), code: code, status: 400, message: "X-Amz-Expires must be non-negative"},
		{name: "over a week", edit: setQuery("Expires=60", "Expires=604801"), code: code, status: 400, message: "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"},
		{name: "date", edit: setQuery("20150830T123600Z", "20150830"), code: code, status: 400, message: `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`},
		{name: "another date", edit: setQuery("%2F20150830%2F", "%2F20150829%2F"), code: code, status: 400, message: `Invalid credential date "20150829". This date is not the same as X-Amz-Date: "20150830".`},
		{name: "another service", edit: setQuery("%2Fs3%2F", "%2Fsqs%2F"), code: code, status: 400, message: `Error parsing the X-Amz-Credential parameter; incorrect service "sqs". This endpoint belongs to "s3".`},
		{name: "unsigned header", edit: set("X-Amz-Acl", "public-read"), code: "AccessDenied", status: 403, message: "There were headers present in the request which were not signed"},
		{name: "another key", edit: setQuery("/b/k", "/b/l"), code: "SignatureDoesNotMatch", status: 403, message: "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := outgoing(t, "GET", "/b/k", nil)
			NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "s3").Presign(out, testNow, time.Minute)
			r := transmit(t, out)
			if test.edit != nil {
				test.edit(r)
			}
			var v Verifier
			err := verify(&v, r, Secret{Key: testSecret}, nil, testNow.Add(test.after), Rules{S3: true, Service: "s3"})
			if message := wantCode(t, err, S3, test.code, test.status); !strings.HasPrefix(message, test.message) {
				t.Errorf("got message %q, want %q", message, test.message)
			}
		})
	}
}

// A presigned URL of another service lives as long as it says, and never shorter than a request may be late.
func TestPresignedLife(t *testing.T) {
	for _, test := range []struct {
		valid, after time.Duration
		rules        Rules
		want         string
	}{
		{valid: time.Minute, after: 4 * time.Minute},
		{valid: time.Minute, after: 6 * time.Minute, want: "InvalidSignatureException"},
		{valid: time.Minute, after: 14 * time.Minute, rules: Rules{MaxSkew: 15 * time.Minute}},
		{valid: 24 * time.Hour, after: 24 * time.Hour},
		{valid: 24 * time.Hour, after: 25 * time.Hour, want: "InvalidSignatureException"},
		{valid: 8 * 24 * time.Hour, after: time.Minute, want: "IncompleteSignatureException"},
	} {
		out := outgoing(t, "GET", "/mqtt", nil)
		NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "iotdevicegateway").Presign(out, testNow, test.valid)
		var v Verifier
		err := verify(&v, transmit(t, out), Secret{Key: testSecret}, nil, testNow.Add(test.after), test.rules)
		if test.want == "" {
			if err != nil {
				t.Errorf("valid for %v, after %v: %v", test.valid, test.after, err)
			}
			continue
		}
		wantCode(t, err, REST, test.want, 403)
	}
}

// Clients of AWS IoT add the session token to a URL after they have signed it.
func TestTokenAfterSigning(t *testing.T) {
	out := outgoing(t, "GET", "/mqtt", nil)
	NewSigner(testKey, Secret{Key: testSecret}, "us-east-1", "iotdevicegateway").Presign(out, testNow, time.Hour)
	out.URL.RawQuery += "&X-Amz-Security-Token=token"
	var v Verifier
	if err := verify(&v, transmit(t, out), Secret{Key: testSecret, SessionToken: "token"}, nil, testNow, Rules{}); err != nil {
		t.Errorf("verify: %v", err)
	}
	wantCode(t, verify(&v, transmit(t, out), Secret{Key: testSecret, SessionToken: "other"}, nil, testNow, Rules{}),
		REST, "UnrecognizedClientException", 403)
}

// S3 says what it signed, so that a client can compare.
func TestDetails(t *testing.T) {
	out := outgoing(t, "GET", "/b/k", nil)
	s := NewSigner(testKey, Secret{Key: testSecret + "x"}, "us-east-1", "s3")
	s.Sign(out, EmptyHash, testNow)
	var v Verifier
	err := verify(&v, transmit(t, out), Secret{Key: testSecret}, nil, testNow, Rules{S3: true})
	wantCode(t, err, S3, "SignatureDoesNotMatch", 403)
	got := map[string]string{}
	for _, d := range err.(*Error).Details { //nolint:errorlint // wantCode has looked
		got[d.Name] = d.Value
	}
	canonical := "GET\n/b/k\n\nhost:127.0.0.1:4566\nx-amz-content-sha256:" + EmptyHash + "\nx-amz-date:20150830T123600Z\n\n" +
		"host;x-amz-content-sha256;x-amz-date\n" + EmptyHash
	if got["CanonicalRequest"] != canonical {
		t.Errorf("CanonicalRequest = %q, want %q", got["CanonicalRequest"], canonical)
	}
	if !strings.HasPrefix(got["StringToSign"], "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\n") {
		t.Errorf("StringToSign = %q", got["StringToSign"])
	}
	if !strings.HasPrefix(got["StringToSignBytes"], "41 57 53 34 2d ") || got["AWSAccessKeyId"] != testKey {
		t.Errorf("StringToSignBytes = %q, AWSAccessKeyId = %q", got["StringToSignBytes"], got["AWSAccessKeyId"])
	}
}

// The cache of signing keys forgets, and is right when it does.
func TestKeyCache(t *testing.T) {
	c := keyCache{capacity: 2}
	id := keyID{"secret", "20150830", "us-east-1", "sqs"}
	want := deriveKey(id)
	c.put(id, want)
	if key, known := c.get(id); !known || key != want {
		t.Errorf("get = %x, %t; want %x", key, known, want)
	}
	for _, date := range []string{"1", "2", "3", "4", "5"} {
		c.put(keyID{"secret", date, "r", "s"}, signingKey{})
	}
	if key, known := c.get(id); known || key != want {
		t.Errorf("after 5 others: get = %x, %t; want %x, derived", key, known, want)
	}
	if n := len(c.young) + len(c.old); n > 4 {
		t.Errorf("the cache holds %d keys, want 4 at most", n)
	}
}

// The key that SigV4a derives from an access key, as AWS's libraries derive it.
func TestDeriveAsymmetric(t *testing.T) {
	private, err := deriveAsymmetric("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	const want = "0415d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb" +
		"0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0"
	if got := hex.EncodeToString(point); got != want {
		t.Errorf("public key = %s, want %s", got, want)
	}
}

// Version 2's own refusals.
func TestRefusalsV2(t *testing.T) {
	for _, test := range []struct {
		name, target  string
		header        http.Header
		rules         Rules
		code, message string
	}{
		{name: "expired", target: "/b/k?AWSAccessKeyId=k&Signature=s&Expires=1", rules: Rules{S3: true}, code: "AccessDenied", message: "Request has expired"},
		{name: "no expiry", target: "/b/k?AWSAccessKeyId=k&Signature=s", rules: Rules{S3: true}, code: "AccessDenied", message: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"},
		{name: "odd expiry", target: "/b/k?AWSAccessKeyId=k&Signature=s&Expires=1e9", rules: Rules{S3: true}, code: "AccessDenied", message: "Invalid date (should be seconds since epoch): 1e9"},
		{name: "wrong", target: "/b/k?AWSAccessKeyId=k&Signature=s&Expires=2000000000", rules: Rules{S3: true}, code: "SignatureDoesNotMatch", message: "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
		{name: "late", target: "/b/k", header: http.Header{"Authorization": {"AWS k:s"}, "Date": {"Sun, 30 Aug 2015 12:00:00 GMT"}}, rules: Rules{S3: true}, code: "RequestTimeTooSkewed", message: "The difference between the request time and the current time is too large."},
		{name: "no date", target: "/b/k", header: http.Header{"Authorization": {"AWS k:s"}}, rules: Rules{S3: true}, code: "AccessDenied", message: "AWS authentication requires a valid Date or x-amz-date header"},
		{name: "not S3", target: "/?AWSAccessKeyId=k&Signature=s&Expires=2000000000", code: "AccessDenied", message: "Access Denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{"Host": {"127.0.0.1:4566"}}
			maps.Copy(header, test.header)
			var v Verifier
			err := verify(&v, received(t, "GET", test.target, "", header), Secret{Key: testSecret}, nil, testNow, test.rules)
			if message := wantCode(t, err, S3, test.code, http.StatusForbidden); message != test.message {
				t.Errorf("got message %q, want %q", message, test.message)
			}
		})
	}
}

// A bucket in the host name is part of what Version 2 signs.
func TestVirtualHostV2(t *testing.T) {
	const expires = "2000000000"
	r := received(t, "GET", "/k?AWSAccessKeyId=k&Expires="+expires+"&Signature="+
		url.QueryEscape(signV2(testSecret, "GET\n\n\n"+expires+"\n/bucket/k")), "", http.Header{"Host": {"bucket.s3.localhost"}})
	var v Verifier
	if err := verify(&v, r, Secret{Key: testSecret}, nil, testNow, Rules{S3: true, Bucket: "bucket"}); err != nil {
		t.Errorf("verify: %v", err)
	}
	wantCode(t, verify(&v, r, Secret{Key: testSecret}, nil, testNow, Rules{S3: true}), S3, "SignatureDoesNotMatch", 403)
}

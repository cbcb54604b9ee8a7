package sigv4

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

// covered is everything that a signature covers, as a server understands it: two requests that agree in it are the
// same. Spellings of one target agree: escapes of the same byte, and the order of parameters.
func covered(r *http.Request, body []byte) string {
	var b strings.Builder
	path, query := target(r)
	s := scratch{}
	b.WriteString(r.Method + " " + string(appendPath(nil, path, form{once: true})) + "?")
	b.WriteString(string(s.appendQuery(nil, query, form{})) + "\n" + r.Host + "\n")
	for _, name := range []string{"X-Amz-Date", "X-Amz-Target", "X-Amz-Meta-A", "Content-Type", "X-Amz-Security-Token", "X-Amz-Content-Sha256"} {
		b.WriteString(strings.Join(r.Header[name], ",") + "\n")
	}
	return b.String() + string(body)
}

// Whichever byte of a signed request is changed: it does not verify any more, unless what is signed stays the same.
func TestTamper(t *testing.T) {
	body := []byte(`{"MessageBody":"hello"}`)
	for _, service := range []string{"sqs", "s3"} {
		for _, presigned := range []bool{false, true} {
			rules := Rules{S3: service == "s3", Service: service}
			secret := Secret{Key: testSecret, SessionToken: "token"}
			signer := NewSigner(testKey, secret, "us-east-1", service)
			out := outgoing(t, "POST", "/b/k%20e?x=1&y=%2F", body)
			out.Header.Set("X-Amz-Meta-A", "value one")
			out.Header.Set("Content-Type", "text/plain")
			if presigned {
				out = outgoing(t, "GET", "/b/k%20e?x=1&y=%2F", nil)
				body = nil
				signer.Presign(out, testNow, time.Hour)
			} else {
				signer.Sign(out, HashPayload(body), testNow)
			}
			var wire bytes.Buffer
			if err := out.Write(&wire); err != nil {
				t.Fatal(err)
			}
			read := func(raw []byte) (*http.Request, []byte, error) {
				r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
				if err != nil {
					return nil, nil, err
				}
				_, got, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
				return r, got, nil
			}
			original, originalBody, err := read(wire.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			want := covered(original, originalBody)
			var v Verifier
			if err := verify(&v, original, secret, originalBody, testNow, rules); err != nil {
				t.Fatalf("%s, presigned %t: %v", service, presigned, err)
			}
			tried := 0
			for i := range wire.Len() {
				for bit := byte(1); bit != 0; bit <<= 1 {
					raw := bytes.Clone(wire.Bytes())
					raw[i] ^= bit
					r, gotBody, err := read(raw)
					if err != nil {
						continue
					}
					tried++
					if rules.S3 { // who reads S3's body verifies its hash
						gotBody = originalBody
					}
					if err := verify(&v, r, secret, gotBody, testNow, rules); err != nil {
						continue
					}
					if covered(r, gotBody) != want {
						t.Errorf("%s, presigned %t: verifies with byte %d changed from %q to %q:\n%s", service, presigned, i, wire.Bytes()[i], raw[i], raw)
					}
				}
			}
			if tried < 1000 {
				t.Errorf("tried %d changes only", tried)
			}
		}
	}
}

// A canonical target holds no separator that it did not put there, so no two targets can have one canonical request,
// and it is its own canonical form.
func FuzzCanonicalTarget(f *testing.F) {
	f.Add("/a%2Fb?x=1&y=2")
	f.Add("/a?b=c&b=c&b")
	f.Add("/?a=b%26c+d%")
	f.Fuzz(func(t *testing.T, uri string) {
		canonical := func(uri string) (path, query string) {
			path, query = target(&http.Request{RequestURI: uri})
			s := scratch{}
			return string(appendPath(nil, path, form{once: true})), string(s.appendQuery(nil, query, form{}))
		}
		path, query := canonical("/" + uri)
		if strings.ContainsAny(path, "?&= \n") || strings.ContainsAny(query, "/? \n") {
			t.Fatalf("canonical path %q and query %q hold separators", path, query)
		}
		if path2, query2 := canonical(path + "?" + query); path2 != path || query2 != query {
			t.Fatalf("%q and %q become %q and %q", path, query, path2, query2)
		}
	})
}

// Whatever is in an Authorization header: it is read without a panic, and what is read holds together.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=00")
	f.Add("AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/sqs/aws4_request, SignedHeaders=host, Signature=00")
	f.Add("AWS key:signature")
	f.Add("AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature==")
	f.Add("Bearer x")
	f.Fuzz(func(t *testing.T, authorization string) {
		r := outgoing(t, "GET", "/", nil)
		r.Header["Authorization"] = []string{authorization}
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		checkParsed(t, r)
	})
}

// The same for the query of a presigned URL.
func FuzzPresigned(f *testing.F) {
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00")
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%zz&X-Amz-Expires=99999999999999999999")
	f.Add("AWSAccessKeyId=k&Signature=s&Expires=1")
	f.Fuzz(func(t *testing.T, query string) {
		r := outgoing(t, "GET", "/b/k", nil)
		r.URL.RawQuery = query
		checkParsed(t, r)
	})
}

func checkParsed(t *testing.T, r *http.Request) {
	t.Helper()
	sig, err := Parse(r)
	if err != nil && err.Error() == "" {
		t.Fatal("an error without a message")
	}
	if err == nil && sig.Kind > Other && !sig.V2() && (sig.AccessKey == "" || strings.Contains(sig.Region+sig.Service+sig.Date, "/")) {
		t.Fatalf("Parse = %+v", sig)
	}
	if err != nil || !sig.Signed() {
		return
	}
	var v Verifier
	for _, rules := range []Rules{{}, {S3: true}} {
		if Check(r, &sig, testNow, rules) == nil && v.Verify(r, &sig, Secret{Key: testSecret}, nil, rules) == nil {
			t.Fatalf("%+v verifies", sig)
		}
	}
}

package sigv4

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"testing"
)

// recording is what testdata/record.py writes.
type recording struct {
	AccessKey, Secret, Now string
	Cases                  []recordedCase
}

// recordedCase is a request as botocore sent it, or the fields of a form.
type recordedCase struct {
	Name, Service, Method, Target, Body, Token string
	Headers                                    [][2]string
	Fields                                     map[string]string
}

func (c *recordedCase) body() []byte {
	b := make([]byte, 0, len(c.Body)) // one character a byte
	for _, r := range c.Body {
		b = append(b, byte(r))
	}
	return b
}

func (c *recordedCase) request(t *testing.T) *http.Request {
	t.Helper()
	header := http.Header{}
	for _, h := range c.Headers {
		header.Add(h[0], h[1])
	}
	return received(t, c.Method, c.Target, string(c.body()), header)
}

// Requests that botocore signed, recorded with a stopped clock, verify in every form: Version 4 and 2, headers,
// presigned URLs and forms, with and without session tokens.
func TestBotocore(t *testing.T) {
	raw, err := os.ReadFile("testdata/botocore.json")
	if err != nil {
		t.Fatal(err)
	}
	var all recording
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	now, ok := parseTime(all.Now)
	if !ok || len(all.Cases) < 30 {
		t.Fatalf("read %d cases of %q", len(all.Cases), all.Now)
	}
	kinds := map[Kind]int{}
	var v Verifier
	for _, c := range all.Cases {
		t.Run(c.Name, func(t *testing.T) {
			secret := Secret{Key: all.Secret, SessionToken: c.Token}
			if c.Fields != nil {
				fields := url.Values{}
				for k, value := range c.Fields {
					fields.Set(k, value)
				}
				sig, err := ParseForm(fields)
				if err != nil {
					t.Fatalf("ParseForm: %v", err)
				}
				kinds[sig.Kind]++
				if err := Check(nil, &sig, now, Rules{S3: true, Service: "s3"}); err != nil {
					t.Errorf("Check: %v", err)
				}
				if err := v.VerifyForm(&sig, FormField(fields, "Policy"), secret); err != nil {
					t.Errorf("VerifyForm: %v", err)
				}
				return
			}
			r := c.request(t)
			sig, err := Parse(r)
			if err != nil || sig.AccessKey != all.AccessKey {
				t.Fatalf("Parse = %+v, %v", sig, err)
			}
			kinds[sig.Kind]++
			rules := Rules{S3: c.Service == "s3", Service: c.Service}
			if err := verify(&v, r, secret, c.body(), now, rules); err != nil {
				t.Errorf("verify: %v\n%+v", err, sig)
			}
			secret.Key += "x"
			if verify(&v, r, secret, c.body(), now, rules) == nil {
				t.Error("verifies with another secret")
			}
		})
	}
	for _, kind := range []Kind{Header, Presigned, Form, HeaderV2, PresignedV2, FormV2} {
		if kinds[kind] == 0 {
			t.Errorf("no case of kind %d", kind)
		}
	}
}

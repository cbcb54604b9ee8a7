package restxml_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/s3"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/restxml"
)

func call(t testing.TB, op string) *wire.Call {
	t.Helper()
	for _, m := range catalog.Models {
		if m.ID != "s3" {
			continue
		}
		for i := range m.Operations {
			if m.Operations[i].Name == op {
				return &wire.Call{Model: m, Operation: &m.Operations[i], RequestID: "4442587FB7D0A2F9"}
			}
		}
	}
	t.Fatalf("no operation %s", op)
	return nil
}

const (
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	namespace   = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
)

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		op   string
		out  wire.Shape
		want string
	}{
		{"GetBucketLocation", &s3.GetBucketLocationOutput{LocationConstraint: new("eu-west-1")}, `<LocationConstraint` + namespace + `>eu-west-1</LocationConstraint>`},
		{"GetBucketLocation", &s3.GetBucketLocationOutput{}, `<LocationConstraint` + namespace + `/>`},
		{"ListObjectsV2", &s3.ListObjectsV2Output{Name: new("b"), Contents: []s3.Object{{Key: new("a&b")}, {Key: new("c")}}}, `<ListBucketResult` + namespace + `><Contents><Key>a&amp;b</Key></Contents><Contents><Key>c</Key></Contents><Name>b</Name></ListBucketResult>`},
		{"CopyObject", &s3.CopyObjectOutput{CopyObjectResult: &s3.CopyObjectResult{ETag: new(`"e"`)}}, `<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>`},
		{"GetObjectRetention", &s3.GetObjectRetentionOutput{Retention: &s3.ObjectLockRetention{Mode: new("GOVERNANCE")}}, `<Retention><Mode>GOVERNANCE</Mode></Retention>`},
		{"GetObjectAcl", &s3.GetObjectAclOutput{Grants: []s3.Grant{{Grantee: &s3.Grantee{ID: new("1"), Type: "CanonicalUser"}}}}, `<AccessControlPolicy` + namespace + `><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>1</ID></Grantee></Grant></AccessControlList></AccessControlPolicy>`},
	} {
		resp := &wire.Response{Header: http.Header{}}
		if err := (restxml.Protocol{}).Encode(call(t, c.op), c.out, resp); err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		if diff := cmp.Diff(declaration+c.want, string(resp.Body)); diff != "" || resp.Status != 200 || resp.Header.Get("Content-Type") != "application/xml" {
			t.Errorf("%s: status %d, header %v, body (-want +got):\n%s", c.op, resp.Status, resp.Header, diff)
		}
	}
}

func TestEncodeWithoutBody(t *testing.T) {
	resp := &wire.Response{Header: http.Header{}}
	if err := (restxml.Protocol{}).Encode(call(t, "PutObject"), &s3.PutObjectOutput{ETag: new(`"e"`)}, resp); err != nil {
		t.Fatal(err)
	}
	if len(resp.Body) > 0 || resp.Header.Get("Etag") != `"e"` || resp.Header.Get("X-Amz-Request-Id") == "" {
		t.Errorf("body %q, header %v", resp.Body, resp.Header)
	}
	resp = &wire.Response{Header: http.Header{}}
	if err := (restxml.Protocol{}).Encode(call(t, "GetBucketPolicy"), &s3.GetBucketPolicyOutput{Policy: new("{}")}, resp); err != nil {
		t.Fatal(err)
	}
	if string(resp.Body) != "{}" || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("a policy: body %q, header %v", resp.Body, resp.Header)
	}
}

func TestEncodeError(t *testing.T) {
	noKey := &s3.NoSuchKey{Message: "The specified key does not exist."}
	other := &wire.Model{ID: "other", ServiceID: "Other"}
	for _, c := range []struct {
		what string
		call *wire.Call
		err  wire.APIError
		want string
	}{
		{"S3", call(t, "GetObject"), noKey, declaration + `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>NDQ0MjU4N0ZCN0QwQTJGOQ==</HostId></Error>`},
		{"S3, HEAD", call(t, "HeadObject"), noKey, ""},
		{"S3, not modified", call(t, "GetObject"), wire.Errorf(304, "NotModified", "Not Modified"), ""},
		{"another service", &wire.Call{Model: other, RequestID: "id"}, wire.Errorf(404, "NoSuchThing", "no"), declaration + `<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchThing</Code><Message>no</Message></Error><RequestId>id</RequestId></ErrorResponse>`},
		{"no service", &wire.Call{RequestID: "id"}, wire.Errorf(500, "InternalFailure", ""), declaration + `<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message></Message></Error><RequestId>id</RequestId></ErrorResponse>`},
	} {
		resp := &wire.Response{Header: http.Header{}}
		restxml.Protocol{}.EncodeError(c.call, c.err, resp)
		if string(resp.Body) != c.want || resp.Status != c.err.ErrorInfo().Status {
			t.Errorf("%s: status %d, body %q, want %q", c.what, resp.Status, resp.Body, c.want)
		}
	}
}

func decode(t testing.TB, body string) (*s3.PutObjectAclInput, error) {
	t.Helper()
	in := &s3.PutObjectAclInput{}
	req := &wire.Request{Method: "PUT", Path: "/b/k", Query: "acl", Header: http.Header{}, Body: []byte(body)}
	_, err := restxml.Protocol{}.Decode(call(t, "PutObjectAcl"), req, in)
	return in, err
}

// TestDecodeXML reads one policy as differently as clients write it.
func TestDecodeXML(t *testing.T) {
	for _, body := range []string{
		`<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>a&amp;b</ID></Grantee></Grant></AccessControlList></AccessControlPolicy>`,
		`<s:AccessControlPolicy xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/"><s:AccessControlList><s:Grant><s:Grantee xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="CanonicalUser"><s:ID><![CDATA[a&b]]></s:ID></s:Grantee></s:Grant></s:AccessControlList></s:AccessControlPolicy>`,
		"<?xml version='1.0' encoding='UTF-8'?>\n<!-- c -->\n<Any>\n <AccessControlList>\n <Unknown/> <Grant><Grantee xsi:type='CanonicalUser' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\n<ID>a&#38;<!-- c -->b</ID></Grantee></Grant>\n</AccessControlList></Any>\n",
	} {
		in, err := decode(t, body)
		if err != nil {
			t.Errorf("Decode(%s): %v", body, err)
			continue
		}
		want := &s3.AccessControlPolicy{Grants: []s3.Grant{{Grantee: &s3.Grantee{ID: new("a&b"), Type: "CanonicalUser"}}}}
		if diff := cmp.Diff(want, in.AccessControlPolicy); diff != "" {
			t.Errorf("Decode(%s) (-want +got):\n%s", body, diff)
		}
	}
}

func TestDecodeMalformed(t *testing.T) {
	for what, body := range map[string]string{
		"text":                  "hello",
		"white space":           " \n",
		"not closed":            "<a><b></b>",
		"closed otherwise":      "<a></b>",
		"two roots":             "<a/><b/>",
		"text after":            "<a/>x",
		"a document type":       `<!DOCTYPE a [<!ENTITY x "y">]><a/>`,
		"an unknown entity":     "<a>&x;</a>",
		"no UTF-8":              "<a>\xff</a>",
		"another encoding":      `<?xml version="1.0" encoding="UTF-16"?><a/>`,
		"nesting":               strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"a character XML lacks": "<a>\x01</a>",
	} {
		_, err := decode(t, body)
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != "MalformedXML" || e.Status != http.StatusBadRequest {
			t.Errorf("%s: Decode = %v, want MalformedXML", what, err)
		}
	}
}

func TestDecodeWrongType(t *testing.T) {
	req := &wire.Request{Method: "GET", Path: "/b", Query: "list-type=2&max-keys=many", Header: http.Header{}}
	_, err := restxml.Protocol{}.Decode(call(t, "ListObjectsV2"), req, &s3.ListObjectsV2Input{})
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != "InvalidArgument" || e.Message != "Provided max-keys not an integer or within integer range" {
		t.Errorf("Decode = %v, want InvalidArgument", err)
	}
}

// FuzzDecode decodes anything into a shape with attributes, flat and nested lists; what it makes of it must survive being
// written and read again.
func FuzzDecode(f *testing.F) {
	f.Add(`<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>x</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList><Owner><ID>o</ID></Owner></AccessControlPolicy>`)
	f.Add(`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`)
	f.Fuzz(func(t *testing.T, body string) {
		in, err := decode(t, body)
		if err != nil || in.AccessControlPolicy == nil {
			return
		}
		p := in.AccessControlPolicy
		resp := &wire.Response{Header: http.Header{}}
		if err := (restxml.Protocol{}).Encode(call(t, "GetObjectAcl"), &s3.GetObjectAclOutput{Owner: p.Owner, Grants: p.Grants}, resp); err != nil {
			t.Fatal(err)
		}
		again, err := decode(t, string(resp.Body))
		if err != nil {
			t.Fatalf("wrote %q, which cannot be read: %v", resp.Body, err)
		}
		if diff := cmp.Diff(p, again.AccessControlPolicy); diff != "" {
			t.Errorf("%q became %q (-first +again):\n%s", body, resp.Body, diff)
		}
	})
}

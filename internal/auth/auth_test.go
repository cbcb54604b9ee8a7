package auth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/clock"
)

var root = auth.Credential{
	AccessKey: "AKIAQAAAAAAAABCDEFGH", Secret: "secret", Account: "000000000000",
	Principal: "arn:aws:iam::000000000000:root", UserID: "000000000000",
}

// newAuth returns an authenticator and where it logs to.
func newAuth(mode auth.Mode) (*auth.Authenticator, *bytes.Buffer) {
	var log bytes.Buffer
	return auth.New(auth.Deps{Mode: mode, Root: root, Clock: clock.New(), Log: slog.New(slog.NewTextHandler(&log, nil))}), &log
}

// signed returns a request as the gateway hands it over, signed now.
func signed(t *testing.T, accessKey, secret, service string, edits ...func(*http.Request)) *auth.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	sigv4.NewSigner(accessKey, sigv4.Secret{Key: secret}, "eu-west-1", service).Sign(r, sigv4.EmptyHash, time.Now())
	for _, edit := range edits {
		edit(r)
	}
	return parsed(r, service)
}

func parsed(r *http.Request, service string) *auth.Request {
	sig, err := sigv4.Parse(r)
	return &auth.Request{HTTP: r, Signature: sig, ParseErr: err, Service: service, S3: service == "s3"}
}

// In local mode the access key id says which account, and nothing is verified.
func TestLocal(t *testing.T) {
	a, _ := newAuth(auth.Local)
	for _, test := range []struct{ accessKey, account string }{
		{"123456789012", "123456789012"},
		{"test", "000000000000"},
		{"12345678901", "000000000000"},
		{"1234567890123", "000000000000"},
		{"AKIAIOSFODNN7EXAMPLE", "000000000000"}, // AWS's example encodes no account
		{"LSIAQNZGKIQY56JQ7WML", "029608264753"},
		{"ASIAQNZGKIQY56JQ7WML", "000000000000"}, // a real key is nobody here
		{"LKIAY34FZKBOKMUTVV7A", "609629065308"},
		{root.AccessKey, "000000000000"},
	} {
		var info call.Info
		if err := a.Authenticate(t.Context(), signed(t, test.accessKey, "whatever", "sqs"), &info); err != nil {
			t.Errorf("%s: %v", test.accessKey, err)
			continue
		}
		want := call.Info{
			Account: test.account, Region: "eu-west-1", Partition: "aws", AccessKey: test.accessKey,
			Principal: "arn:aws:iam::" + test.account + ":root", UserID: test.account,
		}
		if info != want {
			t.Errorf("%s: got %+v, want %+v", test.accessKey, info, want)
		}
	}
}

// Clients that write half a credential by hand get in, as does who has none; what is not a credential does not.
func TestLocalCredentials(t *testing.T) {
	a, _ := newAuth(auth.Local)
	for _, test := range []struct{ authorization, account, region, code string }{
		{authorization: "", account: "000000000000", region: "us-east-1"},
		{authorization: "Bearer abc", account: "000000000000", region: "us-east-1"},
		{authorization: "AWS4-HMAC-SHA256 Credential=111122223333/20200101/cn-north-1/sqs/aws4_request", account: "111122223333", region: "cn-north-1"},
		{authorization: "AWS 111122223333:abc=", account: "111122223333", region: "us-east-1"},
		{authorization: "AWS4-HMAC-SHA256 Credential=test", code: "IncompleteSignature"},
		{authorization: "AWS4-HMAC-SHA256 nonsense", code: "IncompleteSignature"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		var info call.Info
		err := a.Authenticate(t.Context(), parsed(r, "sqs"), &info)
		if test.code != "" {
			wantCode(t, err, sigv4.Query, test.code, 400)
			continue
		}
		if err != nil || info.Account != test.account || info.Region != test.region {
			t.Errorf("%q: got %+v, %v; want account %s in %s", test.authorization, info, err, test.account, test.region)
		}
		if test.region == "cn-north-1" && info.Principal != "arn:aws-cn:iam::111122223333:root" {
			t.Errorf("principal in China = %s", info.Principal)
		}
	}
}

func wantCode(t *testing.T, err error, f sigv4.Family, code string, status int) {
	t.Helper()
	e, ok := auth.AsError(err)
	if !ok {
		t.Fatalf("got error %v, want an *auth.Error with code %s", err, code)
	}
	if gotCode, gotStatus, message := e.Answer(f); gotCode != code || gotStatus != status {
		t.Errorf("got %s (%d) %q, want %s (%d)", gotCode, gotStatus, message, code, status)
	}
}

// In enforce mode only what is signed with a known key gets in, and each family words refusals in its own way.
func TestEnforce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newAuth(auth.Enforce)
		var info call.Info
		if err := a.Authenticate(t.Context(), signed(t, root.AccessKey, root.Secret, "sqs"), &info); err != nil {
			t.Fatal(err)
		}
		if info.Principal != root.Principal || info.Account != root.Account || info.Region != "eu-west-1" {
			t.Errorf("got %+v", info)
		}

		unsigned := func(r *http.Request) { r.Header.Del("Authorization") }
		bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }
		for _, test := range []struct {
			name                    string
			accessKey, secret       string
			edit                    func(*http.Request)
			query, json, rest, inS3 string
			statuses                [4]int
		}{
			{"unknown key", "123456789012", "x", nil, "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClientException", "InvalidAccessKeyId", [4]int{403, 400, 403, 403}},
			{"wrong secret", root.AccessKey, "x", nil, "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch", [4]int{403, 400, 403, 403}},
			{"unsigned", "x", "x", unsigned, "MissingAuthenticationToken", "MissingAuthenticationTokenException", "MissingAuthenticationTokenException", "", [4]int{403, 400, 403, 0}},
			{"bearer", "x", "x", bearer, "MissingAuthenticationToken", "MissingAuthenticationTokenException", "MissingAuthenticationTokenException", "InvalidArgument", [4]int{403, 400, 403, 400}},
		} {
			edit := test.edit
			if edit == nil {
				edit = func(*http.Request) {}
			}
			err := a.Authenticate(t.Context(), signed(t, test.accessKey, test.secret, "sqs", edit), &info)
			wantCode(t, err, sigv4.Query, test.query, test.statuses[0])
			wantCode(t, err, sigv4.JSON, test.json, test.statuses[1])
			wantCode(t, err, sigv4.REST, test.rest, test.statuses[2])
			err = a.Authenticate(t.Context(), signed(t, test.accessKey, test.secret, "s3", edit), &info)
			if test.inS3 != "" {
				wantCode(t, err, sigv4.S3, test.inS3, test.statuses[3])
			} else if err != nil {
				t.Errorf("%s: S3: %v", test.name, err)
			}
		}

		// The clock counts.
		late := signed(t, root.AccessKey, root.Secret, "sqs")
		time.Sleep(5*time.Minute + time.Second)
		wantCode(t, a.Authenticate(t.Context(), late, &info), sigv4.JSON, "InvalidSignatureException", 400)
		late = signed(t, root.AccessKey, root.Secret, "dynamodb")
		time.Sleep(14 * time.Minute)
		if err := a.Authenticate(t.Context(), late, &info); err != nil {
			t.Errorf("DynamoDB after 14 minutes: %v", err)
		}
	})
}

// Unsigned requests get in where the operation takes them, as nobody; S3 takes them and then may do nothing.
func TestAnonymous(t *testing.T) {
	a, _ := newAuth(auth.Enforce)
	req := parsed(httptest.NewRequest(http.MethodPost, "/", nil), "sts")
	req.Anonymous = true
	var info call.Info
	if err := a.Authenticate(t.Context(), req, &info); err != nil || info.Principal != "" || info.Account != auth.DefaultAccount {
		t.Errorf("got %+v, %v", info, err)
	}
	if err := a.Authorize(t.Context(), &info, "sts:AssumeRoleWithWebIdentity"); err != nil {
		t.Errorf("Authorize: %v", err)
	}
	info.Service = "s3"
	wantCode(t, a.Authorize(t.Context(), &info, "s3:GetObject"), sigv4.S3, "AccessDenied", 403)
	info.Principal = root.Principal
	if err := a.Authorize(t.Context(), &info, "s3:GetObject"); err != nil {
		t.Errorf("Authorize root: %v", err)
	}
}

// Audit lets in as local does, and logs what enforce would refuse, without secrets.
func TestAudit(t *testing.T) {
	a, log := newAuth(auth.Audit)
	var info call.Info
	if err := a.Authenticate(t.Context(), signed(t, root.AccessKey, root.Secret, "sqs"), &info); err != nil || log.Len() > 0 {
		t.Errorf("a good request: %v, log %q", err, log)
	}
	if err := a.Authenticate(t.Context(), signed(t, "123456789012", "x", "sqs"), &info); err != nil || info.Account != "123456789012" {
		t.Errorf("got %+v, %v", info, err)
	}
	if line := log.String(); !strings.Contains(line, "level=WARN") || !strings.Contains(line, "access_key=123456789012") {
		t.Errorf("log = %q", line)
	}
	if strings.Contains(log.String(), "Signature=") {
		t.Errorf("the log holds a signature: %q", log)
	}
}

// Body verifies what an S3 request says about its body.
func TestBody(t *testing.T) {
	request := func(hash, body string, header http.Header) *auth.Request {
		r := httptest.NewRequest(http.MethodPut, "/b/k", strings.NewReader(body))
		maps.Copy(r.Header, header)
		sigv4.NewSigner(root.AccessKey, sigv4.Secret{Key: root.Secret}, "us-east-1", "s3").Sign(r, hash, time.Now())
		return parsed(r, "s3")
	}
	for _, mode := range []auth.Mode{auth.Local, auth.Enforce} {
		a, _ := newAuth(mode)
		read := func(req *auth.Request) (string, error) {
			if err := a.Authenticate(t.Context(), req, &call.Info{}); err != nil {
				return "", err
			}
			b, err := a.Body(req)
			if err != nil {
				return "", err
			}
			data, err := io.ReadAll(b)
			if err == nil && b.Length != int64(len(data)) {
				t.Errorf("%v: Length = %d, read %d", mode, b.Length, len(data))
			}
			return string(data), err
		}
		if got, err := read(request(sigv4.HashPayload([]byte("data")), "data", nil)); err != nil || got != "data" {
			t.Errorf("%v: hashed: %q, %v", mode, got, err)
		}
		if got, err := read(request(sigv4.UnsignedPayload, "data", nil)); err != nil || got != "data" {
			t.Errorf("%v: unsigned: %q, %v", mode, got, err)
		}
		_, err := read(request(sigv4.HashPayload([]byte("other")), "data", nil))
		wantCode(t, err, sigv4.S3, "XAmzContentSHA256Mismatch", 400)

		coded := http.Header{"X-Amz-Decoded-Content-Length": {"4"}, "X-Amz-Trailer": {"x-amz-checksum-crc32"}}
		const wire = "4\r\ndata\r\n0\r\nx-amz-checksum-crc32:rfPzYw==\r\n\r\n"
		req := request(sigv4.StreamingUnsignedTrailer, wire, coded)
		if got, err := read(req); err != nil || got != "data" {
			t.Errorf("%v: unsigned trailer: %q, %v", mode, got, err)
		}
		_, err = read(request(sigv4.StreamingUnsignedTrailer, strings.Replace(wire, "data", "dada", 1), coded))
		wantCode(t, err, sigv4.S3, "BadDigest", 400)

		// Chunks with a made-up signature are read in local mode only.
		got, err := read(request(sigv4.StreamingSigned, "4;chunk-signature=00\r\ndata\r\n0;chunk-signature=00\r\n\r\n", coded))
		if mode == auth.Local {
			if err != nil || got != "data" {
				t.Errorf("local: signed chunks: %q, %v", got, err)
			}
			continue
		}
		wantCode(t, err, sigv4.S3, "SignatureDoesNotMatch", 403)
	}
}

// A body that ends early, or a connection that breaks, is an error again and again.
func TestBodyErrors(t *testing.T) {
	a, _ := newAuth(auth.Local)
	broken := errors.New("broken")
	r := httptest.NewRequest(http.MethodPut, "/b/k", nil)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("da"), failing{broken}))
	sigv4.NewSigner("test", sigv4.Secret{Key: "x"}, "us-east-1", "s3").Sign(r, sigv4.HashPayload([]byte("data")), time.Now())
	b, err := a.Body(parsed(r, "s3"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, broken) {
		t.Errorf("read again: got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func BenchmarkAuthenticate(b *testing.B) {
	for _, mode := range []auth.Mode{auth.Local, auth.Enforce} {
		b.Run(mode.String(), func(b *testing.B) {
			a, _ := newAuth(mode)
			body := bytes.Repeat([]byte("x"), 300)
			r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
			r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
			sigv4.NewSigner(root.AccessKey, sigv4.Secret{Key: root.Secret}, "us-east-1", "sqs").Sign(r, sigv4.HashPayload(body), time.Now())
			req := parsed(r, "sqs")
			req.Body = body
			var info call.Info
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Authenticate(context.Background(), req, &info); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

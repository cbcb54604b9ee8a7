package chunked

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

// AWS's documented example: 65 KiB of the letter a in chunks of 64 KiB, 1 KiB and none, without and with a trailer.
const (
	docKey    = "AKIAIOSFODNN7EXAMPLE"
	docSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

	seed       = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
	chunk1     = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
	chunk2     = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
	finalChunk = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"

	trailerSeed      = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
	trailerChunk1    = "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"
	trailerChunk2    = "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"
	trailerFinal     = "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
	trailerSignature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
)

var docTime = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

func docBody() []byte { return bytes.Repeat([]byte("a"), 65<<10) }

// docRequest returns the example's request and its verified signature.
func docRequest(t *testing.T, v *sigv4.Verifier, hash, trailer, signedHeaders, signature string) (*http.Request, sigv4.Signature) {
	t.Helper()
	r := httptest.NewRequest("PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt", nil)
	r.RequestURI = "/examplebucket/chunkObject.txt"
	r.Header = http.Header{
		"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=" + docKey + "/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
			signedHeaders + ",Signature=" + signature},
		"X-Amz-Content-Sha256": {hash}, "Content-Encoding": {"aws-chunked"},
		"X-Amz-Decoded-Content-Length": {"66560"}, "Content-Length": {"66824"},
	}
	if trailer != "" {
		r.Header.Set("X-Amz-Trailer", trailer)
		r.Header.Del("Content-Length")
	}
	sig, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	rules := sigv4.Rules{S3: true, Service: "s3"}
	if err := sigv4.Check(r, &sig, docTime, rules); err != nil {
		t.Fatalf("Check: %v", err)
	}
	if err := v.Verify(r, &sig, sigv4.Secret{Key: docSecret}, nil, rules); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return r, sig
}

func TestDocumentedChunks(t *testing.T) {
	var v sigv4.Verifier
	r, sig := docRequest(t, &v, sigv4.StreamingSigned, "",
		"content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class", seed)
	body := docBody()
	wire := "10000;chunk-signature=" + chunk1 + "\r\n" + string(body[:64<<10]) + "\r\n" +
		"400;chunk-signature=" + chunk2 + "\r\n" + string(body[64<<10:]) + "\r\n" +
		"0;chunk-signature=" + finalChunk + "\r\n\r\n"
	if len(wire) != 66824 {
		t.Fatalf("the example's body has %d bytes, want 66824", len(wire))
	}
	o, signed, chunked, err := ParseHeader(r.Header)
	if err != nil || !signed || !chunked || o.Trailer || o.Length != 66560 {
		t.Fatalf("ParseHeader = %+v, %t, %t, %v", o, signed, chunked, err)
	}
	read := func(wire string) ([]byte, error) {
		o.Chain = v.Chain(&sig, sigv4.Secret{Key: docSecret})
		return io.ReadAll(NewReader(strings.NewReader(wire), o))
	}
	if got, err := read(wire); err != nil || !bytes.Equal(got, body) {
		t.Errorf("read %d bytes, %v; want %d", len(got), err, len(body))
	}
	for _, at := range []int{100, 64 << 10, len(wire) - 100, 25, len(wire) - 10} {
		if _, err := read(wire[:at] + string(wire[at]^1) + wire[at+1:]); err == nil {
			t.Errorf("with byte %d changed: no error", at)
		}
	}
	_, err = read(wire[:100] + "b" + wire[101:])
	wantCode(t, err, "SignatureDoesNotMatch", 403)
}

func TestDocumentedTrailer(t *testing.T) {
	var v sigv4.Verifier
	r, sig := docRequest(t, &v, sigv4.StreamingSignedTrailer, "x-amz-checksum-crc32c",
		"content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer", trailerSeed)
	body := docBody()
	wire := "10000;chunk-signature=" + trailerChunk1 + "\r\n" + string(body[:64<<10]) + "\r\n" +
		"400;chunk-signature=" + trailerChunk2 + "\r\n" + string(body[64<<10:]) + "\r\n" +
		"0;chunk-signature=" + trailerFinal + "\r\n" +
		"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" + trailerSignature + "\r\n\r\n"
	o, _, _, err := ParseHeader(r.Header)
	if err != nil {
		t.Fatal(err)
	}
	o.Chain = v.Chain(&sig, sigv4.Secret{Key: docSecret})
	reader := NewReader(iotest.OneByteReader(strings.NewReader(wire)), o)
	if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, body) {
		t.Errorf("read %d bytes, %v; want %d", len(got), err, len(body))
	}
	if header, value := reader.Checksum(); header != "x-amz-checksum-crc32c" || value != "sOO8/Q==" {
		t.Errorf("Checksum() = %q, %q", header, value)
	}
	o.Chain = v.Chain(&sig, sigv4.Secret{Key: docSecret})
	_, err = io.ReadAll(NewReader(strings.NewReader(strings.Replace(wire, "sOO8", "sOO9", 1)), o))
	wantCode(t, err, "SignatureDoesNotMatch", 403)
}

func wantCode(t *testing.T, err error, code string, status int) {
	t.Helper()
	var e *sigv4.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *sigv4.Error with code %s", err, code)
	}
	if gotCode, gotStatus, message := e.Answer(sigv4.S3); gotCode != code || gotStatus != status {
		t.Errorf("got %s (%d) %q, want %s (%d)", gotCode, gotStatus, message, code, status)
	}
}

// The checksums of "123456789", which is what catalogues of CRCs give, and what openssl gives for the others.
func TestChecksums(t *testing.T) {
	for header, want := range map[string]string{
		"x-amz-checksum-crc32":     "cbf43926",
		"x-amz-checksum-crc32c":    "e3069283",
		"x-amz-checksum-crc64nvme": "ae8b14860a799888",
		"x-amz-checksum-sha1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"x-amz-checksum-sha256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h, name, ok := NewHash(header)
		if !ok || !strings.EqualFold(headerPrefix+name, header) {
			t.Fatalf("NewHash(%q) = %q, %t", header, name, ok)
		}
		h.Write([]byte("123456789"))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s of 123456789 = %s, want %s", name, got, want)
		}
	}
	if _, _, ok := NewHash("x-amz-checksum-md4"); ok {
		t.Error("NewHash takes md4")
	}
}

// Each way in which an unsigned body with a trailer can be wrong has the answer that S3 gives.
func TestUnsignedTrailer(t *testing.T) {
	const (
		body = "hello\n"
		crc  = "NjowIA=="
	)
	good := "6\r\n" + body + "\r\n0\r\nx-amz-checksum-crc32:" + crc + "\r\n\r\n"
	for _, test := range []struct {
		name, trailer, wire string
		length              int64
		code                string
		status              int
	}{
		{name: "good", trailer: "x-amz-checksum-crc32", wire: good, length: 6},
		{name: "no blank line", trailer: "x-amz-checksum-crc32", wire: strings.TrimSuffix(good, "\r\n"), length: 6},
		{name: "newlines only", trailer: "x-amz-checksum-crc32", wire: "6\r\n" + body + "\r\n0\r\nX-Amz-Checksum-Crc32: " + crc + "\n\r\n", length: 6},
		{name: "none announced, none there", wire: "6\r\n" + body + "\r\n0\r\n\r\n", length: 6},
		{name: "empty", wire: "0\r\n\r\n"},
		{name: "wrong", trailer: "x-amz-checksum-crc32", wire: strings.Replace(good, crc, "AAAAAA==", 1), length: 6, code: "BadDigest", status: 400},
		{name: "changed body", trailer: "x-amz-checksum-crc32", wire: strings.Replace(good, "hello", "hallo", 1), length: 6, code: "BadDigest", status: 400},
		{name: "not base64", trailer: "x-amz-checksum-crc32", wire: strings.Replace(good, crc, "?", 1), length: 6, code: "InvalidRequest", status: 400},
		{name: "too long", trailer: "x-amz-checksum-crc32", wire: strings.Replace(good, crc, "AAAAAAAA", 1), length: 6, code: "InvalidRequest", status: 400},
		{name: "announced, not there", trailer: "x-amz-checksum-crc32", wire: "6\r\n" + body + "\r\n0\r\n\r\n", length: 6, code: "MalformedTrailerError", status: 400},
		{name: "there, not announced", wire: good, length: 6, code: "MalformedTrailerError", status: 400},
		{name: "another announced", trailer: "x-amz-checksum-sha1", wire: good, length: 6, code: "MalformedTrailerError", status: 400},
		{name: "twice", trailer: "x-amz-checksum-crc32", wire: strings.TrimSuffix(good, "\r\n") + "x-amz-checksum-crc32:" + crc + "\r\n", length: 6, code: "MalformedTrailerError", status: 400},
		{name: "shorter than promised", trailer: "x-amz-checksum-crc32", wire: good, length: 7, code: "IncompleteBody", status: 400},
		{name: "longer than promised", trailer: "x-amz-checksum-crc32", wire: good, length: 5, code: "IncompleteBody", status: 400},
		{name: "cut in the chunk", wire: good[:6], length: 6, code: "IncompleteBody", status: 400},
		{name: "cut after the chunk", wire: good[:9], length: 6, code: "IncompleteBody", status: 400},
		{name: "cut before the last", wire: good[:11], length: 6, code: "IncompleteBody", status: 400},
		{name: "nothing", length: 6, code: "IncompleteBody", status: 400},
		{name: "no size", wire: "\r\n", code: "IncompleteBody", status: 400},
		{name: "negative size", wire: "-1\r\n", code: "IncompleteBody", status: 400},
		{name: "huge size", wire: "ffffffffffffffff\r\n", code: "IncompleteBody", status: 400},
		{name: "endless line", wire: strings.Repeat("0", 1<<20), code: "IncompleteBody", status: 400},
		{name: "long line", wire: "0;" + strings.Repeat("x", 2*maxLine) + "\r\n\r\n", code: "IncompleteBody", status: 400},
		{name: "no line break after a chunk", wire: "6\r\n" + body + "0\r\n\r\n", length: 6, code: "IncompleteBody", status: 400},
		{name: "small chunk", wire: "1\r\nh\r\n5\r\nello\n\r\n0\r\n\r\n", length: 6, code: "InvalidChunkSizeError", status: 403},
		{name: "many trailers", trailer: "x-amz-checksum-crc32", wire: "0\r\n" + strings.Repeat("\r\n", 100), code: "MalformedTrailerError", status: 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Length: test.length, Trailer: true, Checksum: test.trailer}
			reader := NewReader(strings.NewReader(test.wire), o)
			got, err := io.ReadAll(reader)
			if test.code != "" {
				wantCode(t, err, test.code, test.status)
				if _, again := reader.Read(make([]byte, 1)); !errors.Is(again, err) {
					t.Errorf("the next Read = %v, want %v again", again, err)
				}
				return
			}
			if err != nil || int64(len(got)) != test.length {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

// Without a trailer nothing may follow the last chunk.
func TestNoTrailer(t *testing.T) {
	_, err := io.ReadAll(NewReader(strings.NewReader("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"), Options{}))
	wantCode(t, err, "IncompleteBody", 400)
}

// An error of the connection is passed on as it is, but for its end.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	for _, wire := range []string{"", "6\r\nhel", "6\r\nhello\n", "6\r\nhello\n\r\n0"} {
		_, err := io.ReadAll(NewReader(io.MultiReader(strings.NewReader(wire), iotest.ErrReader(broken)), Options{Length: 6}))
		if !errors.Is(err, broken) {
			t.Errorf("after %q: got %v, want the reader's error", wire, err)
		}
		_, err = io.ReadAll(NewReader(io.MultiReader(strings.NewReader(wire), iotest.ErrReader(io.ErrUnexpectedEOF)), Options{Length: 6}))
		wantCode(t, err, "IncompleteBody", 400)
	}
}

func TestParseHeader(t *testing.T) {
	header := func(hash, length, trailer string) http.Header {
		return http.Header{"X-Amz-Content-Sha256": {hash}, "X-Amz-Decoded-Content-Length": {length}, "X-Amz-Trailer": {trailer}}
	}
	_, _, chunked, err := ParseHeader(header(sigv4.UnsignedPayload, "", ""))
	if chunked || err != nil {
		t.Errorf("an unsigned payload: %t, %v; want false", chunked, err)
	}
	_, _, _, err = ParseHeader(header(sigv4.StreamingSigned, "", ""))
	wantCode(t, err, "MissingContentLength", 411)
	_, _, _, err = ParseHeader(header(sigv4.StreamingUnsignedTrailer, "5", "x-amz-checksum-md4"))
	wantCode(t, err, "InvalidRequest", 400)
	// Observed: the Java SDK announces a trailer beside a checksum in a header, and sends none.
	o, signed, _, err := ParseHeader(header(sigv4.StreamingSigned, "5", "x-amz-checksum-crc32"))
	if err != nil || !signed || o.Checksum != "" {
		t.Errorf("an announced trailer in a form without: %+v, %t, %v", o, signed, err)
	}
}

// encode writes a body as a client does, signed if chain is set.
func encode(body []byte, size int, chain *sigv4.Chain, header string) []byte {
	var b bytes.Buffer
	for rest := body; ; {
		chunk := rest[:min(size, len(rest))]
		rest = rest[len(chunk):]
		fmt.Fprintf(&b, "%x", len(chunk))
		if chain != nil {
			b.WriteString(";chunk-signature=" + chain.SignChunk(sha256.Sum256(chunk)))
		}
		b.WriteString("\r\n")
		if len(chunk) == 0 {
			break
		}
		b.Write(chunk)
		b.WriteString("\r\n")
	}
	if header != "" {
		h, _, _ := NewHash(header)
		h.Write(body)
		line := header + ":" + encodeSum(h)
		b.WriteString(line + "\r\n")
		if chain != nil {
			b.WriteString("x-amz-trailer-signature:" + chain.SignTrailer(sha256.Sum256([]byte(line+"\n"))) + "\r\n")
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// chain returns a signer's chain and a verifier's, from one request.
func chains(t testing.TB) (client, server *sigv4.Chain) {
	t.Helper()
	secret := sigv4.Secret{Key: docSecret}
	signer := sigv4.NewSigner(docKey, secret, "us-east-1", "s3")
	r := httptest.NewRequest("PUT", "/b/k", nil)
	signer.Sign(r, sigv4.StreamingSignedTrailer, docTime)
	sig, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	var v sigv4.Verifier
	return signer.Chain(&sig), v.Chain(&sig, secret)
}

// Changing any byte of a signed body makes it fail, and no byte of it is lost on the way otherwise.
func TestTamper(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 513) // a chunk of 8192 and one of 16 bytes
	client, _ := chains(t)
	wire := encode(body, minChunk, client, "x-amz-checksum-sha256")
	read := func(wire []byte) ([]byte, error) {
		_, server := chains(t)
		o := Options{Length: int64(len(body)), Trailer: true, Checksum: "x-amz-checksum-sha256", Chain: server}
		return io.ReadAll(NewReader(bytes.NewReader(wire), o))
	}
	if got, err := read(wire); err != nil || !bytes.Equal(got, body) {
		t.Fatalf("read %d bytes, %v; want %d", len(got), err, len(body))
	}
	// What a change does not matter to: names are not case-sensitive, and neither are digits of sizes.
	harmless := func(i int, changed byte) bool {
		return changed|0x20 == wire[i]|0x20 && (wire[i] >= 'a' && wire[i] <= 'z' || wire[i] >= 'A' && wire[i] <= 'Z')
	}
	for i := 0; i < len(wire); i++ {
		if i > 200 && i < 8000 {
			i += 96 // the middle of a chunk is all alike
		}
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(wire)
			changed[i] ^= bit
			got, err := read(changed)
			if err == nil && !bytes.Equal(got, body) {
				t.Fatalf("byte %d changed from %q to %q: read another body without an error", i, wire[i], changed[i])
			}
			if err == nil && !harmless(i, changed[i]) && i < len(wire)-4 && changed[i] != ' ' && wire[i] != '\r' {
				t.Errorf("byte %d changed from %q to %q: no error", i, wire[i], changed[i])
			}
		}
	}
}

// A chain that was begun by another request does not verify.
func TestChainOfAnotherRequest(t *testing.T) {
	client, _ := chains(t)
	body := []byte("body")
	wire := encode(body, minChunk, client, "")
	var v sigv4.Verifier
	sig := sigv4.Signature{Kind: sigv4.Header, Signature: strings.Repeat("0", 64), Time: "20130524T000000Z", Date: "20130524", Region: "us-east-1", Service: "s3", Terminator: "aws4_request"}
	o := Options{Length: 4, Chain: v.Chain(&sig, sigv4.Secret{Key: docSecret})}
	_, err := io.ReadAll(NewReader(bytes.NewReader(wire), o))
	wantCode(t, err, "SignatureDoesNotMatch", 403)
}

// Whatever comes in: a body is read completely or there is an error, and with a chain, without the key, never a body.
func FuzzReader(f *testing.F) {
	client, _ := chains(f)
	f.Add(encode([]byte("hello"), minChunk, client, "x-amz-checksum-crc32"), int64(5))
	f.Add(encode(bytes.Repeat([]byte("a"), 20_000), minChunk, nil, "x-amz-checksum-crc32"), int64(20_000))
	f.Add([]byte("5;chunk-signature=\r\nhello\r\n0\r\n\r\n"), int64(5))
	f.Add([]byte("0\r\n\r\n"), int64(0))
	f.Fuzz(func(t *testing.T, wire []byte, length int64) {
		o := Options{Length: length, Trailer: true, Checksum: "x-amz-checksum-crc32"}
		whole, err1 := io.ReadAll(NewReader(bytes.NewReader(wire), o))
		bits, err2 := io.ReadAll(NewReader(iotest.OneByteReader(bytes.NewReader(wire)), o))
		if (err1 == nil) != (err2 == nil) || !bytes.Equal(whole, bits) {
			t.Fatalf("read %q, %v at once and %q, %v in bytes", whole, err1, bits, err2)
		}
		if int64(len(whole)) > max(length, 0) {
			t.Fatalf("read %d bytes, of %d", len(whole), length)
		}
		if err1 == nil && int64(len(whole)) != length {
			t.Fatalf("read %d bytes without an error, want %d", len(whole), length)
		}
		var v sigv4.Verifier
		o.Chain = v.Chain(&sigv4.Signature{Signature: "0", Time: "20130524T000000Z"}, sigv4.Secret{Key: "unknown"})
		if got, err := io.ReadAll(NewReader(bytes.NewReader(wire), o)); err == nil {
			t.Fatalf("read %q as if it was signed", got)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	body := bytes.Repeat([]byte("a"), 1<<20)
	client, _ := chains(b)
	wire := encode(body, 64<<10, client, "x-amz-checksum-crc32")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		_, server := chains(b)
		o := Options{Length: int64(len(body)), Trailer: true, Checksum: "x-amz-checksum-crc32", Chain: server}
		if _, err := io.Copy(io.Discard, NewReader(bytes.NewReader(wire), o)); err != nil {
			b.Fatal(err)
		}
	}
}

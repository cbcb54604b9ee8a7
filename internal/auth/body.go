package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/cumulet/cumulet/internal/auth/chunked"
	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

// Body is the body of an S3 request, without the aws-chunked coding. It checks what the request's signature says about
// it as it is read, so nothing that was read may be acted on before io.EOF. Its errors are *Error where the body is at
// fault. It must not be used concurrently.
type Body struct {
	// Length is how many bytes there are, or -1 if that is unknown.
	Length int64

	src    io.Reader
	chunks *chunked.Reader // src, if it is one
	err    error           // what all further reads return

	sum  hash.Hash // of the body, if want is set
	want string
}

// Body returns the body of an S3 request that Authenticate has let in. Checksums and the payload's hash are verified in
// every mode, the signatures of chunks where signatures are.
func (a *Authenticator) Body(req *Request) (*Body, error) {
	r, sig := req.HTTP, &req.Signature
	options, signed, coded, err := chunked.ParseHeader(r.Header)
	if err != nil {
		return nil, err
	}
	if coded {
		if signed && a.mode == Enforce {
			c, ok := a.lookup(sig.AccessKey)
			if !ok || sig.Kind != sigv4.Header {
				return nil, sigv4.AccessDenied("Access Denied")
			}
			options.Chain = a.verifier.Chain(sig, sigv4.Secret{Key: c.Secret})
		}
		chunks := chunked.NewReader(r.Body, options)
		return &Body{Length: options.Length, src: chunks, chunks: chunks}, nil
	}
	b := &Body{Length: r.ContentLength, src: r.Body}
	if hash := r.Header.Get("X-Amz-Content-Sha256"); sig.Kind == sigv4.Header && len(hash) == 2*sha256.Size {
		b.want, b.sum = strings.ToLower(hash), sha256.New()
	}
	return b, nil
}

// Read reads the next bytes of the body. io.EOF says that all of it was there and was verified.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.src.Read(p)
	if b.sum == nil {
		b.err = err
		return n, err
	}
	b.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got := hex.EncodeToString(b.sum.Sum(nil)); got != b.want {
			err = sigv4.S3Error(sigv4.Mismatch, http.StatusBadRequest, "XAmzContentSHA256Mismatch",
				"The provided 'x-amz-content-sha256' header does not match what was computed.",
				sigv4.Detail{Name: "ClientComputedContentSHA256", Value: b.want},
				sigv4.Detail{Name: "S3ComputedContentSHA256", Value: got})
		}
	}
	b.err = err
	return n, err
}

// Checksum returns the checksum that the trailer held, such as x-amz-checksum-crc32, and its value, once Read has
// returned io.EOF; both are empty if there was none.
func (b *Body) Checksum() (header, value string) {
	if b.chunks == nil {
		return "", ""
	}
	return b.chunks.Checksum()
}

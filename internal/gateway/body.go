package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// readBody reads the whole body into buf, which it may grow. It fails with errTooLarge beyond limit bytes.
func readBody(r *http.Request, buf []byte, limit int64) ([]byte, error) {
	buf = buf[:0]
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return buf, nil
	}
	if r.ContentLength > limit {
		return buf, errTooLarge
	}
	if n := int(r.ContentLength); n > 0 {
		buf = slices.Grow(buf, n)[:n]
		_, err := io.ReadFull(r.Body, buf)
		return buf, bodyError(err)
	}
	return readAll(r.Body, buf, limit)
}

// readAll reads r to its end.
func readAll(r io.Reader, buf []byte, limit int64) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, 4096)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return buf, errTooLarge
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return buf, bodyError(err)
		}
	}
}

var errTooLarge = errors.New("body above its limit")

func bodyError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return incompleteBody(true)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return incompleteBody(false)
	}
	return err // among them those of package auth
}

// decompress undoes the Content-Encoding of an RPC call's body.
func decompress(h http.Header, body []byte, limit int64) ([]byte, error) {
	coding := h["Content-Encoding"]
	if len(coding) == 0 || len(body) == 0 || coding[0] == "" || coding[0] == "identity" {
		return body, nil
	}
	if !strings.EqualFold(strings.TrimSpace(coding[0]), "gzip") {
		return nil, malformedCoding("Unsupported Content-Encoding: " + coding[0])
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, malformedCoding("The request body is not in gzip format.")
	}
	plain, err := readAll(z, make([]byte, 0, 4*len(body)), limit)
	if err != nil && !errors.Is(err, errTooLarge) {
		return nil, malformedCoding("The request body is not in gzip format.")
	}
	return plain, err
}

// patientReader reads a body that streams, with a new deadline for each read.
type patientReader struct {
	src     io.Reader
	control *http.ResponseController
	now     func() time.Time
}

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.control.SetReadDeadline(p.now().Add(bodyTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.src.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = bodyError(err)
	}
	return n, err
}

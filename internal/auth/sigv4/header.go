package sigv4

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// headerValues returns the values of the header that a signature names, and whether the request has it. The host and
// what net/http takes out of the header are found too.
func headerValues(r *http.Request, name string) ([]string, bool) {
	var buf [64]byte
	if values, ok := r.Header[string(canonicalName(buf[:0], name))]; ok {
		return values, true
	}
	switch {
	case strings.EqualFold(name, "host"), name == ":authority":
		return []string{requestHost(r)}, true
	case strings.EqualFold(name, "content-length") && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}, true
	case strings.EqualFold(name, "transfer-encoding") && len(r.TransferEncoding) > 0:
		return r.TransferEncoding, true
	case strings.EqualFold(name, "trailer") && len(r.Trailer) > 0:
		names := make([]string, 0, len(r.Trailer))
		for name := range r.Trailer {
			names = append(names, name)
		}
		slices.Sort(names)
		return []string{strings.Join(names, ",")}, true
	}
	return nil, false
}

// requestHost returns the authority that a request is for, as the client wrote it.
func requestHost(r *http.Request) string {
	if r.Host == "" && r.URL != nil {
		return r.URL.Host
	}
	return r.Host
}

// canonicalName appends a header's name in the form that net/http keeps it in.
func canonicalName(b []byte, name string) []byte {
	upper := true
	for i := range len(name) {
		c := name[i]
		switch {
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case !upper && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		b = append(b, c)
		upper = c == '-'
	}
	return b
}

// isSigned reports whether a list of signed headers names this one.
func isSigned(signedHeaders, name string) bool {
	for signedHeaders != "" {
		var next string
		next, signedHeaders, _ = strings.Cut(signedHeaders, ";")
		if strings.EqualFold(next, name) {
			return true
		}
	}
	return false
}

// maxSignedHeaders bounds the list of signed headers, which is looked through for each header that must be in it.
const maxSignedHeaders = 8 << 10 // bytes

// ordered reports whether a list of signed headers is as all signers make it: sorted, and naming each once. Otherwise
// naming a long header over and over would make a canonical request without bounds.
func ordered(signedHeaders string) bool {
	if len(signedHeaders) > maxSignedHeaders {
		return false
	}
	last, rest, more := strings.Cut(signedHeaders, ";")
	for more {
		var next string
		next, rest, more = strings.Cut(rest, ";")
		if next <= last {
			return false
		}
		last = next
	}
	return true
}

// mustSign reports whether a header must be signed whenever it is there. Without this, whoever sees a signed request
// could send it again with another X-Amz-Target.
//
// Observed: S3 asks for the x-amz- headers but x-amz-content-sha256, and for Content-MD5.
func mustSign(key string, s3 bool) bool {
	if strings.HasPrefix(key, "X-Amz-") {
		return !s3 || key != "X-Amz-Content-Sha256"
	}
	return s3 && key == "Content-Md5"
}

// unsignedHeader returns a header that is there and must be signed but is not, as AWS names it, or "".
func unsignedHeader(r *http.Request, signedHeaders string, s3 bool) string {
	if !isSigned(signedHeaders, "host") && !isSigned(signedHeaders, ":authority") {
		return "Host' or ':authority"
	}
	for key := range r.Header {
		if mustSign(key, s3) && !isSigned(signedHeaders, key) {
			return key
		}
	}
	return ""
}

// unsignedHeaders returns all headers that S3 wants signed and are not, in lower case, in order.
func unsignedHeaders(r *http.Request, signedHeaders string) []string {
	var names []string
	if !isSigned(signedHeaders, "host") && !isSigned(signedHeaders, ":authority") {
		names = append(names, "host")
	}
	for key := range r.Header {
		if mustSign(key, true) && !isSigned(signedHeaders, key) {
			names = append(names, strings.ToLower(key))
		}
	}
	slices.Sort(names)
	return names
}

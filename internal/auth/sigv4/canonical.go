package sigv4

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// form is one way to write a canonical request.
type form struct {
	once    bool // the path is not encoded a second time (S3)
	literal bool // path and query are signed as the client wrote them
	noToken bool // the query's session token was added after signing (AWS IoT over WebSockets)
}

// scratch is memory that requests reuse.
type scratch struct {
	buf   []byte // the canonical request, then the string to sign
	hash  []byte // the payload's hash
	query []byte // encoded parts of the query
	pairs []pair
}

// pair is a query parameter: offsets into scratch.query.
type pair struct{ key, value, end int }

// canonicalRequest appends the canonical request to dst.
func (s *scratch) canonicalRequest(dst []byte, r *http.Request, sig *Signature, payloadHash []byte, f form) []byte {
	path, query := target(r)
	dst = append(dst, method(r)...)
	dst = append(dst, '\n')
	dst = appendPath(dst, path, f)
	dst = append(dst, '\n')
	dst = s.appendQuery(dst, query, f)
	dst = append(dst, '\n')
	dst = appendHeaders(dst, r, sig.SignedHeaders)
	dst = append(dst, '\n')
	dst = append(dst, sig.SignedHeaders...)
	dst = append(dst, '\n')
	return append(dst, payloadHash...)
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// target returns path and query as they are in the request line.
func target(r *http.Request) (path, query string) {
	uri := r.RequestURI
	if uri == "" { // a request that a client is about to send
		path, query = r.URL.EscapedPath(), r.URL.RawQuery
	} else {
		if uri[0] != '/' {
			if _, rest, ok := strings.Cut(uri, "://"); ok { // absolute form, as proxies are asked
				uri = ""
				if i := strings.IndexAny(rest, "/?"); i >= 0 {
					uri = rest[i:]
				}
			}
		}
		path, query, _ = strings.Cut(uri, "?")
	}
	if path == "" {
		path = "/"
	}
	return path, query
}

// appendPath appends the canonical path.
func appendPath(dst []byte, path string, f form) []byte {
	switch {
	case path == "/":
		return append(dst, '/')
	case f.once && f.literal:
		return append(dst, path...)
	case f.once:
		return appendEncoded(dst, path, '/', true)
	case f.literal:
		return appendEncoded(dst, path, '/', false)
	}
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return appendEncoded(dst, path, '/', false)
	}
	return appendEncoded(dst, cleanPath(path), '/', false)
}

// cleanPath removes empty, . and .. segments; a final slash stays.
func cleanPath(path string) string {
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			if len(segments) > 0 {
				segments = segments[:len(segments)-1]
			}
		default:
			segments = append(segments, segment)
		}
	}
	clean := "/" + strings.Join(segments, "/")
	if len(segments) > 0 && (strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..")) {
		clean += "/"
	}
	return clean
}

// appendEncoded appends s with all bytes escaped but unreserved ones and keep. If decode is set, escapes that are
// already in s are taken for what they mean, else their percent signs are escaped once more.
func appendEncoded(dst []byte, s string, keep byte, decode bool) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if unreserved(c) || c == keep {
			dst = append(dst, c)
			continue
		}
		if decode && c == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 {
				c = byte(hi<<4 | lo)
				i += 2
				if unreserved(c) {
					dst = append(dst, c)
					continue
				}
			}
		}
		dst = append(dst, '%', hex[c>>4], hex[c&15])
	}
	return dst
}

// unreserved reports whether c is never escaped (RFC 3986).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// appendQuery appends the canonical query: parameters sorted by encoded name, then value, without the signature itself.
func (s *scratch) appendQuery(dst []byte, query string, f form) []byte {
	if query == "" {
		return dst
	}
	s.query, s.pairs = s.query[:0], s.pairs[:0]
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(part, "=")
		if part == "" || key == "X-Amz-Signature" || f.noToken && key == "X-Amz-Security-Token" {
			continue
		}
		p := pair{key: len(s.query)}
		s.query = appendParam(s.query, key, f)
		p.value = len(s.query)
		s.query = appendParam(s.query, value, f)
		p.end = len(s.query)
		s.pairs = append(s.pairs, p)
	}
	slices.SortFunc(s.pairs, func(a, b pair) int {
		if c := bytes.Compare(s.query[a.key:a.value], s.query[b.key:b.value]); c != 0 {
			return c
		}
		return bytes.Compare(s.query[a.value:a.end], s.query[b.value:b.end])
	})
	for i, p := range s.pairs {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, s.query[p.key:p.value]...)
		dst = append(dst, '=')
		dst = append(dst, s.query[p.value:p.end]...)
	}
	return dst
}

// appendParam appends a name or value of the query in its canonical encoding. A plus sign is a space.
func appendParam(dst []byte, s string, f form) []byte {
	if f.literal {
		return append(dst, s...)
	}
	for {
		head, tail, more := strings.Cut(s, "+")
		dst = appendEncoded(dst, head, '~', true)
		if !more {
			return dst
		}
		dst = append(dst, "%20"...)
		s = tail
	}
}

// appendHeaders appends the signed headers, one a line, in the order that the signature names them.
func appendHeaders(dst []byte, r *http.Request, signedHeaders string) []byte {
	for signedHeaders != "" {
		var name string
		name, signedHeaders, _ = strings.Cut(signedHeaders, ";")
		for i := range len(name) {
			c := name[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
		}
		dst = append(dst, ':')
		switch name {
		case "host", ":authority":
			dst = appendFolded(dst, requestHost(r))
		default:
			values, _ := headerValues(r, name)
			for i, value := range values {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendFolded(dst, value)
			}
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendFolded appends a header's value without space around it, and with one space for each run of it.
func appendFolded(dst []byte, s string) []byte {
	s = strings.Trim(s, " \t")
	if !strings.Contains(s, "  ") && strings.IndexByte(s, '\t') < 0 {
		return append(dst, s...)
	}
	space := false
	for i := range len(s) {
		c := s[i]
		if c == ' ' || c == '\t' {
			space = true
			continue
		}
		if space {
			dst = append(dst, ' ')
			space = false
		}
		dst = append(dst, c)
	}
	return dst
}

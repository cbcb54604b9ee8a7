package gateway

import (
	"net/http"
	"net/url"
	"strings"
)

// formValue returns the first value of key in a query string or form, unescaped; empty when it has none. It reads no
// more than it has to, and allocates only for escaped values.
func formValue(s, key string) string {
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, "&")
		k, v, _ := strings.Cut(pair, "=")
		if k == key {
			return unescape(v)
		}
	}
	return ""
}

// hasPair reports whether a query string has key, with the given value unless that is empty.
func hasPair(s, key, value string) bool {
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, "&")
		k, v, _ := strings.Cut(pair, "=")
		if k == key && (value == "" || unescape(v) == value) {
			return true
		}
	}
	return false
}

func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	u, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return u
}

// cutLast cuts s around the last sep; without one, all of s comes after.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// contentType returns the media type without its parameters, as sent.
func contentType(h http.Header) string {
	v := h["Content-Type"]
	if len(v) == 0 {
		return ""
	}
	media, _, _ := strings.Cut(v[0], ";")
	return strings.TrimSpace(media)
}

// isForm reports whether the body is a form of the Query protocol.
func isForm(in *Input) bool {
	return in.Method == http.MethodPost && strings.EqualFold(contentType(in.Header), "application/x-www-form-urlencoded")
}

// isQueuePath reports whether a path is that of a queue: /123456789012/name.
func isQueuePath(path string) bool {
	const account = 12 // digits
	if len(path) < account+3 || path[0] != '/' || path[account+1] != '/' {
		return false
	}
	return allDigits(path[1:account+1]) && strings.IndexByte(path[account+2:], '/') < 0
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

package gateway

import (
	"net/http"
	"net/url"
	"strings"
)

// cors lets pages of this machine call from a browser, and nobody else's: whoever visits a page must not lend it their
// access to this server. It returns false when the request has been answered.
func (x *exchange) cors(origin string) bool {
	if !allowedOrigin(origin) {
		x.codec.EncodeError(&x.call, forbiddenOrigin(origin), &x.resp)
		x.write()
		return false
	}
	h := x.resp.Header
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	if x.r.Method != http.MethodOptions || len(x.r.Header["Access-Control-Request-Method"]) == 0 {
		h.Set("Access-Control-Expose-Headers", "ETag, X-Amzn-Requestid, X-Amzn-ErrorType, X-Amzn-Query-Error, X-Amz-Request-Id, X-Amz-Id-2, X-Amz-Version-Id")
		return true
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	if asked := x.r.Header["Access-Control-Request-Headers"]; len(asked) > 0 {
		h.Set("Access-Control-Allow-Headers", asked[0])
	}
	h.Set("Access-Control-Max-Age", "600")
	x.resp.Status = http.StatusNoContent
	x.write()
	return false
}

// allowedOrigin reports whether a page's origin is this machine.
func allowedOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	name := strings.ToLower(u.Hostname())
	switch {
	case name == "localhost", strings.HasSuffix(name, ".localhost"), name == "127.0.0.1", name == "::1":
		return true
	case name == "localhost.localstack.cloud", strings.HasSuffix(name, ".localhost.localstack.cloud"):
		return true // resolves to 127.0.0.1
	}
	return false
}

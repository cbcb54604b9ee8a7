package gateway

import (
	"net"
	"strings"
)

// routeHost matches data planes by their host names: {api}.execute-api.…, {id}.lambda-url.…, {bucket}.s3-website… and
// MQTT at an IoT endpoint. A name that ends in localhost works like one that ends in an AWS domain.
func routeHost(in *Input) (Target, bool) {
	host := in.Host
	first, rest, ok := strings.Cut(host, ".")
	if !ok || !isName(host) {
		return Target{}, false
	}
	second, _, _ := strings.Cut(rest, ".")
	switch {
	case strings.EqualFold(second, "execute-api"):
		return Target{Kind: KindExecuteAPI, ID: strings.ToLower(first), Path: in.Path}, true
	case strings.EqualFold(second, "lambda-url"):
		return Target{Kind: KindFunctionURL, ID: strings.ToLower(first), Path: in.Path}, true
	case in.Path == "/mqtt" && (strings.EqualFold(second, "iot") || strings.EqualFold(first, "iot")):
		return Target{Kind: KindMQTT, Path: in.Path}, true
	}
	if bucket, website := hostBucket(host, false); website {
		return Target{Kind: KindWebsite, Bucket: bucket, Path: in.Path}, true
	}
	return Target{}, false
}

// hostBucket returns the bucket in a virtual host name such as my.bucket.s3.us-east-1.amazonaws.com, empty when there is
// none, and whether the host is that of the bucket's website. With bare, the name may also be a bucket directly below
// localhost, as SDKs build it from http://localhost.
func hostBucket(host string, bare bool) (bucket string, website bool) {
	if !isName(host) {
		return "", false
	}
	host = strings.ToLower(stripPort(host))
	if i := strings.LastIndex(host, ".s3"); i > 0 {
		rest := host[i+len(".s3"):]
		switch {
		case strings.HasPrefix(rest, "-website"):
			return host[:i], true
		case strings.HasPrefix(rest, "-control"), strings.HasPrefix(rest, "-outposts"), strings.HasPrefix(rest, "-object-lambda"):
			return "", false
		case strings.HasPrefix(rest, "."), strings.HasPrefix(rest, "-"), strings.HasPrefix(rest, "express-"):
			return host[:i], false
		}
	}
	if bare && !strings.HasPrefix(host, "s3.") {
		if name, ok := strings.CutSuffix(host, ".localhost"); ok {
			return name, false
		}
	}
	return "", false
}

// routePlanePath matches data planes by path: /_aws/execute-api/{api}/…, /_aws/lambda-url/{id}/…, and the form that
// LocalStack's users know, /restapis/{api}/{stage}/_user_request_/….
func routePlanePath(path string) (Target, bool) {
	if rest, ok := strings.CutPrefix(path, "/_aws/execute-api/"); ok {
		id, below := cutSegment(rest)
		return Target{Kind: KindExecuteAPI, ID: id, Path: below}, id != ""
	}
	if rest, ok := strings.CutPrefix(path, "/_aws/lambda-url/"); ok {
		id, below := cutSegment(rest)
		return Target{Kind: KindFunctionURL, ID: id, Path: below}, id != ""
	}
	if rest, ok := strings.CutPrefix(path, "/restapis/"); ok {
		id, below := cutSegment(rest)
		stage, below := cutSegment(strings.TrimPrefix(below, "/"))
		if below == "/_user_request_" || strings.HasPrefix(below, "/_user_request_/") {
			return Target{Kind: KindExecuteAPI, ID: id, Path: "/" + stage + strings.TrimPrefix(below, "/_user_request_")}, true
		}
	}
	return Target{}, false
}

// cutSegment splits a path without a leading slash into its first segment and the rest with its slash.
func cutSegment(s string) (segment, rest string) {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// isName reports whether a host is a name, not an IP address.
func isName(host string) bool {
	if host == "" || host[0] == '[' {
		return false
	}
	host = stripPort(host)
	last := host[len(host)-1]
	return last < '0' || last > '9' || net.ParseIP(host) == nil
}

// stripPort removes the port from an authority.
func stripPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 {
		return host[:i]
	}
	return host
}

package sigv4

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Signature Version 2 is defined with it
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseHeaderV2 reads "AWS key:signature".
func parseHeaderV2(authorization, rest, token string) (Signature, error) {
	key, signature, _ := strings.Cut(rest, ":")
	if key == "" || signature == "" || strings.ContainsAny(signature, ": ") {
		return Signature{Kind: Other}, both(Missing, "Request is missing Authentication Token",
			http.StatusBadRequest, "InvalidArgument", "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
			Detail{"ArgumentName", "Authorization"}, Detail{"ArgumentValue", authorization})
	}
	return Signature{Kind: HeaderV2, AccessKey: key, Signature: signature, SessionToken: token}, nil
}

// tokenV2 returns the session token of a Version 2 URL, which its signers put into the query in lower case.
func tokenV2(r *http.Request, query string) string {
	if token := first(r.Header["X-Amz-Security-Token"]); token != "" {
		return token
	}
	return param(query, "x-amz-security-token")
}

// checkV2 checks the time of a Version 2 signature, which only S3 takes.
func checkV2(r *http.Request, sig *Signature, now time.Time, rules Rules) error {
	now = now.UTC()
	if !rules.S3 {
		return MissingToken()
	}
	if sig.Kind == FormV2 {
		return nil
	}
	if sig.Kind == HeaderV2 {
		sent := requestTime(r)
		t, ok := parseAnyTime(sent)
		if !ok {
			return noDateS3()
		}
		return skewS3(t, sent, now, rules)
	}
	if sig.Expires == "" {
		return S3Error(Incomplete, http.StatusForbidden, "AccessDenied",
			"Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
	}
	seconds, err := strconv.ParseInt(sig.Expires, 10, 32)
	if err != nil {
		return S3Error(Incomplete, http.StatusForbidden, "AccessDenied",
			"Invalid date (should be seconds since epoch): "+sig.Expires)
	}
	if end := time.Unix(seconds, 0).UTC(); now.After(end) {
		return S3Error(Mismatch, http.StatusForbidden, "AccessDenied", "Request has expired",
			Detail{"Expires", end.Format(time.RFC3339)}, Detail{"ServerTime", now.Format(time.RFC3339)})
	}
	return nil
}

// verifyV2 verifies a Version 2 signature. For a bucket's own operations botocore signs a slash after the bucket that
// its URL does not have, so that reading counts too.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
func verifyV2(r *http.Request, sig *Signature, secret string, rules Rules) error {
	path, query := target(r)
	if rules.Bucket != "" {
		path = "/" + rules.Bucket + path
	}
	toSign := stringToSignV2(r, sig, path, query)
	candidates := []string{toSign}
	if strings.Count(path, "/") == 1 && len(path) > 1 {
		candidates = append(candidates, stringToSignV2(r, sig, path+"/", query))
	}
	for _, candidate := range candidates {
		if subtle.ConstantTimeCompare([]byte(signV2(secret, candidate)), []byte(sig.Signature)) == 1 {
			return nil
		}
	}
	return wrongSignature(sig, toSign, "")
}

func signV2(secret, s string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(s))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// stringToSignV2 returns what a Version 2 signature covers.
func stringToSignV2(r *http.Request, sig *Signature, path, query string) string {
	lines := []string{method(r), first(r.Header["Content-Md5"]), first(r.Header["Content-Type"])}
	switch {
	case sig.Kind == PresignedV2:
		lines = append(lines, sig.Expires)
	case len(r.Header["X-Amz-Date"]) > 0:
		lines = append(lines, "")
	default:
		lines = append(lines, first(r.Header["Date"]))
	}

	amz := map[string]string{}
	for key, values := range r.Header {
		if name := strings.ToLower(key); strings.HasPrefix(name, "x-amz-") {
			amz[name] = strings.Join(values, ",")
		}
	}
	var resource []string
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		key, value, hasValue := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		if strings.HasPrefix(key, "x-amz-") && sig.Kind == PresignedV2 {
			amz[key] = plain
			continue
		}
		if !inResourceV2(key) {
			continue
		}
		if hasValue {
			key += "=" + plain
		}
		resource = append(resource, key)
	}
	names := make([]string, 0, len(amz))
	for name := range amz {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, name+":"+strings.TrimSpace(amz[name]))
	}
	if len(resource) > 0 {
		slices.SortFunc(resource, func(a, b string) int {
			a, _, _ = strings.Cut(a, "=")
			b, _, _ = strings.Cut(b, "=")
			return strings.Compare(a, b)
		})
		path += "?" + strings.Join(resource, "&")
	}
	return strings.Join(append(lines, path), "\n")
}

// inResourceV2 reports whether a query parameter is part of the resource that a Version 2 signature covers.
func inResourceV2(name string) bool {
	switch name {
	case "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
		"logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
		"restore", "select", "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId",
		"versioning", "versions", "website",
		"response-cache-control", "response-content-disposition", "response-content-encoding",
		"response-content-language", "response-content-type", "response-expires":
		return true
	}
	return false
}

package sigv4

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits of time.
const (
	// maxPresign is how long a presigned URL may be valid.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
	maxPresign = 604_800 // seconds
	// s3Skew is how far a request's time may be from S3's, either way.
	s3Skew = 15 * time.Minute
	// defaultSkew is the same for other services, unless Rules say otherwise.
	defaultSkew = 5 * time.Minute
)

// Rules are what differs between services.
type Rules struct {
	// S3 says that paths are encoded once, that the payload's hash is what the x-amz-content-sha256 header says, that
	// Version 2 signatures count, and that errors are S3's.
	S3 bool
	// Bucket is the bucket that S3 found in the host name, if it did: Version 2 signs it as part of the path.
	Bucket string
	// Service is the signing name that the credential scope must have; any if empty.
	Service string
	// MaxSkew is how far a request's time may be from now, either way; 15 minutes for S3 and 5 for others if 0.
	MaxSkew time.Duration
}

func (rules Rules) skew() time.Duration {
	switch {
	case rules.MaxSkew > 0:
		return rules.MaxSkew
	case rules.S3:
		return s3Skew
	}
	return defaultSkew
}

// Check reports, with a *Error, what is wrong with a signature before anyone looks at its bytes: missing parts, a time
// out of bounds, a scope that is not the service's, headers that had to be signed and are not. Forms have no time
// bounds but those of their policy, which is S3's to check.
func Check(r *http.Request, sig *Signature, now time.Time, rules Rules) error {
	if sig.V2() {
		return checkV2(r, sig, now, rules)
	}
	now = now.UTC()
	if !ordered(sig.SignedHeaders) {
		return wrongSignature(sig, "", "")
	}
	switch sig.Kind {
	case Header:
		if rules.S3 {
			return checkHeaderS3(r, sig, now, rules)
		}
		if sig.AccessKey == "" || sig.Signature == "" || sig.SignedHeaders == "" || sig.Time == "" {
			return sig.incomplete(r)
		}
	case Presigned:
		if rules.S3 {
			return checkPresignedS3(r, sig, now, rules)
		}
		if sig.AccessKey == "" || sig.Signature == "" || sig.SignedHeaders == "" || sig.Time == "" {
			return incompleteQuery(r.URL.RawQuery)
		}
	case Form:
		return checkScopeS3(sig, rules, "InvalidArgument", "")
	default:
		return MissingToken()
	}
	return checkOther(r, sig, now, rules)
}

// checkOther checks for every service but S3.
func checkOther(r *http.Request, sig *Signature, now time.Time, rules Rules) error {
	t, ok := parseTime(sig.Time)
	if !ok && sig.Kind == Header {
		t, ok = parseAnyTime(sig.Time)
	}
	if !ok {
		return &Error{
			Reason:  Incomplete,
			Message: "Date must be in ISO-8601 'basic format'. Got '" + sig.Time + "'. See http://en.wikipedia.org/wiki/ISO_8601",
		}
	}
	skew := rules.skew()
	if t.Sub(now) > skew {
		return mismatch(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)",
			t.Format(timeLayout), now.Add(skew).Format(timeLayout), now.Format(timeLayout), skew/time.Minute))
	}
	// X-Amz-Expires extends the time, and never shortens it: STS is known to take presigned requests for 15 minutes,
	// whatever they ask for.
	life := skew
	if sig.Expires != "" {
		seconds, ok := digits(sig.Expires)
		if !ok || len(sig.Expires) > 9 || seconds > maxPresign {
			return &Error{Reason: Incomplete, Message: "X-Amz-Expires must be a number of seconds, at most 604800. Got '" + sig.Expires + "'."}
		}
		life = max(life, time.Duration(seconds)*time.Second)
	}
	if now.Sub(t) > life {
		return mismatch(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)",
			t.Format(timeLayout), now.Add(-life).Format(timeLayout), now.Format(timeLayout), life/time.Minute))
	}
	if name := unsignedHeader(r, sig.SignedHeaders, false); name != "" {
		return mismatch("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
	}
	var wrong []string
	if rules.Service != "" && sig.Service != rules.Service {
		wrong = append(wrong, "Credential should be scoped to correct service: '"+rules.Service+"'. ")
	}
	if sig.Terminator != terminator {
		wrong = append(wrong, "Credential should be scoped with a valid terminator: 'aws4_request', not '"+sig.Terminator+"'. ")
	}
	if !sameDay(t, sig.Date) {
		wrong = append(wrong, fmt.Sprintf(
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			sig.Date, t.Format(dateLayout), t.Format(timeLayout)))
	}
	if wrong != nil {
		return mismatch(strings.Join(wrong, ""))
	}
	return nil
}

func mismatch(message string) *Error { return &Error{Reason: Mismatch, Message: message} }

// checkHeaderS3 checks an Authorization header in the order in which S3 does.
func checkHeaderS3(r *http.Request, sig *Signature, now time.Time, rules Rules) error {
	hash := r.Header["X-Amz-Content-Sha256"]
	if len(hash) == 0 {
		return S3Error(Incomplete, http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	}
	if !validPayload(hash[0]) {
		return S3Error(Incomplete, http.StatusBadRequest, "InvalidArgument",
			"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
			Detail{"ArgumentName", "x-amz-content-sha256"}, Detail{"ArgumentValue", hash[0]})
	}
	t, ok := parseAnyTime(sig.Time)
	if !ok {
		return noDateS3()
	}
	if err := skewS3(t, sig.Time, now, rules); err != nil {
		return err
	}
	if sig.AccessKey == "" || sig.Signature == "" || sig.SignedHeaders == "" {
		return sig.incomplete(r)
	}
	if err := checkScopeS3(sig, rules, headerMalformed, headerPrefix); err != nil {
		return err
	}
	if !sameDay(t, sig.Date) {
		return S3Error(Incomplete, http.StatusBadRequest, headerMalformed,
			headerPrefix+"Invalid credential date. Date is not the same as X-Amz-Date.")
	}
	if sig.Asymmetric && len(r.Header["X-Amz-Region-Set"]) == 0 {
		return S3Error(Incomplete, http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-region-set")
	}
	return unsignedS3(r, sig)
}

// checkPresignedS3 checks the parameters of a presigned URL in the order in which S3 does.
func checkPresignedS3(r *http.Request, sig *Signature, now time.Time, rules Rules) error {
	if sig.AccessKey == "" || sig.Signature == "" || sig.SignedHeaders == "" || sig.Time == "" ||
		!hasParam(r.URL.RawQuery, "X-Amz-Expires") {
		return incompleteQuery(r.URL.RawQuery)
	}
	malformed := func(message string) error {
		return S3Error(Incomplete, http.StatusBadRequest, queryMalformed, message)
	}
	t, ok := parseTime(sig.Time)
	if !ok {
		return malformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	}
	seconds, err := strconv.ParseInt(sig.Expires, 10, 64)
	switch {
	case err != nil:
		return malformed("X-Amz-Expires should be a number")
	case seconds < 0:
		return malformed("X-Amz-Expires must be non-negative")
	case seconds > maxPresign:
		return malformed("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	end := t.Add(time.Duration(seconds) * time.Second)
	if t.Sub(now) > rules.skew() {
		return S3Error(Mismatch, http.StatusForbidden, "AccessDenied", "Request is not yet valid",
			Detail{"X-Amz-Date", strconv.FormatInt(t.UnixMilli(), 10)},
			Detail{"Expires", end.Format(time.RFC3339)}, Detail{"ServerTime", now.Format(time.RFC3339)})
	}
	if now.After(end) {
		return S3Error(Mismatch, http.StatusForbidden, "AccessDenied", "Request has expired",
			Detail{"X-Amz-Expires", sig.Expires},
			Detail{"Expires", end.Format(time.RFC3339)}, Detail{"ServerTime", now.Format(time.RFC3339)})
	}
	if err := checkScopeS3(sig, rules, queryMalformed, queryPrefix); err != nil {
		return err
	}
	if !sameDay(t, sig.Date) {
		return malformed(fmt.Sprintf(`Invalid credential date "%s". This date is not the same as X-Amz-Date: "%s".`, sig.Date, sig.Time[:8]))
	}
	return unsignedS3(r, sig)
}

// checkScopeS3 checks the credential scope.
func checkScopeS3(sig *Signature, rules Rules, code, prefix string) error {
	malformed := func(message string) error {
		return S3Error(Incomplete, http.StatusBadRequest, code, prefix+message)
	}
	switch {
	case !validDate(sig.Date):
		return malformed(`incorrect date format "` + sig.Date + `". This date in the credential must be in the format "yyyyMMdd".`)
	case sig.Region == "" && !sig.Asymmetric:
		return malformed("a non-empty region must be provided in the credential.")
	case rules.Service != "" && sig.Service != rules.Service:
		return malformed(`incorrect service "` + sig.Service + `". This endpoint belongs to "` + rules.Service + `".`)
	case sig.Terminator != terminator:
		return malformed(`incorrect terminal "` + sig.Terminator + `". This endpoint uses "aws4_request".`)
	}
	return nil
}

func noDateS3() *Error {
	return S3Error(Incomplete, http.StatusForbidden, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
}

func skewS3(t time.Time, sent string, now time.Time, rules Rules) error {
	if d := t.Sub(now); d <= rules.skew() && -d <= rules.skew() {
		return nil
	}
	return S3Error(Mismatch, http.StatusForbidden, "RequestTimeTooSkewed",
		"The difference between the request time and the current time is too large.",
		Detail{"RequestTime", sent}, Detail{"ServerTime", now.Format(time.RFC3339)},
		Detail{"MaxAllowedSkewMilliseconds", strconv.FormatInt(rules.skew().Milliseconds(), 10)})
}

func unsignedS3(r *http.Request, sig *Signature) error {
	if unsignedHeader(r, sig.SignedHeaders, true) == "" {
		return nil
	}
	names := unsignedHeaders(r, sig.SignedHeaders)
	return S3Error(Mismatch, http.StatusForbidden, "AccessDenied",
		"There were headers present in the request which were not signed",
		Detail{"HeadersNotSigned", strings.Join(names, ", ")})
}

// sameDay reports whether a scope's date is t's.
func sameDay(t time.Time, date string) bool {
	n, ok := digits(date)
	return ok && len(date) == len(dateLayout) && n == (t.Year()*100+int(t.Month()))*100+t.Day()
}

package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
)

// Values of x-amz-content-sha256 that are not the hash of the payload.
const (
	UnsignedPayload          = "UNSIGNED-PAYLOAD"
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	StreamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	// The same with SigV4a.
	StreamingAsymmetric        = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	StreamingAsymmetricTrailer = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
)

// EmptyHash is the hash of an empty payload.
const EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// HashPayload returns the SHA-256 of a payload in hexadecimal, as signatures use it.
func HashPayload(body []byte) string {
	if len(body) == 0 {
		return EmptyHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// validPayload reports whether S3 takes v as a value of x-amz-content-sha256.
func validPayload(v string) bool {
	switch v {
	case UnsignedPayload, StreamingUnsignedTrailer, StreamingSigned, StreamingSignedTrailer,
		StreamingAsymmetric, StreamingAsymmetricTrailer:
		return true
	}
	if len(v) != 2*sha256.Size {
		return false
	}
	for i := range len(v) {
		if unhex(v[i]) < 0 {
			return false
		}
	}
	return true
}

// Verifier verifies signatures. It remembers signing keys. Its zero value is ready, and its methods may be called
// concurrently.
type Verifier struct {
	keys    keyCache
	asym    asymmetricKeys
	scratch sync.Pool
}

func (v *Verifier) get() *scratch {
	if s, ok := v.scratch.Get().(*scratch); ok {
		return s
	}
	return &scratch{buf: make([]byte, 0, 2048)}
}

// maxScratch is the most memory that is kept for the next request.
const maxScratch = 64 << 10 // bytes

func (v *Verifier) put(s *scratch) {
	if cap(s.buf)+cap(s.query) <= maxScratch {
		v.scratch.Put(s)
	}
}

// Secret is the secret part of an access key.
type Secret struct {
	Key          string
	SessionToken string // empty for long-term keys
}

// Verify reports, with a *Error, whether a request was signed with secret. Check must have passed.
//
// For S3 the payload's hash is what the request says it is, and body is not looked at: who reads the body verifies
// that hash, or the signatures of its chunks. For other services body is the whole body as received, before any
// Content-Encoding is undone. A POST form is verified with VerifyForm.
func (v *Verifier) Verify(r *http.Request, sig *Signature, secret Secret, body []byte, rules Rules) error {
	if secret.SessionToken != "" || sig.SessionToken != "" {
		if subtle.ConstantTimeCompare([]byte(secret.SessionToken), []byte(sig.SessionToken)) != 1 {
			return WrongToken(sig.SessionToken)
		}
	}
	if sig.V2() {
		return verifyV2(r, sig, secret.Key, rules)
	}
	s := v.get()
	defer v.put(s)
	if rules.S3 {
		s.hash = append(s.hash[:0], payloadHashS3(r, sig)...)
	} else {
		sum := sha256.Sum256(body)
		s.hash = hex.AppendEncode(s.hash[:0], sum[:])
	}

	standard := form{once: rules.S3, noToken: sig.Service == "iotdevicegateway"}
	if v.matches(s, r, sig, secret.Key, standard, rules) {
		return nil
	}
	literal := standard
	literal.literal = true
	if v.matches(s, r, sig, secret.Key, literal, rules) {
		return nil
	}
	if name := missingHeader(r, sig); name != "" && !rules.S3 {
		return &Error{Reason: Incomplete, Message: "'" + name + "' is named as a SignedHeader, but it does not exist in the HTTP request."}
	}
	return s.doesNotMatch(r, sig, standard, rules)
}

// missingHeader returns the first header that is signed but is not there, or "".
func missingHeader(r *http.Request, sig *Signature) string {
	for name := range strings.SplitSeq(sig.SignedHeaders, ";") {
		if _, ok := headerValues(r, name); !ok {
			return name
		}
	}
	return ""
}

// payloadHashS3 returns the last line of an S3 request's canonical form.
func payloadHashS3(r *http.Request, sig *Signature) string {
	if hash := r.Header["X-Amz-Content-Sha256"]; len(hash) > 0 {
		return hash[0]
	}
	if sig.Kind == Presigned {
		if hash := param(r.URL.RawQuery, "X-Amz-Content-Sha256"); hash != "" {
			return hash
		}
	}
	return UnsignedPayload
}

// matches reports whether the signature is that of the canonical request in this form.
func (v *Verifier) matches(s *scratch, r *http.Request, sig *Signature, secret string, f form, rules Rules) bool {
	s.buf = s.canonicalRequest(s.buf[:0], r, sig, s.hash, f)
	sum := sha256.Sum256(s.buf)
	if sig.Asymmetric {
		s.buf = appendStringToSign(s.buf[:0], sig, sum, rules)
		return v.asym.verify(sig.AccessKey, secret, s.buf, sig.Signature)
	}
	id := keyID{secret, sig.Date, sig.Region, sig.Service}
	key, known := v.keys.get(id)
	s.buf = key.appendInnerPad(s.buf[:0])
	s.buf = appendStringToSign(s.buf, sig, sum, rules)
	if !equalHex(key.mac(s.buf), sig.Signature) {
		return false
	}
	if !known {
		v.keys.put(id, key)
	}
	return true
}

// equalHex compares a hash with its hexadecimal form, in constant time.
func equalHex(sum [sha256.Size]byte, signature string) bool {
	if len(signature) != 2*sha256.Size {
		return false
	}
	var want, got [2 * sha256.Size]byte
	hex.Encode(want[:], sum[:])
	copy(got[:], signature)
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// appendStringToSign appends the string to sign, given the hash of the canonical request.
func appendStringToSign(dst []byte, sig *Signature, canonical [sha256.Size]byte, rules Rules) []byte {
	if sig.Asymmetric {
		dst = append(dst, AlgorithmAsymmetric...)
	} else {
		dst = append(dst, Algorithm...)
	}
	dst = append(dst, '\n')
	dst = appendTime(dst, sig, rules)
	dst = append(dst, '\n')
	dst = appendScope(dst, sig)
	dst = append(dst, '\n')
	return hex.AppendEncode(dst, canonical[:])
}

// appendTime appends the time of a signature: S3 takes it as sent, others bring a Date header into the basic form.
func appendTime(dst []byte, sig *Signature, rules Rules) []byte {
	if !rules.S3 && len(sig.Time) != len(timeLayout) {
		if t, ok := parseAnyTime(sig.Time); ok {
			return t.AppendFormat(dst, timeLayout)
		}
	}
	return append(dst, sig.Time...)
}

func appendScope(dst []byte, sig *Signature) []byte {
	dst = append(dst, sig.Date...)
	if !sig.Asymmetric {
		dst = append(dst, '/')
		dst = append(dst, sig.Region...)
	}
	dst = append(dst, '/')
	dst = append(dst, sig.Service...)
	dst = append(dst, '/')
	return append(dst, sig.Terminator...)
}

// doesNotMatch returns the error for a wrong signature. S3's says what was signed, as S3 sees it.
func (s *scratch) doesNotMatch(r *http.Request, sig *Signature, f form, rules Rules) *Error {
	canonical := string(s.canonicalRequest(s.buf[:0], r, sig, s.hash, f))
	toSign := string(appendStringToSign(s.buf[:0], sig, sha256.Sum256([]byte(canonical)), rules))
	return wrongSignature(sig, toSign, canonical)
}

// wrongSignature returns the error for a wrong signature; canonical is empty where there is no canonical request.
func wrongSignature(sig *Signature, toSign, canonical string) *Error {
	details := []Detail{
		{"AWSAccessKeyId", sig.AccessKey},
		{"StringToSign", toSign},
		{"SignatureProvided", sig.Signature},
		{"StringToSignBytes", spacedHex(toSign)},
	}
	if canonical != "" {
		details = append(details, Detail{"CanonicalRequest", canonical}, Detail{"CanonicalRequestBytes", spacedHex(canonical)})
	}
	return both(Mismatch,
		"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
		http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		details...)
}

// spacedHex writes bytes as S3 does in its errors: 41 57 53.
func spacedHex(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(3 * len(s))
	for i := range len(s) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

// VerifyForm reports, with a *Error, whether an S3 POST form's policy, in base64 as sent, was signed with secret. What
// the policy allows is for S3 to check.
func (v *Verifier) VerifyForm(sig *Signature, policy string, secret Secret) error {
	if secret.SessionToken != "" || sig.SessionToken != "" {
		if subtle.ConstantTimeCompare([]byte(secret.SessionToken), []byte(sig.SessionToken)) != 1 {
			return WrongToken(sig.SessionToken)
		}
	}
	ok := false
	switch {
	case sig.Kind == FormV2:
		ok = subtle.ConstantTimeCompare([]byte(signV2(secret.Key, policy)), []byte(sig.Signature)) == 1
	case sig.Asymmetric:
		ok = v.asym.verify(sig.AccessKey, secret.Key, []byte(policy), sig.Signature)
	default:
		key, _ := v.keys.get(keyID{secret.Key, sig.Date, sig.Region, sig.Service})
		ok = equalHex(key.mac(append(key.appendInnerPad(nil), policy...)), sig.Signature)
	}
	if !ok {
		return wrongSignature(sig, policy, "")
	}
	return nil
}

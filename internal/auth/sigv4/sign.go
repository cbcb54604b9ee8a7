package sigv4

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Signer signs requests, as a client does. Make one with NewSigner; its methods may be called concurrently, each with a
// request of its own.
type Signer struct {
	accessKey string
	secret    Secret
	region    string
	service   string
	s3        bool

	keys    keyCache
	scratch sync.Pool
}

// NewSigner returns a signer for one access key, region and service, given by its signing name.
func NewSigner(accessKey string, secret Secret, region, service string) *Signer {
	return &Signer{accessKey: accessKey, secret: secret, region: region, service: service, s3: service == "s3"}
}

// Sign adds X-Amz-Date, X-Amz-Security-Token if there is one, for S3 X-Amz-Content-Sha256, and the Authorization
// header. payloadHash is what HashPayload returns, or UnsignedPayload or a streaming value for S3. All headers that the
// request has are signed, but those that proxies change.
func (s *Signer) Sign(r *http.Request, payloadHash string, now time.Time) {
	stamp := now.UTC().Format(timeLayout)
	setHeader(r, "X-Amz-Date", stamp)
	if s.secret.SessionToken != "" {
		setHeader(r, "X-Amz-Security-Token", s.secret.SessionToken)
	}
	if s.s3 {
		setHeader(r, "X-Amz-Content-Sha256", payloadHash)
	}
	sig := s.signature(stamp)
	sig.Kind = Header
	sig.SignedHeaders = signedHeaders(r)
	s.sign(r, &sig, payloadHash)
	setHeader(r, "Authorization", Algorithm+" Credential="+s.accessKey+"/"+s.scope(&sig)+
		", SignedHeaders="+sig.SignedHeaders+", Signature="+sig.Signature)
}

// Presign adds the query parameters of a presigned URL that is valid for so long, in whole seconds. It signs the host
// and the headers that the request has. S3's payload is unsigned, others' is empty.
func (s *Signer) Presign(r *http.Request, now time.Time, valid time.Duration) {
	sig := s.signature(now.UTC().Format(timeLayout))
	sig.Kind = Presigned
	sig.SignedHeaders = signedHeaders(r)
	params := []string{
		"X-Amz-Algorithm=" + Algorithm,
		"X-Amz-Credential=" + escape(s.accessKey+"/"+s.scope(&sig)),
		"X-Amz-Date=" + sig.Time,
		"X-Amz-Expires=" + strconv.FormatInt(int64(valid/time.Second), 10),
		"X-Amz-SignedHeaders=" + escape(sig.SignedHeaders),
	}
	if s.secret.SessionToken != "" {
		params = append(params, "X-Amz-Security-Token="+escape(s.secret.SessionToken))
	}
	if r.URL.RawQuery != "" {
		params = append([]string{r.URL.RawQuery}, params...)
	}
	r.URL.RawQuery = strings.Join(params, "&")
	hash := EmptyHash
	if s.s3 {
		hash = UnsignedPayload
	}
	s.sign(r, &sig, hash)
	r.URL.RawQuery += "&X-Amz-Signature=" + sig.Signature
}

// SignForm signs the policy of an S3 POST form, in base64, and returns the credential and the signature for its
// fields, besides the time, which goes into X-Amz-Date.
func (s *Signer) SignForm(policy string, now time.Time) (credential, date, signature string) {
	sig := s.signature(now.UTC().Format(timeLayout))
	key := s.key(&sig)
	sum := key.mac(append(key.appendInnerPad(nil), policy...))
	return s.accessKey + "/" + s.scope(&sig), sig.Time, hex.EncodeToString(sum[:])
}

func (s *Signer) signature(stamp string) Signature {
	return Signature{
		AccessKey: s.accessKey, Date: stamp[:len(dateLayout)], Region: s.region, Service: s.service,
		Terminator: terminator, Time: stamp, SessionToken: s.secret.SessionToken,
	}
}

func (s *Signer) scope(sig *Signature) string {
	return sig.Date + "/" + sig.Region + "/" + sig.Service + "/" + terminator
}

func (s *Signer) key(sig *Signature) signingKey {
	id := keyID{s.secret.Key, sig.Date, sig.Region, sig.Service}
	key, known := s.keys.get(id)
	if !known {
		s.keys.put(id, key)
	}
	return key
}

// sign sets sig.Signature.
func (s *Signer) sign(r *http.Request, sig *Signature, payloadHash string) {
	mem, ok := s.scratch.Get().(*scratch)
	if !ok {
		mem = &scratch{buf: make([]byte, 0, 2048)}
	}
	defer s.scratch.Put(mem)
	rules := Rules{S3: s.s3}
	mem.hash = append(mem.hash[:0], payloadHash...)
	mem.buf = mem.canonicalRequest(mem.buf[:0], r, sig, mem.hash, form{once: s.s3})
	sum := sha256.Sum256(mem.buf)
	key := s.key(sig)
	mem.buf = key.appendInnerPad(mem.buf[:0])
	mem.buf = appendStringToSign(mem.buf, sig, sum, rules)
	mac := key.mac(mem.buf)
	sig.Signature = hex.EncodeToString(mac[:])
}

// SignAsymmetric signs with SigV4a for a set of regions, which may be "*".
func (s *Signer) SignAsymmetric(r *http.Request, payloadHash, regionSet string, now time.Time) error {
	private, err := deriveAsymmetric(s.accessKey, s.secret.Key)
	if err != nil {
		return err
	}
	stamp := now.UTC().Format(timeLayout)
	setHeader(r, "X-Amz-Date", stamp)
	setHeader(r, "X-Amz-Region-Set", regionSet)
	if s.secret.SessionToken != "" {
		setHeader(r, "X-Amz-Security-Token", s.secret.SessionToken)
	}
	if s.s3 {
		setHeader(r, "X-Amz-Content-Sha256", payloadHash)
	}
	sig := s.signature(stamp)
	sig.Kind, sig.Asymmetric, sig.SignedHeaders = Header, true, signedHeaders(r)
	mem := &scratch{}
	canonical := sha256.Sum256(mem.canonicalRequest(nil, r, &sig, []byte(payloadHash), form{once: s.s3}))
	toSign := sha256.Sum256(appendStringToSign(nil, &sig, canonical, Rules{S3: s.s3}))
	der, err := ecdsa.SignASN1(rand.Reader, private, toSign[:])
	if err != nil {
		return err
	}
	setHeader(r, "Authorization", AlgorithmAsymmetric+" Credential="+s.accessKey+"/"+string(appendScope(nil, &sig))+
		", SignedHeaders="+sig.SignedHeaders+", Signature="+hex.EncodeToString(der))
	return nil
}

// setHeader sets a header whose name is canonical already, reusing the slice of a request that is sent again.
func setHeader(r *http.Request, key, value string) {
	r.Header[key] = append(r.Header[key][:0], value)
}

// signedHeaders names the headers to sign, in order.
func signedHeaders(r *http.Request) string {
	names := make([]string, 1, len(r.Header)+1)
	names[0] = "host"
	for key := range r.Header {
		switch key {
		case "Authorization", "Connection", "Expect", "Host", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
			"User-Agent", "X-Amzn-Trace-Id", "Accept-Encoding":
			continue
		}
		names = append(names, strings.ToLower(key))
	}
	slices.Sort(names)
	return strings.Join(names, ";")
}

func escape(s string) string { return string(appendEncoded(nil, s, '~', false)) }

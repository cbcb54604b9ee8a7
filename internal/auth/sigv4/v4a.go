package sigv4

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"sync"
)

var errNoKey = errors.New("sigv4: no asymmetric key can be derived")

// deriveAsymmetric makes the P-256 key that SigV4a uses from an access key: NIST SP 800-108's KDF in counter mode,
// and rejection of what is not below the curve's order less two, as in FIPS 186-4 B.4.2.
func deriveAsymmetric(accessKey, secret string) (*ecdsa.PrivateKey, error) {
	limit := new(big.Int).Sub(elliptic.P256().Params().N, big.NewInt(2))
	mac := hmac.New(sha256.New, []byte("AWS4A"+secret))
	for counter := byte(1); counter < 255; counter++ {
		input := binary.BigEndian.AppendUint32(nil, 1)
		input = append(input, AlgorithmAsymmetric...)
		input = append(input, 0)
		input = append(input, accessKey...)
		input = append(input, counter)
		input = binary.BigEndian.AppendUint32(input, 256) // bits
		mac.Reset()
		mac.Write(input)
		candidate := new(big.Int).SetBytes(mac.Sum(nil))
		if candidate.Cmp(limit) >= 0 {
			continue
		}
		candidate.Add(candidate, big.NewInt(1))
		return ecdsa.ParseRawPrivateKey(elliptic.P256(), candidate.FillBytes(make([]byte, 32)))
	}
	return nil, errNoKey
}

// maxAsymmetricKeys bounds how many public keys a Verifier remembers.
const maxAsymmetricKeys = 256

// asymmetricKeys remembers the public keys of access keys. Its zero value is empty and ready.
type asymmetricKeys struct {
	mu   sync.Mutex
	keys map[[2]string]*ecdsa.PublicKey
}

func (a *asymmetricKeys) get(accessKey, secret string) (*ecdsa.PublicKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := [2]string{accessKey, secret}
	if key, ok := a.keys[id]; ok {
		return key, nil
	}
	private, err := deriveAsymmetric(accessKey, secret)
	if err != nil {
		return nil, err
	}
	if a.keys == nil || len(a.keys) >= maxAsymmetricKeys {
		a.keys = make(map[[2]string]*ecdsa.PublicKey)
	}
	a.keys[[2]string{strings.Clone(accessKey), secret}] = &private.PublicKey
	return &private.PublicKey, nil
}

// verify reports whether signature, in hexadecimal, is the access key's for this string to sign.
func (a *asymmetricKeys) verify(accessKey, secret string, toSign []byte, signature string) bool {
	der, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	key, err := a.get(accessKey, secret)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(toSign)
	return ecdsa.VerifyASN1(key, sum[:], der)
}

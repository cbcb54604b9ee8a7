package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Chain follows the signatures of a body that is sent in signed chunks: each covers the one before, and the first the
// request's own. It must not be used concurrently.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
type Chain struct {
	algorithm string
	scope     string // time and credential scope, as strings to sign have them
	previous  string
	buf       []byte

	accessKey string
	key       signingKey
	// Set in place of key for SigV4a.
	asym   *asymmetricKeys
	secret string
}

// Chain returns the chain that begins with a verified request. Only a signature in an Authorization header begins one.
func (v *Verifier) Chain(sig *Signature, secret Secret) *Chain {
	c := &Chain{algorithm: Algorithm, previous: sig.Signature, accessKey: sig.AccessKey}
	c.scope = sig.Time + "\n" + string(appendScope(nil, sig)) + "\n"
	if sig.Asymmetric {
		c.algorithm, c.asym, c.secret = AlgorithmAsymmetric, &v.asym, secret.Key
		return c
	}
	c.key, _ = v.keys.get(keyID{secret.Key, sig.Date, sig.Region, sig.Service})
	return c
}

// Chain returns the chain that begins with a request that Sign has signed.
func (s *Signer) Chain(signed *Signature) *Chain {
	return &Chain{
		algorithm: Algorithm, previous: signed.Signature, key: s.key(signed),
		scope: signed.Time + "\n" + string(appendScope(nil, signed)) + "\n",
	}
}

// VerifyChunk reports, with a *Error, whether signature is that of the next chunk, of which hash is the SHA-256.
func (c *Chain) VerifyChunk(hash [sha256.Size]byte, signature string) error {
	return c.verify(hash, signature, "-PAYLOAD\n", EmptyHash+"\n")
}

// VerifyTrailer reports, with a *Error, whether signature is that of the trailer, of which hash is the SHA-256: its
// lines in the form name:value, each with a newline after it.
func (c *Chain) VerifyTrailer(hash [sha256.Size]byte, signature string) error {
	return c.verify(hash, signature, "-TRAILER\n", "")
}

// SignChunk returns the signature of the next chunk.
func (c *Chain) SignChunk(hash [sha256.Size]byte) string {
	return c.sign(hash, "-PAYLOAD\n", EmptyHash+"\n")
}

// SignTrailer returns the signature of the trailer.
func (c *Chain) SignTrailer(hash [sha256.Size]byte) string { return c.sign(hash, "-TRAILER\n", "") }

func (c *Chain) appendStringToSign(hash [sha256.Size]byte, suffix, middle string) {
	c.buf = append(c.buf, c.algorithm...)
	c.buf = append(c.buf, suffix...)
	c.buf = append(c.buf, c.scope...)
	c.buf = append(c.buf, c.previous...)
	c.buf = append(c.buf, '\n')
	c.buf = append(c.buf, middle...)
	c.buf = hex.AppendEncode(c.buf, hash[:])
}

func (c *Chain) verify(hash [sha256.Size]byte, signature, suffix, middle string) error {
	ok := false
	toSign := 0
	if c.asym != nil {
		signature = strings.TrimRight(signature, "*") // chunks have room for the longest
		c.buf = c.buf[:0]
		c.appendStringToSign(hash, suffix, middle)
		ok = c.asym.verify(c.accessKey, c.secret, c.buf, signature)
	} else {
		c.buf = c.key.appendInnerPad(c.buf[:0])
		toSign = len(c.buf)
		c.appendStringToSign(hash, suffix, middle)
		ok = equalHex(c.key.mac(c.buf), signature)
	}
	if !ok {
		return wrongSignature(&Signature{AccessKey: c.accessKey, Signature: signature}, string(c.buf[toSign:]), "")
	}
	c.previous = signature
	return nil
}

func (c *Chain) sign(hash [sha256.Size]byte, suffix, middle string) string {
	c.buf = c.key.appendInnerPad(c.buf[:0])
	c.appendStringToSign(hash, suffix, middle)
	mac := c.key.mac(c.buf)
	c.previous = hex.EncodeToString(mac[:])
	return c.previous
}

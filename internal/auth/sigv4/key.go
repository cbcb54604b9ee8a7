package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
)

// maxCachedKeys bounds how many signing keys a Verifier or Signer remembers. One is needed per secret, day, region and
// service.
const maxCachedKeys = 4096 // keys, of about 200 bytes

// signingKey is the key that signs the requests of one day to one service.
type signingKey [sha256.Size]byte

// keyID is what a signing key is made from.
type keyID struct{ secret, date, region, service string }

// deriveKey makes a signing key: four HMACs.
func deriveKey(id keyID) signingKey {
	key := append([]byte("AWS4"), id.secret...)
	for _, part := range [...]string{id.date, id.region, id.service, terminator} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return signingKey(key)
}

// keyCache remembers signing keys in two generations: when the younger is full it becomes the older, and the older is
// forgotten. Its zero value is empty and ready.
type keyCache struct {
	mu       sync.RWMutex
	young    map[keyID]signingKey
	old      map[keyID]signingKey
	capacity int // of a generation; half of maxCachedKeys if 0
}

// get returns a key, and whether it was remembered; else it is derived, and for the caller to put.
func (c *keyCache) get(id keyID) (key signingKey, known bool) {
	c.mu.RLock()
	key, known = c.young[id]
	if !known {
		key, known = c.old[id]
	}
	c.mu.RUnlock()
	if !known {
		key = deriveKey(id)
	}
	return key, known
}

// put remembers a key. Callers put keys only once a signature has proven them, so strangers cannot crowd the cache.
func (c *keyCache) put(id keyID, key signingKey) {
	capacity := c.capacity
	if capacity == 0 {
		capacity = maxCachedKeys / 2
	}
	// The strings may be parts of a request's header, which they would keep alive.
	id = keyID{strings.Clone(id.secret), strings.Clone(id.date), strings.Clone(id.region), strings.Clone(id.service)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= capacity {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[keyID]signingKey)
	}
	c.young[id] = key
}

// blockSize is SHA-256's, in bytes.
const blockSize = 64

// appendInnerPad appends the block that HMAC hashes before the message. The message is appended after it, so that the
// whole is hashed in one go, without the allocations of crypto/hmac.
func (k *signingKey) appendInnerPad(dst []byte) []byte { return k.appendPad(dst, 0x36) }

func (k *signingKey) appendPad(dst []byte, pad byte) []byte {
	for _, c := range k {
		dst = append(dst, c^pad)
	}
	for range blockSize - len(k) {
		dst = append(dst, pad)
	}
	return dst
}

// mac returns the HMAC of the message that follows the inner pad in padded.
func (k *signingKey) mac(padded []byte) [sha256.Size]byte {
	var outer [blockSize + sha256.Size]byte
	inner := sha256.Sum256(padded)
	return sha256.Sum256(append(k.appendPad(outer[:0], 0x5c), inner[:]...))
}

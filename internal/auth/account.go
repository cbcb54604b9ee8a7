package auth

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strconv"
)

// DefaultAccount is the account of callers who name none.
const DefaultAccount = "000000000000"

// Access key ids hold their account: after a prefix of four letters, eight characters of base32 are 40 bits, of which
// the first is set, followed by a bit at the front of the next character; without the first, these 40 bits are the
// account's number. Observed: sts GetAccessKeyInfo answers for keys that never existed.
const (
	keyIDLength  = 20
	prefixLength = 4
	accountTop   = 1 << 40
	maxAccount   = 999_999_999_999
)

// accountOfKey returns the account that an access key id of AWS's form encodes. Ids that begin with LKIA and LSIA, as
// LocalStack issues them, are of the same form.
func accountOfKey(id string) (account string, ok bool) {
	if len(id) != keyIDLength && len(id) != 16 {
		return "", false
	}
	switch id[:prefixLength] {
	case "AKIA", "ASIA", "LKIA", "LSIA":
	default:
		return "", false
	}
	raw, err := base32.StdEncoding.DecodeString(id[prefixLength : prefixLength+8])
	if err != nil {
		return "", false
	}
	next := id[prefixLength+8]
	n := uint64(0)
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	n <<= 1
	if next >= 'Q' && next <= 'Z' || next >= '2' && next <= '7' {
		n |= 1
	}
	if n < accountTop || n-accountTop > maxAccount {
		return "", false
	}
	return fmt.Sprintf("%012d", n-accountTop), true
}

// NewAccessKeyID makes an access key id for an account, with the prefix AKIA for long-term keys or ASIA for sessions.
func NewAccessKeyID(prefix, account string) (string, error) {
	n, err := strconv.ParseUint(account, 10, 64)
	if err != nil || !isAccount(account) {
		return "", fmt.Errorf("account %q is not 12 digits", account)
	}
	n |= accountTop
	var raw [5]byte
	for i := range raw {
		raw[i] = byte(n >> (33 - 8*i))
	}
	var random [5]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	tail := []byte(base32.StdEncoding.EncodeToString(random[:]))
	// The first character of the tail carries the account's last bit at its front.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	tail[0] = alphabet[random[0]>>3&15|byte(n&1)<<4]
	return prefix + base32.StdEncoding.EncodeToString(raw[:]) + string(tail), nil
}

// NewSecret makes the 40 characters of a secret access key.
func NewSecret() (string, error) {
	var random [30]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(random[:]), nil
}

// isAccount reports whether s is an account id: 12 digits.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Partition returns the partition that a region is in.
func Partition(region string) string {
	switch {
	case len(region) > 3 && region[:3] == "cn-":
		return "aws-cn"
	case len(region) > 7 && region[:7] == "us-gov-":
		return "aws-us-gov"
	}
	return "aws"
}

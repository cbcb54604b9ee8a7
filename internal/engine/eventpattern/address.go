package eventpattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseAddr reads an IP address as AWS does: four decimal numbers, or IPv6 with hexadecimal groups only. A mapped IPv4 address is
// that IPv4 address.
func parseAddr(s string) (netip.Addr, bool) {
	if looksLikeV4(s) {
		return parseV4(s)
	}
	if !looksLikeV6(s) {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	return a.Unmap(), err == nil
}

// mayBeAddr cheaply excludes most strings that are not addresses.
func mayBeAddr(s []byte) bool {
	if len(s) < 2 || len(s) > 45 {
		return false
	}
	switch c := s[0]; {
	case isDigit(c), c == ':', c|0x20 >= 'a' && c|0x20 <= 'f':
		return true
	}
	return false
}

func looksLikeV4(s string) bool {
	dots := 0
	for i := range len(s) {
		switch {
		case s[i] == '.':
			if i == 0 || i == len(s)-1 || s[i-1] == '.' {
				return false
			}
			dots++
		case !isDigit(s[i]):
			return false
		}
	}
	return dots == 3
}

func looksLikeV6(s string) bool {
	colon := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':':
			colon = true
		case isDigit(c), c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return colon
}

// parseV4 reads four decimal numbers; unlike netip it takes leading zeros.
func parseV4(s string) (netip.Addr, bool) {
	var b [4]byte
	if len(s) > 15 {
		return netip.Addr{}, false
	}
	for i, part := range strings.SplitN(s, ".", 4) {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// parseCIDR reads address/bits; reason is AWS's text if it cannot.
func parseCIDR(s string) (p netip.Prefix, reason string) {
	// Java's split, which AWS uses, drops empty parts at the end.
	parts := strings.Split(s, "/")
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) != 2 {
		return p, "Malformed CIDR, one '/' required"
	}
	bits, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return p, "Malformed CIDR, mask bits must be an integer"
	}
	if bits < 0 {
		return p, "Malformed CIDR, mask bits must not be negative"
	}
	addr, ok := parseAddr(parts[0])
	if !ok {
		if looksLikeV4(parts[0]) || looksLikeV6(parts[0]) {
			return p, "Invalid IP address: " + parts[0]
		}
		return p, "Nonstandard IP address: " + parts[0]
	}
	if addr.Is4() && bits > 31 {
		return p, "IPv4 mask bits must be < 32"
	}
	if bits > 127 {
		return p, "IPv6 mask bits must be < 128"
	}
	p, _ = addr.Prefix(int(bits))
	return p, ""
}

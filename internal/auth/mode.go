package auth

import (
	"fmt"
	"net"
	"net/netip"
)

// Mode says how much of a credential is believed.
type Mode uint8

// The modes.
const (
	Local   Mode = iota // believe any credential that can be read
	Audit               // verify, and log what would be refused, then go on as in Local
	Enforce             // verify, and refuse
)

// String returns local, audit or enforce.
func (m Mode) String() string {
	switch m {
	case Local:
		return "local"
	case Audit:
		return "audit"
	case Enforce:
		return "enforce"
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// ParseMode reads local, audit or enforce; nothing is local.
func ParseMode(s string) (Mode, error) {
	switch s {
	case "", "local":
		return Local, nil
	case "audit":
		return Audit, nil
	case "enforce":
		return Enforce, nil
	}
	return Local, fmt.Errorf("unknown auth mode %q: want local, audit or enforce", s)
}

// MarshalText writes the mode as String does.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the mode as ParseMode does.
func (m *Mode) UnmarshalText(text []byte) error {
	mode, err := ParseMode(string(text))
	if err != nil {
		return err
	}
	*m = mode
	return nil
}

// CheckListen returns an error if a server in this mode must not listen on addr, a host and a port: whoever can connect
// to a server that does not verify signatures owns everything in it, so only Enforce may listen beyond loopback.
func CheckListen(m Mode, addr string) error {
	if m == Enforce {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", addr, err)
	}
	if loopback(host) {
		return nil
	}
	shown := host
	if shown == "" {
		shown = "all interfaces"
	}
	return fmt.Errorf("refusing to listen on %s (%s) with --auth %s, which does not verify who calls: "+
		"listen on 127.0.0.1, or use --auth enforce", addr, shown, m)
}

// loopback reports whether a host is this machine only. A name is not looked up: it could change.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

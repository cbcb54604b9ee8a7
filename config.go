package cumulet

import (
	"log/slog"
	"net"
)

// Config says how to run a platform. Its zero value works: in memory, on a random port of the loopback interface, with
// any credential.
type Config struct {
	// Listen is the address to listen on, host:port. Port 0 chooses a free one. The default is 127.0.0.1:0. Beyond the
	// loopback interface it needs Auth "enforce".
	Listen string
	// Listener is used instead of Listen when it is set. The server closes it.
	Listener net.Listener
	// DataDir is the directory that holds all state; it is made when it is not there, and one process only may use it.
	// Empty means in memory: all state ends with the process.
	DataDir string
	// Auth is local, audit or enforce. The default, local, trusts every credential that can be read; audit logs what
	// enforce would refuse.
	Auth string
	// RootAccessKey and RootSecretKey are the root user's credential for audit and enforce. When both are empty one is
	// made the first time and kept in the store; see Server.NewRoot.
	RootAccessKey, RootSecretKey string
	// RootAccount is the account of the root user, 12 digits. The default is 000000000000.
	RootAccount string
	// TLS serves TLS instead of plain text, with a certificate by a CA that is made the first time; see Server.CAPath.
	TLS bool
	// TLSDir is where the CA lies. The default is tls below DataDir; it has to be set when that is empty.
	TLSDir string
	// TLSHosts are names and addresses that the certificate is for, besides localhost and its subdomains.
	TLSHosts []string
	// OTLPEndpoint is the URL to which traces are sent over OTLP's HTTP form, such as http://127.0.0.1:4318. Empty means
	// no traces.
	OTLPEndpoint string
	// Log receives the platform's log. The default discards it.
	Log *slog.Logger
}

// Version is the version of the platform.
const Version = "0.1.0-dev"

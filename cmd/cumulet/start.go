package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/cumulet/cumulet"
	"github.com/cumulet/cumulet/internal/telemetry"
)

// gcPercent lets the heap, which is small, grow further between two collections than Go's 100 does. GOGC overrides it.
const gcPercent = 400

// start runs the platform until ctx ends or it fails.
func start(ctx context.Context, env environment, args []string) error {
	flags := newFlags("start", "[flags]", env)
	var (
		listen    = flags.String("listen", "127.0.0.1:4566", "`address` to listen on, host:port; port 0 chooses a free one")
		data      = flags.String("data", defaultData(env), "`directory` that holds all state")
		ephemeral = flags.Bool("ephemeral", false, "keep all state in memory; it ends with the process")
		mode      = flags.String("auth", "local", "local trusts every credential, audit logs what would be refused, enforce verifies; `mode`")
		accessKey = flags.String("root-access-key-id", "", "`id` of the root user's access key, for audit and enforce; made and printed once if empty")
		secretKey = flags.String("root-secret-access-key", "", "`secret` of the root user's access key; better set in the environment")
		account   = flags.String("root-account", "000000000000", "`account` of the root user, 12 digits")
		tls       = flags.Bool("tls", false, "serve TLS, with a certificate by a CA of its own")
		tlsDir    = flags.String("tls-dir", "", "`directory` that holds the CA; tls below the data directory if empty")
		tlsHosts  = flags.String("tls-hosts", "", "`names` and addresses that the certificate is for besides localhost, with commas between")
		otlp      = flags.String("otlp-endpoint", "", "`URL` to send traces to over OTLP/HTTP; OTEL_EXPORTER_OTLP_ENDPOINT if empty")
		format    = flags.String("log-format", "text", "text or json; `format` of the log, on standard error")
		level     = flags.String("log-level", "info", "debug, info, warn or error; `level` of the least important lines logged")
	)
	flags.String(configFlag, "", "`file` with further settings")
	if err := parse(flags, args, env); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("start takes no arguments, got %q", flags.Arg(0))}
	}
	log, err := newLog(env, *format, *level)
	if err != nil {
		return usageError{err}
	}
	config := cumulet.Config{
		Listen: *listen, DataDir: *data, Auth: *mode, Log: log,
		RootAccessKey: *accessKey, RootSecretKey: *secretKey, RootAccount: *account,
		TLS: *tls, TLSDir: *tlsDir, OTLPEndpoint: *otlp,
	}
	if *tlsHosts != "" {
		config.TLSHosts = strings.Split(*tlsHosts, ",")
	}
	if endpoint, ok := env.lookup("OTEL_EXPORTER_OTLP_ENDPOINT"); ok && config.OTLPEndpoint == "" {
		config.OTLPEndpoint = endpoint
	}
	if *ephemeral {
		config.DataDir = ""
		if config.TLSDir == "" {
			config.TLSDir = filepath.Join(*data, "tls")
		}
	}
	if _, ok := env.lookup("GOGC"); !ok {
		debug.SetGCPercent(gcPercent)
	}
	server, err := cumulet.Open(ctx, config)
	if err != nil {
		return err
	}
	announce(env, server, config)
	return server.Wait()
}

// announce prints what a user has to know, the line that says that the server is ready first.
func announce(env environment, server *cumulet.Server, config cumulet.Config) {
	where := "in memory"
	if config.DataDir != "" {
		where = "in " + config.DataDir
	}
	fmt.Fprintf(env.stdout, "Cumulet %s is ready at %s (auth %s, state %s)\n", cumulet.Version, server.URL(), config.Auth, where)
	if path := server.CAPath(); path != "" {
		fmt.Fprintf(env.stdout, "Clients are to trust the CA in %s (AWS_CA_BUNDLE)\n", path)
	}
	if id, secret, ok := server.NewRoot(); ok {
		fmt.Fprintf(env.stdout, "Root credential, shown only now:\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", id, secret)
	}
}

func newLog(env environment, format, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	return telemetry.NewLogger(env.stderr, telemetry.Log{Format: format, Level: l})
}

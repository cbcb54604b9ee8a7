package cumulettest

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cumulet/cumulet"
)

// What calls of tests are made with.
const (
	Account = "000000000000"
	Region  = "us-east-1"
)

// Platform is a running platform.
type Platform struct {
	// URL is where clients reach the platform, through HTTP only.
	URL string
	// HTTP is a client that is connected to the platform, whatever host a URL names.
	HTTP *http.Client

	server *cumulet.Server
}

// Run calls fn in a bubble in which a platform runs. It fails the test if the platform logs an error.
func Run(t *testing.T, fn func(t *testing.T, p *Platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		fn(t, p)
	})
}

// start starts a platform that ends with the test.
func start(t *testing.T) *Platform {
	t.Helper()
	l := newListener()
	server, err := cumulet.Open(context.Background(), cumulet.Config{
		Listener: l, Log: slog.New(slog.NewTextHandler(logged{t}, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: l.dial}
	p := &Platform{URL: server.URL(), HTTP: &http.Client{Transport: transport}, server: server}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

// logged fails a test for what the platform logs.
type logged struct{ t *testing.T }

func (l logged) Write(line []byte) (int, error) {
	l.t.Errorf("the platform logged: %s", strings.TrimSpace(string(line)))
	return len(line), nil
}

// AWS returns the configuration of an official client that calls the platform.
func (p *Platform) AWS() aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &p.URL,
		HTTPClient:   p.HTTP,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
		RetryMaxAttempts: 1,
	}
}

// Close stops the platform, as a signal does. The end of the test does it too.
func (p *Platform) Close() error { return p.server.Close() }

// Call runs an operation without HTTP. Service is named as in the AWS SDK for Go, such as sqs; params and the result are the
// SDK's JSON.
func (p *Platform) Call(ctx context.Context, service, operation, params string) (string, error) {
	out, err := p.server.Call(ctx, Account, Region, service, operation, []byte(params))
	return string(out), err
}

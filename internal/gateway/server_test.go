package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/gateway"
)

// serve runs a server until the test ends, and returns its address.
func serve(t *testing.T, h http.Handler, tlsConfig *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gateway.NewServer(h, tlsConfig, slog.New(slog.DiscardHandler)).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

// TestHTTPVersions calls over HTTP/1.1 and HTTP/2, without and with TLS.
func TestHTTPVersions(t *testing.T) {
	h := newHarness(t, options{})
	dir := t.TempDir()
	config, caPath, err := gateway.LoadTLS(dir, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(caPath)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("%s holds no certificate", caPath)
	}
	plain, secure := serve(t, h.gateway, nil), serve(t, h.gateway, config)
	for _, c := range []struct {
		name, url string
		set       func(p *http.Protocols)
		want      int
	}{
		{"HTTP/1.1", "http://" + plain, func(p *http.Protocols) { p.SetHTTP1(true) }, 1},
		{"h2c", "http://" + plain, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, 2},
		{"HTTP/1.1 over TLS", "https://" + secure, func(p *http.Protocols) { p.SetHTTP1(true) }, 1},
		{"HTTP/2 over TLS", "https://" + secure, func(p *http.Protocols) { p.SetHTTP2(true) }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var speaks http.Protocols
			c.set(&speaks)
			transport := &http.Transport{Protocols: &speaks, TLSClientConfig: &tls.Config{RootCAs: roots}}
			defer transport.CloseIdleConnections()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader(goodMessage))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
			req.Header.Set("Content-Type", json10)
			req.Header.Set("Authorization", signedFor("sqs"))
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != 200 || resp.ProtoMajor != c.want || !strings.Contains(string(body), "MessageId") {
				t.Errorf("got %d %s in %s, %v", resp.StatusCode, body, resp.Proto, err)
			}
			if resp.Header.Get("Date") == "" || resp.Header.Get("Server") != "" {
				t.Errorf("headers %v: want a date and no server", resp.Header)
			}
		})
	}
}

// TestCAIsKept checks that clients have to be told of a CA once.
func TestCAIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	var files [3]string
	for i, at := range []time.Duration{0, time.Hour, 11 * 365 * 24 * time.Hour} {
		_, path, err := gateway.LoadTLS(dir, []string{"example.test", "10.0.0.1"}, time.Now().Add(at))
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = string(content)
	}
	if files[0] != files[1] || files[1] == files[2] {
		t.Error("the CA must be the same until it expires, and then another")
	}
	info, err := os.Stat(filepath.Join(dir, "ca.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v, %v; want 0600", info.Mode(), err)
	}
}

// pipes is a listener for one connection in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// connected serves h on one connection in a bubble and returns the client's end of it, and what ends the server.
func connected(t *testing.T, h http.Handler) (conn net.Conn, stop context.CancelFunc, ended chan error) {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() { ended <- gateway.NewServer(h, nil, slog.New(slog.DiscardHandler)).Serve(ctx, l) }()
	conn, server := net.Pipe()
	l.conns <- server
	return conn, stop, ended
}

const rawMessage = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Type: application/x-amz-json-1.0\r\n" +
	"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: 34\r\n\r\n"

// TestGracefulEnd stops a server while a call is running: the call's answer still arrives.
func TestGracefulEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, options{send: func(context.Context, *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
			time.Sleep(10 * time.Second)
			return &sqsapi.SendMessageOutput{MessageId: new("late")}, nil
		}})
		conn, stop, ended := connected(t, h.gateway)
		if _, err := io.WriteString(conn, rawMessage+goodMessage); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(body), "late") {
			t.Errorf("got %s, %v; want the answer", body, err)
		}
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// TestBoundedEnd stops a server while a call is running that does not end.
func TestBoundedEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, options{send: func(ctx context.Context, _ *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		conn, stop, ended := connected(t, h.gateway)
		if _, err := io.WriteString(conn, rawMessage+goodMessage); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		stop()
		if err := <-ended; err != nil || time.Since(start) != 25*time.Second {
			t.Errorf("Serve = %v after %v, want nil after 25s", err, time.Since(start))
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is still open")
		}
		synctest.Wait()
	})
}

// TestSlowClients have some of a request's bytes, and then no more.
func TestSlowClients(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		after      time.Duration
		status     int // 0 for a closed connection
	}{
		{"headers", "POST / HTTP/1.1\r\nHost: x\r\n", 10 * time.Second, 0},
		{"body", rawMessage + "{", time.Minute, 408},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, stop, ended := connected(t, newHarness(t, options{}).gateway)
				start := time.Now()
				if _, err := io.WriteString(conn, c.sent); err != nil {
					t.Fatal(err)
				}
				got := 0
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err == nil {
					got = resp.StatusCode
					resp.Body.Close()
				}
				if got != c.status {
					t.Errorf("got %d, %v; want %d", got, err, c.status)
				}
				if d := time.Since(start); d < c.after || d > c.after+time.Second {
					t.Errorf("it took %v, want %v", d, c.after)
				}
				_ = conn.Close() // so that the server need not wait
				stop()
				<-ended
			})
		})
	}
}

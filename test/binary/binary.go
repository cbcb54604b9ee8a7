// Package binary builds the real program and runs it for tests, as a process of its own on loopback.
package binary

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// ReadyTimeout is how long a start may take on a loaded machine.
const ReadyTimeout = 30 * time.Second

// Root returns the folder of the checkout.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

var built struct {
	once sync.Once
	path string
	err  error
}

// Build returns the path of the program: $CUMULET_BIN, or one that is built once a process.
func Build(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("CUMULET_BIN"); path != "" {
		return path
	}
	built.once.Do(func() { built.path, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

func build() (string, error) {
	path := filepath.Join(Root(), "bin", "cumulet-test")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/cumulet")
	cmd.Dir = Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// Process is a running server.
type Process struct {
	URL string // such as http://127.0.0.1:40123

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of Wait; readable once exited is closed
	mu     sync.Mutex
	output bytes.Buffer
}

var url = regexp.MustCompile(`https?://[0-9.]+:[0-9]+`)

// Start runs the program with "start" and args on a free port and returns once it is ready.
func Start(path string, env []string, args ...string) (*Process, error) {
	p := &Process{exited: make(chan struct{})}
	p.cmd = exec.Command(path, append([]string{"start", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = append(os.Environ(), env...)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.exited)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			fmt.Fprintln(p, lines.Text())
			if u := url.FindString(lines.Text()); u != "" {
				select {
				case ready <- u:
				default:
				}
			}
		}
		p.err = p.cmd.Wait()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), ReadyTimeout)
	defer cancel()
	select {
	case p.URL = <-ready:
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("the server ended before it was ready: %w\n%s", p.err, p.Output())
	case <-ctx.Done():
		p.Kill()
		return nil, fmt.Errorf("the server was not ready in %v\n%s", ReadyTimeout, p.Output())
	}
}

// Run starts a server for the length of a test.
func Run(t testing.TB, args ...string) *Process {
	t.Helper()
	p, err := Start(Build(t), nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("server's output:\n%s", p.Output())
		}
	})
	return p
}

// Write implements io.Writer for the server's output.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

// Output returns all that the server has printed so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.TrimSpace(p.output.String())
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the server at once, as kill -9 does, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// Stop asks the server to end and returns how it did.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	<-p.exited
	return p.err
}

var _ io.Writer = (*Process)(nil)

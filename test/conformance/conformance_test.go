// Package conformance runs official clients, and calls that were recorded from AWS, against the real program over a socket.
package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/test/binary"
)

// run runs a client of another language and shows what it printed. make setup-clients installs what it needs.
func run(t *testing.T, endpoint, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	if python := filepath.Join(binary.Root(), ".cache", "python", "bin", name); exists(python) {
		cmd = exec.CommandContext(t.Context(), python, args...)
	}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ENDPOINT="+endpoint, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"PATH="+filepath.Join(binary.Root(), ".cache", "python", "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestRecordedAnswers(t *testing.T) {
	p := binary.Run(t, "--ephemeral")
	traces, err := filepath.Glob("testdata/traces/*.json")
	if err != nil || len(traces) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	args := append([]string{
		"py/traces.py", "--endpoint", p.URL, "--models", filepath.Join(binary.Root(), "internal/api/models"),
		"--exceptions", "exceptions.txt", "--extras", "extras.json",
	}, traces...)
	t.Log(run(t, p.URL, ".", "python3", args...))
}

func TestBoto3(t *testing.T) {
	p := binary.Run(t, "--ephemeral")
	t.Log(run(t, p.URL, "py", "python3", "-m", "unittest", "clients_test"))
}

func TestCLI(t *testing.T) {
	p := binary.Run(t, "--ephemeral")
	t.Log(run(t, p.URL, ".", "cli/sqs.sh"))
}

func TestJavaScript(t *testing.T) {
	p := binary.Run(t, "--ephemeral")
	t.Log(run(t, p.URL, "js", "node", "--test", "clients.test.mjs"))
}

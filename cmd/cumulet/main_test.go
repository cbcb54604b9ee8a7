package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cumulet": main})
}

// TestScripts runs the program as users do. Besides testscript's own commands there are
//
//	up [flags]        starts a server on a free port; $URL is where
//	get path          prints the answer to GET $URL/path
//	call Target JSON  prints the answer to a call in AWS JSON; Target is as in X-Amz-Target, and LARGE in JSON is a text of 200,000 bytes
//	until text Target JSON
//	                  calls again and again until an answer holds the text
//	down              interrupts the server, which has to end well, and prints what it printed
//	crash             kills the server
//	ended             waits for the server to end by itself, which has to be with an error, and prints what it printed
//
// With $FILE_BLOCKS set, the server cannot write files of more blocks of 512 bytes.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			s := &server{}
			env.Values[serverKey{}] = s
			env.Defer(s.kill)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"up": up, "down": down, "crash": func(ts *testscript.TestScript, _ bool, _ []string) { of(ts).kill() },
			"get": get, "call": callTarget, "until": until, "ended": ended,
		},
	})
}

type serverKey struct{}

// server is a running program.
type server struct {
	cmd    *exec.Cmd
	output strings.Builder // standard output; readable once ended is closed
	errors strings.Builder // standard error, the same
	ended  chan struct{}
}

func of(ts *testscript.TestScript) *server { return ts.Value(serverKey{}).(*server) }

func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

var ready = regexp.MustCompile(`is ready at (\S+)`)

func up(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	s.output.Reset()
	s.errors.Reset()
	s.ended = make(chan struct{})
	bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)) // testscript puts the program first
	path := filepath.Join(bin, "cumulet")
	command := append([]string{path, "start", "--listen", "127.0.0.1:0"}, args...)
	if blocks := ts.Getenv("FILE_BLOCKS"); blocks != "" {
		command = append([]string{"sh", "-c", "ulimit -f " + blocks + `; exec "$@"`, "sh"}, command...)
	}
	s.cmd = exec.Command(command[0], command[1:]...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("WORK"), "XDG_DATA_HOME="+ts.Getenv("XDG_DATA_HOME"),
		"CUMULET_AUTH="+orLocal(ts.Getenv("CUMULET_AUTH")))
	s.cmd.Stderr = &s.errors
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	url := make(chan string, 1)
	go func() {
		defer close(s.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.output.WriteString(lines.Text() + "\n")
			if m := ready.FindStringSubmatch(lines.Text()); m != nil {
				url <- m[1]
			}
		}
		_ = s.cmd.Wait() // how it ended is in ProcessState
	}()
	select {
	case u := <-url:
		ts.Setenv("URL", u)
	case <-s.ended:
		ts.Fatalf("the server ended: %s%s", s.output.String(), s.errors.String())
	}
}

func orLocal(mode string) string {
	if mode == "" {
		return "local"
	}
	return mode
}

func down(ts *testscript.TestScript, neg bool, _ []string) {
	s := of(ts)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	<-s.ended
	if ok := s.cmd.ProcessState.Success(); ok == neg {
		ts.Fatalf("the server ended with %v: %s", s.cmd.ProcessState, s.errors.String())
	}
	s.print(ts)
}

func ended(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts)
	<-s.ended
	if code := s.cmd.ProcessState.ExitCode(); code != exitError {
		ts.Fatalf("the server ended with %v, want code %d", s.cmd.ProcessState, exitError)
	}
	s.print(ts)
}

// print prints what a server that has ended printed.
func (s *server) print(ts *testscript.TestScript) {
	s.cmd = nil
	_, err := io.WriteString(ts.Stdout(), s.output.String())
	ts.Check(err)
	_, err = io.WriteString(ts.Stderr(), s.errors.String())
	ts.Check(err)
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+args[0], nil)
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), do(ts, req))
	ts.Check(err)
}

func callTarget(ts *testscript.TestScript, _ bool, args []string) {
	_, err := io.WriteString(ts.Stdout(), post(ts, args[0], args[1]))
	ts.Check(err)
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	for range 100 {
		if strings.Contains(post(ts, args[1], args[2]), args[0]) {
			return
		}
	}
	ts.Fatalf("100 calls of %s: no answer holds %q", args[1], args[0])
}

// post makes a call in AWS JSON and returns its answer.
func post(ts *testscript.TestScript, target, params string) string {
	params = strings.ReplaceAll(params, "LARGE", strings.Repeat("x", 200_000))
	req, err := http.NewRequest(http.MethodPost, ts.Getenv("URL"), strings.NewReader(params))
	ts.Check(err)
	req.Header.Set("X-Amz-Target", target)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	return do(ts, req)
}

func do(ts *testscript.TestScript, req *http.Request) string {
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return string(body)
}

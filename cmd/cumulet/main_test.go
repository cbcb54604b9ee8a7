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
//	call Target JSON  prints the answer to a call in AWS JSON; Target is as in X-Amz-Target
//	down              interrupts the server, which has to end well, and prints what it printed
//	crash             kills the server
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
			"get": get, "call": callTarget,
		},
	})
}

type serverKey struct{}

// server is a running program.
type server struct {
	cmd    *exec.Cmd
	output strings.Builder
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
	s.ended = make(chan struct{})
	bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)) // testscript puts the program first
	path := filepath.Join(bin, "cumulet")
	s.cmd = exec.Command(path, append([]string{"start", "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("WORK"), "XDG_DATA_HOME="+ts.Getenv("XDG_DATA_HOME"),
		"CUMULET_AUTH="+orLocal(ts.Getenv("CUMULET_AUTH")))
	s.cmd.Stderr = os.Stderr
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
		ts.Fatalf("the server ended: %s", s.output.String())
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
		ts.Fatalf("the server ended with %v", s.cmd.ProcessState)
	}
	s.cmd = nil
	_, err := io.WriteString(ts.Stdout(), s.output.String())
	ts.Check(err)
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+args[0], nil)
	ts.Check(err)
	do(ts, req)
}

func callTarget(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodPost, ts.Getenv("URL"), strings.NewReader(args[1]))
	ts.Check(err)
	req.Header.Set("X-Amz-Target", args[0])
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	do(ts, req)
}

func do(ts *testscript.TestScript, req *http.Request) {
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	_, err = io.Copy(ts.Stdout(), resp.Body)
	ts.Check(err)
}

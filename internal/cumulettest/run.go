package cumulettest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/gateway"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts' steps answer into the scripts")

// Via is how a script's calls reach the platform.
type Via string

// All ways. The last two are for services that speak AWS JSON or Query, and whose names are the same on the wire.
const (
	Direct Via = "direct" // without HTTP
	JSON   Via = "json"   // as AWS JSON over HTTP
	Query  Via = "query"  // as a form over HTTP, answered in XML
)

// Scripts runs each script that pattern matches against a platform of its own, once for each way; only Direct when none is
// named. JSON comes before Query, which learns from it under which codes errors go there. The commands are
//
//	service Operation   calls an operation with the SDK's JSON
//	sleep 29s           lets time pass
//	as 111111111111 eu-west-1
//	                    makes the following calls in another account and region
//
// An error is answered as: error Code: message. With the flag -rewrite the first way writes the answers into the scripts.
func Scripts(t *testing.T, pattern string, via ...Via) {
	t.Helper()
	if len(via) == 0 {
		via = []Via{Direct}
	}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts match %s: %v", pattern, err)
	}
	codes := map[string]string{}
	for _, path := range paths {
		base := strings.TrimSuffix(filepath.Base(path), ".txt")
		for i, v := range via {
			t.Run(base+"/"+string(v), func(t *testing.T) { runFile(t, path, v, codes, *rewrite && i == 0) })
		}
	}
}

// runFile runs one script.
func runFile(t *testing.T, path string, via Via, codes map[string]string, update bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseScript(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	Run(t, func(t *testing.T, p *Platform) {
		r := &runner{p: p, via: via, names: newNames(time.Now()), account: Account, region: Region, codes: codes}
		for i := range s.steps {
			st := &s.steps[i]
			got, err := r.run(t.Context(), st)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, st.line, err)
			}
			if update {
				st.want = got
			} else if want := reformat(st.want); got != want {
				t.Errorf("%s:%d: %s: (-want +got)\n%s", path, st.line, strings.Join(st.command, " "), cmp.Diff(want, got))
			}
		}
	})
	if update && !t.Failed() {
		if err := os.WriteFile(path, []byte(s.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// reformat returns an expectation as answers are printed, so that its layout does not count.
func reformat(want string) string {
	if v, err := parseJSON(want); err == nil {
		return printJSON(v, "")
	}
	return want
}

// runner runs the steps of one script.
type runner struct {
	p               *Platform
	via             Via
	names           *names
	account, region string
	codes           map[string]string // of errors, by their codes in the Query protocol, as far as JSON has shown them
}

// run runs a step and returns its answer as the script shows it. An error is a mistake in the script.
func (r *runner) run(ctx context.Context, st *step) (string, error) {
	switch {
	case st.command[0] == "sleep" && len(st.command) == 2:
		d, err := time.ParseDuration(st.command[1])
		time.Sleep(d) // in the bubble's time
		return "", err
	case st.command[0] == "as" && len(st.command) == 3:
		r.account, r.region = st.command[1], st.command[2]
		return "", nil
	case len(st.command) != 2:
		return "", fmt.Errorf("cannot read the command %q", strings.Join(st.command, " "))
	}
	params := r.names.expand(st.params)
	if params == "" {
		params = "{}"
	}
	if _, err := parseJSON(params); err != nil {
		return "", fmt.Errorf("parameters: %w", err)
	}
	answer, code, message, err := r.call(ctx, st.command[0], st.command[1], params)
	switch {
	case err != nil:
		return "", err
	case code != "":
		return strings.TrimSpace("error " + code + ": " + r.names.message(message)), nil
	}
	v, err := parseJSON(answer)
	if err != nil {
		return "", fmt.Errorf("answer %s: %w", answer, err)
	}
	return printJSON(r.names.normalize("", v), ""), nil
}

// call makes a call the script's way. It returns the answer in JSON, or the code and message of an error.
func (r *runner) call(ctx context.Context, service, operation, params string) (answer, code, message string, err error) {
	switch r.via {
	case JSON:
		return r.callJSON(ctx, service, operation, params)
	case Query:
		return r.callQuery(ctx, service, operation, params)
	case Direct:
	}
	out, err := r.p.server.Call(ctx, r.account, r.region, service, operation, []byte(params))
	if err == nil {
		return string(out), "", "", nil
	}
	code, message = gateway.ErrorText(err)
	if code == "" {
		return "", "", "", err
	}
	return "", code, message, nil
}

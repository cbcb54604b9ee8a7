package wiretest_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
	"github.com/cumulet/cumulet/internal/wire/awsquery"
	"github.com/cumulet/cumulet/internal/wire/cbor"
	"github.com/cumulet/cumulet/internal/wire/restjson"
	"github.com/cumulet/cumulet/internal/wire/restxml"
	"github.com/cumulet/cumulet/internal/wire/wiretest"
)

var rewrite = flag.Bool("rewrite", false, "rewrite docs/protocol-vectors.md")

const vectorsDoc = "../../../docs/protocol-vectors.md"

var protocols = map[string]wire.Protocol{
	"json":               awsjson.Protocol{},
	"query":              awsquery.Protocol{},
	"rest-json":          restjson.Protocol{},
	"rest-xml":           restxml.Protocol{},
	"smithy-rpc-v2-cbor": cbor.Protocol{},
}

// tally counts the vectors of a file.
type tally struct{ passed, excepted, total int }

func TestVectors(t *testing.T) {
	cases, err := wiretest.Cases()
	if err != nil {
		t.Fatal(err)
	}
	unused := maps.Clone(wiretest.Exceptions)
	tallies := map[string]*tally{}
	var all tally
	for _, c := range cases {
		file, _, _ := strings.Cut(c.Name, ":")
		if tallies[file] == nil {
			tallies[file] = &tally{}
		}
		p := protocols[c.Protocol]
		if p == nil {
			continue
		}
		for _, n := range []*tally{tallies[file], &all} {
			n.total++
			if _, ok := wiretest.Exceptions[c.Name]; ok {
				n.excepted++
			}
		}
		err := c.Run(p)
		reason, excepted := wiretest.Exceptions[c.Name]
		delete(unused, c.Name)
		switch {
		case err != nil && !excepted:
			t.Errorf("%s: %v", c.Name, err)
		case err == nil && excepted:
			t.Errorf("%s passes, but is excepted: %s", c.Name, reason)
		case err == nil:
			tallies[file].passed++
			all.passed++
		}
	}
	for name := range unused {
		t.Errorf("%s is excepted, but there is no such vector", name)
	}
	t.Logf("protocol vectors: %d passed, %d excepted, %d in all", all.passed, all.excepted, all.total)
	if !t.Failed() {
		checkDoc(t, tallies, all)
	}
}

// checkDoc compares the page in docs with what was found, or writes it.
func checkDoc(t *testing.T, tallies map[string]*tally, all tally) {
	t.Helper()
	var b strings.Builder
	b.WriteString(docHead)
	for _, file := range slices.Sorted(maps.Keys(tallies)) {
		n := tallies[file]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", file, n.passed, n.excepted, n.total)
	}
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%d** |\n\n## Exceptions\n\n| vector | why it does not apply |\n|---|---|\n", all.passed, all.excepted, all.total)
	for _, name := range slices.Sorted(maps.Keys(wiretest.Exceptions)) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, wiretest.Exceptions[name])
	}
	if *rewrite {
		if err := os.WriteFile(vectorsDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(vectorsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(have)); diff != "" {
		t.Errorf("docs/protocol-vectors.md is out of date, run go test ./internal/wire/wiretest -rewrite (-want +got):\n%s", diff)
	}
}

const docHead = `# Protocol vectors

How each protocol does against botocore's language-neutral protocol tests, which lie in ` + "`internal/wire/wiretest/testdata`" + `.
A request must decode to exactly the input that the vector names; an output or error must encode to the status, headers and body of the
vector, compared by meaning. The 83 vectors of the EC2 protocol are left out, because no service here speaks it. This page is
written by ` + "`go test ./internal/wire/wiretest -rewrite`" + ` and checked by the same test.

| file | passed | excepted | in all |
|---|--:|--:|--:|
`

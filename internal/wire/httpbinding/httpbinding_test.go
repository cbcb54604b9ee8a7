package httpbinding

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/wire"
)

func TestLabel(t *testing.T) {
	tests := []struct {
		template, path, name, want string
		ok                         bool
	}{
		{"/{Bucket}/{Key+}", "/b/a/b%2Fc//d", "Key", "a/b/c//d", true},
		{"/{Bucket}/{Key+}?uploads", "/b/k+1%20", "Key", "k+1 ", true},
		{"/{Bucket}/{Key+}", "/b", "Key", "", false},
		{"/{Bucket}", "/", "Bucket", "", false},
		{"/a/{x+}/c/d", "/a/1/2/c/d", "x", "1/2", true},
		{"/a/{x+}/c/{y}", "/a/1/2/c/3", "y", "3", true},
		{"/2015-03-31/functions/{FunctionName}/invocations", "/2015-03-31/functions/f%3A1/invocations", "FunctionName", "f:1", true},
		{"/{a}/{b}", "/1/%zz", "b", "%zz", false},
		{"/{a}", "/1", "b", "", false},
	}
	for _, test := range tests {
		got, ok := label(test.template, test.path, test.name)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("label(%s, %s, %s) = %q, %t, want %q, %t", test.template, test.path, test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestSplitList(t *testing.T) {
	tests := []struct {
		text  string
		dates bool
		want  []string
	}{
		{`a, b ,c`, false, []string{"a", "b", "c"}},
		{`"b,c", "\"def\"", a`, false, []string{"b,c", `"def"`, "a"}},
		{`"open`, false, []string{"open"}},
		{`Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT`, true, []string{"Mon, 16 Dec 2019 23:48:18 GMT", "Tue, 17 Dec 2019 23:48:18 GMT"}},
		{``, false, nil},
	}
	for _, test := range tests {
		if got := splitList(test.text, test.dates); !slices.Equal(got, test.want) {
			t.Errorf("splitList(%s) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestPrefixHeaders(t *testing.T) {
	r := request{Request: &wire.Request{Header: http.Header{"X-Amz-Meta-Color": {"red"}, "X-Amz-Meta-": {"no"}, "X-Amz-Acl": {"no"}}}, tree: wire.NewTree(wire.Node{})}
	id := r.headers(&wire.Member{Wire: "x-amz-meta-"})
	if id == wire.NoNode || r.tree.Nodes[id].Len != 1 || r.tree.Child(id, "color") == wire.NoNode {
		t.Errorf("headers = %+v", r.tree.Nodes)
	}
	if id := r.headers(&wire.Member{Wire: "x-other-"}); id != wire.NoNode {
		t.Errorf("headers without any = %d, want none", id)
	}
}

// TestHeaderInjection makes sure that a value cannot add headers to an answer.
func TestHeaderInjection(t *testing.T) {
	b := binder{resp: &wire.Response{}}
	b.scalar(&wire.Member{Wire: "X-A", In: wire.InHeader, Of: &wire.Schema{}}, "a\r\nSet-Cookie: x=1\x00")
	if got := b.resp.Header.Get("X-A"); strings.ContainsAny(got, "\r\n\x00") {
		t.Errorf("header = %q", got)
	}
}

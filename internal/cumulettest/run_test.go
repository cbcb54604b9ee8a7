package cumulettest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScripts(t *testing.T) {
	Scripts(t, "testdata/errors.txt", Direct, JSON)
	Scripts(t, "testdata/story.txt", Direct, JSON, Query)
}

// TestScriptKeepsItsText checks that -rewrite changes nothing but answers.
func TestScriptKeepsItsText(t *testing.T) {
	const text = `# A story.

sqs SendMessage
{"QueueUrl": "q",
 "MessageBody": "x"}
----
{"MessageId": "<id 1>"}

sleep 1s
----

# The end.
`
	s, err := parseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, s.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := parseScript("sqs ListQueues\n{}\n"); err == nil {
		t.Error("a step without an answer: got no error")
	}
}

func TestNormalize(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	n := newNames(start)
	for _, c := range []struct{ in, want string }{
		{`{"MessageId": "01234567-89ab-cdef-0123-456789abcdef"}`, `{"MessageId": "<id 1>"}`},
		{`["fedcba98-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"]`, `["<id 2>", "<id 1>"]`},
		{`{"ReceiptHandle": "x+/y", "Other": "z"}`, `{"ReceiptHandle": "<handle 1>", "Other": "z"}`},
		{`{"Error": "The handle x+/y is gone."}`, `{"Error": "The handle <handle 1> is gone."}`},
		{`{"A": "946684829", "B": 946684800000, "C": "2000-01-01T01:00:00Z", "D": "7", "E": 000}`, ``},
		{
			`{"A": "946684829", "B": 946684800000, "C": "2000-01-01T01:00:00Z", "D": "7", "E": true}`,
			`{"A": "<+29s>", "B": "<+0s>", "C": "<+1h0m0s>", "D": "7", "E": true}`,
		},
	} {
		v, err := parseJSON(c.in)
		if (err != nil) != (c.want == "") {
			t.Fatalf("parse %s: %v", c.in, err)
		}
		if err != nil {
			continue
		}
		if got := printJSON(n.normalize("", v), ""); got != c.want {
			t.Errorf("normalize(%s) = %s, want %s", c.in, got, c.want)
		}
	}
	if got, want := n.expand(`{"H": "<handle 1>", "I": "<id 9>"}`), `{"H": "x+/y", "I": "<id 9>"}`; got != want {
		t.Errorf("expand = %s, want %s", got, want)
	}
	if got, want := n.expand(`{"Body": "<text 5>"}`), `{"Body": "xxxxx"}`; got != want {
		t.Errorf("expand = %s, want %s", got, want)
	}
	if got, want := n.text("Body", "xxxxx"), "<text 5>"; got != want {
		t.Errorf("text = %s, want %s", got, want)
	}
}

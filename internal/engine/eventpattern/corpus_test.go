package eventpattern_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// A recorded case is an event, a pattern, and what AWS's TestEventPattern answered; see testdata/README.md.
type recorded struct {
	Name    string
	Event   string
	Pattern string
	Expect  string
	Error   struct {
		Code       string
		Message    string
		MessageRaw string `json:"message_raw"`
	}
}

func readRecorded(t testing.TB) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/event_patterns.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// answer is what TestEventPattern answers: match, no_match, or an error's code and message.
func answer(event, pattern string) (result, message string) {
	p, err := eventpattern.Compile([]byte(pattern))
	if err != nil {
		return "InvalidEventPatternException", err.Error()
	}
	e, err := eventpattern.ParseEvent([]byte(event))
	if errors.Is(err, eventpattern.ErrInvalidEvent) {
		return "ValidationException", "Parameter Event is not valid."
	}
	if p.Match(e) {
		return "match", ""
	}
	return "no_match", ""
}

func TestRecordedAnswers(t *testing.T) {
	cases := readRecorded(t)
	if len(cases) != 107 {
		t.Fatalf("%d recorded cases, want 107", len(cases))
	}
	// Account-specific text in recorded messages is masked; the pattern that was sent is not.
	unmask := strings.NewReplacer("<partition>", "aws", "<region>", "us-east-1")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			result, message := answer(c.Event, c.Pattern)
			want, wantMessage := c.Expect, ""
			if c.Expect == "error" {
				want, wantMessage = c.Error.Code, c.Error.Message
				if c.Error.MessageRaw != "" {
					wantMessage = unmask.Replace(c.Error.MessageRaw)
				}
			}
			if result != want || message != wantMessage {
				t.Errorf("pattern %s\nanswers %s %q\nwant    %s %q", c.Pattern, result, message, want, wantMessage)
			}
		})
	}
}

// TestRecordedSourceFilters checks filters of event source mappings: which AWS took, and how many of two records it passed.
func TestRecordedSourceFilters(t *testing.T) {
	data, err := os.ReadFile("testdata/lambda_esm_filters.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Case, Filter string
		Valid        bool
		Events       []string
		Passed       int
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		p, err := eventpattern.Compile([]byte(c.Filter))
		if (err == nil) != c.Valid {
			t.Errorf("%s: Compile(%s) = %v, want valid: %t", c.Case, c.Filter, err, c.Valid)
		}
		passed := 0
		for _, source := range c.Events {
			if p.Match(parseEvent(t, source)) {
				passed++
			}
		}
		if passed != c.Passed {
			t.Errorf("%s: filter %s passed %d of %s, want %d", c.Case, c.Filter, passed, c.Events, c.Passed)
		}
	}
}

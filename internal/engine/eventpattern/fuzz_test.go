package eventpattern_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// agree makes patterns and events from a seed and requires that the engine, a Set under changes and the naive evaluator agree.
func agree(t *testing.T, seed uint64) (matches int) {
	t.Helper()
	g := newGenerator(seed)
	var set eventpattern.Set[int]
	patterns := map[int]*eventpattern.Pattern{}
	for round := range 3 {
		for i := range 8 {
			id := round*6 + i // some ids come twice
			p := randomPattern(t, g)
			patterns[id] = p
			set.Put(id, p)
		}
		id := g.IntN(20)
		delete(patterns, id)
		set.Remove(id)
		for range 4 {
			matches += agreeOn(t, &set, patterns, g.event())
		}
	}
	return matches
}

// randomPattern compiles a random pattern; the generator makes valid ones that may exceed limits.
func randomPattern(t *testing.T, g generator) *eventpattern.Pattern {
	t.Helper()
	for {
		source := g.pattern()
		p, err := eventpattern.Compile([]byte(source))
		if err == nil {
			return p
		}
		if !strings.Contains(err.Error(), "Rule is too complex") && !strings.Contains(err.Error(), "maximum of 1000") {
			t.Fatalf("Compile(%s) = %v", source, err)
		}
	}
}

func agreeOn(t *testing.T, set *eventpattern.Set[int], patterns map[int]*eventpattern.Pattern, source string) int {
	t.Helper()
	e, err := eventpattern.ParseEvent([]byte(source))
	if err != nil {
		t.Fatalf("ParseEvent(%s) = %v", source, err)
	}
	matched := set.Match(e, nil)
	if n := len(slices.Compact(slices.Sorted(slices.Values(matched)))); n != len(matched) {
		t.Errorf("Set.Match(%s) = %v, with repetitions", source, matched)
	}
	for id, p := range patterns {
		want := naiveMatch(t, p.String(), source)
		if got := p.Match(e); got != want {
			t.Errorf("pattern %s\nevent %s\nMatch = %t, want %t", p, source, got, want)
		}
		explained(t, p, e)
		if got := slices.Contains(matched, id); got != want {
			t.Errorf("pattern %s\nevent %s\nSet.Match found it: %t, want %t", p, source, got, want)
		}
	}
	for _, id := range matched {
		if patterns[id] == nil {
			t.Errorf("Set.Match(%s) found %d, which was removed", source, id)
		}
	}
	return len(matched)
}

// explained requires that an explanation agrees with Match and with itself.
func explained(t *testing.T, p *eventpattern.Pattern, e *eventpattern.Event) {
	t.Helper()
	x := eventpattern.Explain(p, e)
	nearest := x.Branches[0]
	fails := slices.IndexFunc(nearest.Conditions, func(c eventpattern.ConditionExplanation) bool {
		return c.Outcome > eventpattern.MetByAbsence
	})
	switch {
	case x.Matched != p.Match(e), x.Matched != nearest.Matched, x.Matched != (fails < 0):
		t.Errorf("pattern %s\nMatch = %t, explained as\n%s", p, p.Match(e), x)
	case fails >= 0 && nearest.Conditions[fails].Field != x.Field:
		t.Errorf("pattern %s\nfield %s decided, explained as\n%s", p, x.Field, x)
	}
	for _, b := range x.Branches {
		for _, c := range b.Conditions {
			if (c.Outcome == eventpattern.Met) != (c.By != "") {
				t.Errorf("pattern %s\ncondition on %s is %v by %q", p, c.Field, c.Outcome, c.By)
			}
		}
	}
}

func TestAgreement(t *testing.T) {
	const seeds = 40
	matches := 0
	for seed := range uint64(seeds) {
		matches += agree(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if matches < seeds {
		t.Errorf("only %d matches: the generator makes patterns and events that do not meet", matches)
	}
}

func FuzzAgreement(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { agree(t, seed) })
}

// FuzzCompile requires that no source makes the compiler fail other than by an *Error, and that what it accepts is used without
// trouble.
func FuzzCompile(f *testing.F) {
	for _, c := range readRecorded(f) {
		f.Add([]byte(c.Pattern), []byte(c.Event))
	}
	f.Fuzz(func(t *testing.T, pattern, event []byte) {
		p, err := eventpattern.Compile(pattern)
		if err != nil {
			if _, ok := errors.AsType[*eventpattern.Error](err); !ok {
				t.Errorf("Compile(%q) = %T", pattern, err)
			}
			return
		}
		e, err := eventpattern.ParseEvent(event)
		if err != nil {
			return
		}
		var set eventpattern.Set[string]
		set.Put("p", p)
		explained(t, p, e)
		if got := len(set.Match(e, nil)) == 1; got != p.Match(e) {
			t.Errorf("pattern %q event %q: Match = %t, Set says %t", pattern, event, p.Match(e), got)
		}
	})
}

// FuzzParseEvent requires that exactly the JSON objects are events.
func FuzzParseEvent(f *testing.F) {
	for _, c := range readRecorded(f) {
		f.Add([]byte(c.Event))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		_, err := eventpattern.ParseEvent(source)
		var object map[string]json.RawMessage
		want := json.Unmarshal(source, &object) == nil && object != nil
		if want && err != nil || !want && err == nil {
			t.Errorf("ParseEvent(%q) = %v, want an event: %t", source, err, want)
		}
	})
}

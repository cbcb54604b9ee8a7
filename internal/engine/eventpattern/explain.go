package eventpattern

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// An Outcome says how a condition fared.
type Outcome uint8

const (
	// Met means that a value was taken.
	Met Outcome = iota
	// MetByAbsence means that the field is absent, as exists false wants.
	MetByAbsence
	// Missing means that the event has nothing at the path.
	Missing
	// NotLeaf means that the event has an object at the path: only values inside it can be matched.
	NotLeaf
	// Different means that the event has values at the path, but no alternative takes one.
	Different
	// Present means that the field must be absent and is not.
	Present
	// OtherElement means that only elements of an array other than those that meet the conditions before would do.
	OtherElement
)

var outcomeTexts = [...]string{
	"met", "met: the field is absent", "the event has no such field", "the event has an object here; only fields inside it are compared",
	"no alternative takes the value", "the field is present", "the values lie in other elements of an array than those that meet the conditions before",
}

// String describes the outcome.
func (o Outcome) String() string { return outcomeTexts[o] }

// An Explanation says why an event meets a pattern or does not.
type Explanation struct {
	Matched bool
	// Field is the path of the field that decided against a match: the first that fails in the nearest branch. It has no meaning on
	// a match.
	Field string
	// Branches are the combinations that the pattern's $or makes, or the one if it has none; those nearest to a match come first.
	Branches []BranchExplanation
	// Omitted is how many further branches, none of them met, are not listed.
	Omitted int
}

// A BranchExplanation is about one branch: it is met if all its conditions are.
type BranchExplanation struct {
	Matched    bool
	Conditions []ConditionExplanation // by path
}

// A ConditionExplanation is about one field of a pattern.
type ConditionExplanation struct {
	Field   string
	Outcome Outcome
	// Wanted are the alternatives as the pattern has them, in JSON.
	Wanted []string
	// Value and By are, if the outcome is Met, the event's value in JSON and the alternative that took it.
	Value, By string
	// Values are the event's values at the path in JSON, at most 8; More is how many others there are.
	Values []string
	More   int
}

// Explain says which fields of e meet which conditions of p. Its Matched is what p.Match(e) returns. It costs much more than Match.
func Explain(p *Pattern, e *Event) Explanation {
	x := Explanation{Matched: p.Match(e)}
	for _, b := range p.branches {
		x.Branches = append(x.Branches, explainBranch(b, e))
	}
	slices.SortStableFunc(x.Branches, func(a, b BranchExplanation) int { return cmp.Compare(a.failures(), b.failures()) })
	if n := len(x.Branches) - maxExplainedBranches; n > 0 {
		x.Branches, x.Omitted = x.Branches[:maxExplainedBranches], n
	}
	if !x.Matched {
		conditions := x.Branches[0].Conditions
		x.Field = conditions[slices.IndexFunc(conditions, ConditionExplanation.failed)].Field
	}
	return x
}

func (c ConditionExplanation) failed() bool { return c.Outcome > MetByAbsence }

func (b BranchExplanation) failures() int {
	n := 0
	for _, c := range b.Conditions {
		if c.failed() {
			n++
		}
	}
	return n
}

func explainBranch(b branch, e *Event) BranchExplanation {
	var s solver
	fieldsAt := func(c *condition, dst []int32) []int32 { return c.atPath(e, dst) }
	x := BranchExplanation{Matched: true}
	for _, c := range b {
		// The conditions up to this one, as far as they are met, decide which array elements are left.
		consistent := s.meets(e, append(met(b, x.Conditions), c), fieldsAt)
		x.Conditions = append(x.Conditions, explainCondition(c, e, s.array, consistent))
		x.Matched = x.Matched && consistent
	}
	if x.Matched && s.meets(e, b, fieldsAt) {
		for i, c := range b { // with the elements that meet all conditions
			x.Conditions[i] = explainCondition(c, e, s.array, true)
		}
	}
	return x
}

// met returns the conditions that are explained as met.
func met(b branch, explained []ConditionExplanation) branch {
	var m branch
	for i, c := range explained {
		if !c.failed() {
			m = append(m, b[i])
		}
	}
	return m
}

// explainCondition explains c. If it is met, s holds the chosen array elements.
func explainCondition(c *condition, e *Event, s *arraySolver, met bool) ConditionExplanation {
	x := ConditionExplanation{Field: c.path, Outcome: Missing}
	for i := range c.tests {
		x.Wanted = append(x.Wanted, c.tests[i].source)
	}
	taken := false
	fields := c.atPath(e, nil)
	for _, i := range fields {
		f := &e.fields[i]
		if len(x.Values) < maxExplainedValues {
			x.Values = append(x.Values, f.json())
		} else {
			x.More++
		}
		by := slices.IndexFunc(c.tests, func(t test) bool { return t.take(f) })
		taken = taken || by >= 0
		if by >= 0 && met && x.By == "" && s.consistent(f.node) {
			x.Value, x.By = f.json(), c.tests[by].source
		}
	}
	switch {
	case met && x.By != "":
		x.Outcome = Met
	case met:
		x.Outcome = MetByAbsence
	case taken:
		x.Outcome = OtherElement
	case len(fields) > 0 && c.absent && len(c.tests) == 1:
		x.Outcome = Present
	case len(fields) > 0:
		x.Outcome = Different
	case e.hasBelow(c.path):
		x.Outcome = NotLeaf
	}
	return x
}

// json returns the field's value as JSON.
func (f *field) json() string {
	if f.kind == String {
		return string(appendQuoted(nil, f.value))
	}
	return string(f.value)
}

// hasBelow reports whether the event has a field inside path.
func (e *Event) hasBelow(path string) bool {
	return slices.ContainsFunc(e.fields, func(f field) bool {
		return len(f.path) > len(path) && string(f.path[:len(path)]) == path && f.path[len(path)] == '.'
	})
}

// String writes the explanation as text of several lines.
func (x Explanation) String() string {
	var w strings.Builder
	if x.Matched {
		w.WriteString("matched\n")
	} else {
		w.WriteString("not matched because of " + x.Field + "\n")
	}
	for i, b := range x.Branches {
		if len(x.Branches)+x.Omitted > 1 {
			w.WriteString("alternative " + strconv.Itoa(i+1) + ": ")
			if b.Matched {
				w.WriteString("met\n")
			} else {
				w.WriteString("not met\n")
			}
		}
		for _, c := range b.Conditions {
			c.write(&w)
		}
	}
	if x.Omitted > 0 {
		w.WriteString(strconv.Itoa(x.Omitted) + " more alternatives, not met\n")
	}
	return w.String()
}

func (c ConditionExplanation) write(w *strings.Builder) {
	mark := "  ok   "
	if c.failed() {
		mark = "  FAIL "
	}
	w.WriteString(mark + c.Field + ": ")
	switch c.Outcome {
	case Met:
		w.WriteString(c.Value + " is taken by " + c.By)
	case MetByAbsence, Present:
		w.WriteString(c.Outcome.String())
	default:
		w.WriteString(c.Outcome.String() + "; wanted " + strings.Join(c.Wanted, " or "))
	}
	if c.failed() && len(c.Values) > 0 {
		w.WriteString("; got " + strings.Join(c.Values, ", "))
		if c.More > 0 {
			w.WriteString(" and " + strconv.Itoa(c.More) + " more")
		}
	}
	w.WriteByte('\n')
}

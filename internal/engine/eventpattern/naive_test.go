package eventpattern_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This file is a second, slow evaluator of valid patterns that is meant to be obviously correct: it decodes with encoding/json,
// compares numbers as fractions, turns wildcards into regular expressions, and tries every combination of leaves.

// An object is a JSON object with its members in order, repetitions included.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool or nil
}

func decode(t testing.TB, source string) object {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(source))
	d.UseNumber()
	v, ok := decodeValue(t, d).(object)
	if !ok {
		t.Fatalf("%s is not an object", source)
	}
	return v
}

func decodeValue(t testing.TB, d *json.Decoder) any {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name := decodeValue(t, d).(string)
			o = append(o, member{name, decodeValue(t, d)})
		}
		_, _ = d.Token()
		return o
	case json.Delim('['):
		a := []any{}
		for d.More() {
			a = append(a, decodeValue(t, d))
		}
		_, _ = d.Token()
		return a
	}
	return token
}

// A leaf is a scalar of an event with the elements of arrays that it lies in: array number to element number.
type leaf struct {
	path   string
	value  any
	within map[int]int
}

type flattener struct {
	leaves []leaf
	arrays int
}

func (f *flattener) walk(path string, v any, within map[int]int) {
	switch v := v.(type) {
	case object:
		for _, m := range v {
			f.walk(path+"."+m.name, m.value, within)
		}
	case []any:
		f.arrays++
		self := f.arrays
		for i, element := range v {
			inner := within
			switch element.(type) {
			case object, []any:
				inner = maps.Clone(within)
				inner[self] = i
			}
			f.walk(path, element, inner)
		}
	default:
		f.leaves = append(f.leaves, leaf{path, v, within})
	}
}

// expand returns the branches of a pattern: path to alternatives.
func expand(o object, path string, branches []map[string][]any) []map[string][]any {
	for _, m := range o {
		if m.name == "$or" {
			var all []map[string][]any
			for _, alternative := range m.value.([]any) {
				var copies []map[string][]any
				for _, b := range branches {
					copies = append(copies, maps.Clone(b))
				}
				all = append(all, expand(alternative.(object), path, copies)...)
			}
			branches = all
			continue
		}
		switch v := m.value.(type) {
		case object:
			branches = expand(v, path+"."+m.name, branches)
		case []any:
			for _, b := range branches {
				b[path+"."+m.name] = v
			}
		}
	}
	return branches
}

// naiveMatch evaluates a valid pattern.
func naiveMatch(t testing.TB, pattern, event string) bool {
	t.Helper()
	var f flattener
	f.walk("", decode(t, event), map[int]int{})
	for _, branch := range expand(decode(t, pattern), "", []map[string][]any{{}}) {
		if naiveBranch(branch, slices.Sorted(maps.Keys(branch)), f.leaves, map[int]int{}) {
			return true
		}
	}
	return false
}

// naiveBranch tries all ways to meet the conditions at paths, given the array elements chosen before.
func naiveBranch(branch map[string][]any, paths []string, leaves []leaf, chosen map[int]int) bool {
	if len(paths) == 0 {
		return true
	}
	present := false
	for _, l := range leaves {
		if l.path != paths[0] || !compatible(chosen, l.within) {
			continue
		}
		present = true
		if !slices.ContainsFunc(branch[paths[0]], func(alternative any) bool { return naiveTake(alternative, l.value) }) {
			continue
		}
		merged := maps.Clone(chosen)
		maps.Copy(merged, l.within)
		if naiveBranch(branch, paths[1:], leaves, merged) {
			return true
		}
	}
	if present {
		return false
	}
	for _, alternative := range branch[paths[0]] {
		if o, ok := alternative.(object); ok && o[0].name == "exists" && o[0].value == false {
			return naiveBranch(branch, paths[1:], leaves, chosen)
		}
	}
	return false
}

func compatible(a, b map[int]int) bool {
	for array, element := range b {
		if e, ok := a[array]; ok && e != element {
			return false
		}
	}
	return true
}

func naiveTake(alternative, value any) bool {
	o, ok := alternative.(object)
	if !ok {
		return naiveEqual(alternative, value, true)
	}
	operand := o[0].value
	s, isString := value.(string)
	switch o[0].name {
	case "exactly":
		return naiveEqual(operand, value, false)
	case "exists":
		return operand == true
	case "prefix", "suffix", "equals-ignore-case", "wildcard", "cidr":
		return isString && naiveTakeString(o[0].name, operand, s)
	case "numeric":
		n, ok := value.(json.Number)
		return ok && naiveNumeric(operand.([]any), n)
	case "anything-but":
		inner, ok := operand.(object)
		if !ok {
			return !slices.ContainsFunc(list(operand), func(x any) bool { return naiveEqual(x, value, false) })
		}
		return !slices.ContainsFunc(list(inner[0].value), func(x any) bool {
			return isString && naiveTakeString(inner[0].name, x, s)
		})
	}
	panic("unknown expression " + o[0].name)
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func naiveEqual(pattern, value any, addresses bool) bool {
	switch p := pattern.(type) {
	case string:
		v, ok := value.(string)
		if a, isAddr := naiveAddr(p); ok && addresses && isAddr {
			b, isAddr := naiveAddr(v)
			return isAddr && a == b
		}
		return ok && v == p
	case json.Number:
		v, ok := value.(json.Number)
		if !ok {
			return false
		}
		a, ok := fraction(p)
		if !ok {
			return p == v
		}
		b, ok := fraction(v)
		return ok && a.Cmp(b) == 0
	}
	return pattern == value
}

// naiveAddr knows only the forms that the generator makes.
func naiveAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

// fraction is the value of a number that a float64's shortest decimal form writes exactly.
func fraction(n json.Number) (*big.Rat, bool) {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, false
	}
	exact, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil, false
	}
	shortest, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return exact, exact.Cmp(shortest) == 0
}

func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func naiveTakeString(kind string, operand any, s string) bool {
	text, plain := operand.(string)
	if !plain {
		text, s = fold(operand.(object)[0].value.(string)), fold(s)
	}
	switch kind {
	case "prefix":
		return strings.HasPrefix(s, text)
	case "suffix":
		return strings.HasSuffix(s, text)
	case "equals-ignore-case":
		return fold(s) == fold(text)
	case "wildcard":
		return wildcardRegexp(text).MatchString(s)
	}
	a, ok := naiveAddr(s)
	return ok && netip.MustParsePrefix(text).Contains(a)
}

func wildcardRegexp(text string) *regexp.Regexp {
	var b bytes.Buffer
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*':
			b.WriteString(`.*`)
		case '\\':
			i++
			b.WriteString(regexp.QuoteMeta(text[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(text[i : i+1]))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func naiveNumeric(terms []any, value json.Number) bool {
	v, ok := fraction(value)
	if !ok {
		return false
	}
	for i := 0; i < len(terms); i += 2 {
		bound, _ := fraction(terms[i+1].(json.Number))
		c := v.Cmp(bound)
		met := map[string]bool{"=": c == 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}
		if !met[terms[i].(string)] {
			return false
		}
	}
	return true
}

func TestNaiveAgreesWithRecordedAnswers(t *testing.T) {
	n := 0
	for _, c := range readRecorded(t) {
		if c.Expect == "error" {
			continue
		}
		n++
		if got := naiveMatch(t, c.Pattern, c.Event); got != (c.Expect == "match") {
			t.Errorf("%s: naive evaluator says %t, AWS %s", c.Name, got, c.Expect)
		}
	}
	t.Logf("%d cases", n)
}

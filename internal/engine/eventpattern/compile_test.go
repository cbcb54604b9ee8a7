package eventpattern_test

import (
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// TestErrors checks reasons and places. Texts and columns follow event-ruler's tests and the recorded answers.
func TestErrors(t *testing.T) {
	tests := []struct{ name, pattern, reason, at string }{
		{"empty", ``, "Filter is not an object", "1:1"},
		{"array", `[1]`, "Filter is not an object", "1:2"},
		{"empty object", `{}`, "Empty objects are not allowed", "1:3"},
		{"nested empty object", `{"a": {}}`, "Empty objects are not allowed", "1:9"},
		{"empty array", `{"a": []}`, "Empty arrays are not allowed", "1:9"},
		{"scalar", `{"a": "b"}`, `"a" must be an object or an array`, "1:8"},
		{"scalar number", `{"a": 123}`, `"a" must be an object or an array`, "1:10"},
		{"scalar in a later line", "{\n  \"d\": {\n    \"slug\": \"x\"\n}}", `"slug" must be an object or an array`, "3:14"},
		{"nested array", `{"a": [[1]]}`, "Match value must be String, number, true, false, or null", "1:9"},
		{"no expression", `{"a": [{}]}`, "Match expression name not found", "1:10"},
		{"unknown expression", `{"a": [{"like": "x"}]}`, "Unrecognized match type like", "1:18"},
		{"two keys", `{"a": [{"prefix": "x", "suffix": "y"}]}`, "Only one key allowed in match expression", "1:35"},
		{"exactly number", `{"a": [{"exactly": 1}]}`, "exact match pattern must be a string", "1:21"},
		{"exists", `{"a": [{"exists": "true"}]}`, "exists match pattern must be either true or false.", "1:20"},
		{"fold number", `{"a": [{"equals-ignore-case": 1}]}`, "equals-ignore-case match pattern must be a string", "1:32"},
		{"prefix object", `{"a": [{"prefix": {"wildcard": "x"}}]}`, "Unsupported prefix pattern: wildcard", "1:33"},
		{"prefix empty object", `{"a": [{"prefix": {}}]}`, "Prefix expression name not found", "1:21"},
		{"suffix fold number", `{"a": [{"suffix": {"equals-ignore-case": 1}}]}`, "equals-ignore-case match pattern must be a string", "1:43"},
		{"anything-but null", `{"a": [{"anything-but": null}]}`, "Value of anything-but must be an array or single string/number value.", "1:29"},
		{"anything-but object", `{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}`, "Unsupported anything-but pattern: cidr", "1:35"},
		{"anything-but empty object", `{"a": [{"anything-but": {}}]}`, "Anything-But expression name not found", "1:27"},
		{"anything-but mixed", `{"a": [{"anything-but": [1, "x"]}]}`, "Inside anything but list, either all values are number or string, mixed type is not supported", "1:33"},
		{"anything-but empty list", `{"a": [{"anything-but": []}]}`, "Inside anything but list, either all values are number or string, mixed type is not supported", "1:27"},
		{"anything-but two keys", `{"a": [{"anything-but": {"prefix": "x", "suffix": "y"}}]}`, "Too many elements in numeric expression", "1:52"},
		{"anything-but fold empty prefix", `{"a": [{"anything-but": {"prefix": ""}}]}`, "Null prefix/suffix not allowed", "1:38"},
		{"anything-but wildcard", `{"a": [{"anything-but": {"wildcard": "a**"}}]}`, "Consecutive wildcard characters at pos 2", "1:43"},
		{"anything-but wildcard list", `{"a": [{"anything-but": {"wildcard": ["x", "a**"]}}]}`, "Consecutive wildcard characters at pos 2", "1:50"},
		{"numeric without operator", `{"a": [{"numeric": [1]}]}`, "Invalid member in numeric match: 1", "1:22"},
		{"numeric empty", `{"a": [{"numeric": []}]}`, "Invalid member in numeric match: ]", "1:22"},
		{"numeric operator", `{"a": [{"numeric": ["<>", 1]}]}`, "Unrecognized numeric range operator: <>", "1:28"},
		{"numeric equals string", `{"a": [{"numeric": ["=", "1"]}]}`, "Value of equals must be numeric", "1:27"},
		{"numeric equals two", `{"a": [{"numeric": ["=", 1, "<", 2]}]}`, "Too many elements in numeric expression", "1:30"},
		{"numeric upper first", `{"a": [{"numeric": ["<", 5, ">", 2]}]}`, "Too many elements in numeric expression", "1:30"},
		{"numeric second value", `{"a": [{"numeric": [">", 1, 2]}]}`, "Bad value in numeric range: 2", "1:30"},
		{"numeric three terms", `{"a": [{"numeric": [">", 1, "<", 2, "<"]}]}`, "Too many terms in numeric range expression", "1:38"},
		{"numeric upside down", `{"a": [{"numeric": [">", 5, "<", 5]}]}`, "Bottom must be less than top", "1:36"},
		{"numeric not comparable", `{"a": [{"numeric": ["=", 12345678901234567890]}]}`, "Cannot compare number : 12345678901234567890", "1:47"},
		{"anything-but not comparable", `{"a": [{"anything-but": 12345678901234567890}]}`, "Cannot compare number : 12345678901234567890", ""},
		{"wildcard escape", `{"key": [{"wildcard": "a*c\\def"}]}`, `Invalid escape character at pos 4`, "1:33"},
		{"wildcard escape at the end", `{"key": [{"wildcard": "abc\\"}]}`, `Invalid escape character at pos 4`, "1:30"},
		{"wildcard number", `{"key": [{"wildcard": 1}]}`, "wildcard match pattern must be a string", "1:24"},
		{"cidr mask 4", `{"a": [{"cidr": "10.0.0.0/32"}]}`, "IPv4 mask bits must be < 32", ""},
		{"cidr mask 6", `{"a": [{"cidr": "::/128"}]}`, "IPv6 mask bits must be < 128", ""},
		{"cidr mask negative", `{"a": [{"cidr": "10.0.0.0/-1"}]}`, "Malformed CIDR, mask bits must not be negative", ""},
		{"cidr address", `{"a": [{"cidr": "10.0.0.256/8"}]}`, "Invalid IP address: 10.0.0.256", ""},
		{"or object", `{"$or": {"a": [1]}}`, "It must be an Array followed with $or.", "1:10"},
		{"or one", `{"$or": [{"a": [1]}]}`, "There must have at least 2 Objects in $or relationship.", "1:21"},
		{"or scalar", `{"$or": [{"a": [1]}, 2]}`, "Only JSON object is allowed in array of $or relationship.", "1:23"},
		{"or reserved", `{"$or": [{"a": [1]}, {"prefix": [2]}]}`, "prefix is Ruler reserved fieldName which cannot be used inside $or.", "1:34"},
		{"or empty", `{"$or": [{"a": [1]}, {}]}`, "Empty objects are not allowed", "1:24"},

		{"unclosed", `{"a": [1]`, `Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"a": [1]"; line: 1, column: 1])`, "1:10"},
		{"unclosed array", `{"a": [1`, `Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"{"a": [1"; line: 1, column: 7])`, "1:9"},
		{"unclosed string", `{"a": ["x`, "Unexpected end-of-input: was expecting closing quote for a string value", "1:10"},
		{"unclosed name", `{"a`, "Unexpected end-of-input in field name", "1:4"},
		{"after colon", `{"a":`, "Unexpected end-of-input within/between Object entries", "1:6"},
		{"after comma", `{"a": [1,`, "Unexpected end-of-input within/between Array entries", "1:10"},
		{"wrong closer", `{"a": [1}`, `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a": [1}"; line: 1, column: 7])`, "1:9"},
		{"trailing comma", `{"a": [1,]}`, "Unexpected character (']' (code 93)): expected a value", "1:10"},
		{"trailing comma in an object", `{"a": [1],}`, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", "1:11"},
		{"no comma", `{"a": [1 2]}`, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", "1:10"},
		{"no colon", `{"a" [1]}`, "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value", "1:6"},
		{"half a word", `{"a": [tru]}`, "Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "1:11"},
		{"strange value", `{"a": [?]}`, "Unexpected character ('?' (code 63)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "1:8"},
		{"leading zero", `{"a": [01]}`, "Invalid numeric value: Leading zeroes not allowed", "1:9"},
		{"minus", `{"a": [-]}`, "Unexpected character (']' (code 93)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value", "1:9"},
		{"point", `{"a": [1.]}`, "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit", "1:10"},
		{"exponent", `{"a": [1e]}`, "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit", "1:10"},
		{"escape", `{"a": ["\x"]}`, "Unrecognized character escape 'x' (code 120)", "1:10"},
		{"hex escape", `{"a": ["\u00g0"]}`, "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence", "1:13"},
		{"control character", "{\"a\": [\"\t\"]}", "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value", "1:9"},
		{"column in UTF-16", `{"ä🚀": 1}`, "\"ä🚀\" must be an object or an array", "1:10"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := eventpattern.Compile([]byte(test.pattern))
			if err == nil {
				t.Fatalf("Compile(%s) succeeds", test.pattern)
			}
			want := "Event pattern is not valid. Reason: " + test.reason
			if line, column, ok := strings.Cut(test.at, ":"); ok {
				want += "\n at [Source: (String)\"" + escapeControls(test.pattern) + "\"; line: " + line + ", column: " + column + "]"
			}
			if err.Error() != want {
				t.Errorf("Compile(%s) =\n%s\nwant\n%s", test.pattern, err, want)
			}
		})
	}
}

func escapeControls(s string) string { return strings.ReplaceAll(s, "\t", `\u0009`) }

func TestErrorsQuoteLongPatternsInPart(t *testing.T) {
	pattern := `{"a": ["` + strings.Repeat("x", 600) + `"], "b": 1}`
	_, err := eventpattern.Compile([]byte(pattern))
	want := "\n at [Source: (String)\"" + pattern[:500] + "\"[truncated 119 chars]; line: 1, column: 619]"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error ends in\n%v\nwant\n%s", err, want)
	}
}

// Errors inside lists of anything-but show their place twice.
func TestErrorsInListsAreDoubled(t *testing.T) {
	for _, list := range []string{`[null]`, `["x", true]`, `[["x"]]`, `{"prefix": [1]}`, `{"suffix": ["", "x"]}`, `{"equals-ignore-case": [{}]}`} {
		_, err := eventpattern.Compile([]byte(`{"a": [{"anything-but": ` + list + `}]}`))
		if err == nil || strings.Count(err.Error(), "\n at [Source: ") != 2 {
			t.Errorf("anything-but %s: %v, want two places", list, err)
		}
	}
}

func TestCombinations(t *testing.T) {
	// or returns a $or of n alternatives on one field.
	or := func(name string, n int) string {
		alternatives := strings.Repeat(`{"`+name+`":[1]},`, n)
		return `"$or":[` + strings.TrimSuffix(alternatives, ",") + `]`
	}
	for _, test := range []struct {
		pattern string
		valid   bool
	}{
		{`{` + or("a", 1000) + `}`, true},
		{`{` + or("a", 1001) + `}`, false},
		{`{"x":{` + or("a", 10) + `},"y":{` + or("b", 10) + `},"z":{` + or("c", 10) + `}}`, true},
		{`{"x":{` + or("a", 10) + `},"y":{` + or("b", 10) + `},"z":{` + or("c", 11) + `}}`, false},
	} {
		if _, err := eventpattern.Compile([]byte(test.pattern)); (err == nil) != test.valid {
			t.Errorf("Compile of %d bytes = %v, want valid: %t", len(test.pattern), err, test.valid)
		}
	}
}

func TestComplexity(t *testing.T) {
	for _, test := range []struct {
		expressions string
		valid       bool
	}{
		{`{"wildcard":"*"}`, true},
		{`{"wildcard":"*:*:*:*:event-bus/*"}`, true},    // in 8 prefixes behind ::::
		{`{"wildcard":"*:*:*:*:*:event-bus/*"}`, false}, // in 10
		{`{"wildcard":"` + strings.Repeat("a", 300) + `"}`, true},
		{`{"wildcard":"*` + strings.Repeat("a", 9) + `"}`, false},
		{`{"wildcard":"*abcdefghijklmnop*qrstuvwxyz*0123456789*"}`, true},
		{`{"anything-but":{"wildcard":"*:*:*:*:*:event-bus/*"}}`, false},
		{`{"wildcard":"*a"},{"wildcard":"*b"},{"wildcard":"*a"}`, true},
	} {
		_, err := eventpattern.Compile([]byte(`{"a":[` + test.expressions + `]}`))
		if (err == nil) != test.valid || err != nil && !strings.Contains(err.Error(), "Reason: Rule is too complex") {
			t.Errorf("%s: %v, want valid: %t", test.expressions, err, test.valid)
		}
	}
}

func TestDeepNesting(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"a":`, n) + `[1]` + strings.Repeat("}", n)
	}
	if _, err := eventpattern.Compile([]byte(nested(999))); err != nil {
		t.Errorf("999 levels: %v", err)
	}
	if _, err := eventpattern.Compile([]byte(nested(1000))); err == nil {
		t.Error("1000 levels around an array are taken")
	}
	if _, err := eventpattern.ParseEvent([]byte(nested(999))); err != nil {
		t.Errorf("event of 999 levels: %v", err)
	}
	if _, err := eventpattern.ParseEvent([]byte(nested(1000))); err == nil {
		t.Error("an event of 1000 levels around an array is taken")
	}
	if _, err := eventpattern.Compile([]byte(`{"a":["` + strings.Repeat("x", 256<<10) + `"]}`)); err == nil {
		t.Error("a pattern above 256 KiB is taken")
	}
}

package eventpattern_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// TestRecordedFilterPolicies compiles filter policies that were sent to SNS; Reason is empty for those that it took.
func TestRecordedFilterPolicies(t *testing.T) {
	data, err := os.ReadFile("testdata/sns_filter_policies.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Case, Policy, Scope, Reason string }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		dialect := eventpattern.SNSAttributes
		if c.Scope == "MessageBody" {
			dialect = eventpattern.SNSBody
		}
		reason := refusal(t, dialect, c.Policy)
		if reason != c.Reason {
			t.Errorf("%s: policy %s on %s\nrefused for %q\nwant        %q", c.Case, c.Policy, c.Scope, reason, c.Reason)
		}
	}
}

// refusal returns why a policy does not compile, "" if it does.
func refusal(t *testing.T, d eventpattern.Dialect, policy string) string {
	t.Helper()
	_, err := eventpattern.CompileAs(d, []byte(policy))
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*eventpattern.Error](err)
	if !ok {
		t.Fatalf("CompileAs(%s) = %T", policy, err)
	}
	return e.Reason
}

func TestFilterPolicyBounds(t *testing.T) {
	const attributes, body = eventpattern.SNSAttributes, eventpattern.SNSBody
	for _, test := range []struct {
		dialect eventpattern.Dialect
		policy  string
		reason  string
	}{
		{attributes, `{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"]}`, ""},
		{attributes, `{"a":{"b":["x"]}}`, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{attributes, `{"a.b":["x"]}`, ""},
		{body, `{"a":{"b":["x"]}}`, ""},
		{body, `{"a":{"1":[1],"2":[1],"3":[1],"4":[1],"5":[1],"6":[1]}}`, ""}, // one outermost key; 2⁶ combinations
		{body, `{"a":{"1":[1],"2":[1],"3":[1],"4":[1],"5":[1],"6":[1],"7":[1],"8":[1]}}`, "Filter policy is too complex"},
		{body, `{"1":[1],"2":[1],"3":[1],"4":[1],"5":[1],"6":[1]}`, "Filter policy can not have more than 5 keys"},
		{attributes, `{"a":[{"numeric":["<",1e9]}]}`, ""},
		{attributes, `{"a":[{"numeric":["<",1000000001]}]}`, "Value must be between -1.0E9 and 1.0E9, inclusive"},
		{attributes, `{"a":[{"numeric":[">=",-1e10]}]}`, "Value must be between -1.0E9 and 1.0E9, inclusive"},
		{attributes, `{"$or":["x"]}`, ""},
		{attributes, `{"$or":[{"prefix":"x"},{"suffix":"y"}]}`, ""},
		{attributes, ` { "a" : "x" } `, "\"a\" must be an object or an array\n at [Source: (String)\"{\"a\":\"x\"}\"; line: 1, column: 7]"},
	} {
		reason := refusal(t, test.dialect, test.policy)
		if reason != test.reason {
			t.Errorf("CompileAs(%d, %s): %q, want %q", test.dialect, test.policy, reason, test.reason)
		}
	}
	if _, err := eventpattern.CompileAs(eventpattern.EventBridge, []byte(`{"$or":["x"]}`)); err == nil {
		t.Error("EventBridge takes $or for a field")
	}
}

func TestFilterPolicyOnAttributes(t *testing.T) {
	var e eventpattern.Event
	e.AddAttribute("store", "String", "example_corp")
	e.AddAttribute("price", "Number", "210.75")
	e.AddAttribute("sizes", "Number.int", "7")
	e.AddAttribute("interests", "String.Array", `["soccer", "rugby", 3, true, null]`)
	e.AddAttribute("broken", "String.Array", `["soccer"`)
	e.AddAttribute("empty", "String.Array", `[]`)
	e.AddAttribute("blob", "Binary", "AAEC")
	e.AddAttribute("ip", "String.address", "10.0.0.7")
	e.AddAttribute("$or", "String", "x")
	for policy, want := range map[string]bool{
		`{"store":["example_corp"]}`:                                               true,
		`{"store":[{"anything-but":"example_corp"}]}`:                              false,
		`{"store":[{"prefix":"exa"}],"price":[{"numeric":[">",200,"<=",210.75]}]}`: true,
		`{"price":[210.75]}`:                                                       true,
		`{"price":["210.75"]}`:                                                     false,
		`{"sizes":[7.0]}`:                                                          true,
		`{"interests":["rugby"]}`:                                                  true,
		`{"interests":["tennis",3]}`:                                               true,
		`{"interests":[true]}`:                                                     true,
		`{"interests":[null]}`:                                                     true,
		`{"interests":["3"]}`:                                                      false,
		`{"interests":[{"anything-but":["soccer","rugby"]}]}`:                      true,
		`{"broken":[{"exists":true}]}`:                                             false,
		`{"empty":[{"exists":true}]}`:                                              false,
		`{"blob":[{"exists":false}]}`:                                              true,
		`{"missing":[{"exists":false}],"store":[{"exists":true}]}`:                 true,
		`{"ip":[{"cidr":"10.0.0.0/24"}]}`:                                          true,
		`{"store":[{"equals-ignore-case":"EXAMPLE_Corp"}]}`:                        true,
		`{"$or":["x","y"]}`:                                                        true,
		`{"$or":[{"store":["z"]},{"price":[210.75]}]}`:                             true,
	} {
		p, err := eventpattern.CompileAs(eventpattern.SNSAttributes, []byte(policy))
		if err != nil {
			t.Errorf("%s: %v", policy, err)
			continue
		}
		if got := p.Match(&e); got != want {
			t.Errorf("%s: %t, want %t", policy, got, want)
		}
	}
}

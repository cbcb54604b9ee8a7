package eventpattern

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
)

// A Dialect is a service's form of the language.
type Dialect uint8

const (
	// EventBridge is the language of event buses, archives, event source filters and pipes.
	EventBridge Dialect = iota
	// SNSAttributes is the language of filter policies on message attributes: without nesting, and bounded as SNSBody is.
	SNSAttributes
	// SNSBody is the language of filter policies on message bodies.
	SNSBody
)

// CompileAs is Compile for a dialect. SNS puts "Invalid parameter: Attributes Reason: FilterPolicy: " before an error's Reason.
//
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
func CompileAs(d Dialect, source []byte) (*Pattern, error) {
	if d == EventBridge {
		return Compile(source)
	}
	return compileFilterPolicy(d, source)
}

// compileFilterPolicy compiles an SNS filter policy. What it adds to Compile:
//
//   - SNS removes white space before it compiles, as the places in its errors show.
//   - A $or that is not an array of at least two objects without reserved names is a field like any other.
//   - Keys, combinations of values and numbers are bounded.
func compileFilterPolicy(d Dialect, source []byte) (*Pattern, error) {
	if len(source) > maxSourceBytes {
		return nil, errTooLong
	}
	var compact bytes.Buffer
	if json.Compact(&compact, source) == nil {
		source = compact.Bytes()
	}
	c := &compiler{lexer: lexer{source: source}, looseOr: true}
	p, err := c.pattern()
	if err != nil {
		return nil, err
	}
	if reason := p.exceedsSNS(d); reason != "" {
		return nil, c.failBare(reason)
	}
	return p, nil
}

// exceedsSNS returns SNS's reason against the policy, or "".
func (p *Pattern) exceedsSNS(d Dialect) string {
	keys := map[string]bool{}
	combinations := 0
	for _, b := range p.branches {
		product := 1
		for _, c := range b {
			depth := 1
			key := c.path
			if d == SNSBody {
				depth += c.depth
				key = c.root
			} else if c.depth > 0 {
				return "Filter policy scope MessageAttributes does not support nested filter policy"
			}
			keys[key] = true
			product = min(product*len(c.tests)*depth, maxPolicyCombinations+1)
			for i := range c.tests {
				if !c.tests[i].withinSNS() {
					return "Value must be between -1.0E9 and 1.0E9, inclusive"
				}
			}
		}
		combinations += product
	}
	switch {
	case len(keys) > maxPolicyKeys:
		return "Filter policy can not have more than 5 keys"
	case combinations > maxPolicyCombinations:
		return "Filter policy is too complex"
	}
	return ""
}

// withinSNS reports whether the bounds of a numeric expression are ones that SNS takes. The text of the refusal is not recorded.
func (t *test) withinSNS() bool {
	switch t.op {
	case opNumber:
		return math.Abs(t.low) <= maxPolicyNumber
	case opRange:
		return (math.Abs(t.low) <= maxPolicyNumber || t.low == -math.MaxFloat64) &&
			(math.Abs(t.high) <= maxPolicyNumber || t.high == math.MaxFloat64)
	default:
		return true
	}
}

// AddAttribute adds a message attribute as SNS's filter policies see it: types String and Number with one value, String.Array with the
// elements of a JSON array as alternatives; others, Binary above all, are ignored, as are arrays that are not JSON.
func (e *Event) AddAttribute(name, dataType, value string) {
	switch {
	case dataType == "String.Array":
		p := eventParser{Event: e, source: []byte(value)}
		fields, nodes := len(e.fields), len(e.nodes)
		if p.peek() != '[' || p.array([]byte(name), 0) != nil || p.peek() != 0 {
			e.fields, e.nodes = e.fields[:fields], e.nodes[:nodes]
		}
	case dataType == "String" || strings.HasPrefix(dataType, "String."):
		e.Add(name, String, value)
	case dataType == "Number" || strings.HasPrefix(dataType, "Number."):
		e.Add(name, Number, value)
	}
}

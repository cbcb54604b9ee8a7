package eventpattern

import (
	"math"
	"strings"
)

const (
	oneKey      = "Only one key allowed in match expression"
	tooMany     = "Too many elements in numeric expression"
	mustBeText  = " match pattern must be a string"
	butListText = "Inside anything but list, start|null|boolean is not supported."
)

// expression reads a match expression such as {"prefix": "x"} whose opening brace has been read.
func (c *compiler) expression() (test, error) {
	if c.next() != tokenName {
		return test{}, c.fail("Match expression name not found")
	}
	switch name := c.name; name {
	case "exactly":
		s, err := c.stringMember("exact")
		return stringTest(s), err
	case "prefix":
		return c.affix(name, opPrefix, opPrefixFold)
	case "suffix":
		return c.affix(name, opSuffix, opSuffixFold)
	case "equals-ignore-case":
		s, err := c.stringMember(name)
		return foldTest(s), err
	case "numeric":
		return c.numeric()
	case "anything-but":
		return c.anythingBut()
	case "exists":
		return c.exists()
	case "cidr":
		return c.cidr()
	case "wildcard":
		return c.wildcard()
	default:
		return test{}, c.fail("Unrecognized match type " + name)
	}
}

func foldTest(s string) test {
	return test{op: opFold, text: s, source: `{"equals-ignore-case": ` + quote(s) + `}`}
}

// stringMember reads a member's value, which must be a string, and the closing brace.
func (c *compiler) stringMember(name string) (string, error) {
	if c.next() != tokenString {
		return "", c.fail(name + mustBeText)
	}
	s, ok := c.text()
	if !ok {
		return "", c.err
	}
	return s, c.close(oneKey)
}

// close reads a closing brace or fails with reason.
func (c *compiler) close(reason string) error {
	if c.next() != tokenObjectEnd {
		return c.fail(reason)
	}
	return nil
}

// affix reads the value of prefix or suffix: a string or {"equals-ignore-case": string}.
func (c *compiler) affix(name string, plain, fold op) (test, error) {
	switch c.next() {
	case tokenString:
		s, ok := c.text()
		if !ok {
			return test{}, c.err
		}
		return affixTest(name, plain, s), c.close(oneKey)
	case tokenObject:
	default:
		return test{}, c.fail(name + mustBeText)
	}
	if c.next() != tokenName {
		return test{}, c.fail(strings.ToUpper(name[:1]) + name[1:] + " expression name not found")
	}
	if c.name != "equals-ignore-case" {
		return test{}, c.fail("Unsupported " + name + " pattern: " + c.name)
	}
	s, err := c.stringMember("equals-ignore-case")
	if err != nil {
		return test{}, err
	}
	return test{op: fold, text: s, source: `{"` + name + `": ` + foldTest(s).source + `}`}, c.close(oneKey)
}

func affixTest(name string, o op, s string) test {
	return test{op: o, text: s, source: `{"` + name + `": ` + quote(s) + `}`}
}

func (c *compiler) exists() (test, error) {
	t := test{op: opExists, source: `{"exists": true}`}
	switch c.next() {
	case tokenTrue:
	case tokenFalse:
		t = test{op: opAbsent, source: `{"exists": false}`}
	default:
		return t, c.fail("exists match pattern must be either true or false.")
	}
	return t, c.close(oneKey)
}

func (c *compiler) cidr() (test, error) {
	if c.next() != tokenString {
		return test{}, c.fail("prefix" + mustBeText)
	}
	s, ok := c.text()
	if !ok {
		return test{}, c.err
	}
	network, reason := parseCIDR(s)
	if reason != "" {
		return test{}, c.failBare(reason)
	}
	return test{op: opCIDR, network: network, source: `{"cidr": ` + quote(s) + `}`}, c.close(oneKey)
}

func (c *compiler) wildcard() (test, error) {
	if c.next() != tokenString {
		return test{}, c.fail("wildcard" + mustBeText)
	}
	s, ok := c.text()
	if !ok {
		return test{}, c.err
	}
	t, err := c.wildcardTest(s)
	if err != nil {
		return t, err
	}
	return t, c.close(oneKey)
}

func (c *compiler) wildcardTest(s string) (test, error) {
	w, reason := parseWildcard(s)
	if reason != "" {
		return test{}, c.fail(reason)
	}
	return test{op: opWildcard, text: s, wild: w, source: `{"wildcard": ` + quote(s) + `}`}, nil
}

// numeric reads ["op", number] or [">", number, "<", number].
func (c *compiler) numeric() (test, error) {
	if c.next() != tokenArray {
		return test{}, c.fail("Value of numeric must be an array.")
	}
	t, err := c.comparison()
	if err != nil {
		return t, err
	}
	return t, c.close(tooMany)
}

func (c *compiler) comparison() (test, error) {
	t := test{op: opRange, low: -math.MaxFloat64, high: math.MaxFloat64}
	if k := c.next(); k != tokenString {
		return t, c.fail("Invalid member in numeric match: " + c.tokenText(k))
	}
	operator, ok := c.text()
	if !ok {
		return t, c.err
	}
	isNumber := c.next() == tokenNumber
	called := operator
	switch operator {
	case "=":
		called = "equals"
	case "<", "<=", ">", ">=":
	default:
		return t, c.fail("Unrecognized numeric range operator: " + operator)
	}
	if !isNumber {
		return t, c.fail("Value of " + called + " must be numeric")
	}
	raw := string(c.number)
	t.source = `{"numeric": ["` + operator + `", ` + raw
	if operator == ">" || operator == ">=" {
		return c.lowerBound(t, operator, raw)
	}
	if c.next() != tokenArrayEnd {
		return t, c.fail(tooMany)
	}
	n, err := c.comparable(raw)
	t.high, t.openHigh, t.source = n, operator == "<", t.source+`]}`
	if operator == "=" {
		t.op, t.low = opNumber, n
	}
	return t, err
}

// lowerBound reads what follows [">", raw: the end, or an upper bound.
func (c *compiler) lowerBound(t test, operator, raw string) (test, error) {
	t.openLow = operator == ">"
	k := c.next()
	if k == tokenArrayEnd {
		n, err := c.comparable(raw)
		t.low, t.source = n, t.source+`]}`
		return t, err
	}
	if k != tokenString {
		return t, c.fail("Bad value in numeric range: " + c.tokenText(k))
	}
	upper, ok := c.text()
	if !ok {
		return t, c.err
	}
	if upper != "<" && upper != "<=" {
		return t, c.fail("Bad numeric range operator: " + upper)
	}
	if c.next() != tokenNumber {
		return t, c.fail("Value of " + upper + " must be numeric")
	}
	top := string(c.number)
	if c.next() != tokenArrayEnd {
		return t, c.fail("Too many terms in numeric range expression")
	}
	t.openHigh = upper == "<"
	t.source += `, "` + upper + `", ` + top + `]}`
	var err error
	if t.low, err = c.comparable(raw); err != nil {
		return t, err
	}
	if t.high, err = c.comparable(top); err != nil {
		return t, err
	}
	if t.low >= t.high {
		return t, c.fail("Bottom must be less than top")
	}
	return t, nil
}

func (c *compiler) comparable(raw string) (float64, error) {
	n, ok := parseNumber([]byte(raw))
	if !ok {
		return 0, c.fail("Cannot compare number : " + raw)
	}
	return n, nil
}

// tokenText is how AWS prints a token that it did not expect.
func (c *compiler) tokenText(t token) string {
	switch t {
	case tokenString:
		s, _ := c.text()
		return s
	case tokenNumber:
		return string(c.number)
	case tokenTrue:
		return "true"
	case tokenFalse:
		return "false"
	case tokenNull:
		return "null"
	case tokenObject:
		return "{"
	case tokenObjectEnd:
		return "}"
	case tokenArray:
		return "["
	case tokenArrayEnd:
		return "]"
	case tokenName:
		return c.name
	default:
		return ""
	}
}

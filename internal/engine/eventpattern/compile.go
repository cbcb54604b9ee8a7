package eventpattern

import (
	"maps"
	"slices"
)

// A Pattern is a compiled event pattern. It is immutable and safe for concurrent use.
type Pattern struct {
	source   string
	branches []branch
}

// String returns the pattern's source.
func (p *Pattern) String() string { return p.source }

// Compile compiles an event pattern. Its errors are of type *Error and have AWS's texts. It keeps no reference to source.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func Compile(source []byte) (*Pattern, error) {
	if len(source) > maxSourceBytes {
		return nil, errTooLong
	}
	return (&compiler{lexer: lexer{source: source}}).pattern()
}

// A compiler turns tokens into branches. Like AWS's, it adds every condition to all the branches that exist so far, and $or
// multiplies those.
type compiler struct {
	lexer

	branches []map[string]*condition // by path
	looseOr  bool                    // a $or that cannot be one is a field
}

// pattern compiles the whole source.
func (c *compiler) pattern() (*Pattern, error) {
	if c.next() != tokenObject {
		return nil, c.fail("Filter is not an object")
	}
	if err := c.object(nil, false); err != nil {
		return nil, err
	}
	p := &Pattern{source: string(c.source)}
	for _, b := range c.branches {
		p.branches = append(p.branches, newBranch(b))
	}
	if tooComplex(p.branches) {
		return nil, c.failBare(complexityReason)
	}
	return p, nil
}

// object reads the members of an object whose opening brace has been read; keys lead to it.
func (c *compiler) object(keys []string, inOr bool) error {
	empty := true
	for c.next() == tokenName {
		empty = false
		name := c.name
		if name == "$or" {
			isField, err := c.or(keys)
			if err != nil {
				return err
			}
			if !isField {
				continue
			}
		}
		if inOr && reservedInOr(name) {
			return c.fail(name + " is Ruler reserved fieldName which cannot be used inside $or.")
		}
		var err error
		switch c.next() {
		case tokenObject:
			err = c.object(append(keys, name), inOr)
		case tokenArray:
			err = c.condition(append(keys, name))
		default:
			err = c.fail("\"" + name + "\" must be an object or an array")
		}
		if err != nil {
			return err
		}
	}
	if c.err != nil {
		return c.err
	}
	if empty {
		return c.fail("Empty objects are not allowed")
	}
	return nil
}

// reservedInOr reports whether name may not be a field's name inside $or.
func reservedInOr(name string) bool {
	switch name {
	case "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
		"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case",
		"date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
		"ip-address-in-range", "ip-address-not-in-range":
		return true
	}
	return false
}

// or reads a $or. It reports true, having read nothing, if the dialect takes a wrong one for a field.
func (c *compiler) or(keys []string) (isField bool, err error) {
	before := *c
	before.scopes = slices.Clone(c.scopes)
	if err = c.alternatives(keys); err != nil && c.looseOr {
		*c = before
		return true, nil
	}
	return false, err
}

// alternatives reads the objects of a $or: each continues a copy of the branches that exist so far.
func (c *compiler) alternatives(keys []string) error {
	if c.next() != tokenArray {
		return c.fail("It must be an Array followed with $or.")
	}
	before := c.branches
	if len(before) == 0 {
		before = []map[string]*condition{{}}
	}
	var all []map[string]*condition
	n := 0
	for {
		t := c.next()
		if t == tokenArrayEnd {
			break
		}
		if t != tokenObject {
			return c.fail("Only JSON object is allowed in array of $or relationship.")
		}
		n++
		c.branches = make([]map[string]*condition, len(before))
		for i, b := range before {
			c.branches[i] = maps.Clone(b)
		}
		if err := c.object(keys, true); err != nil {
			return err
		}
		if all = append(all, c.branches...); len(all) > maxBranches {
			return c.failBare("The number of rule combinations resulting from $or exceeds the maximum of 1000")
		}
	}
	if n < 2 {
		return c.fail("There must have at least 2 Objects in $or relationship.")
	}
	c.branches = all
	return nil
}

// condition reads the array of alternatives of the field that keys lead to.
func (c *compiler) condition(keys []string) error {
	var tests []test
	for {
		var t test
		switch c.next() {
		case tokenArrayEnd:
			if len(tests) == 0 {
				return c.fail("Empty arrays are not allowed")
			}
			c.add(newCondition(keys, tests))
			return nil
		case tokenObject:
			var err error
			if t, err = c.expression(); err != nil {
				return err
			}
		case tokenString:
			s, ok := c.text()
			if !ok {
				return c.err
			}
			t = stringTest(s)
			if a, ok := parseAddr(s); ok {
				t.op, t.addr = opAddr, a
			}
		case tokenNumber:
			if n, ok := parseNumber(c.number); ok {
				t = test{op: opNumber, low: n}
			} else {
				t = test{op: opLiteral, text: string(c.number)}
			}
			t.source = string(c.number)
		case tokenTrue:
			t = literalTest("true")
		case tokenFalse:
			t = literalTest("false")
		case tokenNull:
			t = literalTest("null")
		default:
			return c.fail("Match value must be String, number, true, false, or null")
		}
		tests = append(tests, t)
	}
}

func literalTest(text string) test { return test{op: opLiteral, text: text, source: text} }

func stringTest(text string) test { return test{op: opString, text: text, source: quote(text)} }

// add adds a condition to all branches; it replaces one at the same path.
func (c *compiler) add(cond *condition) {
	if len(c.branches) == 0 {
		c.branches = []map[string]*condition{{}}
	}
	for _, b := range c.branches {
		b[cond.path] = cond
	}
}

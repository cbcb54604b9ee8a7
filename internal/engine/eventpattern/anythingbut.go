package eventpattern

import "strings"

// anythingBut reads the value of anything-but: a string, a number, a list of either, or {"prefix": …} and the like with a string or
// a list of strings.
func (c *compiler) anythingBut() (test, error) {
	t := c.next()
	if t == tokenObject {
		return c.anythingButMatch()
	}
	var but []test
	var err error
	switch t {
	case tokenString, tokenNumber:
		var b test
		b, err = c.butValue(t)
		but = []test{b}
	case tokenArray:
		but, err = c.butList()
	default:
		err = c.fail("Value of anything-but must be an array or single string/number value.")
	}
	if err != nil {
		return test{}, err
	}
	return butTest("", but, t == tokenArray), c.close(tooMany)
}

// butValue makes a test of a string or number.
func (c *compiler) butValue(t token) (test, error) {
	if t == tokenString {
		s, ok := c.text()
		if !ok {
			return test{}, c.err
		}
		return stringTest(s), nil
	}
	raw := string(c.number)
	n, ok := parseNumber(c.number)
	if !ok {
		return test{}, c.failBare("Cannot compare number : " + raw)
	}
	return test{op: opNumber, low: n, source: raw}, nil
}

// butList reads strings or numbers up to the closing bracket. AWS reports the place of an error twice here.
func (c *compiler) butList() ([]test, error) {
	var but []test
	strs, numbers := 0, 0
	for {
		t := c.next()
		switch t {
		case tokenArrayEnd:
			if (strs > 0) == (numbers > 0) {
				return nil, c.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
			}
			return but, nil
		case tokenString:
			strs++
		case tokenNumber:
			numbers++
		default:
			_ = c.fail(butListText)
			return nil, c.failAgain()
		}
		b, err := c.butValue(t)
		if err != nil {
			return nil, c.failAgain()
		}
		but = append(but, b)
	}
}

// anythingButMatch reads {"prefix": …}, {"suffix": …}, {"equals-ignore-case": …} or {"wildcard": …} behind its opening brace, then
// the closing brace of anything-but as well.
func (c *compiler) anythingButMatch() (test, error) {
	if c.next() != tokenName {
		return test{}, c.fail("Anything-But expression name not found")
	}
	kind := c.name
	switch kind {
	case "equals-ignore-case", "prefix", "suffix", "wildcard":
	default:
		return test{}, c.fail("Unsupported anything-but pattern: " + kind)
	}
	var but []test
	var err error
	list := false
	switch t := c.next(); t {
	case tokenString, tokenNumber:
		var b test
		b, err = c.butMatch(t, kind)
		but = []test{b}
	case tokenArray:
		list = true
		but, err = c.butMatchList(kind)
	default:
		err = c.fail("Value of anything-but must be an array or single string/number value.")
	}
	if err != nil {
		return test{}, err
	}
	if kind == "wildcard" {
		// Checked behind the list, where AWS checks it, so that an error shows its place once.
		for i := range but {
			if but[i], err = c.wildcardTest(but[i].text); err != nil {
				return test{}, err
			}
			but[i].source = quote(but[i].text)
		}
	}
	if err := c.close(tooMany); err != nil {
		return test{}, err
	}
	return butTest(kind, but, list), c.close(tooMany)
}

// butMatch makes a test of the given kind of a string.
func (c *compiler) butMatch(t token, kind string) (test, error) {
	if t != tokenString {
		switch kind {
		case "equals-ignore-case":
			return test{}, c.fail("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
		case "wildcard":
			return test{}, c.fail("wildcard" + mustBeText)
		}
		return test{}, c.fail("prefix/suffix" + mustBeText)
	}
	s, ok := c.text()
	if !ok {
		return test{}, c.err
	}
	switch kind {
	case "equals-ignore-case":
		b := foldTest(s)
		b.source = quote(s)
		return b, nil
	case "wildcard":
		return test{op: opWildcard, text: s}, nil
	}
	if s == "" {
		return test{}, c.fail("Null prefix/suffix not allowed")
	}
	b := test{op: opPrefix, text: s, source: quote(s)}
	if kind == "suffix" {
		b.op = opSuffix
	}
	return b, nil
}

func (c *compiler) butMatchList(kind string) ([]test, error) {
	var but []test
	for {
		t := c.next()
		if t == tokenArrayEnd {
			return but, nil
		}
		b, err := c.butMatch(t, kind)
		if err != nil {
			return nil, c.failAgain()
		}
		but = append(but, b)
	}
}

// butTest joins tests into an anything-but; kind is "" for plain values.
func butTest(kind string, but []test, list bool) test {
	sources := make([]string, len(but))
	for i := range but {
		sources[i] = but[i].source
	}
	source := strings.Join(sources, ", ")
	if list {
		source = "[" + source + "]"
	}
	if kind != "" {
		source = `{"` + kind + `": ` + source + `}`
	}
	return test{op: opAnythingBut, but: but, source: `{"anything-but": ` + source + `}`}
}

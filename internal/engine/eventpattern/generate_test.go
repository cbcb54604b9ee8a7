package eventpattern_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator makes random patterns and events of a small vocabulary, so that they often meet.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 7))} }

func (g generator) pick(s ...string) string { return s[g.IntN(len(s))] }

func (g generator) key() string { return g.pick("a", "b", "c", "d", "a.b", "b.c") }

func (g generator) text() string {
	return g.pick("", "x", "X", "xy", "xyz", "xyxy", "zyx", "Ä", "äx", "10.0.0.1", "10.0.0.200", "::1", "2001:db8::7", "*", `\\`, `q\"`, "true", "1", "K", "ſ")
}

func (g generator) number() string {
	return g.pick("0", "-0", "1", "1.0", "10", "1e1", "2.5", "-3", "12345678901234567890", "0.1", "0.10", "1e400", "3.0e-2", "0.03")
}

// comparable numbers only.
func (g generator) bound() string { return g.pick("-3", "0", "1", "2.5", "10", "1e1") }

func (g generator) scalar() string {
	switch g.IntN(6) {
	case 0:
		return g.number()
	case 1:
		return g.pick("true", "false", "null")
	}
	return `"` + g.text() + `"`
}

func (g generator) event() string {
	switch g.IntN(12) {
	case 0:
		return "{}"
	case 1, 2, 3, 4:
		return g.arrayObject(0)
	}
	return g.eventObject(0)
}

// arrayObject makes objects whose values are mostly arrays of objects with the same few keys.
func (g generator) arrayObject(depth int) string {
	var members []string
	for _, key := range []string{"a", "b", "c", "d"} {
		if g.IntN(3) == 0 {
			continue
		}
		value := g.pick("1", `"x"`, "10", `"xy"`)
		if depth < 3 && g.IntN(3) > 0 {
			var elements []string
			for range g.IntN(4) {
				elements = append(elements, g.arrayObject(depth+1))
			}
			value = "[" + strings.Join(elements, ",") + "]"
		}
		members = append(members, `"`+key+`":`+value)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) eventObject(depth int) string {
	var members []string
	for range 1 + g.IntN(4) {
		members = append(members, `"`+g.key()+`":`+g.eventValue(depth+1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) eventValue(depth int) string {
	n := g.IntN(10)
	switch {
	case depth > 3 || n < 5:
		return g.scalar()
	case n < 7:
		return g.eventObject(depth)
	}
	var elements []string
	for range g.IntN(4) {
		elements = append(elements, g.eventValue(depth+1))
	}
	return "[" + strings.Join(elements, ",") + "]"
}

func (g generator) pattern() string {
	if g.IntN(3) == 0 {
		return g.arrayPattern()
	}
	return g.patternObject(0)
}

// arrayPattern asks for a few values at the paths that arrayObject makes.
func (g generator) arrayPattern() string {
	var members []string
	for range 1 + g.IntN(5) {
		path := g.pick("a", "b", "c", "d")
		for range g.IntN(3) {
			path += "." + g.pick("a", "b", "c", "d")
		}
		members = append(members, `"`+path+`":[`+g.pick("1", `"x"`, "10", `{"exists":true}`, `{"exists":false}`, `"xy",{"exists":false}`)+"]")
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) patternObject(depth int) string {
	var members []string
	for range 1 + g.IntN(3) {
		members = append(members, g.patternMember(depth))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) patternMember(depth int) string {
	switch n := g.IntN(8); {
	case n == 0 && depth < 3:
		var alternatives []string
		for range 2 + g.IntN(2) {
			alternatives = append(alternatives, g.patternObject(depth+1))
		}
		return `"$or":[` + strings.Join(alternatives, ",") + "]"
	case n < 3 && depth < 3:
		return `"` + g.key() + `":` + g.patternObject(depth+1)
	}
	var tests []string
	for range 1 + g.IntN(3) {
		tests = append(tests, g.test())
	}
	return `"` + g.key() + `":[` + strings.Join(tests, ",") + "]"
}

func (g generator) strings(of func() string) string {
	if g.IntN(2) == 0 {
		return of()
	}
	var all []string
	for range 1 + g.IntN(3) {
		all = append(all, of())
	}
	return "[" + strings.Join(all, ",") + "]"
}

func (g generator) quoted() string { return `"` + g.text() + `"` }

func (g generator) affix() string { return `"` + g.pick("x", "xy", "X", "z", "ä", "1") + `"` }

func (g generator) wild() string {
	return `"` + g.pick("*", "x*", "*x", "x*y*z", "*y*", "x*y", `\\*`, `*\\\\*`, "xy", "x*x*y", "") + `"`
}

func (g generator) test() string {
	switch g.IntN(15) {
	case 0:
		return `{"prefix":` + g.pick(g.affix(), `""`, `{"equals-ignore-case":`+g.affix()+`}`) + `}`
	case 1:
		return `{"suffix":` + g.pick(g.affix(), `""`, `{"equals-ignore-case":`+g.affix()+`}`) + `}`
	case 2:
		return `{"equals-ignore-case":` + g.quoted() + `}`
	case 3:
		return `{"wildcard":` + g.wild() + `}`
	case 4:
		return `{"cidr":"` + g.pick("10.0.0.0/24", "10.0.0.1/31", "0.0.0.0/0", "2001:db8::/32", "::/0") + `"}`
	case 5:
		return fmt.Sprintf(`{"numeric":["%s",%s]}`, g.pick("=", "<", "<=", ">", ">="), g.bound())
	case 6:
		return fmt.Sprintf(`{"numeric":["%s",%s,"%s",%s]}`, g.pick(">", ">="), g.pick("-3", "0"), g.pick("<", "<="), g.pick("1", "2.5", "10"))
	case 7:
		return `{"exists":` + g.pick("true", "false") + `}`
	case 8:
		return `{"anything-but":` + g.strings(g.quoted) + `}`
	case 9:
		return `{"anything-but":` + g.strings(g.bound) + `}`
	case 10:
		return `{"anything-but":{"` + g.pick("prefix", "suffix", "equals-ignore-case") + `":` + g.strings(g.affix) + `}}`
	case 11:
		return `{"anything-but":{"wildcard":` + g.strings(g.wild) + `}}`
	case 12:
		return `{"exactly":` + g.quoted() + `}`
	}
	return g.scalar()
}

package schedexpr

import (
	"strconv"
	"strings"
	"time"
)

// field is the grammar of one cron field.
type field struct {
	name     string
	min, max int
	past     int      // largest number that is accepted although it is over max and names nothing; 0 if none is
	maxStep  int      // largest step, 0 if there are no steps; Observed: PutRule refuses */60 minutes
	names    []string // of min, min+1, …; nil if there are none
	wraps    bool     // whether a range may run over max and go on at min
}

var (
	minuteField = field{name: "minutes", min: 0, max: 59, maxStep: 59, wraps: true}
	hourField   = field{name: "hours", min: 0, max: 23, maxStep: 23, wraps: true}
	domField    = field{name: "day of month", min: 1, max: 31, maxStep: 31, wraps: true}
	monthField  = field{
		name: "month", min: 1, max: 12, maxStep: 12, wraps: true,
		names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
	}
	dowField = field{
		name: "day of week", min: 1, max: 7, wraps: true,
		names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"},
	}
	yearField = field{name: "year", min: minYear, max: maxYear, maxStep: maxYear}
)

// parseCron reads the inside of cron(…): six fields between blanks.
func parseCron(body string, dialect Dialect) (Schedule, string) {
	parts := fields(strings.ToUpper(body))
	if len(parts) != 6 {
		return Schedule{}, "a cron expression has six fields, not " + strconv.Itoa(len(parts))
	}
	years := yearField
	if dialect == Rules {
		for i, p := range parts {
			parts[i] = strings.TrimRight(p, ",") // Observed: PutRule takes cron(0/5, 9-18, ?, *, MON-FRI, *)
		}
		years.past = 9999 // Observed: PutRule takes the year 2500, which never comes
	}
	var c cron
	var reason string
	check := func(r string) {
		if reason == "" {
			reason = r
		}
	}
	check(minuteField.parse(parts[0], func(v int) { c.minutes |= 1 << v }))
	check(hourField.parse(parts[1], func(v int) { c.hours |= 1 << v }))
	check(c.parseDays(parts[2], parts[4]))
	check(monthField.parse(parts[3], func(v int) { c.months |= 1 << v }))
	check(years.parse(parts[5], c.years.add))
	if reason != "" {
		return Schedule{}, reason
	}
	return Schedule{kind: kindCron, text: "cron(" + strings.Join(parts, " ") + ")", cron: c}, ""
}

// parseDays reads the two day fields, of which exactly one is a question mark.
func (c *cron) parseDays(dom, dow string) string {
	switch {
	case dom == "?" && dow == "?":
		return "day of month and day of week are both ?"
	case dow == "?":
		return c.parseDayOfMonth(dom)
	case dom == "?":
		return c.parseDayOfWeek(dow)
	}
	return "one of day of month and day of week must be ?"
}

// parseDayOfMonth reads L, L-3, LW, L-3W, 15W or a list.
func (c *cron) parseDayOfMonth(s string) string {
	if back, ok := strings.CutPrefix(s, "L"); ok {
		c.rule = lastDay
		if b, workday := strings.CutSuffix(back, "W"); workday {
			c.rule, back = lastWorkday, b
		}
		if back == "" {
			return ""
		}
		n, ok := number(strings.TrimPrefix(back, "-"))
		if !ok || back[0] != '-' || n > 30 {
			return "day of month: " + s + " is not L, L-n, LW or L-nW"
		}
		c.n = uint8(n)
		return ""
	}
	if day, ok := strings.CutSuffix(s, "W"); ok {
		n, reason := domField.value(day)
		c.rule, c.n = nearWorkday, uint8(n)
		return reason
	}
	c.rule = dayOfMonth
	return domField.parse(s, func(v int) { c.days |= 1 << v })
}

// parseDayOfWeek reads L, 6L, 6#3 or a list.
func (c *cron) parseDayOfWeek(s string) string {
	if s == "L" { // the last day of the week
		c.rule, c.days = dayOfWeek, 1<<time.Saturday
		return ""
	}
	if day, ok := strings.CutSuffix(s, "L"); ok {
		n, reason := dowField.value(day)
		c.rule, c.weekday = lastWeekday, time.Weekday(n-1)
		return reason
	}
	if day, nth, ok := strings.Cut(s, "#"); ok {
		k, ok := number(nth)
		if !ok || k < 1 || k > 5 {
			return "day of week: " + s + " names no week from 1 to 5"
		}
		n, reason := dowField.value(day)
		c.rule, c.weekday, c.n = nthWeekday, time.Weekday(n-1), uint8(k)
		return reason
	}
	c.rule = dayOfWeek
	return dowField.parse(s, func(v int) { c.days |= 1 << (v - 1) })
}

// parse reads a list, hands each of its values to add, and returns why it could not.
func (f *field) parse(s string, add func(int)) string {
	for item := range strings.SplitSeq(s, ",") {
		if reason := f.item(item, add); reason != "" {
			return f.name + ": " + reason
		}
	}
	return ""
}

// item reads *, 5, 5-9, each perhaps with a step. One value with a step runs to the end of the field.
func (f *field) item(s string, add func(int)) string {
	span, stepText, stepped := strings.Cut(s, "/")
	step := 1
	if stepped {
		n, ok := number(stepText)
		if !ok || n < 1 || n > int64(f.maxStep) {
			return stepText + " is not a step here"
		}
		step = int(n)
	}
	lo, hi := f.min, f.max
	if span != "*" {
		from, to, ranged := strings.Cut(span, "-")
		var reason string
		if lo, reason = f.value(from); reason != "" {
			return reason
		}
		switch {
		case ranged:
			if hi, reason = f.value(to); reason != "" {
				return reason
			}
		case !stepped:
			hi = lo
		}
	}
	size := f.max - f.min + 1
	if hi < lo {
		if !f.wraps {
			return span + " runs backwards"
		}
		hi += size
	}
	if !f.wraps {
		hi = min(hi, f.max)
	}
	for v := lo; v <= hi; v += step {
		add(f.min + (v-f.min)%size)
	}
	return ""
}

// value reads a number or a name.
func (f *field) value(s string) (int, string) {
	for i, name := range f.names {
		if s == name {
			return f.min + i, ""
		}
	}
	n, ok := number(s)
	if !ok {
		return 0, strconv.Quote(s) + " is no value"
	}
	if n < int64(f.min) || n > int64(max(f.max, f.past)) {
		return 0, s + " is not between " + strconv.Itoa(f.min) + " and " + strconv.Itoa(f.max)
	}
	return int(n), ""
}

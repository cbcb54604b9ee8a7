package schedexpr

import (
	"strings"
	"time"
)

// A Dialect is the service whose expressions are read.
type Dialect uint8

// The dialects.
const (
	Rules     Dialect = iota // EventBridge rules: cron and rate, in UTC
	Scheduler                // EventBridge Scheduler: cron, rate and at, in any time zone
)

// Limits of expressions.
const (
	// maxExprBytes is how long an expression may be, in bytes.
	// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
	maxExprBytes = 256

	minYear = 1970 // first year in which anything is due
	maxYear = 2199 // last year in which anything is due
)

// An Error is the refusal of an expression. Its text is the one with which AWS answers in that dialect, as the message
// of a ValidationException; Reason says for people what was wrong.
type Error struct {
	Dialect Dialect
	Expr    string // the expression as it was given
	Reason  string // such as `minutes: 71 is not between 0 and 59`
}

// Error returns AWS's message.
func (e *Error) Error() string {
	if e.Dialect == Scheduler {
		return "Invalid Schedule Expression " + e.Expr + "."
	}
	return "Parameter ScheduleExpression is not valid."
}

type kind uint8

const (
	kindNone kind = iota // the zero Schedule, never due
	kindCron
	kindRate
	kindAt
)

// A Schedule is a parsed expression. It is immutable, comparable with == (equal expressions of one dialect are equal
// values) and safe for concurrent use. The zero Schedule is never due.
type Schedule struct {
	kind  kind
	text  string        // the canonical expression
	cron  cron          // kindCron
	every time.Duration // kindRate: the interval; at most math.MaxInt64 ns, which outlasts the last year
	wall  int64         // kindAt: wall time, as seconds since 1970-01-01T00:00:00 on the same wall
}

// Parse reads an expression in a dialect. The error is always an [*Error].
func Parse(expr string, dialect Dialect) (Schedule, error) {
	s, reason := parse(expr, dialect)
	if reason != "" {
		return Schedule{}, &Error{Dialect: dialect, Expr: expr, Reason: reason}
	}
	return s, nil
}

// parse returns a schedule, or the reason why there is none.
func parse(expr string, dialect Dialect) (Schedule, string) {
	if len(expr) > maxExprBytes {
		return Schedule{}, "longer than 256 bytes"
	}
	for i := range len(expr) {
		if expr[i] < ' ' && expr[i] != '\t' || expr[i] > '~' {
			return Schedule{}, "a character that is not printable ASCII"
		}
	}
	name, rest, open := strings.Cut(expr, "(")
	body, closed := strings.CutSuffix(rest, ")")
	if !open || !closed {
		return Schedule{}, "not of the form name(…)"
	}
	if body != strings.Trim(body, " \t") {
		return Schedule{}, "blanks next to the parentheses"
	}
	switch {
	case name == "cron":
		return parseCron(body, dialect)
	case name == "rate":
		return parseRate(body, dialect)
	case name == "at" && dialect == Scheduler:
		return parseAt(body)
	}
	return Schedule{}, "no such kind of expression: " + name
}

// String returns the expression in canonical form: one blank between fields, names in capitals, the unit of a rate
// in the right number. Parsing it in the same dialect gives an equal Schedule.
func (s Schedule) String() string { return s.text }

// OneTime reports whether the schedule is an at(…) expression.
func (s Schedule) OneTime() bool { return s.kind == kindAt }

// Interval returns the interval of a rate(…) expression, and 0 for others.
func (s Schedule) Interval() time.Duration { return s.every }

// Next returns the first instant strictly after the given one at which the schedule is due, and false if there is
// none up to the end of 2199. Wall times are those of loc; nil is UTC. A rate counts from after, which
// then is the schedule's last run; to count from its start instead, use [Schedule.NextWithin].
// The result is in loc.
func (s Schedule) Next(after time.Time, loc *time.Location) (time.Time, bool) {
	if loc == nil {
		loc = time.UTC
	}
	switch s.kind {
	case kindCron:
		return s.cron.next(after, loc)
	case kindRate:
		next := after.Add(s.every).In(loc)
		return next, inYears(next)
	case kindAt:
		at := instant(s.wall, loc)
		return at, at.After(after)
	case kindNone:
	}
	return time.Time{}, false
}

// A Window is the time in which a schedule is in force, and the zone of its wall times.
type Window struct {
	Start    time.Time      // first instant allowed, and the first run of a rate; zero: none
	End      time.Time      // last instant allowed; zero: none
	Location *time.Location // nil is UTC
}

// NextWithin is [Schedule.Next] inside a window. A rate is due at Start and then at every multiple of its interval
// after it, however long ago that was; without a Start it counts from after. As at AWS, at(…) ignores Start and End.
//
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func (s Schedule) NextWithin(after time.Time, w Window) (time.Time, bool) {
	if s.kind == kindAt {
		return s.Next(after, w.Location)
	}
	if !w.Start.IsZero() {
		switch {
		case after.Before(w.Start) && s.kind == kindRate:
			after = w.Start.Add(-s.every)
		case after.Before(w.Start):
			after = w.Start.Add(-1)
		case s.kind == kindRate:
			elapsed := after.Sub(w.Start)
			after = w.Start.Add(elapsed - elapsed%s.every)
		}
	}
	next, ok := s.Next(after, w.Location)
	if !ok || (!w.End.IsZero() && next.After(w.End)) {
		return time.Time{}, false
	}
	return next, true
}

func inYears(t time.Time) bool {
	y := t.Year()
	return minYear <= y && y <= maxYear
}

package schedexpr

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// parseRate reads the inside of rate(…): a positive number and a unit.
func parseRate(body string, dialect Dialect) (Schedule, string) {
	parts := fields(body)
	if len(parts) != 2 {
		return Schedule{}, "a rate is a number and a unit"
	}
	n, ok := number(parts[0])
	if !ok || n == 0 {
		return Schedule{}, "a rate's value is a positive number, not " + parts[0]
	}
	name, plural := strings.CutSuffix(parts[1], "s")
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[name]
	if unit == 0 {
		return Schedule{}, "a rate's unit is minutes, hours or days, not " + parts[1]
	}
	if dialect == Rules && plural != (n > 1) {
		return Schedule{}, "the unit is singular for 1 and plural otherwise"
	}
	every := time.Duration(math.MaxInt64)
	if n <= math.MaxInt64/int64(unit) {
		every = time.Duration(n) * unit
	}
	text := "rate(" + strconv.FormatInt(n, 10) + " " + name
	if n > 1 {
		text += "s"
	}
	return Schedule{kind: kindRate, text: text + ")", every: every}, ""
}

// parseAt reads the inside of at(…): yyyy-mm-ddThh:mm:ss, a wall time without a zone.
func parseAt(body string) (Schedule, string) {
	const layout = "2006-01-02T15:04:05"
	t, err := time.Parse(layout, body)
	if err != nil || len(body) != len(layout) { // Parse also takes fractions and hours of one digit
		return Schedule{}, "a date and time are written yyyy-mm-ddThh:mm:ss"
	}
	if !inYears(t) {
		return Schedule{}, "the year is not between 1970 and 2199"
	}
	return Schedule{kind: kindAt, text: "at(" + body + ")", wall: t.Unix()}, ""
}

// instant returns the time at which clocks in loc show a wall time, given in seconds since 1970 on that wall. Of two
// it is the first; for a wall time inside a gap it is the length of the gap later. Both are the wall time read with the
// offset that was in force before the change.
func instant(wall int64, loc *time.Location) time.Time {
	u := time.Unix(wall, 0).UTC()
	t := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), 0, loc)
	_, offset := t.Zone()
	if shown := t.Unix() + int64(offset); shown < wall { // in a gap, read with the offset after it
		return time.Unix(wall-int64(offset), 0).In(loc)
	}
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-1).Zone()
	if first := time.Unix(wall-int64(before), 0); first.Before(start) {
		return first.In(loc)
	}
	return t
}

// Jitter spreads the runs of a schedule with a flexible time window: it returns how long after due the run starts, at
// least 0 and less than window. It depends on its arguments only, so a restart changes nothing, and successive runs of
// one schedule and runs of different ones, told apart by seed, are spread evenly. A window of 0 or less gives 0.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
func Jitter(seed uint64, due time.Time, window time.Duration) time.Duration {
	if window <= 0 {
		return 0
	}
	// Mixing after SplitMix64, then the high half of a product as an unbiased-enough fraction of the window.
	x := mix(mix(seed) + uint64(due.UnixNano()))
	hi, _ := bits.Mul64(x, uint64(window))
	return time.Duration(hi)
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fields splits at runs of blanks and tabs.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' })
}

// number reads decimal digits, and nothing else.
func number(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

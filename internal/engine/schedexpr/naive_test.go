package schedexpr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// naive is a second evaluator, from the text of an expression and straight from the definitions: it looks at every minute.
type naive struct{ minute, hour, dom, month, dow, year string }

func newNaive(s Schedule) naive {
	f := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(s.String(), "cron("), ")"))
	return naive{f[0], f[1], f[2], f[3], f[4], f[5]}
}

// next returns the first match after an instant and up to a horizon, counting only minutes that a clock shows for the
// first time: those later than everything it showed before.
func (n naive) next(after time.Time, loc *time.Location, horizon time.Duration) (time.Time, bool) {
	newest, day, dayOK := int64(-1<<62), int64(-1<<62), false
	from := after.Add(-27 * time.Hour)
	for s := from.Unix() - from.Unix()%30; s <= after.Add(horizon).Unix(); s += 30 { // Monrovia's minutes began at :30
		t := time.Unix(s, 0).In(loc)
		_, offset := t.Zone()
		wall := s + int64(offset)
		if wall <= newest || t.Second() != 0 {
			continue
		}
		newest = wall
		if !t.After(after) {
			continue
		}
		if today := wall - wall%86400; today != day {
			day, dayOK = today, n.matchesDay(t)
		}
		if dayOK && in(n.hour, t.Hour(), 0, 23, nil) && in(n.minute, t.Minute(), 0, 59, nil) {
			return t, true
		}
	}
	return time.Time{}, false
}

var (
	monthNames = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	dayNames   = strings.Fields("SUN MON TUE WED THU FRI SAT")
)

func (n naive) matchesDay(t time.Time) bool {
	t = time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	if !in(n.year, t.Year(), 1970, 2199, nil) || !in(n.month, int(t.Month()), 1, 12, monthNames) {
		return false
	}
	last := t
	for last.AddDate(0, 0, 1).Month() == t.Month() {
		last = last.AddDate(0, 0, 1)
	}
	if n.dow == "?" {
		return n.matchesDOM(t, last.Day())
	}
	if n.dow == "L" {
		return t.Weekday() == time.Saturday
	}
	if day, ok := strings.CutSuffix(n.dow, "L"); ok {
		return int(t.Weekday())+1 == val(day, 1, dayNames) && t.AddDate(0, 0, 7).Month() != t.Month()
	}
	if day, nth, ok := strings.Cut(n.dow, "#"); ok {
		return int(t.Weekday())+1 == val(day, 1, dayNames) && (t.Day()+6)/7 == val(nth, 0, nil)
	}
	return in(n.dow, int(t.Weekday())+1, 1, 7, dayNames)
}

func (n naive) matchesDOM(t time.Time, last int) bool {
	s, workday := strings.CutSuffix(n.dom, "W")
	day, isLast := strings.CutPrefix(s, "L")
	if !workday && !isLast {
		return in(n.dom, t.Day(), 1, 31, nil)
	}
	target := last
	switch {
	case isLast && day != "":
		target += val(day, 0, nil) // "-3"
	case !isLast:
		target = val(s, 0, nil)
	}
	if target < 1 || target > last {
		return false
	}
	if !workday {
		return t.Day() == target
	}
	best, distance := 0, 99
	for d := 1; d <= last; d++ {
		wd := time.Date(t.Year(), t.Month(), d, 0, 0, 0, 0, time.UTC).Weekday()
		if wd != time.Saturday && wd != time.Sunday && max(d-target, target-d) < distance {
			best, distance = d, max(d-target, target-d)
		}
	}
	return t.Day() == best
}

// in reports whether a list holds v, by going through each item's values in turn.
func in(list string, v, lo, hi int, names []string) bool {
	for item := range strings.SplitSeq(list, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			step = val(stepText, 0, nil)
		}
		from, to := lo, hi
		if a, b, ok := strings.Cut(span, "-"); ok {
			from, to = val(a, lo, names), val(b, lo, names)
		} else if span != "*" {
			from = val(span, lo, names)
			if !stepped {
				to = from
			}
		}
		for x, i := from, 0; ; i++ {
			if i%step == 0 && x == v {
				return true
			}
			if x == to {
				break
			}
			if x++; x > hi {
				x = lo
			}
		}
	}
	return false
}

func val(s string, lo int, names []string) int {
	if i := slices.Index(names, s); i >= 0 {
		return lo + i
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// randomCron writes a random valid expression.
func randomCron(r *rand.Rand) string {
	value := func(lo, hi int, names []string) string {
		v := lo + r.IntN(hi-lo+1)
		if names != nil && r.IntN(2) == 0 {
			return names[v-lo]
		}
		return strconv.Itoa(v)
	}
	list := func(lo, hi int, names []string, steps, wraps bool) string {
		if r.IntN(3) == 0 {
			return "*"
		}
		var items []string
		for range 1 + r.IntN(3) {
			item := value(lo, hi, names)
			switch kind := r.IntN(4); {
			case kind == 0 && wraps:
				item += "-" + value(lo, hi, names)
			case kind == 1 && steps:
				item = "*"
			}
			if steps && (item == "*" || r.IntN(3) == 0) {
				item += "/" + strconv.Itoa(1+r.IntN(min(hi, 20)))
			}
			items = append(items, item)
		}
		return strings.Join(items, ",")
	}
	dom, dow := "?", "?"
	switch r.IntN(9) {
	case 0:
		dom = "L"
	case 1:
		dom = fmt.Sprintf("L-%d", r.IntN(31))
	case 2:
		dom = []string{"LW", "L-1W", "L-5W", "L-27W", "L-28W"}[r.IntN(5)]
	case 3:
		dom = value(1, 31, nil) + "W"
	case 4:
		dow = value(1, 7, dayNames) + "L"
	case 5:
		dow = value(1, 7, dayNames) + "#" + strconv.Itoa(1+r.IntN(5))
	case 6:
		dow = []string{"L", list(1, 7, dayNames, false, true)}[r.IntN(2)]
	case 7:
		dow = list(1, 7, dayNames, false, true)
	case 8:
		dom = list(1, 31, nil, true, true)
	}
	month, year := list(1, 12, monthNames, true, true), "*"
	if r.IntN(4) == 0 {
		year = []string{"2024", "2020-2030", "*/4", "2021/2", "2023,2024,2028", "1970-2199/3"}[r.IntN(6)]
	}
	return "cron(" + strings.Join([]string{list(0, 59, nil, true, true), list(0, 23, nil, true, true), dom, month, dow, year}, " ") + ")"
}

var zoneNames = []string{
	"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu",
	"Africa/Casablanca", "America/Santiago", "Pacific/Kwajalein", "Antarctica/Troll", "Africa/Monrovia", "Europe/Dublin",
}

// randomInstant is anywhere in the years, often just before a change of offset, the end of a month or of a February.
func randomInstant(r *rand.Rand, loc *time.Location) time.Time {
	t := time.Unix(r.Int64N(7_200_000_000), r.Int64N(2)*r.Int64N(1e9)).In(loc)
	switch r.IntN(4) {
	case 0:
		if _, end := t.ZoneBounds(); !end.IsZero() {
			t = end.Add(-time.Duration(r.Int64N(int64(36 * time.Hour)))).Add(2 * time.Hour)
		}
	case 1:
		t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, loc).Add(-time.Duration(r.Int64N(int64(48 * time.Hour))))
	case 2:
		t = time.Date(t.Year(), time.March, 1, 0, 0, 0, 0, loc).Add(-time.Duration(r.Int64N(int64(72 * time.Hour))))
	}
	return t
}

// checkNaive compares Next with the naive evaluator for one random expression, zone and instant.
func checkNaive(t *testing.T, seed uint64, horizon time.Duration) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	expr := randomCron(r)
	loc := zone(t, zoneNames[r.IntN(len(zoneNames))])
	after := randomInstant(r, loc)
	s := must(t, expr, Scheduler)
	got, ok := s.Next(after, loc)
	want, found := newNaive(s).next(after, loc, horizon)
	if !found && ok && got.After(after.Add(horizon)) {
		return
	}
	if ok != found || !got.Equal(want) {
		t.Errorf("seed %d: %s in %s after %s = %v, %t; want %v, %t", seed, expr, loc, after.Format(time.RFC3339Nano), got, ok, want, found)
	}
}

func TestNextAgainstNaive(t *testing.T) {
	for seed := range uint64(400) {
		checkNaive(t, seed, 3*24*time.Hour)
	}
	for seed := range uint64(15) {
		checkNaive(t, 1_000_000+seed, 40*24*time.Hour)
	}
}

// FuzzNext is TestNextAgainstNaive without an end. The seed decides the expression, the zone and the instant.
func FuzzNext(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkNaive(t, seed, 3*24*time.Hour) })
}

// FuzzParse checks that nothing panics, that what is accepted prints as an equal expression, and that Next moves on.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"cron(0/30 20-2 ? * MON-FRI *)", "cron(15 10 ? * 6L 2019-2022)", "cron(0 0 L-3W * ? *)", "cron(0 2 ? * SAT#3 *)", "cron(0/5, 9-18, ?, *, MON-FRI, *)",
		"rate(5 minutes)", "rate(1 day)", "at(2024-03-10T02:30:00)", "cron()", "rate( 10 minutes )",
	} {
		f.Add(s, int64(1_700_000_000))
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, expr string, sec int64) {
		after := time.Unix(sec%8_000_000_000, 0)
		for _, d := range []Dialect{Rules, Scheduler} {
			s, err := Parse(expr, d)
			if err != nil {
				continue
			}
			again, err := Parse(s.String(), d)
			if err != nil || again != s {
				t.Errorf("Parse(%q) prints as %q, which parses as %v, %v", expr, s, again, err)
			}
			next, ok := s.Next(after, berlin)
			if ok && (!next.After(after) || next.Year() > maxYear+1) {
				t.Errorf("%s: Next(%v) = %v", s, after, next)
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, c := range []struct{ name, expr, zone string }{
		{"dense", "cron(* * * * ? *)", "UTC"},
		{"weekdays", "cron(0 18 ? * MON-FRI *)", "UTC"},
		{"weekdaysBerlin", "cron(0 18 ? * MON-FRI *)", "Europe/Berlin"},
		{"leapSunday", "cron(0 0 ? 2 1#5 *)", "UTC"},
		{"leapSundayBerlin", "cron(0 0 ? 2 1#5 *)", "Europe/Berlin"},
		{"never", "cron(0 0 31 2 ? *)", "UTC"},
		{"neverInGap", "cron(30 2 ? 3 1#2 *)", "America/New_York"},
		{"rate", "rate(5 minutes)", "UTC"},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, loc := must(b, c.expr, Scheduler), zone(b, c.zone)
			after := time.Date(2024, 3, 1, 12, 0, 0, 0, loc)
			b.ReportAllocs()
			for b.Loop() {
				s.Next(after, loc)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("cron(0/30 20-2 ? JAN-MAR MON-FRI *)", Rules); err != nil {
			b.Fatal(err)
		}
	}
}

package schedexpr

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones
)

// TestRecordedAnswers compares what is accepted, and the text of what is not, with AWS's recorded answers.
func TestRecordedAnswers(t *testing.T) {
	var cases []struct {
		Case     string
		Params   map[string]string
		Snapshot map[string]json.RawMessage
	}
	load(t, "testdata/schedule_expressions.json", &cases)
	for _, c := range cases {
		dialect, want := Rules, ""
		if strings.Contains(c.Case, "create_schedule") {
			dialect = Scheduler
		}
		expr := c.Params["schedule_expression"] + c.Params["schedule_cron"]
		for _, answer := range c.Snapshot {
			var a struct{ Error struct{ Message string } }
			if err := json.Unmarshal(answer, &a); err != nil {
				t.Fatal(err)
			}
			want += a.Error.Message
		}
		if c.Snapshot == nil && strings.Contains(c.Case, "_invalid_") {
			want = "Parameter ScheduleExpression is not valid."
		}
		checkParse(t, expr, dialect, want)
	}
	if len(cases) != 39 {
		t.Errorf("read %d recorded cases, want 39", len(cases))
	}
}

func TestRecordedTraces(t *testing.T) {
	var cases []struct {
		Service string
		Expr    string `json:"schedule_expression"`
		Error   struct{ Message string }
	}
	load(t, "testdata/trace_expressions.json", &cases)
	for _, c := range cases {
		checkParse(t, c.Expr, map[string]Dialect{"events": Rules, "scheduler": Scheduler}[c.Service], c.Error.Message)
	}
	if len(cases) != 25 {
		t.Errorf("read %d recorded cases, want 25", len(cases))
	}
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func checkParse(t *testing.T, expr string, dialect Dialect, want string) {
	t.Helper()
	got := ""
	if _, err := Parse(expr, dialect); err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("Parse(%q, %d) = %q, want %q", expr, dialect, got, want)
	}
}

func TestRefused(t *testing.T) {
	both := []string{
		"", "cron", "cron(", "cron)", "(0 12 * * ? *)", "cron(0 12 * * ? *) ", " cron(0 12 * * ? *)", "CRON(0 12 * * ? *)",
		"cron( 0 12 * * ? *)", "cron(0 12 * * ?)", "cron(0 12 * * ? * *)",
		"cron(0 12 ? * ? *)", "cron(0 12 * * * *)", "cron(0 12 1 * MON *)", "cron(* ? * * * *)", "cron(0 12 * ? MON *)",
		"cron(60 * * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 1 0 ? *)", "cron(0 0 1 13 ? *)",
		"cron(0 0 ? * 0 *)", "cron(0 0 ? * 8 *)", "cron(0 0 1 * ? 1969)", "cron(0 0 1 * ? 2030-2020)", "cron(0 0 1 * ? 12345)",
		"cron(*/0 * * * ? *)", "cron(*/60 * * * ? *)", "cron(0 */24 * * ? *)", "cron(5/ * * * ? *)", "cron(/5 * * * ? *)", "cron(1- * * * ? *)", "cron(-1 * * * ? *)",
		"cron(1,,2 * * * ? *)", "cron(+1 * * * ? *)", "cron(1.5 * * * ? *)", "cron(0#1 * * * ? *)", "cron(L * * * ? *)",
		"cron(0 0 L-31 * ? *)", "cron(0 0 L3 * ? *)", "cron(0 0 L- * ? *)", "cron(0 0 L,15 * ? *)", "cron(0 0 W * ? *)", "cron(0 0 32W * ? *)", "cron(0 0 1W,15W * ? *)", "cron(0 0 1-5W * ? *)",
		"cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * 3#0 *)", "cron(0 0 ? * 3#6 *)", "cron(0 0 ? * #2 *)", "cron(0 0 ? * 8L *)", "cron(0 0 ? * MON,L *)", "cron(0 0 ? * 2/2 *)", "cron(0 0 ? * MONDAY *)",
		"cron(0 0 ? * 2W *)", "cron(0 0 1 FEBR ? *)", "cron(0 0 ? * ſUN *)", "cron(0\u00a00 1 * ? *)",
		"rate(5)", "rate(minutes)", "rate(0 minutes)", "rate(+5 minutes)", "rate(1.5 hours)", "rate(5 weeks)", "rate(5minutes)", "rate(5 minutes", "rate(99999999999999999999 days)", "rate(5 s)", "rate(5 )",
		"cron(" + strings.Repeat("0", 256) + " * * * ? *)",
	}
	for _, expr := range both {
		for _, d := range []Dialect{Rules, Scheduler} {
			s, err := Parse(expr, d)
			var e *Error
			if !errors.As(err, &e) || e.Reason == "" || e.Expr != expr || e.Dialect != d {
				t.Errorf("Parse(%q, %d) = %v, %#v; want an Error with a reason", expr, d, s, err)
			}
			if s != (Schedule{}) {
				t.Errorf("Parse(%q, %d) returns %v beside the error, want the zero Schedule", expr, d, s)
			}
		}
	}
	only := []struct {
		expr    string
		dialect Dialect
	}{
		{"at(2030-01-01T00:00:00)", Rules},
		{"cron(0/5, 9-18, ?, *, MON-FRI, *)", Scheduler},
		{"cron(0 20 * * ? 2500)", Scheduler},
		{"at(2030-02-30T00:00:00)", Scheduler},
		{"at(2030-01-01T24:00:00)", Scheduler},
		{"at(2030-01-01T00:00)", Scheduler},
		{"at(2030-01-01 00:00:00)", Scheduler},
		{"at(2030-01-01T0:00:00)", Scheduler},
		{"at(2030-01-01T0:00:00.0)", Scheduler},
		{"at(2200-01-01T00:00:00)", Scheduler},
		{"at(1969-12-31T23:59:59)", Scheduler},
		{"at()", Scheduler},
	}
	for _, c := range only {
		if s, err := Parse(c.expr, c.dialect); err == nil {
			t.Errorf("Parse(%q, %d) = %v, want an error", c.expr, c.dialect, s)
		}
	}
}

func TestString(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{"cron(0 12 * * ? *)", "cron(0 12 * * ? *)"},
		{"cron(0  12\t? jan-mar mon,Fri *)", "cron(0 12 ? JAN-MAR MON,FRI *)"},
		{"cron(0/5, 9-18, ?, *, MON-FRI, *)", "cron(0/5 9-18 ? * MON-FRI *)"},
		{"rate(05 minutes)", "rate(5 minutes)"},
		{"rate(1  day)", "rate(1 day)"},
	} {
		s, err := Parse(c.expr, Rules)
		if err != nil || s.String() != c.want {
			t.Errorf("Parse(%q) = %q, %v; want %q", c.expr, s, err, c.want)
		}
	}
	if s := must(t, "rate(1 days)", Scheduler).String(); s != "rate(1 day)" {
		t.Errorf("rate(1 days) prints as %q, want rate(1 day)", s)
	}
}

func must(t testing.TB, expr string, d Dialect) Schedule {
	t.Helper()
	s, err := Parse(expr, d)
	if err != nil {
		t.Fatalf("Parse(%q): %#v", expr, err)
	}
	return s
}

// zone loads a time zone.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// checkRuns compares the first runs after an instant. Times are RFC 3339; the runs end with "never" if nothing follows.
func checkRuns(t *testing.T, s Schedule, after string, w Window, want ...string) {
	t.Helper()
	at := instantOf(t, after)
	for i, run := range want {
		next, ok := s.NextWithin(at, w)
		if got := next.Format(time.RFC3339); ok && got != run || ok != (run != "never") {
			t.Errorf("%s in %v: run %d after %s = %s, %t; want %s", s, w.Location, i, at, got, ok, run)
			return
		}
		at = next
	}
}

func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestCronExamples runs every example of the cron tables in AWS's user guides, and each wildcard.
func TestCronExamples(t *testing.T) {
	const monday = "2019-07-01T00:00:00Z"
	for _, c := range []struct {
		expr, after string
		want        []string
	}{
		{"cron(0 10 * * ? *)", monday, []string{"2019-07-01T10:00:00Z", "2019-07-02T10:00:00Z"}},
		{"cron(15 12 * * ? *)", monday, []string{"2019-07-01T12:15:00Z", "2019-07-02T12:15:00Z"}},
		{"cron(0 18 ? * MON-FRI *)", "2019-07-04T20:00:00Z", []string{"2019-07-05T18:00:00Z", "2019-07-08T18:00:00Z"}},
		{"cron(0 8 1 * ? *)", monday, []string{"2019-07-01T08:00:00Z", "2019-08-01T08:00:00Z"}},
		{"cron(0/15 * * * ? *)", monday, []string{"2019-07-01T00:15:00Z", "2019-07-01T00:30:00Z", "2019-07-01T00:45:00Z", "2019-07-01T01:00:00Z"}},
		{"cron(0/10 * ? * MON-FRI *)", "2019-07-05T23:49:59Z", []string{"2019-07-05T23:50:00Z", "2019-07-08T00:00:00Z", "2019-07-08T00:10:00Z"}},
		{"cron(0/5 8-17 ? * MON-FRI *)", "2019-07-05T17:50:00Z", []string{"2019-07-05T17:55:00Z", "2019-07-08T08:00:00Z"}},
		{"cron(0/30 20-2 ? * MON-FRI *)", "2019-07-04T22:30:00Z", []string{"2019-07-04T23:00:00Z", "2019-07-04T23:30:00Z", "2019-07-05T00:00:00Z"}},
		{"cron(0/30 20-2 ? * MON-FRI *)", "2019-07-05T02:30:00Z", []string{"2019-07-05T20:00:00Z"}},
		{"cron(0/30 20-2 ? * MON-FRI *)", "2019-07-05T23:30:00Z", []string{"2019-07-08T00:00:00Z"}},
		{"cron(0 12 * * ? *)", monday, []string{"2019-07-01T12:00:00Z"}},
		{"cron(5,35 14 * * ? *)", monday, []string{"2019-07-01T14:05:00Z", "2019-07-01T14:35:00Z", "2019-07-02T14:05:00Z"}},
		{"cron(15 10 ? * 6L 2019-2022)", "2018-01-01T00:00:00Z", []string{"2019-01-25T10:15:00Z", "2019-02-22T10:15:00Z", "2019-03-29T10:15:00Z"}},
		{"cron(15 10 ? * 6L 2019-2022)", "2022-12-01T00:00:00Z", []string{"2022-12-30T10:15:00Z", "never"}},
		{"cron(1/10 5 * * ? *)", monday, []string{"2019-07-01T05:01:00Z", "2019-07-01T05:11:00Z", "2019-07-01T05:21:00Z"}},
		{"cron(0 0 ? * 3#2 *)", monday, []string{"2019-07-09T00:00:00Z", "2019-08-13T00:00:00Z"}},
		{"cron(0 0 ? * TUE#5 *)", monday, []string{"2019-07-30T00:00:00Z", "2019-10-29T00:00:00Z", "2019-12-31T00:00:00Z"}},
		{"cron(0 0 3W * ? *)", "2019-07-04T00:00:00Z", []string{"2019-08-02T00:00:00Z", "2019-09-03T00:00:00Z", "2019-10-03T00:00:00Z", "2019-11-04T00:00:00Z"}},
		{"cron(0 0 1W * ? *)", "2019-05-31T00:00:00Z", []string{"2019-06-03T00:00:00Z", "2019-07-01T00:00:00Z", "2019-08-01T00:00:00Z", "2019-09-02T00:00:00Z"}},
		{"cron(0 0 30W * ? *)", "2019-06-01T00:00:00Z", []string{"2019-06-28T00:00:00Z", "2019-07-30T00:00:00Z"}},
		{"cron(0 0 31W * ? *)", "2019-01-31T00:00:00Z", []string{"2019-03-29T00:00:00Z", "2019-05-31T00:00:00Z"}},
		{"cron(0 21 LW * ? *)", monday, []string{"2019-07-31T21:00:00Z", "2019-08-30T21:00:00Z", "2019-09-30T21:00:00Z"}},
		{"cron(0 0 L * ? *)", "2019-12-31T00:00:00Z", []string{"2020-01-31T00:00:00Z", "2020-02-29T00:00:00Z", "2020-03-31T00:00:00Z", "2020-04-30T00:00:00Z"}},
		{"cron(0 0 L-2 2 ? *)", "2019-12-31T00:00:00Z", []string{"2020-02-27T00:00:00Z", "2021-02-26T00:00:00Z"}},
		{"cron(0 0 L-30 * ? *)", "2019-01-15T00:00:00Z", []string{"2019-03-01T00:00:00Z", "2019-05-01T00:00:00Z"}},
		{"cron(0 0 L-1W * ? *)", "2019-06-01T00:00:00Z", []string{"2019-06-28T00:00:00Z", "2019-07-30T00:00:00Z", "2019-08-30T00:00:00Z"}},
		{"cron(0 0 ? * L *)", monday, []string{"2019-07-06T00:00:00Z", "2019-07-13T00:00:00Z"}},
		{"cron(0 2 ? * 5L *)", monday, []string{"2019-07-25T02:00:00Z", "2019-08-29T02:00:00Z"}},
		{"cron(0 0 ? * FRI-MON *)", "2019-07-04T12:00:00Z", []string{"2019-07-05T00:00:00Z", "2019-07-06T00:00:00Z", "2019-07-07T00:00:00Z", "2019-07-08T00:00:00Z", "2019-07-12T00:00:00Z"}},
		{"cron(0 22-2/2 * * ? *)", monday, []string{"2019-07-01T02:00:00Z", "2019-07-01T22:00:00Z", "2019-07-02T00:00:00Z"}},
		{"cron(0 0 30-2 * ? *)", "2019-02-01T12:00:00Z", []string{"2019-02-02T00:00:00Z", "2019-03-01T00:00:00Z", "2019-03-02T00:00:00Z", "2019-03-30T00:00:00Z"}},
		{"cron(0 0 1 DEC-FEB ? *)", monday, []string{"2019-12-01T00:00:00Z", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", "2020-12-01T00:00:00Z"}},
		{"cron(0 0 29 2 ? *)", monday, []string{"2020-02-29T00:00:00Z", "2024-02-29T00:00:00Z"}},
		{"cron(0 0 29 2 ? *)", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z"}},
		{"cron(0 0 ? 2 1#5 *)", monday, []string{"2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z"}},
		{"cron(0 0 31 2 ? *)", monday, []string{"never"}},
		{"cron(0 0 1 1 ? 2022/3)", monday, []string{"2022-01-01T00:00:00Z", "2025-01-01T00:00:00Z"}},
		{"cron(0 20 * * ? 2500)", monday, []string{"never"}},
		{"cron(59 23 31 12 ? *)", "2198-12-31T23:59:00Z", []string{"2199-12-31T23:59:00Z", "never"}},
		{"cron(0 0 1 1 ? *)", "1969-06-01T00:00:00Z", []string{"1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z"}},
		{"cron(* * * * ? *)", "2019-07-01T00:00:00.5Z", []string{"2019-07-01T00:01:00Z", "2019-07-01T00:02:00Z"}},
	} {
		checkRuns(t, must(t, c.expr, Rules), c.after, Window{}, c.want...)
	}
}

// TestDaylightSaving holds AWS's two rules: what a clock never shows is skipped, what it shows twice comes once.
func TestDaylightSaving(t *testing.T) {
	for _, c := range []struct {
		zone, expr, after string
		want              []string
	}{
		{"America/New_York", "cron(30 2 * * ? *)", "2024-03-09T00:00:00-05:00", []string{"2024-03-09T02:30:00-05:00", "2024-03-11T02:30:00-04:00"}},
		{"America/New_York", "cron(30 1 * * ? *)", "2024-11-02T12:00:00-04:00", []string{"2024-11-03T01:30:00-04:00", "2024-11-04T01:30:00-05:00"}},
		{"America/New_York", "cron(0/15 * * * ? *)", "2024-11-03T01:30:00-04:00", []string{"2024-11-03T01:45:00-04:00", "2024-11-03T02:00:00-05:00"}},
		{"America/New_York", "cron(0/15 * * * ? *)", "2024-11-03T01:20:00-05:00", []string{"2024-11-03T02:00:00-05:00"}},
		{"America/New_York", "cron(0/30 * * * ? *)", "2024-03-10T01:00:00-05:00", []string{"2024-03-10T01:30:00-05:00", "2024-03-10T03:00:00-04:00"}},
		{"America/New_York", "cron(30 2 ? 3 1#2 *)", "2024-01-01T00:00:00-05:00", []string{"never"}}, // always inside the gap
		{"Europe/Berlin", "cron(30 2 * * ? *)", "2024-03-30T12:00:00+01:00", []string{"2024-04-01T02:30:00+02:00"}},
		{"Europe/Berlin", "cron(30 2 * * ? *)", "2024-10-26T12:00:00+02:00", []string{"2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"}},
		{"Europe/Berlin", "cron(0 3 * * ? *)", "2024-10-27T02:59:00+01:00", []string{"2024-10-27T03:00:00+01:00"}},
		{"Australia/Lord_Howe", "cron(15 2 * * ? *)", "2024-10-05T12:00:00+10:30", []string{"2024-10-07T02:15:00+11:00"}},
		{"Australia/Lord_Howe", "cron(45 1 * * ? *)", "2024-04-06T12:00:00+11:00", []string{"2024-04-07T01:45:00+11:00", "2024-04-08T01:45:00+10:30"}},
		{"Pacific/Apia", "cron(0 12 30 12 ? *)", "2011-06-01T00:00:00Z", []string{"2012-12-30T12:00:00+14:00"}}, // no such day in 2011
		{"Asia/Kolkata", "cron(0 0 1 * ? *)", "2024-01-15T00:00:00Z", []string{"2024-02-01T00:00:00+05:30"}},
		{"Africa/Monrovia", "cron(0 0 * * ? *)", "1971-05-01T00:00:00Z", []string{"1971-05-01T00:00:00-00:44", "1971-05-02T00:00:00-00:44"}}, // offset -00:44:30
		{"America/New_York", "at(2024-03-10T02:30:00)", "2024-01-01T00:00:00Z", []string{"2024-03-10T03:30:00-04:00", "never"}},
		{"America/New_York", "at(2024-11-03T01:30:00)", "2024-01-01T00:00:00Z", []string{"2024-11-03T01:30:00-04:00", "never"}},
		{"America/New_York", "at(2024-11-03T02:00:00)", "2024-01-01T00:00:00Z", []string{"2024-11-03T02:00:00-05:00", "never"}},
		{"Australia/Lord_Howe", "at(2024-10-06T02:10:30)", "2024-01-01T00:00:00Z", []string{"2024-10-06T02:40:30+11:00", "never"}},
		{"America/New_York", "rate(1 days)", "2024-03-09T12:00:00-05:00", []string{"2024-03-10T13:00:00-04:00"}},
	} {
		checkRuns(t, must(t, c.expr, Scheduler), c.after, Window{Location: zone(t, c.zone)}, c.want...)
	}
}

func TestWindow(t *testing.T) {
	start, end := instantOf(t, "2024-05-01T10:00:30Z"), instantOf(t, "2024-05-01T10:30:30Z")
	for _, c := range []struct {
		expr, after string
		w           Window
		want        []string
	}{
		{"rate(10 minutes)", "2024-01-01T00:00:00Z", Window{Start: start, End: end}, []string{"2024-05-01T10:00:30Z", "2024-05-01T10:10:30Z", "2024-05-01T10:20:30Z", "2024-05-01T10:30:30Z", "never"}},
		{"rate(10 minutes)", "2024-05-01T10:19:00Z", Window{Start: start, End: end}, []string{"2024-05-01T10:20:30Z"}},
		{"rate(10 minutes)", "2024-05-01T10:20:30Z", Window{Start: start}, []string{"2024-05-01T10:30:30Z"}},
		{"rate(10 minutes)", "2024-05-01T10:20:31Z", Window{}, []string{"2024-05-01T10:30:31Z"}},
		{"rate(90 days)", "2199-10-01T00:00:00Z", Window{Start: start}, []string{"2199-10-11T10:00:30Z", "never"}},
		{"rate(9223372036854775807 days)", "2024-01-01T00:00:00Z", Window{Start: start}, []string{"2024-05-01T10:00:30Z", "never"}},
		{"cron(0/10 * * * ? *)", "2024-01-01T00:00:00Z", Window{Start: start, End: end}, []string{"2024-05-01T10:10:00Z", "2024-05-01T10:20:00Z", "2024-05-01T10:30:00Z", "never"}},
		{"cron(0/10 * * * ? *)", "2024-01-01T00:00:00Z", Window{Start: instantOf(t, "2024-05-01T10:00:00Z")}, []string{"2024-05-01T10:00:00Z"}},
		{"cron(0/10 * * * ? *)", "2024-01-01T00:00:00Z", Window{Start: end, End: start}, []string{"never"}},
		{"at(2024-04-01T00:00:00)", "2024-01-01T00:00:00Z", Window{Start: start, End: end}, []string{"2024-04-01T00:00:00Z", "never"}},
	} {
		checkRuns(t, must(t, c.expr, Scheduler), c.after, c.w, c.want...)
	}
	if next, ok := (Schedule{}).Next(start, nil); ok {
		t.Errorf("the zero Schedule is due at %v, want never", next)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		expr     string
		oneTime  bool
		interval time.Duration
	}{
		{"at(2024-04-01T00:00:00)", true, 0}, {"rate(36 hours)", false, 36 * time.Hour}, {"cron(* * * * ? *)", false, 0},
	} {
		if s := must(t, c.expr, Scheduler); s.OneTime() != c.oneTime || s.Interval() != c.interval {
			t.Errorf("%s: OneTime, Interval = %t, %v; want %t, %v", s, s.OneTime(), s.Interval(), c.oneTime, c.interval)
		}
	}
}

// TestJitter checks that runs stay in the window, repeat exactly, and spread evenly over it.
func TestJitter(t *testing.T) {
	due, window := instantOf(t, "2024-05-01T10:00:00Z"), 15*time.Minute
	var perMinute [15]int
	for seed := range uint64(15000) {
		d := Jitter(seed, due, window)
		if d < 0 || d >= window || d != Jitter(seed, due, window) {
			t.Fatalf("Jitter(%d) = %v, want one value in [0, %v)", seed, d, window)
		}
		perMinute[d/time.Minute]++
	}
	for m, n := range perMinute {
		if n < 850 || n > 1150 { // 1000 expected; five standard deviations are 153
			t.Errorf("minute %d of the window holds %d of 15000 runs, want about 1000", m, n)
		}
	}
	if Jitter(1, due, window) == Jitter(1, due.Add(time.Hour), window) {
		t.Error("two runs of one schedule have the same jitter")
	}
	if d := Jitter(1, due, 0); d != 0 {
		t.Errorf("Jitter with no window = %v, want 0", d)
	}
}

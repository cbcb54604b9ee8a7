package sigv4

import (
	"net/http"
	"time"
)

// Layouts of times in signatures.
const (
	timeLayout = "20060102T150405Z"
	dateLayout = "20060102"
)

// parseTime reads a time in the ISO 8601 basic format that signatures use, without the cost of a layout.
func parseTime(s string) (time.Time, bool) {
	if len(s) != len(timeLayout) || s[8] != 'T' || s[15] != 'Z' {
		return time.Time{}, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[4:6])
	day, ok3 := digits(s[6:8])
	hour, ok4 := digits(s[9:11])
	minute, ok5 := digits(s[11:13])
	second, ok6 := digits(s[13:15])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || month < 1 || month > 12 || day < 1 || day > 31 ||
		hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day
}

// parseAnyTime also reads the forms that HTTP allows in a Date header.
func parseAnyTime(s string) (time.Time, bool) {
	if t, ok := parseTime(s); ok {
		return t, true
	}
	if t, err := http.ParseTime(s); err == nil {
		return t.UTC(), true
	}
	for _, layout := range [...]string{time.RFC1123Z, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// validDate reports whether s is a day in the form YYYYMMDD.
func validDate(s string) bool {
	if len(s) != len(dateLayout) {
		return false
	}
	_, ok := digits(s)
	if !ok {
		return false
	}
	_, err := time.Parse(dateLayout, s)
	return err == nil
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

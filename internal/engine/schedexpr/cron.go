package schedexpr

import (
	"math/bits"
	"time"
)

// dayRule is how a cron expression chooses the days of a month.
type dayRule uint8

const (
	dayOfMonth  dayRule = iota // any day whose bit is set in cron.days
	dayOfWeek                  // any day whose weekday's bit is set in cron.days
	lastDay                    // cron.n days before the month's last day
	lastWorkday                // the Monday to Friday nearest to the day that lastDay would give, in the same month
	nearWorkday                // the Monday to Friday nearest to day cron.n, in the same month
	lastWeekday                // the last cron.weekday of the month
	nthWeekday                 // the cron.n-th cron.weekday of the month
)

// cron is a parsed cron expression. Bit i of a field's set stands for its value i.
type cron struct {
	minutes uint64
	hours   uint32
	days    uint32 // days 1 to 31, or weekdays 0 (Sunday) to 6; see rule
	months  uint16
	rule    dayRule
	n       uint8
	weekday time.Weekday
	years   yearSet
}

// yearSet holds years from minYear on: bit i is minYear+i.
type yearSet [4]uint64

func (s *yearSet) add(year int) { s[(year-minYear)/64] |= 1 << ((year - minYear) % 64) }

// next returns the first year of the set that is not before the given one.
func (s *yearSet) next(year int) (int, bool) {
	i := max(year-minYear, 0)
	for ; i < 64*len(s); i = (i/64 + 1) * 64 {
		if rest := s[i/64] >> (i % 64); rest != 0 {
			return minYear + i + bits.TrailingZeros64(rest), true
		}
	}
	return 0, false
}

// next returns the first instant after the given one at which clocks in loc show a matching minute for the first time.
//
// The time line is walked by stretches of constant offset. In a stretch, wall time is time plus offset, so the next match
// is found on the wall. What the wall showed already before a change backwards is passed over, and what it never shows
// because of a change forwards lies in no stretch.
func (c *cron) next(after time.Time, loc *time.Location) (time.Time, bool) {
	t := after.Add(1).In(loc) // first instant that may be the answer
	for {
		_, offset := t.Zone()
		start, end := bounds(t)
		from := t.Unix() + int64(offset)
		if t.Nanosecond() > 0 {
			from++
		}
		if !start.IsZero() {
			_, before := start.Add(-1).Zone()
			from = max(from, start.Unix()+int64(before))
		}
		wall, ok := c.nextWall(ceilMinute(from))
		if !ok {
			return time.Time{}, false
		}
		at := time.Unix(wall-int64(offset), 0).In(loc)
		if end.IsZero() || at.Before(end) {
			return at, true
		}
		// The match is past this stretch, perhaps by years: go to where it can be, as no offset reaches 26 hours.
		t = end
		if near := time.Unix(wall, 0).Add(-26 * time.Hour); near.After(end) {
			t = near.In(loc)
		}
	}
}

// bounds returns the stretch of constant offset around t, or a part of it that begins at or before t and ends after it.
// It is ZoneBounds, which past the last listed transition cuts at every year and in leap years does so a day early,
// so that its end is not after an instant on 31 December (Go 1.26).
func bounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).In(t.Location())
	}
	return start, end
}

func ceilMinute(seconds int64) int64 {
	if r := seconds % 60; r > 0 {
		return seconds + 60 - r
	} else if r < 0 {
		return seconds - r
	}
	return seconds
}

// nextWall returns the first matching wall time at or after from, which is a whole minute; both are in seconds since
// 1970 on the wall.
func (c *cron) nextWall(from int64) (int64, bool) {
	f := time.Unix(from, 0).UTC()
	year, month, day, hour, minute := f.Year(), int(f.Month()), f.Day(), f.Hour(), f.Minute()
	if year < minYear {
		year, month, day, hour, minute = minYear, 1, 1, 0, 0
	}
	for {
		y, ok := c.years.next(year)
		if !ok {
			return 0, false
		}
		if y != year {
			year, month, day, hour, minute = y, 1, 1, 0, 0
		}
		m := nextBit(uint64(c.months), month)
		if m < 0 {
			year, month, day, hour, minute = year+1, 1, 1, 0, 0
			continue
		}
		if m != month {
			month, day, hour, minute = m, 1, 0, 0
		}
		d := nextBit(uint64(c.daysIn(year, time.Month(month))), day)
		if d < 0 {
			month, day, hour, minute = month+1, 1, 0, 0
			continue
		}
		if d != day {
			day, hour, minute = d, 0, 0
		}
		h := nextBit(uint64(c.hours), hour)
		if h < 0 {
			day, hour, minute = day+1, 0, 0
			continue
		}
		if h != hour {
			hour, minute = h, 0
		}
		i := nextBit(c.minutes, minute)
		if i < 0 {
			hour, minute = hour+1, 0
			continue
		}
		return time.Date(year, time.Month(month), day, hour, i, 0, 0, time.UTC).Unix(), true
	}
}

// nextBit returns the lowest set bit that is not below from, which may lie past the last bit, or -1.
func nextBit(set uint64, from int) int {
	rest := set >> from << from
	if rest == 0 {
		return -1
	}
	return bits.TrailingZeros64(rest)
}

// daysIn returns the set of a month's matching days; bit i is day i.
func (c *cron) daysIn(year int, month time.Month) uint32 {
	lastDate := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
	last := lastDate.Day()
	weekday := func(day int) int { return (int(lastDate.Weekday()) + day - last + 35) % 7 }
	whole := uint32(1)<<(last+1) - 2
	n, day := int(c.n), 0
	switch c.rule {
	case dayOfMonth:
		return c.days & whole
	case dayOfWeek:
		week := uint64(c.days)
		weeks := week | week<<7 | week<<14 | week<<21 | week<<28 | week<<35
		return uint32(weeks>>weekday(1)<<1) & whole
	case lastDay:
		day = last - n
	case lastWorkday:
		if n >= last {
			return 0
		}
		day = workdayNear(last-n, weekday(last-n), last)
	case nearWorkday:
		if n > last {
			return 0 // AWS does not say; a month that lacks the day is skipped, as for a plain day
		}
		day = workdayNear(n, weekday(n), last)
	case lastWeekday:
		day = last - (weekday(last)-int(c.weekday)+7)%7
	case nthWeekday:
		day = 1 + (int(c.weekday)-weekday(1)+7)%7 + 7*(n-1)
	}
	if day < 1 || day > last {
		return 0
	}
	return 1 << day
}

// workdayNear returns the Monday to Friday nearest to a day that falls on weekday, without leaving the month.
func workdayNear(day, weekday, last int) int {
	switch {
	case weekday == int(time.Saturday) && day > 1:
		return day - 1
	case weekday == int(time.Saturday):
		return day + 2
	case weekday == int(time.Sunday) && day < last:
		return day + 1
	case weekday == int(time.Sunday):
		return day - 2
	}
	return day
}

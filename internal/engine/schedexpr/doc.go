// Package schedexpr reads AWS's schedule expressions, rate(…), cron(…) and at(…), and says when they are due next.
// EventBridge rules and EventBridge Scheduler share it; the differences between the two are a [Dialect].
//
// # What it promises
//
//   - It is pure. The present, the time zone and the seed of a flexible window are arguments; nothing is read from
//     a clock, and a [Schedule] is an immutable, comparable value that any number of goroutines may use.
//   - Next never walks over minutes. Each cron field is a bit set, a month's days are one mask, and the time line of
//     a zone is cut into its stretches of constant offset, inside which wall time is plain arithmetic.
//   - Nothing is due outside the years 1970 to 2199.
//
// # Expressions
//
// A cron expression has six fields: minutes (0-59), hours (0-23), day of the month (1-31), month (1-12 or JAN-DEC), day of
// the week (1-7 or SUN-SAT) and year. Every field takes lists, ranges and `*`; all but the day of the week take steps,
// written `3/10`, `*/10` or `0-30/10`. A range may wrap around (22-2, FRI-MON, NOV-FEB), but not in the years. Exactly one of
// the two day fields is `?`. The day of the month may instead be `L`, `L-3`, `LW`, `L-3W` or `15W`, and the day of the
// week `L` (Saturday), `6L` or `6#3`; each of these stands alone in its field.
//
//   - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
//   - https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
//
// # Time zones and daylight saving
//
// A rule runs in UTC; a schedule in a zone of its choice. As AWS documents, a wall time that does not exist (spring) is
// skipped, and one that exists twice (autumn) is due once; we take its first occurrence. That holds for dense
// expressions too: in New York, cron(0/15 * * * ? *) rests for the repeated hour. A day in a rate is always 24 hours. AWS does
// not say what at(…) does in a gap: here it is due as many minutes later as the gap is long, so that it is not lost.
//
// Zones come from [time.LoadLocation], which needs a zone database. Whether to embed one with the standard library's
// time/tzdata (some 450 kB) is a decision about the binary, so it belongs to cmd and not to this package.
//
// # Where behaviour was observed
//
// Beyond AWS's pages and its recorded answers in testdata: PutRule accepts commas at the end of a field, years past 2199
// (which never come), LW and 6L, and refuses a step larger than its field (`*/60` minutes). L-3 and L-3W are Quartz's
// spelling, which AWS's grammar follows elsewhere; AWS does not document them. The page on rules says that the number and
// the unit's plural must agree; Scheduler's lists minutes, hours and days alone, so its dialect takes rate(1 days) too.
package schedexpr

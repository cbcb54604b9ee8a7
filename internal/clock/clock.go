// Package clock is where time enters the platform.
//
// Nothing else reads the wall clock or makes a timer (CONVENTIONS rule 14), so that one place decides what time it is.
package clock

import (
	"context"
	"time"
)

// Clock tells the platform's time. The zero value follows the machine's clock. Its methods may be called concurrently.
type Clock struct{}

// New returns a clock that follows the machine's clock.
func New() *Clock { return &Clock{} }

// Now returns the present instant, in UTC.
func (c *Clock) Now() time.Time { return time.Now().UTC() }

// WaitUntil returns nil once the clock has reached t, at once if it already has; or ctx's cause when ctx ends first.
func (c *Clock) WaitUntil(ctx context.Context, t time.Time) error {
	a := c.At(t)
	defer a.Stop()
	select {
	case <-a.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Alarm fires once, when the clock reaches its instant. Stop releases it.
type Alarm struct {
	C     <-chan time.Time
	timer *time.Timer
}

// At returns an alarm for t; one that lies in the past fires at once.
func (c *Clock) At(t time.Time) *Alarm {
	timer := time.NewTimer(t.Sub(c.Now()))
	return &Alarm{C: timer.C, timer: timer}
}

// Stop releases the alarm; it will not fire any more.
func (a *Alarm) Stop() { a.timer.Stop() }

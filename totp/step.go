package totp

import (
	"context"
	"time"
)

// A clock is the local one, corrected by as much as Options.ClockOffset says.
type clock time.Duration

func (c clock) now() time.Time { return time.Now().Add(time.Duration(c)) }

// local is when the uncorrected clock will say that it is t.
func (c clock) local(t time.Time) time.Time { return t.Add(-time.Duration(c)) }

// sleepUntil returns at t, or when ctx ends.
func (c clock) sleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(c.local(t)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// stepAt is when the step began that t is in. It has no monotonic reading: steps follow the wall clock.
func stepAt(t time.Time, period time.Duration) time.Time {
	return time.Unix(stepNumber(t, period)*int64(period/time.Second), 0)
}

func stepNumber(t time.Time, period time.Duration) int64 {
	return t.Unix() / int64(period/time.Second)
}

// ending reports whether too little is left of the step for its code to arrive in time: not every vendor accepts the one before.
func ending(start time.Time, period time.Duration, now time.Time) bool {
	return start.Add(period).Sub(now) < period/30
}

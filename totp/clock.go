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

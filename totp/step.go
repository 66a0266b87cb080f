package totp

import "time"

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

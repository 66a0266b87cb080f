package totp

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	storeTimeout = 5 * time.Second // for all that one code asks of the store
	storeTries   = 5               // a process loses a step at most once before it sees that the step is used

	// keepPeriods is how long the store remembers a step: far longer than vendors accept its code, and short enough that a
	// process with a clock in the future does not stop the others for long.
	keepPeriods = 10
)

// reserve takes the current step from every other caller of this Source. Where it cannot be had, free is false and start is when
// the next one begins that can.
func (s *Source) reserve(user string, period time.Duration) (start time.Time, free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	start = stepAt(now, period)
	if ending(start, period, now) {
		start = start.Add(period)
	}
	if used := s.used[user]; start.Before(used) {
		start = stepAt(used.Add(period-time.Nanosecond), period) // rounded up: the mark may come from another period
	}
	if start.After(now) {
		return start, false
	}
	s.used[user] = start.Add(period)
	return start, true
}

// share takes the step that begins at start from every other user of the store. It answers false when somebody else had it, or ctx
// has ended.
func (s *Source) share(ctx context.Context, user string, start time.Time, period time.Duration) (ours bool) {
	if s.store == nil {
		return true
	}
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	ours, err := s.claim(bounded, user, start, period)
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "totp: the store failed; another process may use this step too", slog.Any("error", err))
		return true
	}
	return ours
}

// claim moves the store's mark past the step, by compare-and-set, unless it is there already.
func (s *Source) claim(ctx context.Context, user string, start time.Time, period time.Duration) (ours bool, err error) {
	for range storeTries {
		used, version, err := s.loadMark(ctx, user)
		if err != nil {
			return false, err
		}
		if used.After(start) {
			s.raise(user, used)
			return false, nil
		}
		_, err = s.store.Save(ctx, user, formatMark(start.Add(period)), version, keepPeriods*period)
		if !errors.Is(err, vendorlogin.ErrRecordChanged) {
			return err == nil, err
		}
	}
	return false, vendorlogin.ErrRecordChanged
}

// loadMark gives the store's mark; zero where there is none, or none that can be read.
func (s *Source) loadMark(ctx context.Context, user string) (used time.Time, version string, err error) {
	data, version, err := s.store.Load(ctx, user)
	if errors.Is(err, vendorlogin.ErrNoRecord) {
		return time.Time{}, "", nil
	}
	if err != nil {
		return time.Time{}, "", err
	}
	return parseMark(data), version, nil
}

// raise notes what others have used, so that the wait is for a step that is free.
func (s *Source) raise(user string, used time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if used.After(s.used[user]) {
		s.used[user] = used
	}
}

// A mark is a time rather than a step's number, since the period may change with the secret.
func formatMark(used time.Time) []byte { return strconv.AppendInt(nil, used.Unix(), 10) }

func parseMark(data []byte) time.Time {
	seconds, err := strconv.ParseUint(string(data), 10, 40) // 40 bits: what time can do sums with
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
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

// sleepUntil returns at t, or after one period if that is sooner: the clock may have been changed meanwhile.
func sleepUntil(ctx context.Context, t time.Time, period time.Duration) error {
	timer := time.NewTimer(min(time.Until(t), period))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

package totp

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	storeTimeout = 5 * time.Second // for all that one code asks of the store
	storeTries   = 5               // a process loses a step at most once before it sees that the step is used
	keepPeriods  = 10              // how long the store keeps a mark: far longer than vendors accept the code
)

// marks say which steps are used, by user. A mark is the end of the last used step, so it holds although the period may change.
type marks struct {
	clock clock
	store vendorlogin.Store // nil: none
	log   *slog.Logger

	mu   sync.Mutex
	used map[string]time.Time
}

// reserve takes the current step from every other caller of this Source. Where it cannot be had, free is false and start is when
// the next one begins that can.
func (m *marks) reserve(user string, period time.Duration) (start time.Time, free bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.now()
	start = stepAt(now, period)
	used := believable(m.used[user], now, period)
	m.used[user] = used
	if start.Before(used) {
		start = stepAt(used.Add(period-time.Nanosecond), period) // rounded up: the mark may come from another period
	}
	if start.After(now) {
		return start, false
	}
	m.used[user] = start.Add(period)
	return start, true
}

// believable bounds a mark. Other clocks may be ahead, so the next step may be used already. A later one is not: the clock that made
// that mark was wrong, here or elsewhere, and all that counts of it is that the current step may be used.
func believable(mark, now time.Time, period time.Duration) time.Time {
	current := stepAt(now, period)
	if mark.After(current.Add(2 * period)) {
		return current.Add(period)
	}
	return mark
}

// share takes the step that begins at start from every other user of the store. ours is false when somebody else had it, or ctx
// has ended.
func (m *marks) share(ctx context.Context, user string, start time.Time, period time.Duration) (ours bool) {
	if m.store == nil {
		return true
	}
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	ours, err := m.claim(bounded, user, start, period)
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		m.log.LogAttrs(ctx, slog.LevelWarn, "totp: the store failed; another process may use this step too", slog.Any("error", err))
		return true
	}
	return ours
}

// claim moves the store's mark past the step, by compare-and-set, unless it is there already. A mark that cannot be believed is
// replaced by its bound, else it would bar each step anew.
func (m *marks) claim(ctx context.Context, user string, start time.Time, period time.Duration) (ours bool, err error) {
	for range storeTries {
		stored, version, err := m.load(ctx, user)
		if err != nil {
			return false, err
		}
		used := believable(stored, m.clock.now(), period)
		ours, next := !used.After(start), used
		if ours {
			next = start.Add(period)
		}
		if !next.Equal(stored) {
			_, err = m.store.Save(ctx, user, formatMark(next), version, keepPeriods*period)
		}
		if errors.Is(err, vendorlogin.ErrRecordChanged) {
			continue
		}
		return ours, err
	}
	return false, vendorlogin.ErrRecordChanged
}

// load gives the store's mark; zero where there is none, or none that can be read.
func (m *marks) load(ctx context.Context, user string) (used time.Time, version string, err error) {
	data, version, err := m.store.Load(ctx, user)
	if errors.Is(err, vendorlogin.ErrNoRecord) {
		return time.Time{}, "", nil
	}
	if err != nil {
		return time.Time{}, "", err
	}
	return parseMark(data), version, nil
}

func formatMark(used time.Time) []byte { return strconv.AppendInt(nil, used.Unix(), 10) }

func parseMark(data []byte) time.Time {
	seconds, err := strconv.ParseUint(string(data), 10, 40) // 40 bits: what time can do sums with
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

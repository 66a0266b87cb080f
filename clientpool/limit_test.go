package clientpool_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/clientpool"
)

// limit lets six accounts meet a rate limit after 20 logins.
func limit(t *testing.T, p *clientpool.EndpointPacer, tells bool, after time.Duration) {
	t.Helper()
	for n := range 20 {
		login(t, p, fmt.Sprint(n), nil)
	}
	for n := range 6 {
		login(t, p, fmt.Sprint(20+n), tooMany(tells, after))
	}
}

func TestALaneOpensAtTheRateThatWasMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		assert.Equal(t, time.Now().Add(time.Minute), lane(p).ClosedUntil)
		assert.Equal(t, 3210*time.Millisecond, lane(p).Interval, "20 a minute, and 7 % more")
		time.Sleep(time.Minute)
		login(t, p, "20", nil)
		began := time.Now()
		done, err := p.Pace(t.Context(), account("21"), "login")
		assert.NoError(t, err)
		assert.Equal(t, 3210*time.Millisecond, time.Since(began))
		done(true, nil)

		time.Sleep(5*time.Minute - 3210*time.Millisecond)
		assert.InDelta(t, 3.21/2.718, lane(p).Interval.Seconds(), 0.01, "it shrinks")
		time.Sleep(3 * time.Hour)
		login(t, p, "22", nil)
		assert.Zero(t, lane(p).Interval, "and is forgotten:")
		login(t, p, "23", tooMany(true, time.Minute))
		login(t, p, "24", nil)
	})
}

func TestOneAccountIsEnoughOnceALimitIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		time.Sleep(time.Minute)
		login(t, p, "20", nil)
		time.Sleep(10 * time.Second)
		login(t, p, "21", tooMany(true, 50*time.Second))
		assert.Equal(t, time.Now().Add(50*time.Second), lane(p).ClosedUntil)
		interval := lane(p).Interval
		assert.GreaterOrEqual(t, interval, 3210*time.Millisecond)
		time.Sleep(50*time.Second + 10*time.Minute)
		assert.InDelta(t, interval.Seconds()/2.718, lane(p).Interval.Seconds(), 0.01, "it shrinks half as fast from now on")
	})
}

// One pass and a 429 say little beside a rate at which many have passed.
func TestFewPassesChangeARateLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		time.Sleep(time.Minute)
		for n := range 10 {
			login(t, p, fmt.Sprint("paced-", n), nil)
			time.Sleep(3210 * time.Millisecond)
		}
		login(t, p, "a", tooMany(true, time.Second))
		measured := lane(p).Interval
		assert.InDelta(t, 3.5, measured.Seconds(), 0.2)
		time.Sleep(time.Second)
		login(t, p, "b", nil)
		time.Sleep(measured)
		login(t, p, "c", tooMany(true, 30*time.Second))
		assert.InDelta(t, 1.25*measured.Seconds(), lane(p).Interval.Seconds(), 0.2)

		time.Sleep(30 * time.Second)
		login(t, p, "d", tooMany(true, 30*time.Second))
		assert.InDelta(t, 1.25*1.25*measured.Seconds(), lane(p).Interval.Seconds(), 0.3, "the rate is still a good one")
	})
}

func TestHowLongALaneIsClosed(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	for name, c := range map[string]struct {
		tells bool
		after time.Duration
		want  []time.Duration
	}{
		"an hour": {true, time.Hour,
			[]time.Duration{2 * minute, 4 * minute, 8 * minute, 16 * minute, 32 * minute, time.Hour, time.Hour}},
		"a time that is past": {true, -time.Hour, []time.Duration{time.Second, time.Second}},
		"no Retry-After":      {false, 0, []time.Duration{time.Minute, 12840 * time.Millisecond}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			limit(t, p, c.tells, c.after)
			for n, want := range c.want {
				assert.InDelta(t, want.Seconds(), time.Until(lane(p).ClosedUntil).Seconds(), 0.001, "%s: %d", name, n)
				time.Sleep(time.Until(lane(p).ClosedUntil))
				login(t, p, fmt.Sprint("again-", n), tooMany(c.tells, c.after))
			}
		})
	}
}

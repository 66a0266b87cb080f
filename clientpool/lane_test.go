package clientpool_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

func TestARateLimitIsThatOfManyAccounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		logins string // one after the other: a letter is an account that meets a limit; "+" succeeds, "-" has a wrong password
		closed bool
	}{
		"five":                      {"+abcde", false},
		"six":                       {"+abcdef", true},
		"six, and nobody succeeded": {"abcdef", true},
		"one again and again":       {"+aaaaaaaa", false},
		"a success between":         {"+abcde+f", false},
		"a wrong password between":  {"+abcde-f", false},
		"accounts' own locks":       {"abc+abcdefgh+abcdefgh", false},
		"accounts' own, and others": {"abc+abcdefghi", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			for _, l := range c.logins {
				switch l {
				case '+':
					login(t, p, "good", nil)
				case '-':
					login(t, p, "wrong", wrongPassword())
				default:
					login(t, p, string(l), tooMany(true, time.Minute))
				}
			}
			assert.Equal(t, c.closed, !lane(p).ClosedUntil.IsZero(), name)
			if c.closed {
				e := rejected(t, p, "next")
				assert.ErrorIs(t, e, vendorlogin.ErrRateLimited, name)
				assert.False(t, e.RetryAt.Before(time.Now().Add(time.Minute)), name)
			} else {
				login(t, p, "next", nil)
			}
		})
	}
}

// Failures of single accounts that are far apart are no limit.
func TestEvidenceAges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		for n := range 12 {
			login(t, p, fmt.Sprint(n), tooMany(true, 5*time.Minute))
			time.Sleep(13 * time.Second)
		}
		assert.True(t, lane(p).ClosedUntil.IsZero(), "five in a minute")
	})
}

func TestAnOpenedLaneStartsSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Second)
		time.Sleep(time.Second)
		for n := range 4 {
			_, err := p.Pace(t.Context(), account(fmt.Sprint(n)), "login")
			assert.NoError(t, err)
		}
		rejected(t, p, "fifth")
	})
}

func TestASuccessProvesThatTheLimitsWereTheAccountsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Hour)
		rejected(t, p, "good")
		time.Sleep(2 * time.Minute)
		login(t, p, "26", tooMany(true, time.Hour))
		time.Sleep(4 * time.Minute)
		login(t, p, "good", nil)
		assert.Equal(t, clientpool.LaneStatus{}, lane(p))
		for n := range 7 {
			login(t, p, fmt.Sprint(20+n), tooMany(true, time.Hour))
		}
		login(t, p, "better", nil)
		assert.Equal(t, clientpool.LaneStatus{}, lane(p), "all seven are known now")

		for n := range 6 {
			login(t, p, fmt.Sprint(20+n), nil)
		}
		for n := range 6 {
			login(t, p, fmt.Sprint(20+n), tooMany(true, time.Hour))
		}
		assert.False(t, lane(p).ClosedUntil.IsZero(), "those that have succeeded since are evidence again")
	})
}

func TestASuspectedLaneIsTriedByOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		before := turn(t, p, "before")
		for _, name := range []string{"a", "b", "c"} {
			login(t, p, name, tooMany(true, time.Minute))
		}
		rejected(t, p, "next") // after a while: somebody is under way
		assert.True(t, lane(p).Suspected)
		before(true, nil)
		try := turn(t, p, "next")
		rejected(t, p, "another")
		try(true, nil)
		assert.False(t, lane(p).Suspected)
		for n := range 4 {
			turn(t, p, fmt.Sprint(n))
		}
	})
}

// What was under way together with the failures is no evidence that all that follows will fail.
func TestALaneIsClosedByWhatWasSentSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		for range 4 {
			login(t, p, "good", nil)
		}
		var together []func(bool, error)
		for n := range 6 {
			together = append(together, turn(t, p, fmt.Sprint(n)))
		}
		for _, done := range together {
			done(true, tooMany(true, time.Minute))
		}
		assert.True(t, lane(p).ClosedUntil.IsZero())
		login(t, p, "next", tooMany(true, time.Minute))
		assert.False(t, lane(p).ClosedUntil.IsZero())
	})
}

func TestWhatWasSentBeforeNeitherClosesNorOpensALane(t *testing.T) {
	t.Parallel()
	for name, succeeds := range map[string]bool{"limit": false, "success": true} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			limit(t, p, true, 2*time.Second)
			time.Sleep(2 * time.Second)
			slow := turn(t, p, "slow")
			time.Sleep(time.Second)
			login(t, p, "26", tooMany(true, time.Minute))
			closed, interval := lane(p).ClosedUntil, lane(p).Interval
			time.Sleep(time.Second)
			if succeeds {
				slow(true, nil)
			} else {
				slow(true, tooMany(true, 90*time.Second))
			}
			assert.Equal(t, closed, lane(p).ClosedUntil, name)
			assert.Equal(t, interval, lane(p).Interval, name)
		})
	}
}

func TestWaitersAreToldWhenALaneCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, 10*time.Second)
		time.Sleep(10 * time.Second)
		began := time.Now()
		check := turn(t, p, "check")
		waits := make(chan error)
		go func() {
			_, err := p.Pace(t.Context(), account("waits"), "login")
			waits <- err
		}()
		synctest.Wait()
		check(true, tooMany(true, time.Minute))
		assert.ErrorIs(t, <-waits, vendorlogin.ErrRateLimited)
		assert.Zero(t, time.Since(began))
	})
}

func TestWhoCannotWaitIsToldAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		time.Sleep(time.Minute)
		login(t, p, "first", nil)
		var callers sync.WaitGroup
		for n := range 2 {
			callers.Go(func() {
				_, err := p.Pace(t.Context(), account(fmt.Sprint("waits-", n)), "login")
				assert.NoError(t, err)
			})
			synctest.Wait()
		}
		began := time.Now()
		rejected(t, p, "third")
		assert.Zero(t, time.Since(began), "3 intervals are more than 7.5 s")
		callers.Wait()
	})
}

func TestATurnInWhichNothingWasSentIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		time.Sleep(time.Minute)
		turn(t, p, "adopts")(false, nil)
		turn(t, p, "next")
	})
}

// Callers that come while a lane is closed are told times of their own, an interval apart, and later ones to come within a minute.
func TestTimesToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		opens := lane(p).ClosedUntil
		var late []time.Duration
		for n := range 200 {
			err := rejected(t, p, fmt.Sprint("waits-", n))
			assert.ErrorContains(t, err, "the vendor limits the rate of all accounts")
			at := err.RetryAt.Sub(opens)
			if n <= 18 {
				assert.Equal(t, time.Duration(n)*3210*time.Millisecond, at)
				continue
			}
			assert.GreaterOrEqual(t, at, 30*time.Second)
			assert.LessOrEqual(t, at, time.Minute)
			late = append(late, at)
		}
		assert.Greater(t, slices.Max(late)-slices.Min(late), 20*time.Second, "they are spread")
	})
}

package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func newPassworded(secret vendorlogin.SecretFunc) *passworded {
	return &passworded{fake: fake{life: time.Hour}, secret: secret, right: "right-example"}
}

// requireRemembered requires that err is first, remembered.
func requireRemembered(t *testing.T, first, err error) {
	t.Helper()
	want, ok := errors.AsType[*vendorlogin.Error](first)
	require.True(t, ok)
	got, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok, "%v", err)
	copied := *want
	copied.Remembered = true
	require.Equal(t, copied, *got)
}

func sum(all []time.Duration) (total time.Duration) {
	for _, d := range all {
		total += d
	}
	return total
}

func TestWrongCredentialsAreSentOnceACooldown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: wrongPassword()}
		c := newClient(t, f, &vendorlogin.Options{Cooldown: 10 * time.Minute})
		began := time.Now()
		_, first := c.Token(t.Context())
		for range 10*60 - 1 {
			time.Sleep(time.Second)
			_, err := c.Token(t.Context())
			requireRemembered(t, first, err)
		}
		assert.EqualValues(t, 1, f.logins.Load())
		e, ok := errors.AsType[*vendorlogin.Error](first)
		require.True(t, ok)
		assert.Equal(t, 401, e.Status)
		assert.Equal(t, began.Add(10*time.Minute).Round(0), e.RetryAt)

		time.Sleep(time.Second)
		_, second := c.Token(t.Context())
		assert.EqualValues(t, 2, f.logins.Load())
		assert.NotSame(t, first, second)
	})
}

func TestRenewPassesAHoldOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: wrongPassword()}
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.Error(t, err)
		for second := range 10 * 60 {
			_, err = c.Renew(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			if second < 60 {
				require.EqualValues(t, 1+1, f.logins.Load(), "one in the first minute")
			}
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1+3, f.logins.Load(), "four attempts in 10 minutes")
	})
}

func TestFailuresBackOffWithJitter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: down()}
		c := newClient(t, f, nil)
		var pauses []time.Duration
		for range 12 {
			before := time.Now()
			_, err := c.Token(t.Context())
			require.Zero(t, time.Since(before), "nobody sleeps")
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			a := atOnce(t.Context(), 10, c)
			for _, held := range a.errs {
				requireRemembered(t, err, held)
				require.Same(t, a.errs[0], held)
			}
			pause := time.Until(e.RetryAt)
			pauses = append(pauses, pause)
			time.Sleep(pause)
		}
		assert.EqualValues(t, 12, f.logins.Load())
		for i, last := range []time.Duration{3500 * time.Millisecond, 40700 * time.Millisecond, 264 * time.Second, 630 * time.Second} {
			assert.LessOrEqual(t, sum(pauses[:i+1]), last, "start %d", i+2)
		}
		for i, first := range []time.Duration{3200 * time.Millisecond, 37 * time.Second, 240 * time.Second, 630 * time.Second} {
			assert.GreaterOrEqual(t, sum(pauses[:i+1]), first, "start %d", i+2)
		}
		for _, pause := range pauses[4:] {
			assert.Equal(t, 157500*time.Millisecond, pause)
		}

		f.err = nil
		mustToken(t, c)
		f.err = down()
		_, err := c.Renew(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.LessOrEqual(t, time.Until(e.RetryAt), 166*time.Second, "a success ends it, and there is no hurry while the token is valid")
	})
}

func TestExpiredArrivalsBackOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: -time.Minute}
		var seen events
		c := newClient(t, f, &vendorlogin.Options{OnEvent: seen.record})
		for range 10 * 60 * 5 {
			_, _ = c.Token(t.Context())
			time.Sleep(200 * time.Millisecond)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(4), "10 minutes")
		assert.Contains(t, types(seen.seen()), vendorlogin.EventHold)
	})
}

func TestThrottleWithoutRetryAfterDoubles(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: vendorlogin.ErrRateLimited}
		c := newClient(t, f, nil)
		for _, minutes := range []time.Duration{1, 2, 4, 8, 15, 15} {
			_, err := c.Token(t.Context())
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
			require.Equal(t, minutes*time.Minute, time.Until(e.RetryAt))
			time.Sleep(minutes*time.Minute - 1)
			_, again := c.Token(t.Context())
			requireRemembered(t, err, again)
			time.Sleep(time.Nanosecond)
		}
		assert.EqualValues(t, 6, f.logins.Load())
	})
}

func TestRetryAfterIsHonouredWithinBounds(t *testing.T) {
	for name, c := range map[string]struct{ said, held time.Duration }{
		"past":       {-time.Hour, time.Second},
		"now":        {0, time.Second},
		"soon":       {300 * time.Millisecond, time.Second},
		"5 minutes":  {5 * time.Minute, 5 * time.Minute},
		"an hour":    {time.Hour, time.Hour},
		"a week":     {7 * 24 * time.Hour, time.Hour},
		"a lifetime": {1 << 62, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(c.said)}}
				client := newClient(t, f, nil)
				began := time.Now()
				_, err := client.Token(t.Context())
				e, ok := errors.AsType[*vendorlogin.Error](err)
				require.True(t, ok)
				assert.Equal(t, c.held, e.RetryAt.Sub(began))
				time.Sleep(c.held - 1)
				_, _ = client.Token(t.Context())
				assert.EqualValues(t, 1, f.logins.Load())
				time.Sleep(time.Nanosecond)
				_, _ = client.Token(t.Context())
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestUnavailableWithRetryAfterHoldsUntilThen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 503, RetryAt: time.Now().Add(10 * time.Minute)}}
		c := newClient(t, f, nil)
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestRefusalsHoldForTheCooldown(t *testing.T) {
	for name, refusal := range map[string]struct{ err, kind error }{
		"forbidden":            {&vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Status: 403}, vendorlogin.ErrForbidden},
		"no one-time password": {&vendorlogin.Error{Kind: vendorlogin.ErrOTPRequired}, vendorlogin.ErrOTPRequired},
		"refused request":      {&vendorlogin.Error{Kind: vendorlogin.ErrInvalidRequest, Status: 422}, vendorlogin.ErrInvalidRequest},
		"bare sentinel":        {vendorlogin.ErrForbidden, vendorlogin.ErrForbidden},
		"wrapped sentinel":     {fmt.Errorf("wrapped: %w", vendorlogin.ErrForbidden), vendorlogin.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: refusal.err}
				c := newClient(t, f, nil)
				for range 15 {
					_, err := c.Token(t.Context())
					e, ok := errors.AsType[*vendorlogin.Error](err)
					require.True(t, ok)
					require.Equal(t, refusal.kind, e.Kind)
					time.Sleep(time.Minute)
				}
				assert.EqualValues(t, 1, f.logins.Load())
				_, _ = c.Token(t.Context())
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestCodeThatNobodyTypedIsTriedOnceMoreSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 400}}
		c := newClient(t, f, nil)
		begin := time.Now()
		var at []time.Duration
		for seen := int64(0); time.Since(begin) < 20*time.Minute; time.Sleep(time.Second) {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
			if n := f.logins.Load(); n != seen {
				seen = n
				at = append(at, time.Since(begin))
			}
		}
		require.Len(t, at, 3)
		assert.InDelta(t, 45, (at[1] - at[0]).Seconds(), 16)
		assert.InDelta(t, 15, (at[2] - at[1]).Minutes(), 0.1)
	})
}

func TestRefusedRefreshIsNoReasonToWaitForTheLogin(t *testing.T) {
	for _, kind := range []error{vendorlogin.ErrForbidden, vendorlogin.ErrInvalidRequest, vendorlogin.ErrInvalidCredentials} {
		t.Run(kind.Error(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.on = func(_ context.Context, op string, _ int64) error {
					if op == "refresh" { // in words that nobody has documented
						return &vendorlogin.Error{Op: "refresh", Kind: kind, Status: 400}
					}
					return nil
				}
				c := newClient(t, f, nil)
				mustToken(t, c)
				time.Sleep(time.Hour)
				mustToken(t, c)
				assert.EqualValues(t, 1, f.refreshes.Load())
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestLoginThroughAnotherClientThatIsClosedBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: &vendorlogin.Error{Op: "token", Kind: vendorlogin.ErrClosed}}
		c := newClient(t, f, nil)
		for range 10 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrClosed)
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// A token that does not say when it expires is valid: half of the budget is kept for when an API rejects it.
func TestFailuresBesideATokenOfUnknownLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		f.err = down()
		for range 5 {
			_, err := c.Renew(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			time.Sleep(time.Minute)
		}
		assert.EqualValues(t, 2, f.logins.Load()-1)
		c.Invalidate(first)
		for range 5 {
			_, _ = c.Renew(t.Context())
			time.Sleep(time.Minute)
		}
		assert.EqualValues(t, 4, f.logins.Load()-1)
	})
}

func TestFailureKeepsTheLivingToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		f.err = down()
		time.Sleep(55 * time.Minute)
		for range 4*60 + 50 {
			require.Same(t, first, mustToken(t, c))
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 2, f.logins.Load()-1, "half of MaxAttempts, so that the others are there when it has expired")
		_, err := c.Renew(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Same(t, first, mustToken(t, c), "a failed Renew too")

		time.Sleep(time.Until(first.ExpiresAt) - 1)
		require.Same(t, first, mustToken(t, c), "to the last moment")
		time.Sleep(time.Nanosecond)
		_, err = c.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrUnavailable, "dead")
		synctest.Wait()
	})
}

func TestCallerWhoHasLeftStartsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Token(ctx)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		assert.Zero(t, f.logins.Load())
		want := mustToken(t, c)
		got, err := c.Token(ctx)
		require.NoError(t, err, "a living token is handed out whatever ctx says")
		assert.Same(t, want, got)
	})
}

package vendorlogin_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRejectedTokenStaysUntilTheVendorDecides(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		decides bool
	}{
		"unavailable":     {down(), false},
		"rate limited":    {vendorlogin.ErrRateLimited, false},
		"no code":         {vendorlogin.ErrOTPRequired, false},
		"no token":        {vendorlogin.ErrBadResponse, false},
		"wrong password":  {wrongPassword(), true},
		"forbidden":       {vendorlogin.ErrForbidden, true},
		"rejected code":   {vendorlogin.ErrOTPRejected, true},
		"unsent password": {&vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Unprocessed: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{life: time.Hour}
				client := newClient(t, f, nil)
				first := mustToken(t, client)
				f.becomes(func() { f.err = c.err })
				client.Invalidate(first)
				token, err := client.Token(t.Context())
				assert.EqualValues(t, 2, f.logins.Load(), "it was tried")
				if c.decides {
					require.Error(t, err)
					assert.False(t, client.Status().Ready())
					return
				}
				require.NoError(t, err)
				assert.Same(t, first, token)
				assert.True(t, client.Status().Rejected)
				time.Sleep(2 * time.Hour)
				_, err = client.Token(t.Context())
				require.Error(t, err, "expired")
			})
		})
	}
}

func TestRejectedTokenGoesWithItsRefreshToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		f.becomes(func() {
			f.err = down()
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					return vendorlogin.ErrRefreshRejected
				}
				return nil
			}
		})
		c.Invalidate(first)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable, "the vendor has decided, though nobody could log in")
		assert.EqualValues(t, 2, f.logins.Load())
		assert.False(t, c.Status().Rejected)
	})
}

// away is a vendor whose database is away at times: good tokens are then answered with 401, logins and refreshes with 500.
type away struct {
	*refresher
	gone bool
}

func (a *away) RoundTrip(req *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if a.gone {
		status = http.StatusUnauthorized
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}, nil
}

func TestSessionOutlivesAnOutageThatRejectsGoodTokens(t *testing.T) {
	for name, store := range map[string]func() vendorlogin.Store{
		"store": func() vendorlogin.Store { return newMemStore() }, "none": func() vendorlogin.Store { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := &away{refresher: newRefresher(time.Hour, 0)}
				client := newClient(t, a, shared(store()))
				first := mustToken(t, client)
				hc := &http.Client{Transport: client.Transport(a)}
				get := func() int {
					resp, err := hc.Get("https://api.example.com/things")
					require.NoError(t, err)
					_ = resp.Body.Close()
					return resp.StatusCode
				}
				a.becomes(func() { a.gone, a.on = true, func(context.Context, string, int64) error { return down() } })
				for range 20 {
					assert.Equal(t, 401, get())
					time.Sleep(time.Second)
				}
				a.becomes(func() { a.gone = false })
				assert.Equal(t, 200, get())
				assert.Same(t, first, mustToken(t, client), "nobody has decided against it")
				a.becomes(func() { a.on = nil })
				for range 15 {
					time.Sleep(time.Minute)
					mustToken(t, client)
				}
				assert.Equal(t, 200, get())
				assert.Zero(t, a.twice.Load())
			})
		})
	}
}

// TestRejectedTokenTakesWhatAnotherBrought is a vendor with one session per account: B's login ends A's.
func TestRejectedTokenTakesWhatAnotherBrought(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		var current string
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			status := http.StatusUnauthorized
			if req.Header.Get("Authorization") == "Bearer "+current {
				status = http.StatusOK
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}, nil
		})
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		rt := a.Transport(base)
		call := func() int {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/things", nil)
			require.NoError(t, err)
			resp, err := rt.RoundTrip(req)
			require.NoError(t, err)
			return resp.StatusCode
		}
		current = mustToken(t, a).Access.Reveal()
		assert.Equal(t, 200, call())
		for range 5 {
			token, err := b.Renew(t.Context())
			require.NoError(t, err)
			current = token.Access.Reveal()
			assert.Equal(t, 200, call(), "the 401 takes it from the store")
			time.Sleep(2 * time.Second)
		}
		assert.EqualValues(t, 6, f.requests(), "a itself has asked the vendor once only")
	})
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRejectedTokenLooksAtTheStoreOnceASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		c.Invalidate(mustToken(t, c))
		second := mustToken(t, c)
		synctest.Wait()
		s.commands()
		for range 100 { // ten seconds
			c.Invalidate(second)
			require.Same(t, second, mustToken(t, c))
			time.Sleep(100 * time.Millisecond)
		}
		assert.EqualValues(t, 2, f.logins.Load(), "at most one renewal per minute")
		loads := count(s.commands(), "load")
		assert.LessOrEqual(t, loads, 11)
		assert.GreaterOrEqual(t, loads, 9)
	})
}

func TestInvalidateAgainAndAgainIsNoStorm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		for range 100 {
			c.Invalidate(mustToken(t, c))
		}
		assert.EqualValues(t, 2, f.logins.Load())
		assert.False(t, vendorlogin.Probed(c), "there is no store")
		time.Sleep(time.Minute)
		mustToken(t, c)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

func TestTokenThatLastedIsNoReasonToWaitLonger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 24 * time.Hour}
		c := newClient(t, f, nil)
		for range 10 * 60 { // renewals after 1, 2 and 4 minutes
			c.Invalidate(mustToken(t, c))
			time.Sleep(time.Second)
		}
		time.Sleep(15 * time.Minute)
		last := mustToken(t, c)
		time.Sleep(15 * time.Minute)
		c.Invalidate(last)
		next := mustToken(t, c)
		require.NotSame(t, last, next)
		c.Invalidate(next)
		time.Sleep(time.Minute)
		assert.NotSame(t, next, mustToken(t, c), "a minute again")
	})
}

func TestEmptyBudgetDecidesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: 1, Cooldown: time.Second})
		first := mustToken(t, c)
		f.becomes(func() { f.err = wrongPassword() })
		_, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		time.Sleep(30 * time.Second)
		c.Invalidate(first)
		token, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.Same(t, first, token)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.NotNil(t, c.Status().Hold, "and is looked at no more for now")
	})
}

func TestFailureBesideATokenThatIsRejectedMeanwhileIsAHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		time.Sleep(56 * time.Minute)
		f.becomes(func() { f.err, f.took = wrongPassword(), 5*time.Second })
		mustToken(t, c) // renewed in the background
		time.Sleep(time.Second)
		c.Invalidate(first)
		for range 10 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		}
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestRejectionIsReportedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{OnEvent: seen.record})
		first := mustToken(t, c)
		seen.seen()
		for range 3 {
			c.Invalidate(first)
		}
		assert.Equal(t, []vendorlogin.EventType{vendorlogin.EventRefused}, types(seen.seen()))
	})
}

func TestHoldIsReportedAsItHappened(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var first, second events
		f := &fake{err: wrongPassword()}
		for _, seen := range []*events{&first, &second} {
			_, err := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record}).Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		}
		for seen, remembered := range map[*events]bool{&first: false, &second: true} {
			all := seen.seen()
			last := all[len(all)-1]
			require.Equal(t, vendorlogin.EventHold, last.Type)
			e, ok := errors.AsType[*vendorlogin.Error](last.Err)
			require.True(t, ok)
			assert.Equal(t, remembered, e.Remembered, "the second has it from the store")
		}
	})
}

func TestCallerBehindTheTimersRenewalGetsTheRejectedToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		first := mustToken(t, c)
		f.becomes(func() {
			f.on = func(ctx context.Context, _ string, _ int64) error {
				_ = pass(ctx, time.Second)
				return down()
			}
		})
		c.Invalidate(first)
		time.Sleep(500 * time.Millisecond) // the timer's renewal is under way
		assert.True(t, c.Status().Renewing)
		assert.Same(t, first, mustToken(t, c))
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

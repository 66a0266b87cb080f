package vendorlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// slowStore takes a second to load when it is slow.
type slowStore struct {
	*memStore
	slow *atomic.Bool
}

func (s slowStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if s.slow.Load() {
		time.Sleep(time.Second)
	}
	return s.memStore.Load(ctx, key)
}

func TestRenewWithoutAHoldBypassesNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(newMemStore()))
		for logins, err := range []error{nil, wrongPassword(), wrongPassword()} { // the last one bypasses the hold, the first of a minute
			f.becomes(func() { f.err = err })
			_, got := c.Renew(t.Context())
			assert.Equal(t, err == nil, got == nil)
			assert.EqualValues(t, logins+1, f.logins.Load())
		}
		_, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

func TestRenewThatJoinsGetsTheFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour, took: time.Second}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		f.becomes(func() { f.err = down() })
		c.Invalidate(first)
		go func() { _, _ = c.Token(t.Context()) }()
		synctest.Wait()
		token, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Nil(t, token)
		assert.EqualValues(t, 2, f.logins.Load(), "one attempt for both")
	})
}

func TestRenewThatJoinsABackgroundAdoption(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: time.Second}
		var slow atomic.Bool
		c := newClient(t, f, shared(slowStore{s, &slow}))
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		other := newClient(t, f, shared(s))
		theirs, err := other.Renew(t.Context())
		require.NoError(t, err)
		slow.Store(true)
		mustToken(t, c) // in the background it loads
		synctest.Wait()
		token, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.NotEqual(t, theirs.Access.Reveal(), token.Access.Reveal())
	})
}

func TestRenewThatJoinsASharedHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		s.put(fmt.Sprintf(`{"format":1,"holds":[{"cause":"credentials","until":%q}]}`, time.Now().Add(15*time.Minute).Format(time.RFC3339)))
		var slow atomic.Bool
		slow.Store(true)
		c := newClient(t, f, shared(slowStore{s, &slow}))
		go func() { _, _ = c.Token(t.Context()) }()
		synctest.Wait()
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
	})
}

func TestTokenRejectedAgainIsLookedAtAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		p := &turns{log: newMemStore()}
		c := newClient(t, f, &vendorlogin.Options{Pacer: p})
		first := mustToken(t, c)
		p.err = &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, RetryAt: time.Now().Add(1500 * time.Millisecond), Unprocessed: true}
		c.Invalidate(first)
		require.Same(t, first, mustToken(t, c))
		time.Sleep(1100 * time.Millisecond)
		require.Same(t, first, mustToken(t, c), "for want of a better one, for a second")
		p.err = nil
		time.Sleep(500 * time.Millisecond)
		c.Invalidate(first)
		assert.NotSame(t, first, mustToken(t, c))
	})
}

func TestLateResponseToAnEarlierTokenSaysNothingOfTheRenewedOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		rt := c.Transport(roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			status := http.StatusUnauthorized
			if req.URL.Path == "/slow" && req.Header.Get("Authorization") == "Bearer access-1" {
				time.Sleep(10 * time.Second)
				status = http.StatusOK
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Request: req}, nil
		}))
		go get(t, rt, "https://api.example.com/slow")
		for range 17 { // 170 seconds: the second renewal comes after a minute, the third two minutes later
			synctest.Wait()
			get(t, rt, things)
			time.Sleep(10 * time.Second)
		}
		assert.EqualValues(t, 1+2, f.logins.Load())
	})
}

func TestRenewBypassesAHoldAfterALoginThatSomebodyWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour}, source: person(&asked)}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 20 * time.Minute})
		mustToken(t, c)
		time.Sleep(50 * time.Minute)
		mustToken(t, c) // in the background, where nobody is asked
		time.Sleep(11 * time.Minute)
		f.becomes(func() { f.err = down() })
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.EqualValues(t, 2, f.logins.Load())
		f.becomes(func() { f.err = nil })
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

// The minute in which a token that was renewed just now is not renewed again ends with that token.
func TestRejectedTokenThatExpiresIsRenewed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: 40 * time.Second}, nil)
		c.Invalidate(mustToken(t, c))
		second := mustToken(t, c)
		c.Invalidate(second)
		assert.Same(t, second, mustToken(t, c))
		time.Sleep(41 * time.Second)
		assert.NotSame(t, second, mustToken(t, c))
	})
}

func TestRejectedTokenIsHandedOutThoughTheCallerHasLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fake{life: time.Hour}
		c := newClient(t, v, nil)
		c.Invalidate(mustToken(t, c))
		second := mustToken(t, c) // renewed
		c.Invalidate(second)      // within the minute: stays in use
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Token(ended)
		assert.NoError(t, err)
		assert.Equal(t, second, mustToken(t, c))
		_, err = c.Token(ended)
		assert.NoError(t, err)
	})
}

// An API that takes no token costs a renewal after 1, 2, 4 and 8 minutes, and then every 15.
func TestTokensThatNoAPITakes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 24 * time.Hour}
		var at []time.Time
		f.on = func(context.Context, string, int64) error {
			at = append(at, time.Now())
			return nil
		}
		c := newClient(t, f, nil)
		for range 2 * 60 * 60 {
			c.Invalidate(mustToken(t, c))
			time.Sleep(time.Second)
		}
		var gaps []time.Duration
		for i := range at[1:] {
			gaps = append(gaps, at[i+1].Sub(at[i]).Round(time.Minute))
		}
		const m = time.Minute
		assert.Equal(t, []time.Duration{0, m, 2 * m, 4 * m, 8 * m, 15 * m, 15 * m, 15 * m, 15 * m, 15 * m, 15 * m}, gaps)
	})
}

package vendorlogin_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestForEverIsNoOverflow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: wrongPassword()}
		c := newClient(t, f, &vendorlogin.Options{Cooldown: math.MaxInt64, LoginTimeout: math.MaxInt64, RenewBefore: math.MaxInt64})
		for range 20 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestSecretThatIsAnotherAtEachReadIsNoStorm(t *testing.T) {
	for name, options := range map[string]*vendorlogin.Options{"none": nil, "store": shared(newMemStore())} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var reads atomic.Int64
				f := newPassworded(func(context.Context) (vendorlogin.Secret, error) {
					return vendorlogin.NewSecret(fmt.Sprint("wrong-", reads.Add(1))), nil
				})
				c := newClient(t, f, options)
				for range 100 {
					_, err := c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(4))
			})
		})
	}
}

func TestTokenThatNeverExpiresIsSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: 1}
		east := time.FixedZone("", 9*3600)
		never := &endless{fake: f, until: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).In(east)}
		for range 3 {
			mustToken(t, newClient(t, never, shared(s)))
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// endless is a vendor whose tokens expire when its calendar ends.
type endless struct {
	*fake
	until time.Time
}

func (e *endless) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := e.fake.Login(ctx)
	if err == nil {
		t.ExpiresAt = e.until
	}
	return t, err
}

func TestTinyLifeIsNoStormOfKeepAlive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 2 * time.Millisecond}
		mustToken(t, newClient(t, f, &vendorlogin.Options{KeepAlive: true}))
		time.Sleep(10 * time.Second)
		assert.LessOrEqual(t, f.logins.Load(), int64(11))
	})
}

func TestRefusalAfterLogoutOpensNoSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &mint{}
		c := newTransportClient(t, m, nil)
		a := &api{accepts: 2, before: func(string) { assert.NoError(t, c.Logout(t.Context())) }}
		status, _ := get(t, c.Transport(a), things)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.EqualValues(t, 1, m.logins.Load())
	})
}

func TestUnsavedTokenIsNotRefreshedWhenTheStoreIsEmpty(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		a, b := newClient(t, f, shared(&forgetful{memStore: s})), newClient(t, f, shared(s))
		mustToken(t, a) // saved, but a does not know
		adopted := mustToken(t, b)
		assert.EqualValues(t, 1, f.logins.Load())
		_, err := b.Renew(t.Context())
		require.NoError(t, err)
		require.NotNil(t, adopted)
		require.NoError(t, b.Logout(t.Context()))
		_, err = a.Renew(t.Context())
		require.NoError(t, err)
		assert.Zero(t, f.twice.Load())
	})
}

// forgetful is a store whose first two answers to a Save are lost.
type forgetful struct {
	*memStore
	saves int
}

func (s *forgetful) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	next, err := s.memStore.Save(ctx, key, data, version, ttl)
	if s.saves++; s.saves <= 2 {
		return "", fmt.Errorf("%w: no answer", vendorlogin.ErrStore)
	}
	return next, err
}

func TestRequestsThatLackPartsAreErrors(t *testing.T) {
	t.Parallel()
	c := newTransportClient(t, &mint{}, nil)
	req := newRequest(t, things)
	req.Header = nil
	require.NoError(t, c.Authorize(req))
	assert.Equal(t, "Bearer access-1", req.Header.Get("Authorization"))

	for _, req := range []*http.Request{{Method: "GET"}, {Method: "GET", URL: newRequest(t, things).URL}} {
		var closed atomic.Int64
		req.Body = &countedBody{ReadCloser: http.NoBody, closed: &closed}
		_, err := c.Transport(&api{}).RoundTrip(req)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
		assert.EqualValues(t, 1, closed.Load(), "as a RoundTripper has to")
	}
}

func TestLongestOptionsHaveNoEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const longest = time.Duration(math.MaxInt64)
		f := newPassworded(vendorlogin.SecretString("right-example"))
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: longest, LoginTimeout: longest, Cooldown: longest, Store: newMemStore()})
		mustToken(t, c)
		f.becomes(func() { f.right = "another-example" })
		time.Sleep(2 * time.Hour)
		for range 100 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

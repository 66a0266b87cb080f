package vendorlogin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestWaitToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n <= 2 {
				return down()
			}
			return nil
		}
		c := newClient(t, f, nil)
		began := time.Now()
		token, err := c.WaitToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "access-1", token.Access.Reveal())
		assert.Greater(t, time.Since(began), 36*time.Second)
		assert.Less(t, time.Since(began), 42*time.Second, "the third login")
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

// A token of another process that comes before RetryAt ends the wait.
func TestWaitTokenSeesWhatComesEarlier(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: 24 * time.Hour}
		f.on = func(context.Context, string, int64) error {
			return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(time.Hour)}
		}
		c, other := newClient(t, f, shared(s)), newClient(t, &fake{}, shared(s))
		began := time.Now()
		seed := &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded"), ExpiresAt: began.Add(24 * time.Hour)}
		time.AfterFunc(10*time.Minute, func() {
			assert.NoError(t, other.Seed(t.Context(), seed))
		})
		token, err := c.WaitToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "seeded", token.Access.Reveal())
		assert.LessOrEqual(t, time.Since(began), 12*time.Minute)
	})
}

func TestWaitTokenWaitsWhereTheCallerHasTheTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n == 1 {
				return down()
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := newClient(t, f, nil).WaitToken(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestWaitTokenWaitsForWhatMayCome(t *testing.T) {
	for _, kind := range []error{vendorlogin.ErrUnavailable, vendorlogin.ErrRateLimited, vendorlogin.ErrBadResponse} {
		t.Run(kind.Error(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{life: time.Hour}
				f.on = func(_ context.Context, _ string, n int64) error {
					if n == 1 {
						return kind
					}
					return nil
				}
				token, err := newClient(t, f, nil).WaitToken(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "access-1", token.Access.Reveal())
			})
		})
	}
}

func TestWaitTokenReturnsAtOnce(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(), "forbidden": vendorlogin.ErrForbidden, "no code": vendorlogin.ErrOTPRequired,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newClient(t, &fake{err: err}, nil)
				began := time.Now()
				_, got := c.WaitToken(t.Context())
				require.Error(t, got)
				assert.Zero(t, time.Since(began), "what was rejected does not come by waiting")
			})
		})
	}
}

func TestWaitTokenLeavesWithItsCaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{err: down()}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := c.WaitToken(ctx)
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable, "the next login would be too late")
		assert.Less(t, time.Since(began), time.Minute)

		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		_, err = c.WaitToken(ctx)
		require.ErrorIs(t, err, context.Canceled)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, context.Canceled, e.Kind)
		assert.NotErrorIs(t, err, vendorlogin.ErrUnavailable)
	})
}

// countedContext counts how often somebody wants to know its end.
type countedContext struct {
	context.Context
	asked atomic.Int64
}

func (c *countedContext) Deadline() (time.Time, bool) {
	c.asked.Add(1)
	return c.Context.Deadline()
}

func TestWaitTokenSleepsUntilRetryAt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n == 1 {
				return down()
			}
			return nil
		}
		ctx := &countedContext{Context: t.Context()}
		_, err := newClient(t, f, nil).WaitToken(ctx)
		require.NoError(t, err)
		assert.Less(t, ctx.asked.Load(), int64(10))
	})
}

package vendorlogin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
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

func TestCallerThatLeavesGetsItsOwnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour, took: time.Minute / 3}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, "fake (ops@example.com): token: context deadline exceeded", err.Error())
	})
}

func TestShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &deaf{refresher: newRefresher(time.Hour, 0), loginTook: 20 * time.Second}
		s := newMemStore()
		c, err := vendorlogin.NewClient(f, shared(s))
		require.NoError(t, err)
		result := waiting(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err = c.Shutdown(ctx)
		assert.Equal(t, 5*time.Second, time.Since(began))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), "a renewal did not end in time")
		require.ErrorIs(t, <-result, vendorlogin.ErrClosed)

		require.NoError(t, c.Shutdown(t.Context()), "now it waits to the end")
		assert.Equal(t, 20*time.Second, time.Since(began))
		assert.Equal(t, "access-1", s.record(t).Token.Access, "what was sent is saved")
		ended, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, c.Shutdown(ended), "there is nothing to wait for")
	})
}

// trimIssued is the access token without its number, of which a failed login has used one up.
func trimIssued(t *vendorlogin.Token) string {
	return strings.NewReplacer("access-2", "access-1").Replace(t.Access.Reveal())
}

func TestStatus(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour, took: time.Second}
		s := newMemStore()
		c := newClient(t, f, shared(s))
		assert.Equal(t, vendorlogin.Status{Account: f.Account(), State: "none"}, c.Status())
		assert.False(t, c.Status().Ready())

		go mustToken(t, c)
		synctest.Wait()
		assert.True(t, c.Status().Renewing)
		time.Sleep(time.Second)
		synctest.Wait()
		st := c.Status()
		assert.Equal(t, vendorlogin.State("fresh"), st.State)
		assert.True(t, st.Ready())
		assert.True(t, st.LastSuccess.Equal(time.Now()))
		assert.True(t, st.ExpiresAt.Equal(mustToken(t, c).ExpiresAt))

		time.Sleep(56 * time.Minute)
		assert.Equal(t, "stale", c.Status().State.String())
		c.Invalidate(mustToken(t, c))
		synctest.Wait()
		assert.True(t, c.Status().Rejected)
		time.Sleep(time.Minute)
		f.becomes(func() { f.err = wrongPassword() })
		time.Sleep(time.Hour)
		assert.Equal(t, vendorlogin.State("expired"), c.Status().State)
		_, err := c.Token(t.Context())
		require.Error(t, err)
		st = c.Status()
		require.NotNil(t, st.Hold)
		assert.True(t, st.Hold.Remembered)
		assert.Equal(t, vendorlogin.ErrInvalidCredentials, st.Hold.Kind)
		assert.True(t, st.HoldSince.Equal(time.Now()))
		assert.Equal(t, 1, st.Attempts)
		assert.False(t, st.Ready())
		require.NoError(t, st.StoreErr)

		s.before = failAt("load", func(context.Context) error { return errDisk })
		time.Sleep(time.Minute)
		_, err = c.Token(t.Context())
		require.Error(t, err)
		assert.ErrorIs(t, c.Status().StoreErr, errDisk)
		require.NoError(t, c.Close())
		assert.Equal(t, vendorlogin.State("closed"), c.Status().State)
		assert.False(t, c.Status().Ready())
	})
}

func TestStatusCostsLittle(t *testing.T) {
	c := newClient(t, &fake{life: time.Hour}, nil)
	mustToken(t, c)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = c.Status() }), 1.0)
}

func TestErrorSaysItsKindOnce(t *testing.T) {
	t.Parallel()
	limited := fmt.Errorf("the pacer is full: %w", vendorlogin.ErrRateLimited)
	for want, err := range map[string]*vendorlogin.Error{
		"login: the pacer is full: rate limited":              {Op: "login", Kind: vendorlogin.ErrRateLimited, Err: limited},
		"login: unavailable: the pacer is full: rate limited": {Op: "login", Kind: vendorlogin.ErrUnavailable, Err: limited},
		"login: rate limited (429): the pacer is full: rate limited": {
			Op: "login", Kind: vendorlogin.ErrRateLimited, Err: limited, Status: 429,
		},
		"failed": {},
	} {
		assert.EqualError(t, err, want)
	}
}

func TestStatusInALog(t *testing.T) {
	t.Parallel()
	account := vendorlogin.Account{Vendor: "fake", Principal: "ops@example.com"}
	for want, s := range map[string]vendorlogin.Status{
		"fake (ops@example.com): no token": {State: "none"},
		"fake (ops@example.com): fresh, expires 2026-03-01T10:15:00Z": {
			State: "fresh", Renewing: true, ExpiresAt: time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC),
		},
		"fake (ops@example.com): stale, rejected by an API, not saved in the Store; store failure": {
			State: "stale", Rejected: true, Unsaved: true, StoreErr: vendorlogin.ErrStore,
		},
		"fake (ops@example.com): on hold; hold: login: wrong credentials": {
			State: "expired", Hold: &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrInvalidCredentials},
		},
	} {
		s.Account = account
		assert.Equal(t, want, s.String())
		assert.Equal(t, want, s.LogValue().String())
	}
}

func TestClientInALog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{}, nil)
		const text = "vendorlogin.Client(fake ops@example.com: no token)"
		assert.Equal(t, text, c.LogValue().String())
		assert.Equal(t, text, fmt.Sprintf("%+v", c))
		data, err := c.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, text, string(data))
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("r")}))
		assert.Equal(t, "vendorlogin.Client(fake ops@example.com: expired)", c.String())
		f := &fake{}
		assert.Same(t, f, newClient(t, f, nil).Authenticator())
	})
}

func TestErrorInALog(t *testing.T) {
	t.Parallel()
	err := &vendorlogin.Error{
		Account: vendorlogin.Account{
			Vendor:    "fake",
			Principal: "ops@example.com",
		}, Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429,
		Code: "limit/0", Request: "POST api.example.com/login", Message: "the vendor's words",
		RetryAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Remembered: true,
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "err", err)
	for _, part := range []string{
		`err.text="fake (ops@example.com): login: rate limited (429 limit/0, POST api.example.com/login); ` +
			`not sent again before 2026-01-02T03:04:05Z (remembered from an earlier call)"`,
		`err.kind="rate limited"`, "err.vendor=fake", "err.principal=ops@example.com", "err.op=login",
		"err.status=429", "err.code=limit/0", `err.request="POST api.example.com/login"`,
		"err.retry_at=2026-01-02T03:04:05.000Z", "err.remembered=true",
	} {
		assert.Contains(t, b.String(), part)
	}
	assert.NotContains(t, b.String(), "words")
	assert.NotContains(t, fmt.Sprint((&vendorlogin.Error{Kind: vendorlogin.ErrStore}).LogValue()), "status")
	assert.NotContains(t, fmt.Sprint((&vendorlogin.Error{Kind: vendorlogin.ErrStore}).LogValue()), "retry_at")
	data, marshalled := json.Marshal(map[string]error{"error": err})
	require.NoError(t, marshalled)
	assert.JSONEq(t, fmt.Sprintf(`{"error":%q}`, err.Error()), string(data))
}

func TestAccountThatAStoreWouldMixUp(t *testing.T) {
	t.Parallel()
	for _, a := range []vendorlogin.Account{
		{}, {Vendor: "v", Endpoint: "https://h"}, {Vendor: "v", Principal: "p"}, {Endpoint: "https://h", Principal: "p"},
	} {
		_, err := vendorlogin.NewClient(accounted{a}, shared(newMemStore()))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%+v", a)
		_, err = vendorlogin.NewClient(accounted{a}, nil)
		require.NoError(t, err, "without a store nothing is mixed up")
	}
}

type accounted struct{ account vendorlogin.Account }

func (a accounted) Account() vendorlogin.Account { return a.account }
func (a accounted) Login(context.Context) (*vendorlogin.Token, error) {
	return nil, vendorlogin.ErrUnavailable
}

func TestTenantsDoNotMeet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		one := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "one"})
		two := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "two"})
		same := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "one"})
		assert.Equal(t, "access-1", mustToken(t, one).Access.Reveal())
		assert.Equal(t, "access-2", mustToken(t, two).Access.Reveal())
		assert.Equal(t, "access-1", mustToken(t, same).Access.Reveal())
		a := f.Account()
		assert.Equal(t, a.Key(), a.KeyIn(""))
		assert.NotEqual(t, a.KeyIn("one"), a.KeyIn("two"))
	})
}

func TestAuthorizeWith(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		token := mustToken(t, c)
		req := &http.Request{}
		require.NoError(t, c.AuthorizeWith(req, token))
		assert.Equal(t, "Bearer access-1", req.Header.Get("Authorization"))
		req.Header.Set("Accept", "text/plain")
		require.NoError(t, c.AuthorizeWith(req, token))
		assert.Equal(t, "text/plain", req.Header.Get("Accept"))
		require.ErrorIs(t, c.AuthorizeWith(req, nil), vendorlogin.ErrInvalidRequest)
		require.ErrorIs(t, c.AuthorizeWith(req, &vendorlogin.Token{}), vendorlogin.ErrBadResponse)
		broken := newClient(t, &repeating{token: &vendorlogin.Token{
			Access: vendorlogin.NewSecret("a\nb"), ExpiresAt: time.Now().Add(time.Hour),
		}}, nil)
		require.ErrorIs(t, broken.Authorize(req), vendorlogin.ErrBadResponse)
		other := &vendorlogin.Token{Access: vendorlogin.NewSecret("Token abc"), Type: " token"}
		require.NoError(t, c.AuthorizeWith(req, other))
		assert.Equal(t, "token abc", req.Header.Get("Authorization"))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestSuccessInTheFirstInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		mustToken(t, c)
		assert.False(t, c.Status().LastSuccess.IsZero())
	})
}

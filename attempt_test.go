package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// TestFleetWhateverTheVendorReturns counts the logins of an hour.
func TestFleetWhateverTheVendorReturns(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(), "forbidden": vendorlogin.ErrForbidden, "unavailable": down(),
		"no token":     &vendorlogin.Error{Kind: vendorlogin.ErrBadResponse, Status: 200},
		"bad request":  &vendorlogin.Error{Kind: vendorlogin.ErrInvalidRequest, Status: 400},
		"rate limited": vendorlogin.ErrRateLimited, "code": &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401},
		"no code": vendorlogin.ErrOTPRequired,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := &fake{err: err}
				var fleet []*vendorlogin.Client
				for range 10 {
					fleet = append(fleet, newClient(t, f, shared(s)))
				}
				for range 60 * 60 {
					for _, c := range fleet {
						if _, err := c.Token(t.Context()); err == nil {
							t.Fatal("a token")
						}
					}
					time.Sleep(time.Second)
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(24))
				assert.Positive(t, f.logins.Load())
			})
		})
	}
}

// TestDayWhateverTheVendorReturns counts the logins of a day.
func TestDayWhateverTheVendorReturns(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(), "unavailable": down(), "no token": &vendorlogin.Error{Kind: vendorlogin.ErrBadResponse, Status: 200},
		"rate limited": vendorlogin.ErrRateLimited, "code": &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: err}
				c := newClient(t, f, nil)
				for began := time.Now(); time.Since(began) < 24*time.Hour; time.Sleep(3 * time.Second) {
					if _, err := c.Token(t.Context()); err == nil {
						t.Fatal("a token")
					}
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(150))
			})
		})
	}
}

// What a vendor turns away is not counted, and yet becomes rare: no account is hammered, whatever the vendor answers. A Retry-After
// shortens no wait.
func TestWhatIsTurnedAwayBecomesRare(t *testing.T) {
	for name, failed := range map[string]func() *vendorlogin.Error{
		"429 for a second": func() *vendorlogin.Error {
			return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, Unprocessed: true, RetryAt: time.Now().Add(time.Second)}
		},
		"503 for a second": func() *vendorlogin.Error {
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 503, Unprocessed: true, RetryAt: time.Now().Add(time.Second)}
		},
		"429 for a second, after the password was taken": func() *vendorlogin.Error {
			return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(time.Second)}
		},
		"502 for a second": func() *vendorlogin.Error {
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 502, RetryAt: time.Now().Add(time.Second)}
		},
		"421": func() *vendorlogin.Error {
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 421, Unprocessed: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := &fake{on: func(context.Context, string, int64) error { return failed() }}
				fleet := []*vendorlogin.Client{newClient(t, f, shared(s)), newClient(t, f, shared(s)), newClient(t, f, shared(s))}
				began := time.Now()
				for ; time.Since(began) < 24*time.Hour; time.Sleep(time.Second) {
					for _, c := range fleet {
						_, err := c.Token(t.Context())
						require.Error(t, err)
					}
					if time.Since(began) == time.Hour {
						assert.LessOrEqual(t, f.logins.Load(), int64(24))
					}
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(150))
				assert.Greater(t, f.logins.Load(), int64(90))
				if failed().Unprocessed {
					assert.Zero(t, fleet[0].Status().Attempts)
				}
			})
		})
	}
}

// Renew tries at once what only the waits between turned-away logins hold back: no Retry-After is in force.
func TestRenewAfterManyThatWereTurnedAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		down := true
		f := &fake{life: time.Hour, on: func(context.Context, string, int64) error {
			if !down {
				return nil
			}
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 503, Unprocessed: true, RetryAt: time.Now().Add(time.Second)}
		}}
		c := newClient(t, f, nil)
		for range 600 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		f.becomes(func() { down = false })
		time.Sleep(2 * time.Second)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable, "on hold")
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
	})
}

// A 429 that says when to come back is sent again within the same login. That ends where it has not helped before.
func TestLoginAfterA429IsOneRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		srv := vendortest.NewGcore(nil)
		srv.Inject(vendortest.Fault{Op: "login", Times: -1, Status: 429, Header: http.Header{"Retry-After": {"1"}}})
		auth, err := gcore.New(gcore.Config{
			Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword),
			BaseURL: srv.URL, HTTPClient: srv.Client(),
		})
		require.NoError(t, err)
		c := newClient(t, auth, nil)
		for want := range 3 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
			assert.Equal(t, 2+want, srv.Counts().Requests)
			time.Sleep(time.Minute)
		}
		srv.ClearFaults()
		mustToken(t, c)
		srv.Inject(vendortest.Fault{Op: "login", Status: 429, Header: http.Header{"Retry-After": {"1"}}})
		srv.Inject(vendortest.Fault{Op: "refresh", Status: 401})
		_, err = c.Renew(t.Context())
		require.NoError(t, err, "after a success it begins anew")
	})
}

// mortal is a process's way to the store; after its death nothing it does arrives.
type mortal struct {
	*memStore
	dead bool
}

func (m *mortal) gone() error {
	if m.dead {
		return fmt.Errorf("%w: killed", vendorlogin.ErrStore)
	}
	return nil
}

func (m *mortal) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	if err := m.gone(); err != nil {
		return "", err
	}
	return m.memStore.Save(ctx, key, data, version, ttl)
}

func (m *mortal) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	l, err := m.memStore.TryLock(ctx, key, lease)
	return mortalLease{l, m}, err
}

type mortalLease struct {
	vendorlogin.Lease
	m *mortal
}

func (l mortalLease) Unlock(ctx context.Context) error {
	if err := l.m.gone(); err != nil {
		return err
	}
	return l.Lease.Unlock(ctx)
}

// crashLoop starts one process after another, each of which is killed during its first login, and returns when logins were sent.
func crashLoop(t *testing.T, wrap func(*mortal) vendorlogin.Store, span time.Duration) []time.Duration {
	s, began := newMemStore(), time.Now()
	var at []time.Duration
	for time.Since(began) < span {
		m := &mortal{memStore: s}
		f := &fake{life: time.Hour}
		f.on = func(context.Context, string, int64) error {
			at = append(at, time.Since(began))
			m.dead = true
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
		}
		_, err := newClient(t, f, shared(wrap(m))).Token(t.Context())
		require.Error(t, err)
		time.Sleep(time.Second)
	}
	return at
}

func TestCrashLoopSpendsOneBudget(t *testing.T) {
	for name, wrap := range map[string]func(*mortal) vendorlogin.Store{
		"locks": func(m *mortal) vendorlogin.Store { return m }, "no locks": func(m *mortal) vendorlogin.Store { return unlockedMortal{m} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				at := crashLoop(t, wrap, time.Hour)
				require.NotEmpty(t, at)
				for i := range at {
					if i >= 4 {
						assert.Greater(t, at[i]-at[i-4], 10*time.Minute, "the fifth after the first")
					}
				}
			})
		})
	}
}

// unlockedMortal has no locks.
type unlockedMortal struct{ m *mortal }

func (u unlockedMortal) Load(ctx context.Context, key string) ([]byte, string, error) {
	return u.m.Load(ctx, key)
}
func (u unlockedMortal) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	return u.m.Save(ctx, key, data, version, ttl)
}
func (u unlockedMortal) Delete(ctx context.Context, key, version string) error {
	return u.m.Delete(ctx, key, version)
}

func TestFailingStoreLeavesTwoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", func(context.Context) error { return errDisk })
		f := &fake{err: down()}
		c := newClient(t, f, shared(s))
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Equal(t, 2, c.Status().Attempts)
	})
}

func TestFailoverDoesNotResetTheBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: down()}
		c := newClient(t, f, shared(s))
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			s.empty() // it forgets everything each second
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(4))
	})
}

func TestRenewDoesNotBypassTheBudgetOrARetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		logins int64
	}{
		"budget": {wrongPassword(), 4},
		"Retry-After": {
			&vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, RetryAt: time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)}, 1,
		},
		"rejected, with a Retry-After": {
			&vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Status: 403, RetryAt: time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: c.err}
				client := newClient(t, f, nil)
				for range 10 * 60 {
					_, err := client.Renew(t.Context())
					require.Error(t, err)
					time.Sleep(time.Second)
				}
				assert.Equal(t, c.logins, f.logins.Load())
			})
		})
	}
}

func TestBudgetTellsTheLastFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{
			err: &vendorlogin.Error{
				Op:      "login",
				Kind:    vendorlogin.ErrInvalidCredentials,
				Status:  400,
				Code:    "session/0",
				Request: "POST h/p",
			},
		}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: 1})
		_, first := c.Token(t.Context())
		require.Error(t, first)
		time.Sleep(61 * time.Second)
		_, err := c.Renew(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, vendorlogin.ErrInvalidCredentials, e.Kind)
		assert.True(t, e.Remembered)
		assert.Equal(t, "session/0", e.Code)
		require.ErrorContains(t, err, "the attempt budget is empty")
		assert.Equal(t, 10*time.Minute+30*time.Second-61*time.Second, time.Until(e.RetryAt))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestNoLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: wrongPassword()}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: -1})
		for range 9 {
			_, err := c.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(61 * time.Second)
		}
		assert.EqualValues(t, 9, f.logins.Load())
	})
}

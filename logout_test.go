package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// revoker is a vendor that can log out.
type revoker struct {
	*refresher
	told   []string
	revoke func(ctx context.Context) error
}

func (r *revoker) Revoke(ctx context.Context, t *vendorlogin.Token) error {
	r.told = append(r.told, t.Access.Reveal())
	if r.revoke != nil {
		return r.revoke(ctx)
	}
	return nil
}

func newRevoker() *revoker { return &revoker{refresher: newRefresher(time.Hour, 0)} }

func TestLogoutRevokesAndForgets(t *testing.T) {
	for name, store := range map[string]func() vendorlogin.Store{
		"store": func() vendorlogin.Store { return newMemStore() },
		"none":  func() vendorlogin.Store { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRevoker()
				s := store()
				var seen events
				c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
				mustToken(t, c)
				require.NoError(t, c.Logout(t.Context()))
				assert.Equal(t, []string{"access-1"}, f.told)
				assert.Contains(t, types(seen.seen()), vendorlogin.EventLogout)
				_, ok := c.Peek()
				assert.False(t, ok)
				if s != nil {
					_, _, err := s.Load(t.Context(), f.Account().Key())
					assert.ErrorIs(t, err, vendorlogin.ErrNoRecord)
				}
				assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
				assert.EqualValues(t, 2, f.logins.Load())
				assert.Zero(t, f.refreshes.Load())
			})
		})
	}
}

func TestLogoutForgetsThoughTheVendorCannotBeTold(t *testing.T) {
	for name, revoke := range map[string]func(ctx context.Context) error{
		"error":              func(context.Context) error { return down() },
		"hangs":              hang,
		"heeds no context":   func(context.Context) error { time.Sleep(time.Hour); return nil },
		"panics":             func(context.Context) error { panic(panicText) },
		"ends its goroutine": func(context.Context) error { crashes["Goexit"](); return nil },
	} {
		t.Run(name+", no store", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRevoker()
				f.revoke = revoke
				c := newClient(t, f, nil)
				mustToken(t, c)
				assert.ErrorIs(t, c.Logout(t.Context()), vendorlogin.ErrUnavailable)
				assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
				assert.EqualValues(t, 2, f.logins.Load())
				time.Sleep(2 * time.Hour)
			})
		})
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRevoker()
				f.revoke = revoke
				s := newMemStore()
				c := newClient(t, f, shared(s))
				mustToken(t, c)
				began := time.Now()
				err := c.Logout(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
				assert.LessOrEqual(t, time.Since(began), 40*time.Second)
				assert.NotContains(t, fmt.Sprint(err), panicText)
				_, ok := c.Peek()
				assert.False(t, ok)
				if name != "heeds no context" {
					assert.Empty(t, s.blob().data)
					assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

func TestLogoutSaysThatTheStoreFailed(t *testing.T) {
	for _, op := range []string{"load", "delete"} {
		t.Run(op, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRevoker()
				c := newClient(t, f, shared(s))
				mustToken(t, c)
				synctest.Wait()
				s.before = failAt(op, func(context.Context) error { return errDisk })
				err := c.Logout(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrStore)
				assert.ErrorIs(t, err, errDisk)
				assert.Equal(t, []string{"access-1"}, f.told)
				_, ok := c.Peek()
				assert.False(t, ok)
			})
		})
	}
}

func TestLogoutRevokesTheFleetsToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRevoker()
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		s.put(recordOf("later", -time.Minute, time.Hour, ""))
		require.NoError(t, c.Logout(t.Context()))
		require.NoError(t, newClient(t, f, shared(s)).Logout(t.Context()))
		assert.Equal(t, []string{"later"}, f.told, "not the one in hand, and none where there is none")
	})
}

func TestLogoutKeepsWhatIsNotTheToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, other := range []string{
			fmt.Sprintf(`"holds":[{"cause":"credentials","until":%q}]`, time.Now().Add(time.Minute).Format(time.RFC3339)),
			fmt.Sprintf(`"claim":{"owner":"x","until":%q}`, time.Now().Add(time.Minute).Format(time.RFC3339)),
			`"later":[1]`,
		} {
			s := newMemStore()
			s.put(recordOf("access-0", 0, time.Hour, ","+other))
			require.NoError(t, newClient(t, newRevoker(), shared(s)).Logout(t.Context()))
			assert.Nil(t, s.record(t).Token)
			assert.Contains(t, string(s.blob().data), other)
		}
	})
}

func TestLogoutWaitsForTheRenewalUnderWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.took = time.Second
		c := newClient(t, f, nil)
		waiting(t, c)
		require.NoError(t, c.Logout(t.Context()))
		assert.Equal(t, []string{"access-1"}, f.told)
		_, ok := c.Peek()
		assert.False(t, ok)
	})
}

func TestLogoutSpendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.revoke = func(ctx context.Context) error { return vendorlogin.Spend(ctx, vendorlogin.NewSecret("example-code")) }
		c := newClient(t, f, nil)
		mustToken(t, c)
		require.NoError(t, c.Logout(t.Context()))
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestTokenIsNotHandedOutWhileItIsRevoked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.revoke = func(ctx context.Context) error { return pass(ctx, 10*time.Second) }
		c := newClient(t, f, nil)
		mustToken(t, c)
		go func() { assert.NoError(t, c.Logout(context.Background())) }()
		synctest.Wait()
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		require.NoError(t, c.Seed(t.Context(), mustToken(t, c)))
		assert.Equal(t, []string{"access-1"}, f.told, "only a logout takes the token out")
	})
}

func TestLogoutLeavesWithItsCaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.revoke = func(ctx context.Context) error { return pass(ctx, 10*time.Second) }
		c := newClient(t, f, nil)
		mustToken(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Logout(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, "logout", e.Op)
		assert.False(t, e.Unprocessed, "it may have been sent")
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal(), "and Token waits for the logout to end")
	})
}

func TestLogoutWhereNothingIsStoredWritesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		require.NoError(t, newClient(t, newRevoker(), shared(s)).Logout(t.Context()))
		synctest.Wait()
		log := s.commands()
		assert.Contains(t, log, "load")
		assert.NotContains(t, log, "delete")
	})
}

func TestKeepAliveRenewsNothingThatIsBeingRevoked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.revoke = func(ctx context.Context) error { return pass(ctx, 10*time.Minute) }
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, LoginTimeout: 20 * time.Minute})
		mustToken(t, c)
		time.Sleep(54 * time.Minute)
		require.NoError(t, c.Logout(t.Context()))
		assert.EqualValues(t, 1, f.requests())
	})
}

func TestResponseThatComesDuringALogoutCostsNoLogin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		f.revoke = func(ctx context.Context) error { return pass(ctx, time.Second) }
		c := newClient(t, f, nil)
		base := roundTripperFunc(func(*http.Request) (*http.Response, error) {
			go func() { assert.NoError(t, c.Logout(context.Background())) }()
			synctest.Wait()
			return &http.Response{StatusCode: 401, Body: http.NoBody}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/things", nil)
		require.NoError(t, err)
		resp, err := c.Transport(base).RoundTrip(req)
		require.NoError(t, err)
		assert.Equal(t, 401, resp.StatusCode)
		time.Sleep(time.Minute)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestLogoutIsNotUndoneByKeepAlive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRevoker()
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		mustToken(t, c)
		require.NoError(t, c.Logout(t.Context()))
		time.Sleep(24 * time.Hour)
		assert.EqualValues(t, 1, f.requests())
	})
}

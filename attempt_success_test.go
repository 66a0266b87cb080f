package vendorlogin_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestSuccessClearsTheCountForAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Minute, err: down()}
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		for range 3 {
			_, err := a.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(61 * time.Second)
		}
		assert.Equal(t, 3, a.Status().Attempts)
		f.becomes(func() { f.err = nil })
		_, err := b.Renew(t.Context())
		require.NoError(t, err)
		assert.Zero(t, b.Status().Attempts)
		time.Sleep(5 * time.Second)
		mustToken(t, a)
		assert.Zero(t, a.Status().Attempts, "another's success clears ours")
		assert.Zero(t, len(s.record(t).Holds))
	})
}

func TestSuccessLeavesNothingOfTheFailuresBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, err: down()}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Contains(t, string(s.blob().data), `"last"`)
		f.becomes(func() { f.err = nil })
		time.Sleep(4 * time.Second)
		mustToken(t, c)
		assert.NotContains(t, string(s.blob().data), `"last"`)
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestFailedPasswordForgetsNoCode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		code := `"code":{"n":1,"first":"1999-12-31T23:59:00Z","next":"2000-01-01T00:00:00Z",` +
			`"tries":[{"id":"x-1","owner":"x","end":"1999-12-31T23:59:00Z"}]}`
		s.put(`{"format":1,"attempts":{` + code + `}}`)
		_, err := newClient(t, &fake{err: down()}, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Contains(t, string(s.blob().data), `"id":"x-1"`)
	})
}

func TestSuccessThatCannotBeSavedIsNotCounted(t *testing.T) {
	for _, life := range []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute} {
		t.Run(life.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				s.before = func(ctx context.Context, op string) error {
					if op == "save" {
						return vendorlogin.ErrStore
					}
					return nil
				}
				var codes int
				v := &coded{fake{life: life}, device{func(context.Context, vendorlogin.Challenge) (string, error) {
					codes++
					return fmt.Sprintf("%06d", codes), nil
				}}}
				c := newClient(t, v, &vendorlogin.Options{Store: s})
				failed := 0
				var last error
				for range 1800 {
					if _, err := c.Token(t.Context()); err != nil {
						failed++
						last = err
					}
					time.Sleep(time.Second)
				}
				assert.Zero(t, failed, "every login succeeded: %v", last)
			})
		})
	}
}

func TestSuccessBesideASeedIsNotCounted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		v := &fake{life: time.Hour, took: 3 * time.Second}
		a := newClient(t, v, &vendorlogin.Options{Store: s})
		b := newClient(t, v, &vendorlogin.Options{Store: s})
		for range 4 {
			go func() {
				time.Sleep(time.Second)
				seeded := &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded"), ExpiresAt: time.Now().Add(20 * time.Minute)}
				_ = b.Seed(context.Background(), seeded)
			}()
			_, err := a.Renew(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		assert.Zero(t, a.Status().Attempts, "each login succeeded")
		c := newClient(t, v, &vendorlogin.Options{Store: s})
		_, err := c.Renew(t.Context())
		assert.NoError(t, err)
	})
}

func TestClearedAttemptsStayCleared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		v := &fake{life: 20 * time.Second}
		var bad atomic.Bool
		bad.Store(true)
		v.on = func(context.Context, string, int64) error {
			if bad.Load() {
				return down()
			}
			return nil
		}
		a := newClient(t, v, &vendorlogin.Options{Store: s})
		for range 45 {
			_, err := a.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		require.EqualValues(t, 3, v.logins.Load())
		b := newClient(t, v, &vendorlogin.Options{Store: s})
		bad.Store(false)
		_, err := b.WaitToken(t.Context())
		require.NoError(t, err)
		bad.Store(true)
		time.Sleep(25 * time.Second)
		_, err = b.Token(t.Context())
		require.Error(t, err)
		bad.Store(false)
		_, err = b.WaitToken(t.Context())
		require.NoError(t, err)
		time.Sleep(25 * time.Second) // expired
		bad.Store(true)
		before := v.logins.Load()
		end := time.Now().Add(5 * time.Minute)
		for time.Now().Before(end) {
			_, _ = a.Token(t.Context())
			time.Sleep(time.Second)
		}
		// With a clean slate A may make 4 attempts by 264 s.
		assert.EqualValues(t, 4, v.logins.Load()-before)
	})
}

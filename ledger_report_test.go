package vendorlogin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestStoreFailuresAreReported(t *testing.T) {
	for _, op := range []string{"load", "lock", "mark", "extend", "save", "unlock"} {
		t.Run(op, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				var seen events
				c := newClient(t, newRefresher(time.Hour, 0), &vendorlogin.Options{Store: s, OnEvent: seen.record})
				mustToken(t, c)
				time.Sleep(time.Hour)
				seen.seen()
				s.before = failAt(op, func(context.Context) error { return errDisk })
				mustToken(t, c)
				var reports []vendorlogin.Event
				for _, e := range seen.seen() {
					if e.Type == vendorlogin.EventStore {
						reports = append(reports, e)
					}
				}
				require.Len(t, reports, 1)
				assert.ErrorIs(t, reports[0].Err, vendorlogin.ErrStore)
				assert.ErrorIs(t, reports[0].Err, errDisk)
				e, ok := errors.AsType[*vendorlogin.Error](reports[0].Err)
				require.True(t, ok)
				assert.Equal(t, (&fake{}).Account(), e.Account)
				assert.Equal(t, op == "save", reports[0].NeedsAction, "a refresh token rotated and could not be saved")
			})
		})
	}
}

func TestFailedSaveWithoutARotationIsNotLoud(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		var seen events
		mustToken(t, newClient(t, newRefresher(time.Hour, 0), &vendorlogin.Options{Store: s, OnEvent: seen.record}))
		all := seen.seen()
		require.Equal(t, []vendorlogin.EventType{"login", "store"}, types(all))
		assert.False(t, all[1].NeedsAction)
	})
}

func TestStoreErrorNamesTheAccount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = func(_ context.Context, op string) error {
			if op == "save" {
				return vendorlogin.ErrRecordChanged
			}
			return nil
		}
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		err := c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("x")})
		require.Error(t, err)
		assert.Contains(t, err.Error(), "fake (ops@example.com): store: ")
		_, _ = c.Renew(t.Context())
		for _, e := range seen.seen() {
			if e.Err != nil {
				assert.Contains(t, e.Err.Error(), "ops@example.com")
			}
		}
	})
}

func TestStoreThatWorksAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		broken := true
		s.before = func(_ context.Context, op string) error {
			if broken {
				return vendorlogin.ErrStore
			}
			return nil
		}
		c := newClient(t, &fake{err: wrongPassword()}, &vendorlogin.Options{Store: s})
		_, _ = c.Token(t.Context())
		require.Error(t, c.Status().StoreErr)
		broken = false
		time.Sleep(time.Minute)
		_, _ = c.Token(t.Context())
		require.NoError(t, c.Status().StoreErr)
	})
}

func TestProbeOfTheCredentialsForgetsNoStoreFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = func(context.Context, string) error { return vendorlogin.ErrStore }
		secret := newChanging("wrong-example")
		c := newClient(t, newPassworded(secret.secret), shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		reads := secret.reads.Load()
		for range 60 {
			time.Sleep(time.Second)
			_, err = c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			require.ErrorIs(t, c.Status().StoreErr, vendorlogin.ErrStore)
		}
		assert.Greater(t, secret.reads.Load(), reads)
	})
}

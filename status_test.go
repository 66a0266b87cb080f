package vendorlogin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

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

		synctest.Wait() // the lock is free again
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

func TestStatusInALog(t *testing.T) {
	t.Parallel()
	account := vendorlogin.Account{Vendor: "fake", Principal: "ops@example.com"}
	for want, s := range map[string]vendorlogin.Status{
		"fake (ops@example.com): no token": {State: "none"},
		"fake (ops@example.com): renewing": {State: "expired", Renewing: true},
		"fake (ops@example.com): closed":   {State: "closed", Renewing: true},
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

func TestReady(t *testing.T) {
	t.Parallel()
	for state, ready := range map[vendorlogin.State]bool{"none": false, "fresh": true, "stale": true, "expired": false, "closed": false} {
		assert.Equal(t, ready, vendorlogin.Status{State: state}.Ready(), state)
	}
}

func TestProbeIsNoRenewalInStatus(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong")
		v := &passworded{secret: secret.secret, right: "right"}
		c := newClient(t, v, nil)
		_, err := c.Token(t.Context())
		require.Error(t, err)
		secret.took = 20 * time.Second
		time.Sleep(10 * time.Second)
		_, err = c.Token(t.Context()) // starts a probe, and leaves after a second
		require.Error(t, err)
		assert.Contains(t, c.String(), "on hold")
		assert.False(t, c.Status().Renewing)
	})
}

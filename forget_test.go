package vendorlogin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestTwoLogoutsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 20 {
			s := newMemStore()
			s.before = func(ctx context.Context, _ string) error { return pass(ctx, time.Millisecond) }
			f := &fake{life: time.Hour}
			a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
			mustToken(t, a)
			mustToken(t, b)
			var wg sync.WaitGroup
			for _, c := range []*vendorlogin.Client{a, b} {
				wg.Go(func() { assert.NoError(t, c.Logout(t.Context())) })
			}
			wg.Wait()
			synctest.Wait()
			assert.Empty(t, s.blob().data)
		}
	})
}

func TestLogoutForgetsWhatWasSavedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		mustToken(t, c)
		synctest.Wait()
		s.meddle("delete", 1, func() { s.put(recordOf("later", 0, time.Hour, "")) })
		require.NoError(t, c.Logout(t.Context()))
		assert.Empty(t, s.blob().data)
	})
}

func TestLogoutKeepsWhatWasTriedAndConsumed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newSpending("idp-code")
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		require.NoError(t, c.Logout(t.Context()))
		assert.Nil(t, s.record(t).Token)
		other := newSpending("idp-code")
		_, err := newClient(t, other, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Empty(t, other.sent)
	})
}

func TestLogoutReportsADeleteThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		mustToken(t, c)
		seen.seen()
		s.before = failAt("delete", func(context.Context) error { return errDisk })
		require.ErrorIs(t, c.Logout(t.Context()), errDisk)
		all := seen.seen()
		require.NotEmpty(t, all)
		assert.ErrorIs(t, all[len(all)-1].Err, errDisk)
	})
}

// After Close nothing is sent any more, also of a Logout that has only forgotten the token.
func TestLogoutThatCloseEndsBeforeTheVendorIsToldSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRevoker()
		var seen events
		c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		mustToken(t, c)
		seen.seen()
		s.after = func(_ context.Context, op string) error {
			if op == "delete" {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				assert.ErrorIs(t, c.Shutdown(ctx), context.Canceled)
			}
			return nil
		}
		require.ErrorIs(t, c.Logout(t.Context()), vendorlogin.ErrClosed)
		all := seen.seen()
		require.Equal(t, []vendorlogin.EventType{vendorlogin.EventLogout}, types(all))
		assert.ErrorIs(t, all[0].Err, vendorlogin.ErrClosed)
		assert.Empty(t, f.told)
	})
}

func TestUnreadableRecordIsAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var seen events
		s.put(`{"format":1,"token":42}`)
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		mustToken(t, c)
		assert.Contains(t, types(seen.seen()), vendorlogin.EventStore)
		assert.Equal(t, "access-1", s.record(t).Token.Access)
	})
}

func TestCallerBehindALogoutSeesChangedCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret.value.Store(&f.right)
		time.Sleep(5 * time.Second)
		var wg sync.WaitGroup
		wg.Go(func() { assert.NoError(t, c.Logout(t.Context())) })
		mustToken(t, c)
		wg.Wait()
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestStaleTokenOnHoldProbesNoMoreThanItShould(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		f.becomes(func() { f.err = down() })
		time.Sleep(56 * time.Minute)
		mustToken(t, c)
		synctest.Wait()
		s.commands()
		for range 600 { // a minute
			mustToken(t, c)
			time.Sleep(100 * time.Millisecond)
		}
		assert.LessOrEqual(t, count(s.commands(), "load"), 6, "every 5, then 10, then 15 seconds")
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestLogoutRevokesTheTokenThatOnlyThisClientHas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRevoker()
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		synctest.Wait()
		s.put(fmt.Sprintf(`{"format":1,"seq":%d}`, time.Now().Add(time.Minute).UnixMilli())) // another has renewed and logged out
		require.NoError(t, c.Logout(t.Context()))
		assert.Equal(t, []string{"access-1"}, f.told)
	})
}

func TestLogoutRevokesTheTokenThatCouldNotBeSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRevoker()
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		mustToken(t, c)
		synctest.Wait()
		require.ErrorIs(t, c.Status().StoreErr, vendorlogin.ErrStore)
		s.before = nil
		require.NoError(t, c.Logout(t.Context()))
		assert.Equal(t, []string{"access-2"}, f.told)
	})
}

func TestSeedOverWhatWasSavedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.meddle("save", 1, func() { s.put(recordOf("other", 0, time.Hour, "")) })
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("elsewhere")}))
		synctest.Wait()
		assert.Equal(t, "elsewhere", s.record(t).Token.Access)
		assert.False(t, c.Status().Unsaved)
	})
}

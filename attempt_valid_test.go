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

func TestHalfOfTheAttemptsAreKeptForWhenTheTokenHasExpired(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 30 * time.Minute})
		mustToken(t, c)
		time.Sleep(31 * time.Minute)
		f.becomes(func() { f.err = down() })
		for range 20 * 60 {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		assert.GreaterOrEqual(t, f.logins.Load(), int64(1+3))
		assert.LessOrEqual(t, f.logins.Load(), int64(1+4), "two per 10.5 minutes")
	})
}

func TestAttemptsThatWereKeptAreMadeAsSoonAsTheTokenHasExpired(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 30 * time.Minute})
		expires := mustToken(t, c).ExpiresAt
		time.Sleep(53 * time.Minute)
		f.becomes(func() { f.err = down() })
		for time.Now().Before(expires) {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1+2, f.logins.Load())
		f.becomes(func() { f.err = nil })
		mustToken(t, c)
	})
}

func TestNoAttemptsAreKeptForATokenThatAnAPIRejected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 24 * time.Hour}
		c := newClient(t, f, nil)
		rejected := mustToken(t, c)
		f.becomes(func() { f.err = down() })
		c.Invalidate(rejected)
		for range 5 * 60 {
			_, _ = c.Token(t.Context())
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1+4, f.logins.Load())
	})
}

// The other half of the budget is free from the rejection on, also for a renewal that had begun with half of it.
func TestRejectionFreesTheOtherHalf(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{Store: s, MaxAttempts: 2})
		rejected := mustToken(t, c)
		f.becomes(func() { f.err = down() })
		time.Sleep(56 * time.Minute)
		require.Same(t, rejected, mustToken(t, c), "and in the background a login fails")
		f.becomes(func() { f.err = nil })
		time.Sleep(170 * time.Second)
		s.before = func(ctx context.Context, _ string) error { return pass(ctx, 300*time.Millisecond) }
		require.Same(t, rejected, mustToken(t, c), "and in the background the budget is found empty")
		time.Sleep(100 * time.Millisecond)
		c.Invalidate(rejected)
		time.Sleep(5 * time.Second)
		assert.NotSame(t, rejected, mustToken(t, c))
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

// Of a token of unknown life the rejection is the end: a failure beside it holds no longer.
func TestRejectionEndsTheHoldOfAFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{}
		c := newClient(t, f, nil)
		rejected := mustToken(t, c)
		f.becomes(func() { f.err = down() })
		time.Sleep(61 * time.Minute)
		require.Same(t, rejected, mustToken(t, c), "and in the background a login fails")
		f.becomes(func() { f.err = nil })
		c.Invalidate(rejected)
		assert.NotSame(t, rejected, mustToken(t, c))
	})
}

func TestTheOnlyAttemptIsMadeWhileTheTokenIsValid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 30 * time.Minute, MaxAttempts: 1})
		mustToken(t, c)
		time.Sleep(45 * time.Minute)
		mustToken(t, c)
		synctest.Wait()
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestHalfOfTwoAttemptsIsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 30 * time.Minute, MaxAttempts: 2})
		mustToken(t, c)
		time.Sleep(31 * time.Minute)
		f.becomes(func() { f.err = down() })
		for range 9 * 60 {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1+1, f.logins.Load())
	})
}

package vendorlogin_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

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

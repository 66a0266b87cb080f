package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRenewPassesASharedHoldOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: wrongPassword()}
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.Error(t, err)
		c := newClient(t, f, shared(s))
		var last time.Time
		f.on = func(context.Context, string, int64) error {
			assert.GreaterOrEqual(t, time.Since(last), time.Minute)
			last = time.Now()
			return nil
		}
		for range 5 * 60 {
			_, err = c.Renew(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1+3, f.logins.Load(), "once a minute, and four attempts in all")
	})
}

func TestRenewHeedsARetryAfterBehindARejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		five, fifteen := time.Now().Add(5*time.Minute).Format(time.RFC3339), time.Now().Add(15*time.Minute).Format(time.RFC3339)
		s.put(fmt.Sprintf(`{"format":1,"holds":[{"cause":"credentials","until":%q,"kind":"wrong credentials"},`+
			`{"cause":"throttled","until":%q,"floor":%q,"kind":"rate limited"}]}`, fifteen, five, five))
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		_, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.Zero(t, f.logins.Load())
	})
}

func TestSharedHoldLastsForALongCooldown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := &vendorlogin.Options{Store: newMemStore(), Cooldown: 3 * time.Hour}
		f := newPassworded(vendorlogin.SecretString("wrong-example"))
		_, err := newClient(t, f, o).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		_, err = newClient(t, f, o).Token(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, 3*time.Hour, time.Until(e.RetryAt))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

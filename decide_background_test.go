package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestStaleTokenIsRenewedOnceHoweverLongThatTakes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen events
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{OnEvent: seen.record})
		first := mustToken(t, c)
		time.Sleep(56 * time.Minute)
		seen.seen()
		f.becomes(func() { f.took = 10 * time.Second })
		for range 4 { // each call looks again
			assert.Same(t, first, mustToken(t, c))
			time.Sleep(2 * time.Second)
		}
		time.Sleep(10 * time.Second)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Equal(t, []vendorlogin.EventType{"stale", "login"}, types(seen.seen()))
	})
}

func TestRenewBypassesTheHoldsOfOthersOnceAMinute(t *testing.T) {
	for name, c := range map[string]struct {
		start    time.Duration
		bypassed []bool // every 30 seconds
	}{
		"from the first instant": {0, []bool{true, false}},
		"later":                  {10 * time.Minute, []bool{true, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				client := newClient(t, &fake{life: time.Hour}, shared(s))
				time.Sleep(c.start)
				for i, bypassed := range c.bypassed {
					until := time.Now().Add(time.Hour).Format(time.RFC3339)
					s.put(fmt.Sprintf(`{"format":1,"holds":[{"cause":"credentials","until":%q}]}`, until))
					_, err := client.Renew(t.Context())
					assert.Equal(t, bypassed, err == nil, "Renew %d: %v", i, err)
					time.Sleep(30 * time.Second)
				}
			})
		})
	}
}

func TestCallerBehindALogoutLooksAtTheCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret.value.Store(&f.right)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		var loads atomic.Int64
		s.before = failAt("load", func(ctx context.Context) error {
			if loads.Add(1) == 1 {
				return pass(ctx, time.Second)
			}
			return nil
		})
		left := make(chan error, 1)
		go func() { left <- c.Logout(t.Context()) }()
		synctest.Wait()
		mustToken(t, c)
		assert.NoError(t, <-left)
	})
}

// unsealing is a vendor whose fingerprint is not known at first.
type unsealing struct {
	fake
	asked atomic.Int64
}

func (u *unsealing) Fingerprint(context.Context) (uint64, error) {
	if u.asked.Add(1) == 1 {
		return 0, errors.New("the vault is sealed")
	}
	return 1, nil
}

func TestCredentialsThatCannotBeComparedAreNotRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &unsealing{fake: fake{err: wrongPassword()}}
		c := newClient(t, f, nil)
		for range 60 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, f.logins.Load())
		assert.EqualValues(t, 1, f.asked.Load(), "there is nothing to compare with")
	})
}

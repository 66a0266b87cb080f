package vendorlogin_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestOneAttemptStaysOneWhereTheStoreFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", func(context.Context) error { return errDisk })
		f := &fake{err: down()}
		c := newClient(t, f, &vendorlogin.Options{Store: s, MaxAttempts: 1})
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// Half of no limit is no limit.
func TestNoLimitIsNoneWhileATokenIsValid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: -1})
		mustToken(t, c)
		f.becomes(func() { f.err = down() })
		for range 9 {
			_, err := c.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(time.Minute)
		}
		assert.Greater(t, f.logins.Load(), int64(3))
	})
}

// A secret is in the record before it is sent, in case the process dies: for a month, and a code until its digits may come again.
func TestSecretIsInTheRecordBeforeItIsSent(t *testing.T) {
	for name, code := range map[string]bool{"secret": false, "code": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				now := time.Now().Format(time.RFC3339)
				on := func(context.Context, string, int64) error {
					var rec struct{ Consumed []map[string]any }
					assert.NoError(t, json.Unmarshal(s.blob().data, &rec))
					if assert.Len(t, rec.Consumed, 1) {
						assert.Equal(t, now, rec.Consumed[0]["at"])
						assert.Equal(t, code, rec.Consumed[0]["code"] == true)
					}
					return nil
				}
				var v vendorlogin.Authenticator
				if code {
					v = &coded{fake{life: time.Hour, on: on}, device{func(context.Context, vendorlogin.Challenge) (string, error) {
						return "123456", nil
					}}}
				} else {
					f := newSpending("idp-code")
					f.on, v = on, f
				}
				mustToken(t, newClient(t, v, shared(s)))
			})
		})
	}
}

func TestSeedSavesWhatAFailingStoreDidNotLearnOf(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", func(context.Context) error { return errDisk })
		f := newSpending("idp-code")
		f.err = wrongPassword()
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		s.before = nil
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded")}))
		assert.Contains(t, string(s.blob().data), `"consumed":[{"fingerprint":`)
	})
}

// LoginTimeout, and the time for saving.
func TestOpenAttemptEndsWhenItsRenewalMust(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		end := time.Now().Add(30*time.Second + 5*time.Second).Format(time.RFC3339)
		f.on = func(context.Context, string, int64) error {
			assert.Contains(t, string(s.blob().data), `"end":"`+end+`","open":true`)
			return nil
		}
		mustToken(t, newClient(t, f, shared(s)))
	})
}

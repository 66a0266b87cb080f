package totp_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/totp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// The clock is wrong by offset and may not be set.
func TestClockOffset(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{90 * time.Second, -90 * time.Second, -7 * time.Second, 5 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s, start := newSource(t, &totp.Options{ClockOffset: offset}), time.Now()
			right := func() time.Time { return time.Now().Add(offset) }
			for range 2 {
				code, err := ask(t.Context(), s)
				require.NoError(t, err)
				want, err := totp.CodeAt(secret, 6, totp.SHA1, right())
				require.NoError(t, err)
				assert.Equal(t, want, code)
			}
			assert.Equal(t, start.Add(offset).Truncate(30*time.Second).Add(30*time.Second), right(), "the next step of the right time")

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := s.OTP(ctx, vendorlogin.Challenge{Account: account})
			failure, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			assert.Equal(t, right().Add(29*time.Second), failure.RetryAt.Add(offset), "RetryAt is local time")
		})
	}
}

func TestProcessesWithDifferentClocksShareSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, start := &store{}, time.Now()
		_, err := ask(t.Context(), newSource(t, &totp.Options{Store: shared}))
		require.NoError(t, err)
		_, err = ask(t.Context(), newSource(t, &totp.Options{Store: shared, ClockOffset: 10 * time.Second}))
		require.NoError(t, err)
		assert.Equal(t, 20*time.Second, time.Since(start))
	})
}

func TestRejectedCauseIsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := newSource(t, &totp.Options{ClockOffset: time.Minute}).RejectedCause()
		assert.Contains(t, cause, "clock")
		assert.Contains(t, cause, "2000-01-01T00:01:00Z", "what time the code was made for")
		assert.Contains(t, cause, "totp.Options.ClockOffset")
	})
}

var vendors = map[string]struct {
	server func(*vendortest.Options) *vendortest.Server
	auth   func(base string, codes *totp.Source, c *http.Client) (vendorlogin.Authenticator, error)
}{
	"gcore": {vendortest.NewGcore, func(base string, codes *totp.Source, c *http.Client) (vendorlogin.Authenticator, error) {
		password := vendorlogin.SecretString(vendortest.DefaultPassword)
		return gcore.New(gcore.Config{Username: vendortest.DefaultEmail, Password: password, OTP: codes, BaseURL: base, HTTPClient: c})
	}},
	"genericlogin": {vendortest.NewGenericLogin, func(base string, codes *totp.Source, c *http.Client) (vendorlogin.Authenticator, error) {
		password := vendorlogin.SecretString(vendortest.DefaultPassword)
		return genericlogin.New(genericlogin.Config{Email: vendortest.DefaultEmail, Password: password, OTP: codes, BaseURL: base, HTTPClient: c})
	}},
}

// A host's clock is 90 seconds slow. The error names the clock, and an offset is the cure.
func TestVendorSeesAnotherTime(t *testing.T) {
	t.Parallel()
	for name, vendor := range vendors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				user := vendortest.User{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, TOTP: secret}
				server := vendor.server(&vendortest.Options{Users: []vendortest.User{user}, ClockOffset: 90 * time.Second})
				login := func(offset time.Duration) error {
					codes := newSource(t, &totp.Options{ClockOffset: offset})
					auth, err := vendor.auth(server.URL, codes, server.Client())
					require.NoError(t, err)
					client, err := vendorlogin.NewClient(auth, nil)
					require.NoError(t, err)
					defer client.Close()
					_, err = client.Token(t.Context())
					return err
				}

				err := login(0)
				require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
				assert.ErrorContains(t, err, "likely causes are another TOTP secret, or the clock: the code was made for 2000-01-01T00:00:00Z")
				assert.Equal(t, 1, server.Counts().WrongOTPs)
				require.NoError(t, login(90*time.Second))
				assert.Empty(t, server.Problems())
			})
		})
	}
}

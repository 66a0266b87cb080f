package genericlogin_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func client(t *testing.T, c genericlogin.Config, store vendorlogin.Store) *vendorlogin.Client {
	t.Helper()
	client, err := vendorlogin.NewClient(authenticator(t, c), &vendorlogin.Options{Store: store})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// changing is a secret that the test changes.
type changing struct{ value atomic.Value }

func newChanging(value string) *changing {
	c := &changing{}
	c.value.Store(value)
	return c
}

func (c *changing) secret(context.Context) (vendorlogin.Secret, error) {
	return vendorlogin.NewSecret(c.value.Load().(string)), nil
}

// The provider's code works once. Whether it was rejected, or its fate is unknown, it is never presented again: a code that comes
// twice may cost the tokens that it gave.
func TestAProvidersCodeIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*vendortest.Server){
		"rejected":         func(srv *vendortest.Server) {},
		"provider is down": func(srv *vendortest.Server) { srv.SetIdPDown(true) },
		"no response":      func(srv *vendortest.Server) { srv.Inject(vendortest.Fault{Drop: true}) },
		"no token":         func(srv *vendortest.Server) { srv.Inject(vendortest.Fault{Body: `{"next":"accept-terms"}`}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, c := against(t, vendortest.User{IdP: "idps/example", IdPCode: "right"})
				code := newChanging("wrong")
				c.Password, c.IdPName, c.OAuth2Code = nil, "idps/example", code.secret
				fault(srv)
				store := tokenstore.NewMemory()
				one, two := client(t, c, store), client(t, c, store)

				for range 360 {
					_, err := one.Token(t.Context())
					require.Error(t, err)
					time.Sleep(10 * time.Second)
				}
				_, err := two.Token(t.Context())
				require.Error(t, err)
				_, err = two.Renew(t.Context())
				require.Error(t, err)
				assert.Equal(t, 1, srv.Counts().Requests, "not by the next login, nor by another process, nor by Renew")

				srv.SetIdPDown(false)
				code.value.Store("right")
				time.Sleep(time.Minute)
				_, err = one.Token(t.Context())
				require.NoError(t, err)
				assert.Equal(t, 2, srv.Counts().Requests)
			})
		})
	}
}

// The second factor fails before anything of it is sent. The provider's code and the password went out with the first step.
func TestTheFirstStepCountsThoughTheSecondIsNotSent(t *testing.T) {
	t.Parallel()
	source := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
		return "", &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
	})
	for name, c := range map[string]struct {
		most   int
		change func(*genericlogin.Config)
	}{
		"password": {4, func(*genericlogin.Config) {}},
		"provider's code": {1, func(c *genericlogin.Config) {
			c.Password, c.IdPName, c.OAuth2Code = nil, "idps/example", vendorlogin.SecretString("right")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, cfg := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, IdP: "idps/example", IdPCode: "right"})
				cfg.OTP = source
				c.change(&cfg)
				one := client(t, cfg, nil)
				for range 600 {
					_, err := one.Token(t.Context())
					require.Error(t, err)
					time.Sleep(time.Second)
				}
				assert.NotZero(t, srv.Counts().Requests)
				assert.LessOrEqual(t, srv.Counts().Requests, c.most)
			})
		})
	}
}

func TestARecoveryCodeIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, RecoveryCodes: []string{"right"}})
		code := newChanging("wrong")
		c.RecoveryCode = code.secret
		store := tokenstore.NewMemory()
		one, two := client(t, c, store), client(t, c, store)

		for range 360 {
			_, err := one.Token(t.Context())
			require.Error(t, err)
			time.Sleep(10 * time.Second)
		}
		_, err := two.Renew(t.Context())
		require.Error(t, err)
		assert.Equal(t, 1, srv.Counts().WrongOTPs)

		code.value.Store("right")
		time.Sleep(time.Minute)
		_, err = one.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, srv.Counts().WrongOTPs)
	})
}

// A login that cannot succeed is not begun: the password is not sent for a recovery code that was sent before.
func TestNoPasswordForASpentRecoveryCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, RecoveryCodes: []string{"right"}})
		c.RecoveryCode = vendorlogin.SecretString("wrong")
		one := client(t, c, tokenstore.NewMemory())
		for range 24 * 60 {
			_, err := one.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Minute)
		}
		assert.Equal(t, 2, srv.Counts().Requests, "the password and the code")
		_, err := one.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Equal(t, 2, srv.Counts().Requests)
	})
}

// The server takes 5 codes in 10 minutes, and counts each before it looks at it.
func TestAFleetDoesNotLockTheSecondFactor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret})
		var n atomic.Int64
		c.OTP = adaptertest.Generated(func() int64 { return n.Add(1) })
		store := tokenstore.NewMemory()
		var clients []*vendorlogin.Client
		for range 8 {
			clients = append(clients, client(t, c, store))
		}
		for range 120 {
			for _, one := range clients {
				_, err := one.Token(t.Context())
				require.Error(t, err)
			}
			time.Sleep(5 * time.Second)
		}
		assert.LessOrEqual(t, srv.Counts().WrongOTPs, 4)
		assert.Zero(t, srv.Counts().LockedOut)
		assert.Zero(t, srv.Counts().RateLimited)
	})
}

// Whoever fetches a code at a provider has used that one up: each is fetched once per login, and what is recognized is what was sent.
func TestSecretsAreFetchedOncePerLogin(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*genericlogin.Config, vendorlogin.SecretFunc){
		"OAuth2Code": func(c *genericlogin.Config, f vendorlogin.SecretFunc) {
			c.Password, c.IdPName, c.OAuth2Code = nil, "idps/example", f
		},
		"OIDCCode": func(c *genericlogin.Config, f vendorlogin.SecretFunc) {
			c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", f
		},
		"RecoveryCode": func(c *genericlogin.Config, f vendorlogin.SecretFunc) { c.RecoveryCode = f },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, IdP: "idps/example", IdPCode: "right"})
				fetch, calls := adaptertest.Fetched("code-")
				set(&c, fetch.Interactive())
				_, err := client(t, c, nil).Token(t.Context())
				require.Error(t, err)
				assert.EqualValues(t, 1, calls.Load())
			})
		})
	}
}

// A server without its database says 401 to good tokens. Nothing that cannot be replaced is given up for that.
func TestAnOutageCostsNoSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{})
		c.Web = true
		one := client(t, c, tokenstore.NewMemory())
		api := srv.Client()
		api.Transport = one.Transport(api.Transport)
		get := func() int {
			resp, err := api.Get(srv.APIURL())
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			return resp.StatusCode
		}
		require.Equal(t, 200, get())
		before, err := one.Token(t.Context())
		require.NoError(t, err)

		srv.SetDatabaseDown(true)
		for range 60 {
			assert.Equal(t, 401, get())
			kept, err := one.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, before.Access.Reveal(), kept.Access.Reveal())
			assert.Equal(t, before.Refresh.Reveal(), kept.Refresh.Reveal())
			time.Sleep(time.Second)
		}
		srv.SetDatabaseDown(false)
		assert.Equal(t, 200, get())
		assert.LessOrEqual(t, srv.Counts().Requests, 1+60+1+6, "one login, what the API was asked, and few attempts")
	})
}

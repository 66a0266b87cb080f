package genericlogin_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// against is a configuration for the server's user. The server checks all that it is sent.
func against(t *testing.T, u vendortest.User) (*vendortest.Server, genericlogin.Config) {
	srv := adaptertest.Server(t, vendortest.NewGenericLogin, u)
	return srv, genericlogin.Config{
		Email: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL: srv.URL, HTTPClient: srv.Client(),
	}
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, ResetPassword: true})
	c.OTP = adaptertest.Prompt(srv)
	a := authenticator(t, c)

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	assert.NotEmpty(t, token.Subject)
	assert.Equal(t, "true", token.Extra["requireResetPassword"])
	assert.False(t, token.ExpiresAt.IsZero())
	require.NoError(t, a.Revoke(t.Context(), token))

	assert.Equal(t, vendortest.Counts{Requests: 4, Logins: 1, OTPs: 1, APICalls: 1, Logouts: 1}, srv.Counts())
}

func TestWebModeAgainstAServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret})
		c.Web, c.OTP = true, adaptertest.Prompt(srv)
		a := authenticator(t, c)

		token, err := a.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token), "the token in the cookie is a bearer token, too")
		assert.WithinDuration(t, time.Now().Add(time.Hour), token.ExpiresAt, 2*time.Second)
		assert.WithinDuration(t, time.Now().Add(7*24*time.Hour), token.RefreshExpiresAt, 2*time.Second)

		end := token.RefreshExpiresAt
		for range 3 {
			time.Sleep(24 * time.Hour) // the access token has long expired
			token, err = a.Refresh(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
			assert.WithinDuration(t, end, token.RefreshExpiresAt, 2*time.Second, "the end is that of the login")
		}
		require.NoError(t, a.Revoke(t.Context(), token))
		_, err = a.Refresh(t.Context(), token)
		assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected)

		assert.Equal(t, vendortest.Counts{
			Requests: 11, Logins: 1, OTPs: 1, Refreshes: 3, RefreshesRejected: 1, APICalls: 4, Logouts: 1,
		}, srv.Counts())
	})
}

func TestRecoveryCodeAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, RecoveryCodes: []string{"example-recovery-code"}})
	c.RecoveryCode = vendorlogin.SecretString("example-recovery-code")

	_, err := authenticator(t, c).Login(t.Context())
	require.NoError(t, err)
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrOTPRejected, "it is good once")
	assert.Equal(t, 4, srv.Counts().Requests)
}

func TestSlowPersonAgainstAServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret})
		c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
			time.Sleep(6 * time.Minute)
			return srv.Code(vendortest.DefaultEmail), nil
		})

		_, err := authenticator(t, c).Login(t.Context())

		assert.ErrorIs(t, err, vendorlogin.ErrOTPRequired, "the server has closed the second step")
		assert.Equal(t, 2, srv.Counts().Requests)
	})
}

func TestIdentityProviderAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{IdP: "idps/example", IdPCode: "example-code"})
	c.Password, c.IdPName, c.OAuth2Code = nil, "idps/example", vendorlogin.SecretString("example-code")

	token, err := authenticator(t, c).Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, authenticator(t, c), token))

	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials, "the code is good once")
	srv.SetIdPDown(true)
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	srv.SetIdPDown(false)
	c.IdPName = "idps/other"
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

func TestLDAPAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{IdP: "idps/ldap", IdPKind: "ldap", IdPUser: "ldapuser"})
	c.Email, c.IdPName = "LDAPUser", "idps/ldap"

	token, err := authenticator(t, c).Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, authenticator(t, c), token))

	srv.SetIdPDown(true)
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	srv.SetIdPDown(false)
	c.Password = vendorlogin.SecretString("wrong")
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
}

func TestServerWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{})
	c.Web = true
	a := authenticator(t, c)
	token, err := a.Login(t.Context())
	require.NoError(t, err)

	srv.SetDatabaseDown(true)
	assert.Equal(t, http.StatusUnauthorized, adaptertest.CallAPI(t, srv, a, token))
	_, err = a.Refresh(t.Context(), token)
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable, "it decides nothing")
	_, err = a.Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	srv.SetDatabaseDown(false)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	_, err = a.Refresh(t.Context(), token)
	require.NoError(t, err)
}

func TestDeactivatedUserAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{Deactivated: true})

	_, err := authenticator(t, c).Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrForbidden)
	assert.Equal(t, 1, srv.Counts().Requests)
}

func TestServiceAccountAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{Service: true})

	token, err := authenticator(t, c).Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, authenticator(t, c), token))

	c.Web = true
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrForbidden)
}

func TestWrongPasswordAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{})
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: "changed"})

	_, err := authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, srv.Counts().Requests)

	for range 4 {
		_, err = authenticator(t, c).Login(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	}
	_, err = authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrRateLimited)
	assert.Equal(t, 6, srv.Counts().Requests)
}

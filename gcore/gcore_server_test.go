package gcore_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// against is a configuration for the server's user. The server checks all that it is sent.
func against(t *testing.T, u vendortest.User) (*vendortest.Server, gcore.Config) {
	srv := adaptertest.Server(t, vendortest.NewGcore, u)
	return srv, gcore.Config{
		Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL: srv.URL, HTTPClient: srv.Client(),
	}
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret, ClientIDs: []int{2, 7}})
	c.ClientID = "7"
	c.OTP = adaptertest.Prompt(srv)
	a := authenticator(t, c)

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	assert.True(t, token.RefreshExpiresAt.After(token.ExpiresAt))

	next, err := a.Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, next))

	_, err = a.Refresh(t.Context(), token)
	assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected, "it was consumed")

	counts := srv.Counts()
	assert.Equal(t, vendortest.Counts{
		Requests: 6, Logins: 1, OTPs: 1, Selects: 1, Refreshes: 1, RefreshesRejected: 1, RefreshReused: 1, APICalls: 2,
	}, counts)
}

func TestWrongPasswordAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{})
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: "changed"})

	_, err := authenticator(t, c).Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, srv.Counts().Requests)
	assert.Equal(t, 1, srv.Counts().WrongPasswords)
}

func TestWrongCodeAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret})

	c.OTP = adaptertest.Typed("x", "y")
	_, err := authenticator(t, c).Login(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrOTPRejected)

	assert.Equal(t, 1, srv.Counts().WrongOTPs)
	assert.Equal(t, 1, srv.Counts().Requests)
}

func TestOtherAccountAgainstAServer(t *testing.T) {
	t.Parallel()
	srv, c := against(t, vendortest.User{})
	c.ClientID = "7"

	_, err := authenticator(t, c).Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrForbidden)
	assert.Equal(t, 2, srv.Counts().Requests)
}

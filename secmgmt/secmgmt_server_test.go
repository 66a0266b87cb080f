package secmgmt_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// against is an Authenticator of the server's user. The server checks all that it is sent.
func against(t *testing.T, srv *vendortest.Server) *secmgmt.Authenticator {
	t.Cleanup(func() { assert.Empty(t, srv.Problems()) })
	return authenticator(t, secmgmt.Config{
		Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL: srv.URL, HTTPClient: srv.Client(),
	})
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewSecMgmt(nil)
	a := against(t, srv)

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	assert.NotEmpty(t, token.Subject)

	next, err := a.Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, next))
	assert.Equal(t, token.Subject, next.Subject)

	_, err = a.Refresh(t.Context(), token)
	assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected, "it was consumed")

	assert.Equal(t, vendortest.Counts{
		Requests: 5, Logins: 1, Refreshes: 1, RefreshesRejected: 1, RefreshReused: 1, APICalls: 2,
	}, srv.Counts())
}

func TestExpiredAccessTokenCannotBeRefreshed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := vendortest.NewSecMgmt(nil)
		a := against(t, srv)
		token, err := a.Login(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Until(token.RefreshExpiresAt) + time.Second)

		_, err = a.Refresh(t.Context(), token)

		assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected, "RefreshExpiresAt said so")
	})
}

func TestWrongPasswordAgainstAServer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 500} {
		srv := vendortest.NewSecMgmt(&vendortest.Options{NAKStatus: status})
		a := against(t, srv)
		srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: "changed"})

		_, err := a.Login(t.Context())

		assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Equal(t, 1, srv.Counts().Requests)
	}
}

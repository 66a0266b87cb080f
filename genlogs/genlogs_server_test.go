package genlogs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// against is an Authenticator of the server's user, whose password needs encoding. The server checks all that it is sent.
func against(t *testing.T, srv *vendortest.Server, change func(*genlogs.Config)) *genlogs.Authenticator {
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: password})
	t.Cleanup(func() {
		assert.Empty(t, srv.Problems())
		srv.Close()
	})
	c := genlogs.Config{
		Email: vendortest.DefaultEmail, Password: vendorlogin.SecretString(password), APIKey: vendorlogin.SecretString(vendortest.DefaultAPIKey),
		BaseURL: srv.URL, HTTPClient: srv.Client(),
	}
	if change != nil {
		change(&c)
	}
	return authenticator(t, c)
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	for name, inBody := range map[string]bool{"query": false, "body": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := vendortest.NewGenLogs(&vendortest.Options{BodyCredentials: inBody, NaiveExpires: inBody})
			a := against(t, srv, func(c *genlogs.Config) { c.CredentialsInBody = inBody })

			token, err := a.Login(t.Context())

			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(time.Hour), token.ExpiresAt, 2*time.Second)
			assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
			assert.Equal(t, 2, srv.Counts().Requests)
		})
	}
}

func TestRefreshAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGenLogs(&vendortest.Options{RefreshWorks: true})
	a := against(t, srv, func(c *genlogs.Config) { c.UseRefresh = true })

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	next, err := a.Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, next))
	_, err = a.Refresh(t.Context(), token)
	assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected, "it was consumed")
	assert.Equal(t, 1, srv.Counts().Refreshes)
}

func TestWrongPasswordAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGenLogs(nil)
	a := against(t, srv, nil)
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: "changed"})

	_, err := a.Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, srv.Counts().Requests)
}

func TestWrongAPIKeyAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGenLogs(nil)
	a := against(t, srv, func(c *genlogs.Config) { c.APIKey = vendorlogin.SecretString("another") })

	_, err := a.Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrForbidden)
	assert.Equal(t, 1, srv.Counts().WrongAPIKeys)
}

func TestAnExpiredTokenIsRejectedWithEitherStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		srv := vendortest.NewGenLogs(&vendortest.Options{AccessLife: -time.Minute, ExpiredStatus: status})
		a := against(t, srv, nil)

		token, err := a.Login(t.Context())

		require.NoError(t, err)
		assert.Equal(t, status, adaptertest.CallAPI(t, srv, a, token))
		assert.True(t, a.Rejected(&http.Response{StatusCode: status}, token))
	}
}

package gmicloud_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// against is an Authenticator of the server's user. The server checks all that it is sent.
func against(t *testing.T, srv *vendortest.Server, otp vendorlogin.OTPSource) *gmicloud.Authenticator {
	t.Cleanup(func() {
		assert.Empty(t, srv.Problems())
		srv.Close()
	})
	return authenticator(t, gmicloud.Config{
		Email: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword), OTP: otp,
		BaseURL: srv.URL, HTTPClient: srv.Client(),
	})
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGMICloud(nil)
	a := against(t, srv, nil)

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	assert.False(t, token.ExpiresAt.IsZero())
	assert.True(t, token.RefreshExpiresAt.After(token.ExpiresAt))

	next, err := a.Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, next))
	assert.NotEqual(t, token.Refresh.Reveal(), next.Refresh.Reveal())

	_, err = a.Refresh(t.Context(), token)
	assert.ErrorIs(t, err, vendorlogin.ErrRefreshRejected, "it was consumed")

	counts := srv.Counts()
	assert.Equal(t, 1, counts.Logins)
	assert.Equal(t, 1, counts.Refreshes)
	assert.Equal(t, 2, counts.APICalls)
	assert.Equal(t, 2+2+2, counts.Requests, "two steps, two refreshes, two calls of the API")
}

func TestSecondFactorAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGMICloud(&vendortest.Options{Users: []vendortest.User{
		{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, EmailCode: true},
	}})
	a := against(t, srv, vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		if c.Attempt == 1 {
			return "x", nil
		}
		stale := srv.Code(vendortest.DefaultEmail)
		if err := c.Resend(ctx); err != nil {
			return "", err
		}
		if c.Attempt == 2 {
			return stale, nil
		}
		return srv.Code(vendortest.DefaultEmail), nil
	}))

	token, err := a.Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, adaptertest.CallAPI(t, srv, a, token))
	counts := srv.Counts()
	assert.Equal(t, 2, counts.WrongOTPs)
	assert.Equal(t, 1, counts.OTPs)
	assert.Equal(t, 2, counts.Resends)
	assert.Equal(t, 0, counts.Invalid)
}

func TestWrongPasswordAgainstAServer(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGMICloud(nil)
	a := against(t, srv, nil)
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: "changed"})

	_, err := a.Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, srv.Counts().Requests)
}

package newvendor_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/examples/newvendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
		return authtest.Vendor{
			Server: newServer(), BaseURL: baseURL, API: baseURL + "/v1/me", Username: username, Password: password,
			New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
				return newvendor.New(newvendor.Config{
					BaseURL: s.BaseURL, Username: s.Username, Password: s.Password, HTTPClient: s.HTTPClient,
				})
			},
		}
	})
}

func TestNewNamesTheField(t *testing.T) {
	t.Parallel()
	valid := newvendor.Config{BaseURL: baseURL, Username: username, Password: vendorlogin.SecretString(password)}
	for field, c := range map[string]newvendor.Config{
		"BaseURL":  {Username: valid.Username, Password: valid.Password},
		"Username": {BaseURL: valid.BaseURL, Password: valid.Password},
		"Password": {BaseURL: valid.BaseURL, Username: valid.Username},
	} {
		_, err := newvendor.New(c)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
		assert.ErrorContains(t, err, field)
	}
	a, err := newvendor.New(valid)
	require.NoError(t, err)
	assert.Equal(t, vendorlogin.Account{Vendor: "newvendor", Endpoint: baseURL, Principal: username}, a.Account())
}

func TestRefreshTokenIsSentOnce(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", baseURL+"/v1/login", httpmock.NewStringResponder(200, `{"access": "a-1", "refresh": "r-1"}`))
	busy := httpmock.NewStringResponder(503, "").HeaderSet(http.Header{"Retry-After": {"1"}}) // loginhttp repeats other requests then
	mock.RegisterMatcherResponder("POST", baseURL+"/v1/refresh", httpmock.BodyContainsString(`{"refresh":"r-1"}`), busy)
	a, err := newvendor.New(newvendor.Config{
		BaseURL: baseURL, Username: username, Password: vendorlogin.SecretString(password), HTTPClient: &http.Client{Transport: mock},
	})
	require.NoError(t, err)

	token, err := a.Login(t.Context())
	require.NoError(t, err)
	_, err = a.Refresh(t.Context(), token)
	require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	assert.Equal(t, 2, mock.GetTotalCallCount(), "one login, one refresh")
}

func TestPasswordIsReadOncePerLogin(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", baseURL+"/v1/login", httpmock.NewStringResponder(401, `{}`))
	reads := 0
	a, err := newvendor.New(newvendor.Config{BaseURL: baseURL, Username: username, HTTPClient: &http.Client{Transport: mock},
		Password: func(context.Context) (vendorlogin.Secret, error) {
			reads++
			return vendorlogin.NewSecret(password), nil
		}})
	require.NoError(t, err)
	client, err := vendorlogin.NewClient(a, nil)
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Token(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, reads, "for the request and for its fingerprint")
}

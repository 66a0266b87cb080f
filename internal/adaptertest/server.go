package adaptertest

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// User is u under the servers' default name and password.
func User(u vendortest.User) vendortest.User {
	u.Email, u.Password = vendortest.DefaultEmail, vendortest.DefaultPassword
	return u
}

// Server makes a server whose one user is User(u). At the test's end it must have had nothing to complain about.
func Server(t testing.TB, make func(*vendortest.Options) *vendortest.Server, u vendortest.User) *vendortest.Server {
	srv := make(&vendortest.Options{Users: []vendortest.User{User(u)}})
	t.Cleanup(func() { assert.Empty(t, srv.Problems()) })
	return srv
}

// CallAPI uses the token on the protected API, and returns the status.
func CallAPI(t testing.TB, srv *vendortest.Server, a vendorlogin.Authenticator, token *vendorlogin.Token) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.APIURL(), nil)
	require.NoError(t, err)
	if authorizer, ok := a.(vendorlogin.Authorizer); ok {
		err = authorizer.Authorize(req, token)
	} else {
		err = token.SetAuthHeader(req)
	}
	require.NoError(t, err)
	resp, err := srv.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// Prompt types what the server's user would.
func Prompt(srv *vendortest.Server) vendorlogin.OTPSource {
	return vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
		return srv.Code(vendortest.DefaultEmail), nil
	})
}

// Vendor is srv for [authtest.TestAuthenticator]. second: its user has a second factor.
func Vendor(srv *vendortest.Server, second bool, make func(authtest.Setup) (vendorlogin.Authenticator, error)) authtest.Vendor {
	v := authtest.Vendor{
		Server: srv, BaseURL: srv.URL, API: srv.APIURL(),
		Username: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, New: make,
	}
	if second {
		v.OTP = Prompt(srv)
	}
	return v
}

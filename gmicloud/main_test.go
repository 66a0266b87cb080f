package gmicloud_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email    = "ops@example.com"
	password = "example-password"
	device   = "dev1"

	tokensURL   = gmicloud.DefaultBaseURL + "/me/auth-tokens"
	sessionsURL = gmicloud.DefaultBaseURL + "/me/sessions"
	resendURL   = gmicloud.DefaultBaseURL + "/me/2fa-verification-code"

	loginBody = `{"email":"ops@example.com","password":"example-password"}`
)

func config(w *adaptertest.Wire) gmicloud.Config {
	return gmicloud.Config{
		Email: email, Password: vendorlogin.SecretString(password), DeviceID: device, HTTPClient: w.Client(),
	}
}

func authenticator(t testing.TB, c gmicloud.Config) *gmicloud.Authenticator {
	t.Helper()
	a, err := gmicloud.New(c)
	require.NoError(t, err)
	return a
}

func pair(access, refresh string) string {
	return fmt.Sprintf(`{"accessToken":%q,"refreshToken":%q}`, access, refresh)
}

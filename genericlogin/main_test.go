package genericlogin_test

import (
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email    = "ops@example.com"
	password = "example-password"

	base       = "https://login.example.com"
	loginURL   = base + "/v1/auth/login"
	refreshURL = base + "/v1/auth/refresh"
	logoutURL  = base + "/v1/auth/logout"

	loginBody = `{"email":"ops@example.com","password":"example-password"}`
	challenge = `{"mfaTempToken":"example-mfa-temp-token"}`
)

// cookied is a response with cookies.
func cookied(status int, body string, cookies ...string) httpmock.Responder {
	var headers []string
	for _, cookie := range cookies {
		headers = append(headers, "Set-Cookie", cookie)
	}
	return adaptertest.Reply(status, body, headers...)
}

func config(w *adaptertest.Wire) genericlogin.Config {
	return genericlogin.Config{
		Email: email, Password: vendorlogin.SecretString(password), BaseURL: base, HTTPClient: w.Client(),
	}
}

func authenticator(t testing.TB, c genericlogin.Config) *genericlogin.Authenticator {
	t.Helper()
	a, err := genericlogin.New(c)
	require.NoError(t, err)
	return a
}

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer", Subject: "users/101",
		RefreshExpiresAt: time.Now().Add(time.Hour), Extra: map[string]string{"email": email},
	}
}

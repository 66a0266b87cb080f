package gcore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username = "ops@example.com"
	password = "example-password"

	loginURL   = "https://api.gcore.com/iam/auth/jwt/login"
	refreshURL = "https://api.gcore.com/iam/auth/jwt/refresh"
	selectURL  = "https://api.gcore.com/iam/auth/jwt/clients/42/login"

	loginBody = `{"username":"ops@example.com","password":"example-password"}`
	first     = `{"access":"first-access","refresh":"first-refresh"}`
)

func config(w *adaptertest.Wire) gcore.Config {
	return gcore.Config{Username: username, Password: vendorlogin.SecretString(password), HTTPClient: w.Client()}
}

func authenticator(t testing.TB, c gcore.Config) *gcore.Authenticator {
	t.Helper()
	a, err := gcore.New(c)
	require.NoError(t, err)
	return a
}

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer",
		RefreshExpiresAt: time.Now().Add(time.Minute),
	}
}

func pair(access, refresh string) string {
	return fmt.Sprintf(`{"access":%q,"refresh":%q}`, access, refresh)
}

package genlogs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email    = "ops@example.com"
	password = "1234+ &/ö"
	apiKey   = "example-api-key"

	tokenURL   = genlogs.DefaultBaseURL + "/auth/token"
	refreshURL = genlogs.DefaultBaseURL + "/auth/token/refresh"
	loginURL   = tokenURL + "?email=ops%40example.com&password=1234%2B+%26%2F%C3%B6"
)

func config(w *adaptertest.Wire) genlogs.Config {
	return genlogs.Config{
		Email: email, Password: vendorlogin.SecretString(password), APIKey: vendorlogin.SecretString(apiKey), HTTPClient: w.Client(),
	}
}

func authenticator(t testing.TB, c genlogs.Config) *genlogs.Authenticator {
	t.Helper()
	a, err := genlogs.New(c)
	require.NoError(t, err)
	return a
}

package secmgmt_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username = "ops@example.com"
	password = "example-password"
	base     = "https://portal.example.com"
	tokenURL = base + "/api/v2/auth/token"

	loginBody = `{"username":"ops@example.com","password":"example-password"}`
)

func config(w *adaptertest.Wire) secmgmt.Config {
	return secmgmt.Config{
		Username: username, Password: vendorlogin.SecretString(password), BaseURL: base, HTTPClient: w.Client(),
	}
}

func authenticator(t testing.TB, c secmgmt.Config) *secmgmt.Authenticator {
	t.Helper()
	a, err := secmgmt.New(c)
	require.NoError(t, err)
	return a
}

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer", Subject: "old-customer",
		RefreshExpiresAt: time.Now().Add(time.Minute),
	}
}

// answer is an envelope with that content and no error.
func answer(content string) string {
	return fmt.Sprintf(
		`{"errorCode":"","errorMessage":"","content":%s,"pageable":{"page":0,"size":10,"totalPages":1,"totalElements":1}}`, content,
	)
}

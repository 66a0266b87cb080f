package loginhttp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Missing names the request as Do does.
func TestMissing(t *testing.T) {
	t.Parallel()
	own := endpoint(nil).Missing(loginhttp.Call{Op: "login", Path: "/login"}, &loginhttp.Answer{Status: 200}, "token")
	assert.Equal(t, "GET api.example.com/v1/login", own.Request)
	assert.Equal(t, []vendorlogin.FieldError{{Field: "token", Reason: "is missing"}}, own.Fields)
	assert.Zero(t, endpoint(nil).Missing(login(), &loginhttp.Answer{Status: 200, SentAt: time.Now()}, "token").RetryAt)
	bad := loginhttp.Endpoint{Account: vendorlogin.Account{Endpoint: ":"}}
	assert.Empty(t, bad.Missing(loginhttp.Call{}, &loginhttp.Answer{}, "token").Request)
	assert.EqualError(t, own, "example (ops@example.com): login: bad response (200, GET api.example.com/v1/login): token: is missing")
}

func TestMissingHeedsARetryAfter(t *testing.T) {
	t.Parallel()
	a, err := endpoint(responding(200, `{}`, "Retry-After", "1800")).Do(t.Context(), login(), nil)
	require.NoError(t, err)
	failure := endpoint(nil).Missing(login(), a, "token")
	assert.WithinDuration(t, a.SentAt.Add(30*time.Minute), failure.RetryAt, time.Minute)
}

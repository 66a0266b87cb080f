package loginhttp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Missing names the request as Do does.
func TestMissing(t *testing.T) {
	t.Parallel()
	own := endpoint(nil).Missing(loginhttp.Call{Op: "login", Path: "/login"}, &loginhttp.Answer{Status: 200}, "token")
	assert.Equal(t, "GET api.example.com/v1/login", own.Request)
	assert.Equal(t, []vendorlogin.FieldError{{Field: "token", Reason: "is missing"}}, own.Fields)
	bad := loginhttp.Endpoint{Account: vendorlogin.Account{Endpoint: ":"}}
	assert.Empty(t, bad.Missing(loginhttp.Call{}, &loginhttp.Answer{}, "token").Request)
	assert.EqualError(t, own, "example (ops@example.com): login: bad response (200, GET api.example.com/v1/login): token: is missing")
}

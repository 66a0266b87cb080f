package genlogs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

// Every shape of an error body that is known of this vendor.
func TestErrors(t *testing.T) {
	t.Parallel()
	fields := []vendorlogin.FieldError{
		{Field: "query.email", Reason: "field required"},
		{Field: "body.items.0", Reason: "value is not a valid integer"},
	}
	for name, c := range map[string]struct {
		status        int
		body          string
		kind          error
		code, message string
		fields        []vendorlogin.FieldError
	}{
		"wrong password":  {401, file(t, "detail_text.json"), vendorlogin.ErrInvalidCredentials, "", "Incorrect email or password", nil},
		"subcode, text":   {401, file(t, "detail_subcode_text.json"), vendorlogin.ErrInvalidCredentials, "invalid_token", "Invalid token", nil},
		"subcode, number": {401, file(t, "detail_subcode_number.json"), vendorlogin.ErrInvalidCredentials, "1002", "Invalid token", nil},
		"flat subcode":    {401, file(t, "message_subcode.json"), vendorlogin.ErrInvalidCredentials, "1", "Missing access token", nil},
		"flat code":       {500, file(t, "message_code.json"), vendorlogin.ErrUnavailable, "500", "Internal Server Error", nil},
		"flat code, 400":  {400, `{"message":"No.","code":17}`, vendorlogin.ErrInvalidRequest, "17", "No.", nil},
		"text, 400":       {400, `{"detail":"No."}`, vendorlogin.ErrInvalidRequest, "", "No.", nil},
		"text, 500":       {500, `{"detail":"No."}`, vendorlogin.ErrUnavailable, "", "No.", nil},
		"gateway":         {403, file(t, "forbidden.json"), vendorlogin.ErrForbidden, "", "Forbidden", nil},
		"gateway's limit": {429, `{"message":"Too Many Requests"}`, vendorlogin.ErrRateLimited, "", "Too Many Requests", nil},
		"fields":          {422, file(t, "detail_list.json"), vendorlogin.ErrInvalidRequest, "", "", fields},
		"fields with values": {422, file(t, "detail_list_echo.json"), vendorlogin.ErrInvalidRequest, "", "",
			[]vendorlogin.FieldError{{Field: "query.password", Reason: "String should have at least 99 characters, not [redacted]"}}},
		"code inside":          {400, `{"detail":{"message":"No.","code":"x"}}`, vendorlogin.ErrInvalidRequest, "x", "No.", nil},
		"rows of another kind": {422, `{"detail":["No.",{"msg":"No."}]}`, vendorlogin.ErrInvalidRequest, "", "", nil},
		"odd message":          {401, `{"detail":{"message":{"en":"No."}}}`, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"odd detail":           {401, `{"detail":true}`, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"null detail":          {401, `{"detail":null,"message":"No."}`, vendorlogin.ErrInvalidCredentials, "", "No.", nil},
		"html":                 {502, `<html>Bad gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing":              {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"long":                 {401, `{"detail":"` + strings.Repeat("x", 1000) + `"}`, vendorlogin.ErrInvalidCredentials, "", strings.Repeat("x", 256), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", tokenURL, reply(c.status, c.body))
			conf := config(w)
			conf.Password = vendorlogin.SecretString("example-password")
			a := authenticator(t, conf)

			got, err := a.Login(t.Context())

			assert.Nil(t, got)
			e := vendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.message, e.Message)
			assert.Equal(t, c.fields, e.Fields)
			assert.Equal(t, name == "html", strings.Contains(err.Error(), "an HTML page"), err.Error())
			assert.Equal(t, c.status, e.Status)
			assert.Equal(t, "login", e.Op)
			assert.Equal(t, a.Account(), e.Account)
			assert.Equal(t, "POST api.genlogs.io/auth/token", e.Request)
			assert.Len(t, w.requests(), 1)
		})
	}
}

func TestWrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", tokenURL, reply(401, file(t, "detail_text.json")), reply(200, file(t, "token.json")))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genlogs (ops@example.com): login: wrong credentials (401, POST api.genlogs.io/auth/token)")
	assert.Len(t, w.requests(), 1)
}

// The slash that the vendor's own example has would be redirected, the password in the query and all.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newWire()
		w.answers("POST", tokenURL, reply(status, "").HeaderSet(http.Header{"Location": {"http://api.genlogs.io/auth/token/?password=canary"}}))

		_, err := authenticator(t, config(w)).Login(t.Context())

		assert.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		assert.NotContains(t, err.Error(), canary)
		assert.Len(t, w.requests(), 1)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", tokenURL, reply(429, `{"message":"Too Many Requests"}`).HeaderSet(http.Header{"Retry-After": {"300"}}))
	before := time.Now()

	_, err := authenticator(t, config(w)).Login(t.Context())

	e := vendorError(t, err)
	assert.WithinRange(t, e.RetryAt, before.Add(299*time.Second), time.Now().Add(301*time.Second))
	assert.Len(t, w.requests(), 1)
}

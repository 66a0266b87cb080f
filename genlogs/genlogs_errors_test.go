package genlogs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

type failure adaptertest.Failure

// Every shape of an error body that is known of this vendor.
func TestErrors(t *testing.T) {
	t.Parallel()
	fields := []vendorlogin.FieldError{
		{Field: "query.email", Reason: "field required"},
		{Field: "body.items.0", Reason: "value is not a valid integer"},
	}
	for name, c := range map[string]failure{
		"wrong password":  {401, "detail_text.json", vendorlogin.ErrInvalidCredentials, "", "Incorrect email or password", nil},
		"subcode, text":   {401, "detail_subcode_text.json", vendorlogin.ErrInvalidCredentials, "invalid_token", "Invalid token", nil},
		"subcode, number": {401, "detail_subcode_number.json", vendorlogin.ErrInvalidCredentials, "1002", "Invalid token", nil},
		"flat subcode":    {401, "message_subcode.json", vendorlogin.ErrInvalidCredentials, "1", "Missing access token", nil},
		"flat code":       {500, "message_code.json", vendorlogin.ErrUnavailable, "500", "Internal Server Error", nil},
		"flat code, 400":  {400, `{"message":"No.","code":17}`, vendorlogin.ErrInvalidRequest, "17", "No.", nil},
		"text, 400":       {400, `{"detail":"No."}`, vendorlogin.ErrInvalidRequest, "", "No.", nil},
		"text, 500":       {500, `{"detail":"No."}`, vendorlogin.ErrUnavailable, "", "No.", nil},
		"gateway":         {403, "forbidden.json", vendorlogin.ErrForbidden, "", "Forbidden", nil},
		"gateway's limit": {429, `{"message":"Too Many Requests"}`, vendorlogin.ErrRateLimited, "", "Too Many Requests", nil},
		"fields":          {422, "detail_list.json", vendorlogin.ErrInvalidRequest, "", "", fields},
		"fields with values": {422, "detail_list_echo.json", vendorlogin.ErrInvalidRequest, "", "",
			[]vendorlogin.FieldError{{Field: "query.password", Reason: "String should have at least 99 characters, not [redacted]"}}},
		"code inside":          {400, `{"detail":{"message":"No.","code":"x"}}`, vendorlogin.ErrInvalidRequest, "x", "No.", nil},
		"rows of another kind": {422, `{"detail":["No.",{"msg":"No."}]}`, vendorlogin.ErrInvalidRequest, "", "", nil},
		"odd message":          {401, `{"detail":{"message":{"en":"No."}}}`, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"odd detail":           {401, `{"detail":true}`, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"null detail":          {401, `{"detail":null,"message":"No."}`, vendorlogin.ErrInvalidCredentials, "", "No.", nil},
		"html":                 {502, `<html>Bad gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing":              {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"long": {401, `{"detail":"` + strings.Repeat("x", 1000) + `"}`,
			vendorlogin.ErrInvalidCredentials, "", strings.Repeat("x", 256), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(c.Status, c.Body))
			conf := config(w)
			conf.Password = vendorlogin.SecretString("example-password")
			a := authenticator(t, conf)

			got, err := a.Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, name == "html", strings.Contains(err.Error(), "an HTML page"), err.Error())
			assert.Equal(t, a.Account(), e.Account)
			assert.Equal(t, "POST api.genlogs.io/auth/token", e.Request)
			assert.Len(t, w.Requests(), 1)
		})
	}
}

func TestWrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(401, "detail_text.json"), adaptertest.Reply(200, "token.json"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genlogs (ops@example.com): login: wrong credentials (401, POST api.genlogs.io/auth/token)")
	assert.Len(t, w.Requests(), 1)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(429, `{"message":"Too Many Requests"}`, "Retry-After", "300"))
	before := time.Now()

	_, err := authenticator(t, config(w)).Login(t.Context())

	e := adaptertest.VendorError(t, err)
	assert.WithinRange(t, e.RetryAt, before.Add(299*time.Second), time.Now().Add(301*time.Second))
	assert.Len(t, w.Requests(), 1)
}

package gmicloud_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

type failure adaptertest.Failure

// Every error body that the vendor's documents show or list.
func TestDocumentedErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []failure{
		{400, "invalid_field.json", vendorlogin.ErrInvalidRequest, "request/0", "",
			[]vendorlogin.FieldError{{Field: "email", Reason: "This field is required."}}},
		{400, "password_echoed.json", vendorlogin.ErrInvalidRequest, "request/0", "",
			[]vendorlogin.FieldError{{Field: "password", Reason: "[redacted] is too short."}, {Field: "profile", Reason: "object"}}},
		{400, "no_body.json", vendorlogin.ErrInvalidRequest, "request/1", "The request body is required.", nil},
		{400, "wrong_password.json", vendorlogin.ErrInvalidCredentials, "session/0", "Invalid email or password.", nil},
		{400, "wrong_device.json", vendorlogin.ErrInvalidRequest, "auth/0", "Invalid CE-ClientId.", nil},
		{429, "rate_limit.json", vendorlogin.ErrRateLimited, "rate-limit/0", "Rate limit exceeded.", nil},
		{429, "too_many_mails.json", vendorlogin.ErrRateLimited, "user/400", "Too many requests.", nil},
		{401, "mail_token_invalid.json", vendorlogin.ErrInvalidCredentials, "user/406", "Invalid token.", nil},
		{401, "mail_token_expired.json", vendorlogin.ErrInvalidCredentials, "user/407", "Expired token.", nil},
		{500, "no_auth_token.json", vendorlogin.ErrUnavailable, "session/200", "Failed to create auth token.", nil},
		{500, "auth_token_not_saved.json", vendorlogin.ErrUnavailable, "session/201", "Failed to save auth token data.", nil},
		{500, "otp_not_created.json", vendorlogin.ErrUnavailable, "session/204", "Failed to create OTP code.", nil},
		{500, "otp_delivery.json", vendorlogin.ErrUnavailable, "session/207", "Unsupported OTP code delivery method.", nil},
		{500, "mail_failed.json", vendorlogin.ErrUnavailable, "email/0", "Failed to send email.", nil},
		{500, "limit_not_read.json", vendorlogin.ErrUnavailable, "rate-limit/1", "Failed to get rate limit configuration.", nil},
		{500, "limit_not_saved.json", vendorlogin.ErrUnavailable, "rate-limit/2", "Failed to save rate limit configuration.", nil},
		{500, "user_db.json", vendorlogin.ErrUnavailable, "user/1200", "Get user encountered DB error.", nil},
	} {
		t.Run(c.Body, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(c.Status, c.Body))
			a := authenticator(t, config(w))

			got, err := a.Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, a.Account(), e.Account)
			assert.Equal(t, "POST console.gmicloud.ai/api/v1/me/auth-tokens", e.Request)
			assert.Len(t, w.Requests(), 1)
		})
	}
}

func TestWrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On(
		"POST", tokensURL, adaptertest.Reply(400, "wrong_password.json"), adaptertest.Reply(201, `{"authToken":"first","is2FARequired":false}`),
	)

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(
		t, err, "gmicloud (ops@example.com): login: wrong credentials (400 session/0, POST console.gmicloud.ai/api/v1/me/auth-tokens)",
	)
	assert.Len(t, w.Requests(), 1)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 400} { // the group and the code say it, not the status
		w := adaptertest.NewWire()
		w.On("POST", tokensURL, adaptertest.Reply(status, "rate_limit.json", "Retry-After", "300"))
		before := time.Now()

		_, err := authenticator(t, config(w)).Login(t.Context())

		e := adaptertest.VendorError(t, err)
		assert.Equal(t, vendorlogin.ErrRateLimited, e.Kind)
		assert.Equal(t, status, e.Status)
		assert.WithinRange(t, e.RetryAt, before.Add(299*time.Second), time.Now().Add(301*time.Second))
		assert.Len(t, w.Requests(), 1, "a limit of minutes is not slept through")
	}
}

// Bodies that are not quite what the document says.
func TestUndocumentedErrorBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]failure{
		"code as text": {
			400, `{"group":"session","code":"0","message":"No."}`, vendorlogin.ErrInvalidCredentials, "session/0", "No.", nil,
		},
		"unknown pair": {
			400, `{"group":"session","code":77,"message":"No."}`, vendorlogin.ErrInvalidRequest, "session/77", "No.", nil,
		},
		"unknown pair, 403":          {403, `{"group":"user","code":5,"message":"No."}`, vendorlogin.ErrForbidden, "user/5", "No.", nil},
		"the same code elsewhere":    {400, `{"group":"email","code":0,"message":"No."}`, vendorlogin.ErrInvalidRequest, "email/0", "No.", nil},
		"rejected password, but 500": {500, `{"group":"session","code":0,"message":"No."}`, vendorlogin.ErrUnavailable, "session/0", "No.", nil},
		"invalid request, but 429":   {429, `{"group":"request","code":0}`, vendorlogin.ErrRateLimited, "request/0", "", nil},
		"limit, but 400":             {400, `{"group":"rate-limit","code":0}`, vendorlogin.ErrRateLimited, "rate-limit/0", "", nil},
		"other request code":         {401, `{"group":"request","code":7}`, vendorlogin.ErrInvalidRequest, "request/7", "", nil},
		"no group":                   {400, `{"code":0,"message":"No."}`, vendorlogin.ErrUnavailable, "", "", nil},
		"no code":                    {400, `{"group":"session","message":"No."}`, vendorlogin.ErrUnavailable, "", "", nil},
		"detail of another shape": {
			400, `{"validationDetail":{"field":1},"group":"session","code":0,"message":"No."}`, vendorlogin.ErrInvalidCredentials, "session/0",
			"No.", nil,
		},
		"rows of another shape": {
			400, `{"validationDetail":["No.",{"reason":"No."}],"group":"request","code":0}`, vendorlogin.ErrInvalidRequest, "request/0", "", nil,
		},
		"message of another shape": {
			400, `{"message":{"en":"No."},"group":"session","code":0}`, vendorlogin.ErrInvalidCredentials, "session/0", "", nil,
		},
		"html":    {502, `<html>Bad gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing": {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"a list":  {400, `[]`, vendorlogin.ErrUnavailable, "", "", nil},
		"control characters, 2 lines": {
			400, `{"group":"session","code":0,"message":"No.\r\n\u001b[31mNo."}`, vendorlogin.ErrInvalidCredentials, "session/0", "No. [31mNo.", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(c.Status, c.Body))

			got, err := authenticator(t, config(w)).Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			assert.Equal(t, name == "html", strings.Contains(err.Error(), "an HTML page"), err.Error())
			require.Len(t, w.Requests(), 1)
		})
	}
}

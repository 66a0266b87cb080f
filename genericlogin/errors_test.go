package genericlogin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

type fields = []vendorlogin.FieldError

// outcome is what an answer means.
type outcome struct {
	kind    error
	code    string
	message string
	fields  fields
}

var noToken = outcome{kind: vendorlogin.ErrBadResponse, fields: fields{{Field: "token", Reason: "is missing"}}}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"wrong credentials":  {401, file(t, "error-credentials.json"), outcome{vendorlogin.ErrInvalidCredentials, "16", "The email or password is not valid.", nil}},
		"Connect":            {401, file(t, "error-connect.json"), outcome{vendorlogin.ErrInvalidCredentials, "unauthenticated", "The email or password is not valid.", nil}},
		"echo":               {400, file(t, "error-echo.json"), outcome{vendorlogin.ErrInvalidRequest, "3", "proto: (line 1:45): invalid value for string field password: 12345", nil}},
		"unknown field":      {400, file(t, "error-unknown-field.json"), outcome{vendorlogin.ErrInvalidRequest, "3", `proto: (line 1:2): unknown field "workspace"`, nil}},
		"bad provider name":  {400, file(t, "error-idp-name.json"), outcome{vendorlogin.ErrInvalidRequest, "3", `invalid request "idps/example"`, nil}},
		"precondition":       {400, file(t, "error-precondition.json"), outcome{vendorlogin.ErrInvalidRequest, "9", "email code login is not enabled", nil}},
		"forbidden":          {403, file(t, "error-forbidden.json"), outcome{vendorlogin.ErrForbidden, "7", "password sign-in is disallowed", nil}},
		"no web":             {403, file(t, "error-web.json"), outcome{vendorlogin.ErrForbidden, "7", "only users can sign in with web", nil}},
		"unknown provider":   {404, file(t, "error-idp.json"), outcome{vendorlogin.ErrInvalidRequest, "5", `identity provider "idps/example" not found`, nil}},
		"unknown route":      {404, file(t, "error-route.json"), outcome{vendorlogin.ErrInvalidRequest, "2", "Routing error. POST /v1/auth/login?x=y not found", nil}},
		"lockout":            {429, file(t, "error-lockout.json"), outcome{vendorlogin.ErrRateLimited, "8", "too many failed login attempts, please try again later", nil}},
		"wrong base path":    {405, file(t, "error-method.json"), outcome{vendorlogin.ErrInvalidRequest, "", "Method Not Allowed", nil}},
		"internal":           {500, file(t, "error-internal.json"), outcome{vendorlogin.ErrUnavailable, "13", "internal error", nil}},
		"unimplemented":      {501, file(t, "error-unimplemented.json"), outcome{vendorlogin.ErrUnavailable, "12", "unimplemented", nil}},
		"unavailable":        {503, file(t, "error-unavailable.json"), outcome{vendorlogin.ErrUnavailable, "14", "the server is shutting down", nil}},
		"deadline":           {504, file(t, "error-deadline.json"), outcome{vendorlogin.ErrUnavailable, "4", "context deadline exceeded", nil}},
		"aborted":            {409, file(t, "error-aborted.json"), outcome{vendorlogin.ErrInvalidRequest, "10", "aborted", nil}},
		"canceled":           {499, file(t, "error-canceled.json"), outcome{vendorlogin.ErrInvalidRequest, "1", "context canceled", nil}},
		"a text":             {401, `"no"`, outcome{vendorlogin.ErrInvalidCredentials, "", "", nil}},
		"other types":        {400, `{"code":null,"message":{"a":1}}`, outcome{vendorlogin.ErrInvalidRequest, "", `{"a":1}`, nil}},
		"nothing":            {401, ``, outcome{vendorlogin.ErrInvalidCredentials, "", "", nil}},
		"gateway":            {502, `<html>Bad Gateway</html>`, outcome{vendorlogin.ErrUnavailable, "", "", nil}},
		"neither":            {200, `{}`, noToken},
		"null":               {200, `null`, noToken},
		"user alone":         {200, `{"user":{"name":"users/1"}}`, noToken},
		"empty strings":      {200, `{"token":"","mfaTempToken":""}`, noToken},
		"a page":             {200, `<!doctype html>`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"an empty answer":    {200, ``, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"half an answer":     {200, `{"token":"a`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"a number for token": {200, `{"token":1}`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", loginURL, reply(c.status, c.body), reply(200, `{"token":"a"}`))

			got, err := authenticator(t, config(w)).Login(t.Context())

			assert.Nil(t, got)
			e := vendorError(t, err)
			assert.Equal(t, c.want, outcome{e.Kind, e.Code, e.Message, e.Fields})
			assert.Equal(t, "login", e.Op)
			assert.Equal(t, c.status, e.Status)
			assert.Zero(t, e.RetryAt, "the server does not say")
			assert.Equal(t, "POST login.example.com/v1/auth/login", e.Request)
			if c.want.message != "" {
				assert.NotContains(t, err.Error(), c.want.message, "the server's words are in Message alone")
			}
			assert.Len(t, w.requests(), 1, "no login is repeated")
		})
	}
}

// The server quotes the value that it did not like.
func TestEchoedPassword(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", loginURL, reply(400, file(t, "error-echo.json")))
	c := config(w)
	c.Password = vendorlogin.SecretString("12345")

	_, err := authenticator(t, c).Login(t.Context())

	assert.Equal(t, "proto: (line 1:45): invalid value for string field password: [redacted]", vendorError(t, err).Message)
	assert.NotContains(t, tree(err), "12345")
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", loginURL, reply(401, file(t, "error-credentials.json")))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genericlogin (ops@example.com): login: wrong credentials (401 16, POST login.example.com/v1/auth/login)")
}

func TestNoTokenInWebMode(t *testing.T) {
	t.Parallel()
	for _, cookies := range [][]string{nil, {"refresh-token=r"}, {"access-token="}, {"access-token=a; Max-Age=0"}} {
		w := newWire()
		w.answers("POST", loginURL, cookied(200, `{}`, cookies...))
		c := config(w)
		c.Web = true

		_, err := authenticator(t, c).Login(t.Context())

		e := vendorError(t, err)
		assert.Equal(t, noToken, outcome{e.Kind, e.Code, e.Message, e.Fields})
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", loginURL, reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genericlogin (ops@example.com): login: unavailable (502, POST login.example.com/v1/auth/login): an HTML page")
}

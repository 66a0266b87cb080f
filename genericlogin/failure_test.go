package genericlogin_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

type failure adaptertest.Failure

// noToken is a success that lacks what matters.
func noToken(body string) failure {
	return failure{200, body, vendorlogin.ErrBadResponse, "", "", adaptertest.Field("token", "is missing")}
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]failure{
		"wrong credentials": {
			401, "error-credentials.json", vendorlogin.ErrInvalidCredentials, "16", "The email or password is not valid.", nil,
		},
		"Connect": {
			401, "error-connect.json", vendorlogin.ErrInvalidCredentials, "unauthenticated", "The email or password is not valid.", nil,
		},
		"echo": {
			400, "error-echo.json", vendorlogin.ErrInvalidRequest, "3", "proto: (line 1:45): invalid value for string field password: 12345", nil,
		},
		"unknown field": {
			400, "error-unknown-field.json", vendorlogin.ErrInvalidRequest, "3", `proto: (line 1:2): unknown field "workspace"`, nil,
		},
		"bad provider name": {400, "error-idp-name.json", vendorlogin.ErrInvalidRequest, "3", `invalid request "idps/example"`, nil},
		"precondition":      {400, "error-precondition.json", vendorlogin.ErrInvalidRequest, "9", "email code login is not enabled", nil},
		"forbidden":         {403, "error-forbidden.json", vendorlogin.ErrForbidden, "7", "password sign-in is disallowed", nil},
		"no web":            {403, "error-web.json", vendorlogin.ErrForbidden, "7", "only users can sign in with web", nil},
		"unknown provider":  {404, "error-idp.json", vendorlogin.ErrInvalidRequest, "5", `identity provider "idps/example" not found`, nil},
		"unknown route": {
			404, "error-route.json", vendorlogin.ErrInvalidRequest, "2", "Routing error. POST /v1/auth/login?x=y not found", nil,
		},
		"lockout": {
			429, "error-lockout.json", vendorlogin.ErrRateLimited, "8", "too many failed login attempts, please try again later", nil,
		},
		"deactivated": {
			401, `{"code":16,"message":"user has been deactivated"}`, vendorlogin.ErrForbidden, "16", "user has been deactivated", nil,
		},
		"wrong base path":    {405, "error-method.json", vendorlogin.ErrInvalidRequest, "", "Method Not Allowed", nil},
		"internal":           {500, "error-internal.json", vendorlogin.ErrUnavailable, "13", "internal error", nil},
		"unimplemented":      {501, "error-unimplemented.json", vendorlogin.ErrUnavailable, "12", "unimplemented", nil},
		"unavailable":        {503, "error-unavailable.json", vendorlogin.ErrUnavailable, "14", "the server is shutting down", nil},
		"deadline":           {504, "error-deadline.json", vendorlogin.ErrUnavailable, "4", "context deadline exceeded", nil},
		"aborted":            {409, "error-aborted.json", vendorlogin.ErrInvalidRequest, "10", "aborted", nil},
		"canceled":           {499, "error-canceled.json", vendorlogin.ErrUnavailable, "1", "context canceled", nil},
		"a gateway's JSON":   {404, `{"message":"no route matched"}`, vendorlogin.ErrUnavailable, "", "", nil},
		"a text":             {401, `"no"`, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"other types":        {400, `{"code":null,"message":{"a":1}}`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing":            {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"gateway":            {502, `<html>Bad Gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"neither":            noToken(`{}`),
		"null":               noToken(`null`),
		"user alone":         noToken(`{"user":{"name":"users/1"}}`),
		"empty strings":      noToken(`{"token":"","mfaTempToken":""}`),
		"a page":             {200, `<!doctype html>`, vendorlogin.ErrBadResponse, "", "", nil},
		"an empty answer":    {200, ``, vendorlogin.ErrBadResponse, "", "", nil},
		"half an answer":     {200, `{"token":"a`, vendorlogin.ErrBadResponse, "", "", nil},
		"a number for token": {200, `{"token":1}`, vendorlogin.ErrBadResponse, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(c.Status, c.Body), adaptertest.Reply(200, `{"token":"a"}`))

			got, err := authenticator(t, config(w)).Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			e := adaptertest.VendorError(t, err)
			assert.Zero(t, e.RetryAt, "the server does not say")
			assert.Equal(t, "POST login.example.com/v1/auth/login", e.Request)
			assert.Len(t, w.Requests(), 1, "no login is repeated")
		})
	}
}

// The server quotes the value that it did not like.
func TestEchoedPassword(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(400, "error-echo.json"))
	c := config(w)
	c.Password = vendorlogin.SecretString("12345")

	_, err := authenticator(t, c).Login(t.Context())

	assert.Equal(t, "proto: (line 1:45): invalid value for string field password: [redacted]", adaptertest.VendorError(t, err).Message)
	assert.NotContains(t, adaptertest.Tree(err), "12345")
}

// What an identity provider says reaches us inside a message of the server's, with status 500 like its outages.
func TestIdentityProviderErrors(t *testing.T) {
	t.Parallel()
	wrong, down := vendorlogin.ErrInvalidCredentials, vendorlogin.ErrUnavailable
	for message, kind := range map[string]error{
		`failed to exchange token: oauth2: "invalid_grant" "The code was used."`:           wrong,
		"Failed to exchange\u00a0token: oauth2:  \"invalid_grant\"":                        wrong,
		`failed to exchange token, error: "oauth2: \"invalid_grant\""`:                     wrong,
		`failed to exchange token: oauth2: "bad_verification_code" "expired"`:              wrong,
		`failed to get user info: bind user: LDAP Result Code 49 "Invalid Credentials": x`: wrong,
		`bind user: LDAP Result Code 49 "": 80090308: LdapErr: DSID-0C090447`:              wrong,
		`failed to get user info: invalid credentials`:                                     wrong,
		`failed to exchange token: Post "https://idp.example.com": dial tcp: refused`:      down,
		`failed to create new OIDC identity provider: 404 Not Found`:                       down,
		`failed to exchange token: oauth2: cannot fetch token: 503`:                        down,
		`failed to exchange token: oauth2: "temporarily_unavailable"`:                      down,
		`failed to exchange token: oauth2: "server_error"`:                                 down,
		`failed to exchange token: oauth2: "invalid_client" "the server's own secret"`:     down,
		`failed to get user info: LDAP Result Code 200 "Network Error": dial tcp: refused`: down,
		`internal error`: down,
	} {
		body, err := json.Marshal(map[string]any{"code": 13, "message": message})
		require.NoError(t, err)
		w := adaptertest.NewWire()
		w.On("POST", loginURL, adaptertest.Reply(500, string(body)), adaptertest.Reply(200, `{"token":"a"}`))

		_, err = authenticator(t, config(w)).Login(t.Context())

		assert.Equal(t, kind, adaptertest.VendorError(t, err).Kind, message)
		assert.Len(t, w.Requests(), 1)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(401, "error-credentials.json"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genericlogin (ops@example.com): login: wrong credentials (401 16, POST login.example.com/v1/auth/login)")
}

func TestNoTokenInWebMode(t *testing.T) {
	t.Parallel()
	for _, cookies := range [][]string{nil, {"refresh-token=r"}, {"access-token="}, {"access-token=a; Max-Age=0"}} {
		w := adaptertest.NewWire()
		w.On("POST", loginURL, cookied(200, `{}`, cookies...))
		c := config(w)
		c.Web = true

		got, err := authenticator(t, c).Login(t.Context())

		adaptertest.Failure(noToken("")).Assert(t, "login", got, err)
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "genericlogin (ops@example.com): login: unavailable (502, POST login.example.com/v1/auth/login): an HTML page")
}

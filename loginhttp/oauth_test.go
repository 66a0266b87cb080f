package loginhttp_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func tokenCall(grant string) loginhttp.Call {
	form := url.Values{"grant_type": {grant}, "client_id": {"example-client"}, "client_secret": {"example-secret"}}
	return loginhttp.Call{Op: "login", Method: "POST", Path: "/token", Form: form}
}

func TestOAuthErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grant  string
		op     string
		status int
		body   string
		kind   error
	}{
		"wrong secret":              {"client_credentials", "login", 400, `{"error":"invalid_client"}`, vendorlogin.ErrInvalidCredentials},
		"wrong secret, 403":         {"client_credentials", "login", 403, `{"error":"invalid_client"}`, vendorlogin.ErrInvalidCredentials},
		"wrong secret, 200":         {"client_credentials", "login", 200, `{"error":"invalid_client"}`, vendorlogin.ErrInvalidCredentials},
		"wrong password":            {"password", "login", 400, `{"error":"invalid_grant"}`, vendorlogin.ErrInvalidCredentials},
		"refresh token":             {"refresh_token", "refresh", 400, `{"error":"invalid_grant"}`, vendorlogin.ErrRefreshRejected},
		"refresh by another grant":  {"password", "refresh", 400, `{"error":"invalid_grant"}`, vendorlogin.ErrRefreshRejected},
		"refresh token, as a login": {"refresh_token", "login", 400, `{"error":"invalid_grant"}`, vendorlogin.ErrRefreshRejected},
		"refresh token, 6750":       {"refresh_token", "refresh", 400, `{"error":"invalid_token"}`, vendorlogin.ErrRefreshRejected},
		"secret at a refresh":       {"refresh_token", "refresh", 401, `{"error":"invalid_client"}`, vendorlogin.ErrInvalidCredentials},
		"server_error, 401":         {"password", "login", 401, `{"error":"server_error"}`, vendorlogin.ErrInvalidCredentials},
		"server_error, refresh 401": {"refresh_token", "refresh", 401, `{"error":"server_error"}`, vendorlogin.ErrRefreshRejected},
		"Auth0, wrong secret":       {"client_credentials", "login", 401, `{"error":"access_denied"}`, vendorlogin.ErrInvalidCredentials},
		"Keycloak, wrong secret":    {"client_credentials", "login", 401, `{"error":"unauthorized_client"}`, vendorlogin.ErrInvalidCredentials},
		"denied, refresh 401":       {"refresh_token", "refresh", 401, `{"error":"access_denied"}`, vendorlogin.ErrRefreshRejected},
		"busy, 401":                 {"password", "login", 401, `{"error":"temporarily_unavailable"}`, vendorlogin.ErrUnavailable},
		"not for this client":       {"password", "login", 400, `{"error":"unauthorized_client"}`, vendorlogin.ErrForbidden},
		"denied":                    {"password", "login", 400, `{"error":"access_denied"}`, vendorlogin.ErrForbidden},
		"scope":                     {"password", "login", 400, `{"error":"invalid_scope"}`, vendorlogin.ErrInvalidRequest},
		"grant":                     {"password", "login", 401, `{"error":"unsupported_grant_type"}`, vendorlogin.ErrInvalidRequest},
		"request":                   {"password", "login", 401, `{"error":"invalid_request"}`, vendorlogin.ErrInvalidRequest},
		"scope, 401":                {"password", "login", 401, `{"error":"invalid_scope"}`, vendorlogin.ErrInvalidRequest},
		"target":                    {"password", "login", 401, `{"error":"invalid_target"}`, vendorlogin.ErrInvalidRequest},
		"broken":                    {"password", "login", 400, `{"error":"server_error"}`, vendorlogin.ErrUnavailable},
		"not at 201":                {"password", "login", 201, `{"error":"invalid_grant"}`, nil},
		"another word, 200":         {"password", "login", 200, `{"error":"pear"}`, nil},
		"busy":                      {"password", "login", 400, `{"error":"temporarily_unavailable"}`, vendorlogin.ErrUnavailable},
		"slow down":                 {"password", "login", 400, `{"error":"slow_down"}`, vendorlogin.ErrRateLimited},
		"429":                       {"password", "login", 429, `{"error":"invalid_grant"}`, vendorlogin.ErrRateLimited},
		"500":                       {"password", "login", 500, `{"error":"invalid_grant"}`, vendorlogin.ErrUnavailable},
		"425":                       {"password", "login", 425, `{"error":"invalid_grant"}`, vendorlogin.ErrUnavailable},
		"another word":              {"password", "login", 400, `{"error":"pear"}`, vendorlogin.ErrInvalidRequest},
		"another word, 401":         {"password", "login", 401, `{"error":"pear"}`, vendorlogin.ErrInvalidCredentials},
		"no token endpoint":         {"", "login", 400, `{"error":"invalid_client"}`, vendorlogin.ErrInvalidRequest},
		"a token all the same":      {"password", "login", 200, `{"error":"invalid_grant","access_token":"a"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := tokenCall(test.grant)
			call.Op = test.op
			_, err := endpoint(responding(test.status, test.body)).Do(t.Context(), call, nil)
			if test.kind == nil {
				require.NoError(t, err)
				return
			}
			assertKind(t, test.kind, err)
			assert.Equal(t, test.status, failure(t, err).Status)
			if name == "another word" {
				assert.Equal(t, "pear", failure(t, err).Code)
			}
		})
	}
}

// A token endpoint may be sent JSON, or a form that the caller encoded.
func TestOAuthRequestsInOtherForms(t *testing.T) {
	t.Parallel()
	asForm := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, call := range map[string]loginhttp.Call{
		"JSON":  {Op: "login", Method: "POST", Body: map[string]string{"grant_type": "password"}},
		"bytes": {Op: "login", Method: "POST", Body: []byte("a=b&grant_type=password"), Header: asForm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := endpoint(responding(400, `{"error":"invalid_grant"}`)).Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrInvalidCredentials, err)
		})
	}
}

// A word that is none of OAuth's is no failure where the status is said to mean success.
func TestOAuthWordBesideASuccess(t *testing.T) {
	t.Parallel()
	call := tokenCall("password")
	call.Success = []int{409}
	_, err := endpoint(responding(409, `{"error":"pear"}`)).Do(t.Context(), call, nil)
	require.NoError(t, err)
	_, err = endpoint(responding(409, `{"error":"invalid_grant"}`)).Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrInvalidCredentials, err)
}

// Some token endpoints take everything in the query.
func TestOAuthInTheQuery(t *testing.T) {
	t.Parallel()
	call := tokenCall("password")
	call.Query, call.Form = call.Form, nil
	_, err := endpoint(responding(400, `{"error":"invalid_grant"}`)).Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrInvalidCredentials, err)
	call.Body = map[string]string{"a": "b"}
	_, err = endpoint(responding(400, `{"error":"invalid_grant"}`)).Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrInvalidCredentials, err)
}

func TestOAuthWords(t *testing.T) {
	t.Parallel()
	v := responding(400, `{"error":"invalid_client","error_description":"Client example-client is unknown."}`)
	e := endpoint(v)
	_, err := e.Do(t.Context(), tokenCall("password"), nil)
	assert.Equal(t, "invalid_client", failure(t, err).Code)
	assert.Equal(t, "Client [redacted] is unknown.", failure(t, err).Message)

	shared := &vendorlogin.Error{Code: "own", Message: "own words"}
	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return shared }
	_, err = e.Do(t.Context(), tokenCall("password"), nil)
	assertKind(t, vendorlogin.ErrInvalidCredentials, err)
	assert.Equal(t, "own", failure(t, err).Code)
	assert.NoError(t, shared.Kind, "what Classify returned must not be changed")

	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Kind: vendorlogin.ErrForbidden} }
	_, err = e.Do(t.Context(), tokenCall("password"), nil)
	assertKind(t, vendorlogin.ErrForbidden, err)
}

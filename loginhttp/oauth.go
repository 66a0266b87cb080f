package loginhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/vendorlogin/vendorlogin"
)

// An oauthError is the error response of an OAuth 2.0 token endpoint.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-5.2
type oauthError struct {
	Error       json.RawMessage
	Description json.RawMessage `json:"error_description"`
	AccessToken json.RawMessage `json:"access_token"`
}

// oauthFailure is what a token endpoint says in OAuth's own words; nil where it says nothing of the kind, or the status decides.
func (x *exchange) oauthFailure(a *Answer) *vendorlogin.Error {
	if !oauthDecides(a.Status) || !bytes.Contains(a.Body, []byte(`"error"`)) {
		return nil // most responses: nothing more is read of them
	}
	grant := x.grantType()
	if grant == "" {
		return nil
	}
	var said oauthError
	if json.Unmarshal(a.Body, &said) != nil || Text(said.AccessToken) != "" {
		return nil
	}
	word := Text(said.Error)
	kind := oauthKind(word, x.Op == "refresh" || grant == "refresh_token")
	switch {
	case kind == nil && x.succeeds(a):
		return nil
	case a.Status == http.StatusUnauthorized && slices.Contains([]string{"server_error", "access_denied", "unauthorized_client"}, word):
		kind = nil // some say that of a wrong password or secret, such as Auth0 and Keycloak: the status decides
	}
	return &vendorlogin.Error{Kind: kind, Code: word, Message: Text(said.Description)}
}

// oauthDecides reports whether OAuth's words go before a status: 200 too, since some token endpoints fail with it.
func oauthDecides(status int) bool {
	return status == http.StatusOK || status >= 400 && status <= 499 && status != http.StatusTooManyRequests && !isUndecided(status)
}

// oauthKind is what a word means; nil: it is none of OAuth's.
func oauthKind(word string, refresh bool) error {
	switch word {
	case "invalid_client":
		return vendorlogin.ErrInvalidCredentials
	case "invalid_grant", "invalid_token": // the latter is RFC 6750's, of endpoints that check a refresh token like an access token
		if refresh {
			return vendorlogin.ErrRefreshRejected
		}
		return vendorlogin.ErrInvalidCredentials
	case "unauthorized_client", "access_denied":
		return vendorlogin.ErrForbidden
	case "invalid_request", "invalid_scope", "invalid_target", "unsupported_grant_type":
		return vendorlogin.ErrInvalidRequest
	case "server_error", "temporarily_unavailable":
		return vendorlogin.ErrUnavailable
	case "slow_down":
		return vendorlogin.ErrRateLimited
	}
	return nil
}

// grantType is the grant_type of the request: only a token endpoint is sent one.
func (x *exchange) grantType() string {
	var body struct {
		GrantType string `json:"grant_type"`
	}
	if json.Unmarshal(x.payload, &body) == nil && body.GrantType != "" {
		return body.GrantType
	}
	form, _ := url.ParseQuery(string(x.payload)) // of what is no form it makes what it can
	return cmp.Or(form.Get("grant_type"), x.Query.Get("grant_type"))
}

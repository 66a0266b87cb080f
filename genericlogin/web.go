package genericlogin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// The cookies of web mode.
const (
	accessCookie  = "access-token"
	refreshCookie = "refresh-token"
)

// web reads the scope: no identity provider's name begins like that.
func (a *Authenticator) web() bool { return strings.HasPrefix(a.endpoint.Account.Scope, webScope) }

// token is what an answer has of one, in its cookies or else in its body.
func (a *Authenticator) token(answer *loginhttp.Answer, access string) *vendorlogin.Token {
	t := &vendorlogin.Token{Type: "Bearer", IssuedAt: answer.SentAt}
	if a.web() {
		for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
			switch {
			case c.Value == "" || c.MaxAge < 0: // deletes a cookie
			case c.Name == accessCookie:
				access = c.Value
			case c.Name == refreshCookie:
				t.Refresh, t.RefreshExpiresAt = vendorlogin.NewSecret(c.Value), expiry(answer, c)
			}
		}
	}
	t.Access = vendorlogin.NewSecret(access)
	t.ExpiresAt = answer.Expiry(nil, access, 0) // the cookie lives on when the token in it has expired
	return t
}

// expiry is when a cookie ends, by our clock; zero: it does not say.
func expiry(answer *loginhttp.Answer, c *http.Cookie) time.Time {
	if c.MaxAge > 0 {
		return answer.Expiry(fmt.Appendf(nil, `"%ds"`, c.MaxAge), "", 0)
	}
	return answer.Expiry(json.RawMessage(c.Expires.Format(`"`+time.RFC3339+`"`)), "", 0)
}

// Refresh exchanges the refresh token, which is used up by that, for a new pair. Both tokens go as cookies, and come as cookies: only
// tokens of web mode can be refreshed. The new refresh token ends when the first one would have.
//
// https://github.com/bytebase/bytebase, proto/v1/v1/auth_service.proto, Refresh.
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	header, err := a.cookies("refresh", vendorlogin.ErrRefreshRejected, old)
	if err != nil {
		return nil, err
	}
	call := loginhttp.Call{Op: "refresh", Method: http.MethodPost, Path: "/v1/auth/refresh", Header: header, Body: struct{}{}, Once: true}
	answer, err := a.endpoint.Do(ctx, call, nil)
	if err != nil {
		return nil, err
	}
	token := a.token(answer, "")
	if token.Access.IsZero() {
		return nil, a.endpoint.Missing(call, answer, accessCookie)
	}
	if token.Refresh.IsZero() {
		token.Refresh = old.Refresh
	}
	if end := old.RefreshExpiresAt; !end.IsZero() && (token.RefreshExpiresAt.IsZero() || end.Before(token.RefreshExpiresAt)) {
		token.RefreshExpiresAt = end
	}
	token.Subject, token.Extra = old.Subject, maps.Clone(old.Extra)
	return token, nil
}

// Revoke logs out: the refresh token dies. The access token goes on working until it expires.
//
// https://github.com/bytebase/bytebase, proto/v1/v1/auth_service.proto, Logout.
func (a *Authenticator) Revoke(ctx context.Context, t *vendorlogin.Token) error {
	header := http.Header{"Authorization": {"Bearer " + t.Access.Reveal()}}
	if !t.Refresh.IsZero() {
		var err error
		if header, err = a.cookies("logout", vendorlogin.ErrInvalidRequest, t); err != nil {
			return err
		}
	}
	call := loginhttp.Call{Op: "logout", Method: http.MethodPost, Path: "/v1/auth/logout", Header: header, Body: struct{}{}}
	_, err := a.endpoint.Do(ctx, call, nil)
	return err
}

// cookies is the header with both tokens. What would end a cookie early, and begin another, is refused with that kind of error.
func (a *Authenticator) cookies(op string, refusal error, t *vendorlogin.Token) (http.Header, error) {
	req := http.Request{Header: http.Header{}}
	for _, c := range []*http.Cookie{{Name: refreshCookie, Value: t.Refresh.Reveal()}, {Name: accessCookie, Value: t.Access.Reveal()}} {
		if c.Valid() != nil { // the error quotes the value
			return nil, &vendorlogin.Error{
				Account: a.endpoint.Account, Op: op, Kind: refusal, Unprocessed: true,
				Fields: []vendorlogin.FieldError{{Field: c.Name, Reason: "cannot stand in a cookie"}},
			}
		}
		req.AddCookie(c)
	}
	return req.Header, nil
}

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
	"github.com/vendorlogin/vendorlogin/internal/httpcookie"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// The cookies of web mode.
const (
	accessCookie  = "access-token"
	refreshCookie = "refresh-token"
)

const webScope = "web" // how the scope of an account in web mode begins

// web reads the scope: no identity provider's name begins like that.
func (a *Authenticator) web() bool { return strings.HasPrefix(a.endpoint.Account.Scope, webScope) }

// token is what an answer has of one, in its cookies or else in its body.
func (a *Authenticator) token(answer *loginhttp.Answer, access string) *vendorlogin.Token {
	t := &vendorlogin.Token{Type: "Bearer", IssuedAt: answer.SentAt}
	if a.web() {
		for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
			switch {
			case isDeletion(answer, c):
			case c.Name == accessCookie:
				access = c.Value
			case c.Name == refreshCookie:
				t.Refresh, t.RefreshExpiresAt = vendorlogin.NewSecret(c.Value), expiry(answer, c)
			}
		}
	}
	t.Access = vendorlogin.NewSecret(access)
	t.ExpiresAt = answer.Expiry(nil, access, 0) // the cookie outlasts the token in it
	return t
}

// isDeletion reports whether c takes a cookie back. By which clock its Expires is past does not matter: who deletes names a time
// long ago.
func isDeletion(answer *loginhttp.Answer, c *http.Cookie) bool {
	now := answer.SentAt
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil && date.Before(now) {
		now = date
	}
	return httpcookie.IsDeletion(c, now)
}

// expiry is when a cookie ends, in local time; zero: it does not say.
func expiry(answer *loginhttp.Answer, c *http.Cookie) time.Time {
	if c.MaxAge > 0 {
		return answer.Expiry(fmt.Appendf(nil, `"%ds"`, c.MaxAge), "", 0)
	}
	return answer.Expiry(json.RawMessage(c.Expires.Format(`"`+time.RFC3339+`"`)), "", 0)
}

// Refresh exchanges the refresh token, which is consumed by that, for a new pair. Both tokens go as cookies and come as cookies: only
// tokens of web mode can be refreshed. The new refresh token ends when the first one would have.
//
// https://github.com/bytebase/bytebase, proto/v1/v1/auth_service.proto, Refresh.
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	req := &http.Request{Header: http.Header{}}
	if err := a.addCookies(req, "refresh", vendorlogin.ErrRefreshRejected, old); err != nil {
		return nil, err
	}
	call := loginhttp.Call{Op: "refresh", Method: http.MethodPost, Path: "/v1/auth/refresh", Header: req.Header, Body: struct{}{}, Once: true}
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

// Revoke logs out: the refresh token is revoked. The access token goes on working until it expires.
//
// https://github.com/bytebase/bytebase, proto/v1/v1/auth_service.proto, Logout.
func (a *Authenticator) Revoke(ctx context.Context, t *vendorlogin.Token) error {
	req := &http.Request{Header: http.Header{}}
	if t.Refresh.IsZero() {
		if err := t.SetAuthHeader(req); err != nil {
			return err
		}
	} else if err := a.addCookies(req, "logout", vendorlogin.ErrInvalidRequest, t); err != nil {
		return err
	}
	call := loginhttp.Call{Op: "logout", Method: http.MethodPost, Path: "/v1/auth/logout", Header: req.Header, Body: struct{}{}}
	_, err := a.endpoint.Do(ctx, call, nil)
	return err
}

// addCookies adds both tokens. What would end a cookie early, and begin another, is rejected with that kind of error.
func (a *Authenticator) addCookies(req *http.Request, op string, kind error, t *vendorlogin.Token) error {
	for _, c := range []*http.Cookie{{Name: refreshCookie, Value: t.Refresh.Reveal()}, {Name: accessCookie, Value: t.Access.Reveal()}} {
		if c.Valid() != nil { // the error quotes the value
			return &vendorlogin.Error{
				Account: a.endpoint.Account, Op: op, Kind: kind, Unprocessed: true,
				Fields: []vendorlogin.FieldError{{Field: c.Name, Reason: "cannot stand in a cookie"}},
			}
		}
		req.AddCookie(c)
	}
	return nil
}

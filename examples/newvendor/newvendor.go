// Package newvendor is a vendor to copy: rename it, and change what your vendor's API does its own way.
package newvendor

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A Config says who logs in where; HTTPClient may be left out.
type Config struct {
	BaseURL, Username string
	Password          vendorlogin.SecretFunc // read at every login
	HTTPClient        *http.Client           // nil: http.DefaultClient
}

// An Authenticator logs in to one account. Keep caches, locks and retries out of it: a vendorlogin.Client has them.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
}

// New checks c; it sends nothing.
func New(c Config) (*Authenticator, error) {
	base, err := loginhttp.BaseURL(c.BaseURL, "", false)
	if c.Username == "" || c.Password == nil {
		err = loginhttp.Invalid("newvendor", "Username and Password", "are required")
	}
	if err != nil {
		return nil, err
	}
	account := vendorlogin.Account{Vendor: "newvendor", Endpoint: base, Principal: c.Username}
	return &Authenticator{endpoint: loginhttp.Endpoint{Account: account, HTTPClient: c.HTTPClient, Classify: classify}, password: c.Password}, nil
}

func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.Account().Fingerprint(ctx, a.password) // another password ends the wait after a wrong one
}

// Login is POST /v1/login.
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return nil, err // it is missing, empty, or could not be read
	}
	return a.token(ctx, "login", map[string]string{"username": a.Account().Principal, "password": password}, false)
}

// Refresh is POST /v1/refresh. This vendor takes a refresh token once, so it is never sent twice.
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	return a.token(ctx, "refresh", map[string]string{"refresh": old.Refresh.Reveal()}, true)
}

func (a *Authenticator) token(ctx context.Context, op string, body any, once bool) (*vendorlogin.Token, error) {
	out, call := struct{ Access, Refresh string }{}, loginhttp.Call{Op: op, Method: "POST", Path: "/v1/" + op, Body: body, Once: once}
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err == nil && out.Access == "" {
		err = a.endpoint.Missing(call, answer, "access")
	}
	if err != nil {
		return nil, err
	}
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(out.Access), Refresh: vendorlogin.NewSecret(out.Refresh),
		IssuedAt: answer.SentAt, ExpiresAt: answer.Expiry(nil, out.Access, time.Hour)}, nil // as the token says, or else in an hour
}

// classify names the failures that this vendor's status codes do not tell apart: a wrong password is 400, like much else.
func classify(answer *loginhttp.Answer) *vendorlogin.Error {
	var body struct{ Code, Message string }
	if json.Unmarshal(answer.Body, &body) != nil || body.Code == "" {
		return nil // success, or what the status means
	}
	kinds := map[string]error{"bad_password": vendorlogin.ErrInvalidCredentials, "bad_token": vendorlogin.ErrRefreshRejected}
	return &vendorlogin.Error{Kind: kinds[body.Code], Code: body.Code, Message: body.Message}
}

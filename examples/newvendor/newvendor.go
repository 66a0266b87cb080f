// Package newvendor is a vendor to copy: rename it, and change what your vendor does its own way.
package newvendor

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Config is one account. All fields but HTTPClient are required.
type Config struct {
	BaseURL, Username string
	Password          vendorlogin.SecretFunc
	HTTPClient        *http.Client // nil: http.DefaultClient
}

// An Authenticator logs in to one account. Caches, locks and retries are the Client's.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
}

// New checks c, without I/O. Its error names the field.
func New(c Config) (*Authenticator, error) {
	base, err := loginhttp.BaseURL(c.BaseURL, "", false)
	err = cmp.Or(err, loginhttp.Name("newvendor", "Username", c.Username))
	if c.Password == nil {
		err = loginhttp.Invalid("newvendor", "Password", "is required")
	}
	if err != nil {
		return nil, err
	}
	account := vendorlogin.Account{Vendor: "newvendor", Endpoint: base, Principal: c.Username}
	return &Authenticator{loginhttp.Endpoint{Account: account, HTTPClient: c.HTTPClient}, c.Password.OncePerLogin()}, nil
}

// Account names the account.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password: a changed one ends the hold after a wrong one.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.Account().Fingerprint(ctx, a.password)
}

// Login is https://docs.example.com/api/login.
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return nil, err
	}
	body := map[string]string{"username": a.Account().Principal, "password": password}
	return a.exchange(ctx, loginhttp.Call{Op: "login", Method: "POST", Path: "/v1/login", Body: body})
}

// Refresh is https://docs.example.com/api/refresh. A refresh token is valid once.
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	body := map[string]string{"refresh": old.Refresh.Reveal()}
	return a.exchange(ctx, loginhttp.Call{Op: "refresh", Method: "POST", Path: "/v1/refresh", Body: body, Once: true})
}

func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call) (*vendorlogin.Token, error) {
	var out struct{ Access, Refresh string }
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, err
	}
	if out.Access == "" {
		return nil, a.endpoint.Missing(call, answer, "access")
	}
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(out.Access), Refresh: vendorlogin.NewSecret(out.Refresh),
		IssuedAt: answer.SentAt, ExpiresAt: answer.Expiry(nil, out.Access, time.Hour)}, nil // as the token says, else in an hour
}

var _ vendorlogin.Authenticator = (*Authenticator)(nil)
var _ vendorlogin.Fingerprinter = (*Authenticator)(nil)
var _ vendorlogin.Refresher = (*Authenticator)(nil)

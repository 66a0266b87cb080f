// Package secmgmt logs in to the security management application, with user name and password, and reads the envelope that all
// calls of that vendor answer in.
//
//	auth, err := secmgmt.New(secmgmt.Config{
//		Username: "ops@example.com",
//		Password: vendorlogin.SecretEnv("SECMGMT_PASSWORD"),
//		BaseURL:  "https://portal.example.com",
//	})
package secmgmt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

const (
	vendor    = "secmgmt"
	tokenPath = "/api/v2/auth/token"
)

// Config is one user of one tenant. Username, Password and BaseURL are required.
type Config struct {
	Username string
	Password vendorlogin.SecretFunc

	// BaseURL is the tenant's host, such as https://portal.example.com. The path /api/v2 may be there or not: it is taken off, so that
	// both are the same account.
	BaseURL string

	HTTPClient     *http.Client // nil: http.DefaultClient; read at every call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one account. A Token's Subject is the vendor's customerId; it goes on requests as a bearer.
//
// The vendor refreshes only while the access token still lives: a Token's RefreshExpiresAt is its ExpiresAt.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	switch {
	case strings.TrimSpace(c.Username) == "":
		return nil, loginhttp.Invalid(vendor, "Username", "is required")
	case strings.ContainsFunc(c.Username, unicode.IsControl):
		return nil, loginhttp.Invalid(vendor, "Username", "holds a control character")
	case c.Password == nil:
		return nil, loginhttp.Invalid(vendor, "Password", "is required")
	}
	base, err := loginhttp.BaseURL(c.BaseURL, "", c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	return &Authenticator{
		endpoint: loginhttp.Endpoint{
			Account:        vendorlogin.Account{Vendor: vendor, Endpoint: strings.TrimSuffix(base, "/api/v2"), Principal: c.Username},
			HTTPClient:     c.HTTPClient,
			AllowPlainHTTP: c.AllowPlainHTTP,
			Classify:       classify,
		},
		password: c.Password,
	}, nil
}

// Account names the account; Scope is empty.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.password)
}

// Login creates a token: the vendor's page "Create Token".
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return nil, err
	}
	in := struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}{a.endpoint.Account.Principal, password}
	call := loginhttp.Call{Op: "login", Method: http.MethodPost, Path: tokenPath, Body: in}
	return a.exchange(ctx, call, vendorlogin.ErrInvalidCredentials)
}

// Refresh exchanges the access token, which must still be valid, and the refresh token, which is used up by that, for new ones. The
// customerId is only in the answer to a login: it is taken from old.
//
// https://kb.flolive.net/Content/API/Security/Refresh%20Token.htm
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	in := struct {
		Token        string `json:"token"`
		RefreshToken string `json:"refreshToken"`
	}{old.Access.Reveal(), old.Refresh.Reveal()}
	call := loginhttp.Call{Op: "refresh", Method: http.MethodPut, Path: tokenPath, Body: in, Once: true}
	token, err := a.exchange(ctx, call, vendorlogin.ErrRefreshRejected)
	if err != nil {
		return nil, err
	}
	token.Subject = cmp.Or(token.Subject, old.Subject)
	if token.Refresh.IsZero() {
		token.Refresh = old.Refresh
	}
	return token, nil
}

// exchange makes a call that is answered with tokens. What it was called with being refused is refusal.
func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call, refusal error) (*vendorlogin.Token, error) {
	var out Envelope[tokens]
	answer, err := a.endpoint.Do(ctx, call, &out)
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && (e.Kind == vendorlogin.ErrInvalidCredentials || e.Kind == vendorlogin.ErrRefreshRejected) {
		e.Kind = refusal
	}
	if err != nil {
		return nil, err
	}
	if len(out.Content) == 0 || out.Content[0].Token == "" {
		return nil, a.endpoint.Missing(call, answer, "content.token")
	}
	got := out.Content[0]
	token := &vendorlogin.Token{
		Access:   vendorlogin.NewSecret(got.Token),
		Refresh:  vendorlogin.NewSecret(got.RefreshToken),
		Type:     "Bearer",
		IssuedAt: answer.SentAt,
		Subject:  got.CustomerID,
	}
	token.ExpiresAt = answer.Expiry(got.ValidityTime, got.Token, 0)
	token.RefreshExpiresAt = token.ExpiresAt
	return token, nil
}

type tokens struct {
	CustomerID   string          `json:"customerId"`
	Token        string          `json:"token"`
	RefreshToken string          `json:"refreshToken"`
	ValidityTime json.RawMessage `json:"validityTime"` // seconds; documented as "Numeric"
}

// classify finds the failures, which have an errorCode and any status, 200 too. What comes from the framework below the vendor's code
// has message and error in place of the envelope.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	var body struct {
		failure
		Message, Error json.RawMessage
	}
	if json.Unmarshal(a.Body, &body) != nil {
		return nil // no JSON object: nobody's words
	}
	code, message := body.failure.read()
	succeeded := a.Status < http.StatusMultipleChoices
	if succeeded && code == "" {
		return nil
	}
	e := &vendorlogin.Error{Code: code, Message: cmp.Or(message, loginhttp.Text(body.Message), loginhttp.Text(body.Error))}
	if a.Status != http.StatusTooManyRequests {
		e.Kind = meaning(code)
	}
	if e.Kind == nil && succeeded {
		e.Kind = vendorlogin.ErrInvalidRequest
	}
	return e
}

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

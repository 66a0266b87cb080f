// Package secmgmt logs in to floLIVE's security management application with user name and password. It also reads the envelope that every
// response of that vendor comes in.
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

	HTTPClient     *http.Client // nil: http.DefaultClient; read at each call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one account, and refreshes. It is safe for concurrent use. The token goes on requests as a bearer. Its
// Subject is the vendor's customerId.
//
// The vendor refreshes only while the access token is still valid: a Token's RefreshExpiresAt is its ExpiresAt. A Client that is to
// refresh although nobody calls for a while needs Options.KeepAlive.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if err := loginhttp.Name(vendor, "Username", c.Username); err != nil {
		return nil, err
	}
	if c.Password == nil {
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
		password: c.Password.OncePerLogin(),
	}, nil
}

// Account names the account; Scope is empty.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.password)
}

// Login creates a token.
//
// The vendor's page "Create Token".
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

// Refresh exchanges the access token, which must still be valid, and the refresh token, which is consumed by that, for new ones. The
// customerId is only in the response to a login: it is taken from old.
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

// exchange makes a call whose response is tokens. rejection is the kind of a rejection of what it was called with.
func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call, rejection error) (*vendorlogin.Token, error) {
	var out Envelope[tokens]
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, rejected(err, rejection)
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

// rejected gives err that kind where it says that what was sent is not accepted.
func rejected(err, kind error) error {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if ok && (e.Kind == vendorlogin.ErrInvalidCredentials || e.Kind == vendorlogin.ErrRefreshRejected) {
		e.Kind = kind
	}
	return err
}

// classify finds the failures, which have an errorCode and any status, 200 too. What comes from the framework below the vendor's code
// has status and error in place of the envelope.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	var body struct {
		failure
		Status, Message, Error json.RawMessage
	}
	if json.Unmarshal(a.Body, &body) != nil {
		return a.Foreign()
	}
	code, message := body.failure.read()
	succeeded := a.Status < http.StatusMultipleChoices
	switch {
	case succeeded && code == "":
		return nil
	case code == "" && (loginhttp.Text(body.Status) == "" || loginhttp.Text(body.Error) == ""):
		return a.Foreign()
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

// Package genlogs logs in to the GenLogs API with e-mail and password, and with an API key that goes on each request.
//
//	auth, err := genlogs.New(genlogs.Config{
//		Email:    "ops@example.com",
//		Password: vendorlogin.SecretEnv("GENLOGS_PASSWORD"),
//		APIKey:   vendorlogin.SecretEnv("GENLOGS_API_KEY"),
//	})
//
// By default e-mail and password go in the URL's query, as the vendor documents it. What records URLs, such as otelhttp around the
// http.Client, records them too: see Config.CredentialsInBody.
package genlogs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// DefaultBaseURL is the vendor's documented server.
const DefaultBaseURL = "https://api.genlogs.io"

const (
	vendor      = "genlogs"
	keyHeader   = "x-api-key"
	tokenHeader = "Access-Token"
)

// Config is one GenLogs account. Email, Password and APIKey are required.
type Config struct {
	Email    string
	Password vendorlogin.SecretFunc
	APIKey   vendorlogin.SecretFunc // goes on each request as x-api-key

	// CredentialsInBody sends e-mail and password as a JSON body, which the vendor announced in July 2026. False: in the URL's query,
	// as its reference says. Where both work, the body is the better place: proxies log queries.
	CredentialsInBody bool

	// UseRefresh keeps the refresh token and uses it. The vendor documents the call, and also that it cannot be used for now. False:
	// tokens carry no refresh token, and a new one costs a login.
	UseRefresh bool

	BaseURL        string       // empty: DefaultBaseURL
	HTTPClient     *http.Client // nil: http.DefaultClient; read at each call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one GenLogs account. It is safe for concurrent use. It puts the token on requests as Access-Token,
// beside the API key; there is no Authorization header.
//
// A Token's Subject is the vendor's user_id and its Type "Access-Token". Its Extra holds what the response has of "company_id",
// "customer_name" and "expires", the last as the vendor wrote it.
type Authenticator struct {
	endpoint      loginhttp.Endpoint
	password, key vendorlogin.SecretFunc
	inBody        bool
	useRefresh    bool
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if err := loginhttp.Name(vendor, "Email", c.Email); err != nil {
		return nil, err
	}
	switch {
	case c.Password == nil:
		return nil, loginhttp.Invalid(vendor, "Password", "is required")
	case c.APIKey == nil:
		return nil, loginhttp.Invalid(vendor, "APIKey", "is required")
	}
	base, err := loginhttp.BaseURL(c.BaseURL, DefaultBaseURL, c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	account := vendorlogin.Account{Vendor: vendor, Endpoint: base, Principal: c.Email}
	endpoint := loginhttp.Endpoint{Account: account, HTTPClient: c.HTTPClient, AllowPlainHTTP: c.AllowPlainHTTP, Classify: classify}
	return &Authenticator{
		endpoint:   endpoint,
		password:   c.Password.OncePerLogin(),
		key:        c.APIKey.OncePerLogin(),
		inBody:     c.CredentialsInBody,
		useRefresh: c.UseRefresh,
	}, nil
}

// Account names the account; Scope is empty.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password and the API key.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.password, a.key)
}

// Login creates a token.
//
// https://docs.genlogs.io/auth/create-token
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return nil, err
	}
	email := a.endpoint.Account.Principal
	call := loginhttp.Call{Op: "login", Path: "/auth/token"}
	if a.inBody {
		call.Body = struct {
			Email    string `json:"email"`
			Password string `json:"password"`
		}{email, password}
	} else {
		call.Query = url.Values{"email": {email}, "password": {password}}
	}
	return a.exchange(ctx, call, &vendorlogin.Token{})
}

// Refresh exchanges the refresh token for a new pair. Whatever rejection the vendor responds with is ErrRefreshRejected, since by its
// own words the call may not work at all. Without UseRefresh the error is vendorlogin.ErrRefreshRejected at once, and nothing is sent.
//
// https://docs.genlogs.io/auth/refresh-token
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	if !a.useRefresh {
		return nil, &vendorlogin.Error{Account: a.endpoint.Account, Op: "refresh", Kind: vendorlogin.ErrRefreshRejected,
			Err: errors.New("refreshing is not switched on"), Unprocessed: true}
	}
	t, err := a.exchange(ctx, loginhttp.Call{
		Op: "refresh", Path: "/auth/token/refresh", Query: url.Values{"refresh_token": {old.Refresh.Reveal()}}, Once: true,
	}, old)
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && isFinal(e) {
		e.Kind, e.Err = vendorlogin.ErrRefreshRejected, e.Kind
	}
	return t, err
}

// isFinal reports whether the vendor rejected for good, whatever it calls that.
func isFinal(e *vendorlogin.Error) bool {
	return e.Kind == vendorlogin.ErrInvalidRequest && e.Status != 0 || e.Kind == vendorlogin.ErrForbidden
}

// exchange makes a call whose response is tokens. What the response leaves out is as it was in old.
func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	key, err := a.endpoint.Secret(ctx, call.Op, "APIKey", a.key)
	if err != nil {
		return nil, err
	}
	call.Method = http.MethodPost
	call.Header = http.Header{keyHeader: {key}}
	var out tokens
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, err
	}
	if out.Access.Token == "" {
		return nil, a.endpoint.Missing(call, answer, "access_token_data.token")
	}
	t := &vendorlogin.Token{
		Access:    vendorlogin.NewSecret(out.Access.Token),
		Type:      tokenHeader,
		IssuedAt:  answer.SentAt,
		ExpiresAt: answer.Expiry(out.Access.Expires, out.Access.Token, 0),
		Subject:   cmp.Or(loginhttp.Text(out.UserID), old.Subject),
		Extra:     out.extra(old.Extra),
	}
	switch {
	case !a.useRefresh:
	case out.Refresh.Token != "":
		t.Refresh, t.RefreshExpiresAt = vendorlogin.NewSecret(out.Refresh.Token), answer.Expiry(out.Refresh.Expires, out.Refresh.Token, 0)
	default:
		t.Refresh, t.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return t, nil
}

// tokens is the response to both calls. The vendor's own documents disagree about the types of all that is raw here.
type tokens struct {
	Access       token           `json:"access_token_data"`
	Refresh      token           `json:"refresh_token_data"`
	UserID       json.RawMessage `json:"user_id"`
	CompanyID    json.RawMessage `json:"company_id"`
	CustomerName json.RawMessage `json:"customer_name"`
}

type token struct {
	Token   string          `json:"token"`
	Expires json.RawMessage `json:"expires"`
}

func (t *tokens) extra(old map[string]string) map[string]string {
	extra := map[string]string{
		"company_id":    cmp.Or(loginhttp.Text(t.CompanyID), old["company_id"]),
		"customer_name": cmp.Or(loginhttp.Text(t.CustomerName), old["customer_name"]),
		"expires":       loginhttp.Text(t.Access.Expires),
	}
	maps.DeleteFunc(extra, func(_, value string) bool { return value == "" })
	return extra
}

// Authorize sets Access-Token and x-api-key. It reads the API key with the request's context.
func (a *Authenticator) Authorize(req *http.Request, t *vendorlogin.Token) error {
	key, err := a.endpoint.Secret(req.Context(), "authorize", "APIKey", a.key)
	if err != nil {
		return err
	}
	if err := t.SetHeader(req, tokenHeader); err != nil {
		return err
	}
	req.Header.Set(keyHeader, key)
	return nil
}

// Rejected is true for a 401, and for a 403 when the token has expired in local time: otherwise a 403 is a missing permission.
func (a *Authenticator) Rejected(resp *http.Response, t *vendorlogin.Token) bool {
	expired := !t.ExpiresAt.IsZero() && !time.Now().Before(t.ExpiresAt)
	return resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden && expired
}

// problem is an error body: its detail is a text, a list of rejected fields, or another problem.
type problem struct{ Detail, Message, Code, Subcode json.RawMessage }

// row is a rejected field. The vendor also repeats what was sent, as input and in ctx; that is not read.
type row struct {
	Loc []json.RawMessage
	Msg string
}

// classify finds the vendor's words. What they mean, the status decides.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	if a.Status < http.StatusBadRequest {
		return nil
	}
	var outer, inner problem
	var rows []row
	_ = json.Unmarshal(a.Body, &outer) // what is of another shape stays empty, here and below
	if outer.Detail == nil && outer.Message == nil {
		return a.Foreign()
	}
	_ = json.Unmarshal(outer.Detail, &inner)
	_ = json.Unmarshal(outer.Detail, &rows)
	e := &vendorlogin.Error{
		Message: firstText(outer.Detail, inner.Message, outer.Message),
		Code:    firstText(inner.Subcode, inner.Code, outer.Subcode, outer.Code),
	}
	for _, r := range rows {
		path := ""
		for _, part := range r.Loc {
			path += "." + loginhttp.Text(part)
		}
		if path != "" {
			e.Fields = append(e.Fields, vendorlogin.FieldError{Field: path[1:], Reason: r.Msg})
		}
	}
	return e
}

func firstText(all ...json.RawMessage) string {
	for _, raw := range all {
		if s := loginhttp.Text(raw); s != "" {
			return s
		}
	}
	return ""
}

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Authorizer    = (*Authenticator)(nil)
	_ vendorlogin.Rejecter      = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

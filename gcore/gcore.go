// Package gcore logs in to Gcore's IAM API with user name and password, and with a TOTP code where the user has two-factor
// authentication. It then selects another of the user's accounts where one is configured.
//
//	auth, err := gcore.New(gcore.Config{
//		Username: "ops@example.com",
//		Password: vendorlogin.SecretEnv("GCORE_PASSWORD"),
//	})
//
// Users who sign in at Gcore through a social network have no password here. They need one of the vendor's permanent API tokens, which
// this package does not use.
package gcore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// DefaultBaseURL is the vendor's documented server.
const DefaultBaseURL = "https://api.gcore.com"

const vendor = "gcore"

// The documented lifetimes of the tokens, for one that does not say itself when it expires.
const (
	accessLifetime  = time.Hour
	refreshLifetime = 24 * time.Hour
)

// Config is one Gcore user. Username and Password are required.
type Config struct {
	Username string // the user's e-mail address
	Password vendorlogin.SecretFunc

	// OTP gives the TOTP code of a user with two-factor authentication. The vendor takes it together with the password. So it is
	// asked once per login, before anything is sent, and whether or not the user needs one: leave it nil for a user who does not.
	// Nil: a user who does need one cannot log in (ErrOTPRequired).
	OTP vendorlogin.OTPSource

	// ClientID is the account to work in, for a user who has several. Its tokens are of no use in the others, so it is
	// Account.Scope. Empty: the user's first account.
	ClientID string

	BaseURL        string       // scheme and host, without /iam; empty: DefaultBaseURL
	HTTPClient     *http.Client // nil: http.DefaultClient; read at each call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one account of one Gcore user, and refreshes. It is safe for concurrent use. The token goes on requests
// as a bearer. A token that does not say when it expires is taken to expire after an hour, a refresh token after a day: those are the
// documented lifetimes.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
	otp      vendorlogin.OTPSource
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if err := loginhttp.Name(vendor, "Username", c.Username); err != nil {
		return nil, err
	}
	switch {
	case c.Password == nil:
		return nil, loginhttp.Invalid(vendor, "Password", "is required")
	case c.ClientID != "" && strings.Trim(c.ClientID, ". ") == "", strings.ContainsFunc(c.ClientID, unicode.IsControl):
		return nil, loginhttp.Invalid(vendor, "ClientID", "is not an id") // as a part of a path, ".." would lead elsewhere
	}
	base, err := loginhttp.BaseURL(c.BaseURL, DefaultBaseURL, c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	if strings.HasSuffix(base, "/iam") {
		return nil, loginhttp.Invalid(vendor, "BaseURL", "ends in /iam, which is added to it")
	}
	return &Authenticator{
		endpoint: loginhttp.Endpoint{
			Account:        vendorlogin.Account{Vendor: vendor, Endpoint: base, Principal: c.Username, Scope: c.ClientID},
			HTTPClient:     c.HTTPClient,
			AllowPlainHTTP: c.AllowPlainHTTP,
			Classify:       classify,
		},
		password: c.Password.OncePerLogin(),
		otp:      c.OTP,
	}, nil
}

// Format prints the account alone, without what an OTP source might show.
func (a Authenticator) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s: %s", vendor, a.endpoint.Account.Principal)
}

// Account names the account; Scope is the client id.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.password)
}

// Login logs in and selects the account of Config.ClientID. Where the vendor rejects that account, the login has failed. The error's Op
// is then "select". It is ErrForbidden where the user may not work in the account, and ErrInvalidRequest where there is none of that
// id. The tokens of the first account are not handed out instead.
//
// A rejected TOTP code is ErrOTPRejected. Nobody is asked for another code within this login. Password and code are in one request, so it
// counts as an attempt with each.
//
// https://gcore.com/docs/api-reference/iam/account/login
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return nil, err
	}
	code, err := a.askCode(ctx)
	if err != nil {
		return nil, err
	}
	in := struct {
		Username        string `json:"username"`
		Password        string `json:"password"`
		OneTimePassword string `json:"one_time_password,omitzero"`
	}{a.endpoint.Account.Principal, password, code}
	call := loginhttp.Call{Op: "login", Method: http.MethodPost, Path: "/iam/auth/jwt/login", Body: in, Once: code != ""}
	first, err := a.exchange(ctx, call, vendorlogin.ErrInvalidCredentials)
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && code == "" && e.Kind == vendorlogin.ErrOTPRejected {
		e.Kind, e.Err = vendorlogin.ErrOTPRequired, errors.New("no OTP source is configured") // there was none to reject
	}
	if err != nil {
		return nil, loginhttp.RejectedCode(a.otp, err)
	}
	return a.selectAccount(ctx, first, password, code)
}

// askCode is the TOTP code, or none where there is no source.
func (a *Authenticator) askCode(ctx context.Context) (string, error) {
	if a.otp == nil {
		return "", nil
	}
	return vendorlogin.AskOTP(ctx, a.otp, vendorlogin.Challenge{Account: a.endpoint.Account, Method: "totp", Attempt: 1})
}

// selectAccount exchanges both tokens for those of the account that is asked for; first's refresh token would lead back to the
// first account. The response may repeat what was sent before.
//
// https://gcore.com/docs/api-reference/iam/account/select-account
func (a *Authenticator) selectAccount(ctx context.Context, first *vendorlogin.Token, sent ...string) (*vendorlogin.Token, error) {
	id := a.endpoint.Account.Scope
	if id == "" {
		return first, nil
	}
	req := &http.Request{Header: http.Header{}}
	if err := first.SetAuthHeader(req); err != nil {
		return nil, err
	}
	call := loginhttp.Call{Op: "select", Method: http.MethodGet, Path: "/iam/auth/jwt/clients/" + url.PathEscape(id) + "/login"}
	call.Header, call.Secrets = req.Header, append(sent, first.Refresh.Reveal())
	return a.exchange(ctx, call, vendorlogin.ErrForbidden) // not the password, which has just been accepted
}

// Refresh exchanges the refresh token, which may be consumed by that, for a new pair in the same account.
//
// https://gcore.com/docs/api-reference/iam/account/refresh-token
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	in := struct {
		Refresh string `json:"refresh"`
	}{old.Refresh.Reveal()}
	call := loginhttp.Call{Op: "refresh", Method: http.MethodPost, Path: "/iam/auth/jwt/refresh", Body: in, Once: true}
	token, err := a.exchange(ctx, call, vendorlogin.ErrRefreshRejected)
	if err != nil {
		return nil, err
	}
	if token.Refresh.IsZero() {
		token.Refresh, token.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return token, nil
}

// exchange makes a call whose response is a pair of tokens. rejection is the kind of a rejection of what it was called with.
func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call, rejection error) (*vendorlogin.Token, error) {
	var out struct {
		Access  string `json:"access"`
		Refresh string `json:"refresh"`
	}
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, rejected(err, rejection)
	}
	if out.Access == "" {
		return nil, a.endpoint.Missing(call, answer, "access")
	}
	token := &vendorlogin.Token{
		Access:    vendorlogin.NewSecret(out.Access),
		Type:      "Bearer",
		IssuedAt:  answer.SentAt,
		ExpiresAt: answer.Expiry(nil, out.Access, accessLifetime),
	}
	if out.Refresh != "" {
		token.Refresh = vendorlogin.NewSecret(out.Refresh)
		token.RefreshExpiresAt = answer.Expiry(nil, out.Refresh, refreshLifetime)
	}
	return token, nil
}

// rejected gives err that kind where it says that what was sent is not accepted.
func rejected(err, kind error) error {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if ok && (e.Kind == vendorlogin.ErrInvalidCredentials || e.Kind == vendorlogin.ErrRefreshRejected) {
		e.Kind = kind
	}
	return err
}

// classify reads the vendor's error body. It has errors, lists of texts by the name of the field, or a message. Where a token is
// rejected it presumably has detail and code. Under the name "errors", which is no field, it says that the credentials are wrong.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	if a.Status < http.StatusBadRequest {
		return nil
	}
	var body struct{ Errors, Message, Detail, Code any }
	if json.Unmarshal(a.Body, &body) != nil || body.Errors == nil && body.Message == nil && body.Detail == nil {
		return a.Foreign()
	}
	e := &vendorlogin.Error{Code: text(body.Code)}
	fields, ok := body.Errors.(map[string]any)
	about := fields["errors"]
	if !ok {
		about = body.Errors
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "errors" {
			e.Fields = append(e.Fields, vendorlogin.FieldError{Field: name, Reason: text(fields[name])})
		}
	}
	e.Message = cmp.Or(text(about), text(body.Message), text(body.Detail))
	if a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests {
		e.Kind = meaning(e.Code, fields)
	}
	return e
}

// meaning is nil where the status says it all. How a rejected TOTP code and a rejected refresh token look is not documented: they are
// fields of their requests, and this is how other fields are rejected.
func meaning(code string, fields map[string]any) error {
	named := func(field string) bool { return fields[field] != nil }
	switch {
	case code == "token_not_valid", named("refresh"):
		return vendorlogin.ErrRefreshRejected
	case named("errors"):
		return vendorlogin.ErrInvalidCredentials
	case named("one_time_password"):
		return vendorlogin.ErrOTPRejected
	}
	return nil
}

// text is every text in v, in order, whatever lists and names are around it.
func text(v any) string {
	var b strings.Builder
	writeText(&b, v)
	return strings.TrimSpace(b.String())
}

func writeText(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, item := range v {
			writeText(b, item)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			writeText(b, v[name])
		}
	default:
		fmt.Fprint(b, v, " ")
	}
}

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

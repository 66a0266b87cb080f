// Package gmicloud logs in to GMI Cloud's IAM Service API with e-mail and password, and with a code that the vendor e-mails where the
// account has two-factor authentication.
//
//	auth, err := gmicloud.New(gmicloud.Config{
//		Email:    "ops@example.com",
//		Password: vendorlogin.SecretEnv("GMICLOUD_PASSWORD"),
//	})
package gmicloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// DefaultBaseURL is the vendor's documented server.
const DefaultBaseURL = "https://console.gmicloud.ai/api/v1"

const (
	vendor       = "gmicloud"
	deviceHeader = "CE-ClientId"
)

// Config is one GMI Cloud account. Email and Password are required.
type Config struct {
	Email    string
	Password vendorlogin.SecretFunc

	// OTP gives the code that the vendor e-mails where the account has two-factor authentication. Nil: such an account cannot log in
	// (ErrOTPRequired).
	OTP vendorlogin.OTPSource

	// DeviceID is the CE-ClientId, the vendor's name for one device or browser: 1 to 7 ASCII letters and digits. Tokens belong to it,
	// so it is Account.Scope. Empty: one derived from BaseURL and Email, the same in every process.
	DeviceID string

	// SessionType is sent as "type" when a session is created. The documentation does not know the field; the vendor's own client
	// sends "native". Empty: it is left out.
	SessionType string

	BaseURL        string       // empty: DefaultBaseURL
	HTTPClient     *http.Client // nil: http.DefaultClient; read at each call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one GMI Cloud account, and refreshes. It is safe for concurrent use. Its requests carry the token as a
// bearer and the device id as CE-ClientId. The vendor documents no lifetime: a Token's times are those in its JWTs, else zero.
type Authenticator struct {
	endpoint    loginhttp.Endpoint
	password    vendorlogin.SecretFunc
	otp         vendorlogin.OTPSource
	sessionType string
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if err := loginhttp.Name(vendor, "Email", c.Email); err != nil {
		return nil, err
	}
	switch {
	case c.Password == nil:
		return nil, loginhttp.Invalid(vendor, "Password", "is required")
	case len(c.DeviceID) > 7 || strings.ContainsFunc(c.DeviceID, notAlphanumeric):
		return nil, loginhttp.Invalid(vendor, "DeviceID", "must be 1 to 7 ASCII letters and digits")
	}
	base, err := loginhttp.BaseURL(c.BaseURL, DefaultBaseURL, c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	account := vendorlogin.Account{Vendor: vendor, Endpoint: base, Principal: c.Email}
	key := account.Key() // ends in hex digits, others for each account
	account.Scope = cmp.Or(c.DeviceID, key[len(key)-7:])
	endpoint := loginhttp.Endpoint{Account: account, HTTPClient: c.HTTPClient, AllowPlainHTTP: c.AllowPlainHTTP, Classify: classify}
	return &Authenticator{endpoint: endpoint, password: c.Password.OncePerLogin(), otp: c.OTP, sessionType: c.SessionType}, nil
}

func notAlphanumeric(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// Format prints the account alone, without what an OTP source might show.
func (a Authenticator) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s: %s", vendor, a.endpoint.Account.Principal)
}

// Account names the account; Scope is the device id.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.password)
}

// Login creates an auth token and exchanges it for a session. Where a code is wanted, a person is asked up to 3 times while the
// vendor rejects what was typed, and can have the code sent again.
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	first, err := a.CreateAuthToken(ctx)
	if err != nil {
		return nil, err
	}
	if !first.Is2FARequired {
		return a.createSession(ctx, first, "")
	}
	challenge := vendorlogin.Challenge{Method: "email", Resend: func(ctx context.Context) error { return a.resend(ctx, first) }}
	var token *vendorlogin.Token
	err = a.endpoint.SecondFactor(ctx, a.otp, challenge, func(code string) (err error) {
		token, err = a.createSession(ctx, first, code)
		return err
	})
	return token, err
}

// An AuthToken is what the vendor returns for the password: a short-lived credential that creates one session.
type AuthToken struct {
	Token         vendorlogin.Secret
	Is2FARequired bool // the session must be created with the code that the vendor has just e-mailed

	password vendorlogin.Secret // later responses may repeat it
}

// CreateAuthToken does the first step of Login alone, for callers who create the session themselves.
//
// https://docs.gmicloud.ai/api-reference/me/create-an-auth-token
func (a *Authenticator) CreateAuthToken(ctx context.Context) (AuthToken, error) {
	password, err := a.endpoint.Secret(ctx, "login", "Password", a.password)
	if err != nil {
		return AuthToken{}, err
	}
	in := struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}{a.endpoint.Account.Principal, password}
	var out struct {
		AuthToken     string
		Is2FARequired bool
	}
	call := loginhttp.Call{Op: "login", Method: http.MethodPost, Path: "/me/auth-tokens", Body: in}
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return AuthToken{}, err
	}
	if out.AuthToken == "" {
		return AuthToken{}, a.endpoint.Missing(call, answer, "authToken")
	}
	return AuthToken{vendorlogin.NewSecret(out.AuthToken), out.Is2FARequired, vendorlogin.NewSecret(password)}, nil
}

// createSession sends no code when code is empty.
//
// https://docs.gmicloud.ai/api-reference/me/create-session
func (a *Authenticator) createSession(ctx context.Context, first AuthToken, code string) (*vendorlogin.Token, error) {
	in := struct {
		AuthToken string `json:"authToken"`
		OTPCode   string `json:"otpCode,omitzero"` // as a number, as in the vendor's examples, it would lose leading zeros
		Type      string `json:"type,omitzero"`
	}{first.Token.Reveal(), code, a.sessionType}
	call := loginhttp.Call{Op: "login", Method: http.MethodPost, Path: "/me/sessions", Body: in, Secrets: []string{first.password.Reveal()}}
	if code != "" {
		call.Op, call.Once = "otp", true
	}
	token, err := a.exchange(ctx, call)
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && code != "" && rejectsCode(e) {
		e.Kind = vendorlogin.ErrOTPRejected
	}
	return token, err
}

// rejectsCode reports whether the code was the reason. The vendor documents no errors of this call, so a plain rejection that has no
// other meaning is taken for that.
func rejectsCode(e *vendorlogin.Error) bool {
	if e.Status != http.StatusUnauthorized && (e.Status != http.StatusBadRequest || e.Kind == vendorlogin.ErrUnavailable) {
		return false
	}
	aboutOthers := slices.ContainsFunc(e.Fields, func(f vendorlogin.FieldError) bool { return f.Field != "otpCode" })
	return meaning(e.Code) == nil || e.Code == "request/0" && !aboutOthers
}

// resend has the code sent again. What a success looks like is not documented.
//
// https://docs.gmicloud.ai/api-reference/me/resend-2fa-verification-code
func (a *Authenticator) resend(ctx context.Context, first AuthToken) error {
	in := struct {
		AuthToken string `json:"authToken"`
	}{first.Token.Reveal()}
	call := loginhttp.Call{Op: "resend", Method: http.MethodPost, Path: "/me/2fa-verification-code", Body: in,
		Secrets: []string{first.password.Reveal()}}
	_, err := a.endpoint.Do(ctx, call, nil)
	return err
}

// Refresh exchanges the refresh token, which is consumed by that, for a new pair.
//
// https://docs.gmicloud.ai/api-reference/me/refresh-session
func (a *Authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	in := struct {
		RefreshToken string `json:"refreshToken"`
	}{old.Refresh.Reveal()}
	token, err := a.exchange(ctx, loginhttp.Call{Op: "refresh", Method: http.MethodPatch, Path: "/me/sessions", Body: in, Once: true})
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && e.Code == "auth/1" {
		e.Kind = vendorlogin.ErrRefreshRejected
	}
	if err == nil && token.Refresh.IsZero() {
		token.Refresh, token.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return token, err
}

// exchange makes a call whose response is a pair of tokens.
func (a *Authenticator) exchange(ctx context.Context, call loginhttp.Call) (*vendorlogin.Token, error) {
	var out struct{ AccessToken, RefreshToken string }
	call.Header = http.Header{deviceHeader: {a.endpoint.Account.Scope}}
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, err
	}
	if out.AccessToken == "" {
		return nil, a.endpoint.Missing(call, answer, "accessToken")
	}
	return &vendorlogin.Token{
		Access:           vendorlogin.NewSecret(out.AccessToken),
		Refresh:          vendorlogin.NewSecret(out.RefreshToken),
		Type:             "Bearer",
		IssuedAt:         answer.SentAt,
		ExpiresAt:        answer.Expiry(nil, out.AccessToken, 0),
		RefreshExpiresAt: answer.Expiry(nil, out.RefreshToken, 0),
	}, nil
}

// Authorize sets Authorization and CE-ClientId.
func (a *Authenticator) Authorize(req *http.Request, t *vendorlogin.Token) error {
	if err := t.SetAuthHeader(req); err != nil {
		return err
	}
	req.Header.Set(deviceHeader, a.endpoint.Account.Scope)
	return nil
}

// classify reads the vendor's error body, which has group and code. It does not read what that repeats of the request
// (originalValue) or tells of the server (traces).
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	if a.Status < http.StatusBadRequest {
		return nil
	}
	var body struct {
		Group, Message   string
		Code             json.RawMessage
		ValidationDetail []struct{ Field, Expression, Reason string }
	}
	_ = json.Unmarshal(a.Body, &body) // what is not of its documented type stays empty
	if body.Group == "" || loginhttp.Text(body.Code) == "" {
		return a.Foreign()
	}
	e := &vendorlogin.Error{Code: body.Group + "/" + loginhttp.Text(body.Code), Message: body.Message}
	for _, d := range body.ValidationDetail {
		if d.Field != "" {
			e.Fields = append(e.Fields, vendorlogin.FieldError{Field: d.Field, Reason: cmp.Or(d.Reason, d.Expression)})
		}
	}
	if a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests {
		e.Kind = meaning(e.Code)
	}
	return e
}

// meaning is what a pair of group and code says whatever the status and the call; nil: nothing. The code alone says nothing: 0 is
// in five groups.
func meaning(pair string) error {
	switch group, _, _ := strings.Cut(pair, "/"); {
	case pair == "session/0":
		return vendorlogin.ErrInvalidCredentials
	case pair == "auth/0", group == "request": // auth/0 is a bad CE-ClientId
		return vendorlogin.ErrInvalidRequest
	case pair == "rate-limit/0":
		return vendorlogin.ErrRateLimited
	}
	return nil
}

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Authorizer    = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

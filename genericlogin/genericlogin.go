// Package genericlogin logs in to a server of the API whose document names it https://api.example.com: e-mail and password, or an
// identity provider, with a second step where the user has multi-factor authentication. Bytebase is such a server.
//
//	auth, err := genericlogin.New(genericlogin.Config{
//		Email:    "ops@example.com",
//		Password: vendorlogin.SecretEnv("LOGIN_PASSWORD"),
//		BaseURL:  "https://login.example.com",
//	})
package genericlogin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

const (
	vendor   = "genericlogin"
	webScope = "web" // how the scope of an account in web mode begins
)

// Config is one user of one server. BaseURL is required, and either Email and Password, or IdPName and one of the two codes.
type Config struct {
	Email    string
	Password vendorlogin.SecretFunc

	// OTP gives the authenticator code of a user with multi-factor authentication; it is asked for only if the server wants one.
	OTP vendorlogin.OTPSource

	// RecoveryCode stands in for OTP, and is used where that is nil. The server takes each recovery code once.
	RecoveryCode vendorlogin.SecretFunc

	// IdPName is the identity provider to log in by, in the form "idps/{idp}", with the code that it gave in either OAuth2Code or
	// OIDCCode. Such a code works once: each login needs a new one. Email is not sent then; set it nevertheless, to keep the tokens of
	// several users apart in a shared store.
	IdPName              string
	OAuth2Code, OIDCCode vendorlogin.SecretFunc

	// Web asks for the tokens as cookies, as browsers have them, which is the only way to get a refresh token. Servers refuse it to
	// service accounts (ErrForbidden). The token goes on requests like any other.
	Web bool

	BaseURL        string       // scheme, host and, where the server is not at its root, path; without /v1
	HTTPClient     *http.Client // nil: http.DefaultClient; read at every call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one account, refreshes in web mode, and logs out. The token goes on requests as a bearer. Its Subject
// is the name of the user, such as "users/101"; Extra has the user's "email", and "requireResetPassword": "true" where the server
// warns that the password must be changed. Service accounts have neither name nor email.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	secret   vendorlogin.SecretFunc // the password, or the identity provider's code
	idp      *provider              // nil: e-mail and password
	otp      vendorlogin.OTPSource
	recovery vendorlogin.SecretFunc
}

type provider struct {
	name string
	oidc bool
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if wrong := check(c); wrong != nil {
		return nil, wrong
	}
	base, err := loginhttp.BaseURL(c.BaseURL, "", c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	a := &Authenticator{
		endpoint: loginhttp.Endpoint{
			Account:        vendorlogin.Account{Vendor: vendor, Endpoint: base, Principal: c.Email, Scope: c.IdPName},
			HTTPClient:     c.HTTPClient,
			AllowPlainHTTP: c.AllowPlainHTTP,
			Classify:       classify,
		},
		secret:   c.Password,
		otp:      c.OTP,
		recovery: c.RecoveryCode,
	}
	if c.Web {
		a.endpoint.Account.Scope = strings.TrimSpace(webScope + " " + c.IdPName)
	}
	if c.IdPName != "" {
		a.idp = &provider{name: c.IdPName, oidc: c.OIDCCode != nil}
		a.secret = c.OAuth2Code
		if a.idp.oidc {
			a.secret = c.OIDCCode
		}
	}
	return a, nil
}

// check finds what cannot be logged in with.
func check(c Config) error {
	id, isIdP := strings.CutPrefix(c.IdPName, "idps/")
	hasCode := c.OAuth2Code != nil || c.OIDCCode != nil
	switch {
	case strings.ContainsFunc(c.Email, unicode.IsControl):
		return loginhttp.Invalid(vendor, "Email", "holds a control character")
	case c.OAuth2Code != nil && c.OIDCCode != nil:
		both := loginhttp.Invalid(vendor, "OAuth2Code", "excludes OIDCCode")
		both.Fields = append(both.Fields, vendorlogin.FieldError{Field: "OIDCCode", Reason: "excludes OAuth2Code"})
		return both
	case hasCode && c.IdPName == "":
		return loginhttp.Invalid(vendor, "IdPName", "is required with OAuth2Code and OIDCCode")
	case c.IdPName == "" && strings.TrimSpace(c.Email) == "":
		return loginhttp.Invalid(vendor, "Email", "is required")
	case c.IdPName == "" && c.Password == nil:
		return loginhttp.Invalid(vendor, "Password", "is required")
	case c.IdPName == "":
		return nil
	case !isIdP || strings.Trim(id, " ") == "" || strings.Contains(id, "/"):
		return loginhttp.Invalid(vendor, "IdPName", `is not of the form "idps/{idp}"`)
	case !hasCode:
		return loginhttp.Invalid(vendor, "OAuth2Code", "or OIDCCode is required with IdPName")
	case c.Password != nil:
		return loginhttp.Invalid(vendor, "Password", "is of no use with IdPName")
	}
	return nil
}

// Format prints the account alone, without what an OTP source might show.
func (a Authenticator) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s: %s", vendor, a.endpoint.Account.Principal)
}

// Account names the account; Scope is the identity provider, behind "web" in web mode.
func (a *Authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

// Fingerprint covers the password or the identity provider's code, and the recovery code.
func (a *Authenticator) Fingerprint(ctx context.Context) (uint64, error) {
	return a.endpoint.Account.Fingerprint(ctx, a.secret, a.recovery)
}

type loginRequest struct {
	Email        string     `json:"email,omitzero"`
	Password     string     `json:"password,omitzero"`
	Web          bool       `json:"web,omitzero"`
	IdPName      string     `json:"idpName,omitzero"`
	IdPContext   idpContext `json:"idpContext,omitzero"`
	OTPCode      string     `json:"otpCode,omitzero"`
	RecoveryCode string     `json:"recoveryCode,omitzero"`
	MFATempToken string     `json:"mfaTempToken,omitzero"`
}

type idpContext struct {
	OAuth2 idpCode `json:"oauth2Context,omitzero"`
	OIDC   idpCode `json:"oidcContext,omitzero"`
}

type idpCode struct {
	Code string `json:"code"`
}

// Login logs in. Where the server wants a second factor, a person is asked up to 3 times while it refuses what was typed.
//
// ErrOTPRejected is a code that the server refused. ErrOTPRequired is that there is no source of codes, or that the server has closed
// the second step, which it keeps open for minutes only: the code was not looked at, and it takes another Login and another code.
//
// The API document, POST /v1/auth/login.
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	in, err := a.firstStep(ctx)
	if err != nil {
		return nil, err
	}
	var recoveryCode string
	if a.otp == nil && a.recovery != nil { // read before anything is sent: an empty one must not cost an attempt
		if recoveryCode, err = a.endpoint.Secret(ctx, "login", "RecoveryCode", a.recovery); err != nil {
			return nil, err
		}
	}
	token, challenge, err := a.login(ctx, loginhttp.Call{Op: "login", Body: in, Once: a.idp != nil})
	if err != nil || challenge == "" {
		return token, err
	}
	return a.secondStep(ctx, challenge, recoveryCode)
}

// firstStep is the request with the password or with the identity provider's code.
func (a *Authenticator) firstStep(ctx context.Context) (loginRequest, error) {
	in := loginRequest{Web: a.web()}
	field, to := "Password", &in.Password
	switch {
	case a.idp == nil:
		in.Email = a.endpoint.Account.Principal
	case a.idp.oidc:
		in.IdPName, field, to = a.idp.name, "OIDCCode", &in.IdPContext.OIDC.Code
	default:
		in.IdPName, field, to = a.idp.name, "OAuth2Code", &in.IdPContext.OAuth2.Code
	}
	secret, err := a.endpoint.Secret(ctx, "login", field, a.secret)
	*to = secret
	return in, err
}

// secondStep answers the challenge. Its requests hold nothing of the first one's but web, which is read in each.
func (a *Authenticator) secondStep(ctx context.Context, challenge, recoveryCode string) (token *vendorlogin.Token, err error) {
	send := func(in loginRequest) (err error) {
		in.MFATempToken, in.Web = challenge, a.web()
		token, _, err = a.login(ctx, loginhttp.Call{Op: "otp", Body: in, Once: true})
		if e, ok := errors.AsType[*vendorlogin.Error](err); ok && e.Status == http.StatusUnauthorized {
			e.Kind = meaning(e)
		}
		return err
	}
	if recoveryCode != "" {
		err = send(loginRequest{RecoveryCode: recoveryCode})
	} else {
		wanted := vendorlogin.Challenge{Account: a.endpoint.Account, Method: "totp"}
		err = a.endpoint.SecondFactor(ctx, a.otp, wanted, func(code string) error { return send(loginRequest{OTPCode: code}) })
	}
	if err != nil {
		return nil, err
	}
	return token, nil
}

// meaning tells a wrong code from a challenge that has expired. Only the message does ("invalid MFA code", "failed to parse claim"),
// and its wording is not the same in all versions.
func meaning(e *vendorlogin.Error) error {
	if strings.Contains(strings.ToLower(e.Message), "claim") {
		return vendorlogin.ErrOTPRequired
	}
	return vendorlogin.ErrOTPRejected
}

// login makes either step. It gives a token or, in the first step, the challenge for the second; a token comes in the body or, in web
// mode, as cookies. The user in the body has secrets, such as tempOtpSecret, that are not read.
func (a *Authenticator) login(ctx context.Context, call loginhttp.Call) (token *vendorlogin.Token, challenge string, err error) {
	var out struct {
		Token                string `json:"token"`
		MFATempToken         string `json:"mfaTempToken"`
		RequireResetPassword bool   `json:"requireResetPassword"`
		User                 struct {
			Name  string `json:"name"`
			Email string `json:"email"`
		} `json:"user"`
	}
	call.Method, call.Path = http.MethodPost, "/v1/auth/login"
	answer, err := a.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, "", err
	}
	token = a.token(answer, out.Token)
	if token.Access.IsZero() && out.MFATempToken != "" && call.Op == "login" {
		return nil, out.MFATempToken, nil
	}
	if token.Access.IsZero() {
		return nil, "", a.endpoint.Missing(call, answer, "token")
	}
	token.Subject = out.User.Name
	token.Extra = map[string]string{"email": out.User.Email}
	if out.RequireResetPassword {
		token.Extra["requireResetPassword"] = "true"
	}
	maps.DeleteFunc(token.Extra, func(_, value string) bool { return value == "" })
	return token, "", nil
}

// classify reads {"code", "message"}: gRPC's number of a status, or its name where the server speaks Connect.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	if a.Status < http.StatusBadRequest {
		return nil
	}
	var body struct{ Code, Message json.RawMessage }
	if json.Unmarshal(a.Body, &body) != nil {
		return nil // no JSON object: not the server's words
	}
	return &vendorlogin.Error{Code: loginhttp.Text(body.Code), Message: loginhttp.Text(body.Message)}
}

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Revoker       = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

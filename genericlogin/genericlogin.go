// Package genericlogin logs in to a Bytebase server, and to any other server with the same login call (POST /v1/auth/login). It
// sends e-mail and password, or the code of an identity provider. It sends a TOTP or recovery code where the user has a second factor.
//
//	auth, err := genericlogin.New(genericlogin.Config{
//		Email:    "ops@example.com",
//		Password: vendorlogin.SecretEnv("LOGIN_PASSWORD"),
//		BaseURL:  "https://login.example.com",
//	})
//
// It follows what Bytebase 3.16, 3.21 and a build of August 2026 respond. The newest one counts an attempt before it checks it, and
// rejects the sixth in 10 minutes. So processes that log in as one user should share a store.
package genericlogin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

const vendor = "genericlogin"

// Config is one user of one server. BaseURL and Email are required, and one of Password, OAuth2Code and OIDCCode.
type Config struct {
	// Email names the user. It goes out as it stands here. The server folds case and blanks, so the Account does too.
	//
	// A login by OAuth2Code or OIDCCode does not send it. It is required there as well: stores keep one token per Email, and without
	// it the users of one provider would get each other's.
	Email    string
	Password vendorlogin.SecretFunc

	// OTP gives the TOTP code of a user with a second factor. It is asked only when the server wants a code. Nil, with no RecoveryCode
	// either: such a user cannot log in (ErrOTPRequired).
	OTP vendorlogin.OTPSource

	// RecoveryCode is used where OTP is nil and the server wants a code. The server takes each recovery code once. Once it has been sent,
	// no login is begun until another is configured.
	RecoveryCode vendorlogin.SecretFunc

	// IdPName is the identity provider to log in by, as "idps/{idp}". With an LDAP provider, Email and Password are the user's there.
	// With another, OAuth2Code or OIDCCode is the code that the provider gave. A code works once: each login needs a new one.
	IdPName              string
	OAuth2Code, OIDCCode vendorlogin.SecretFunc

	// Web asks for the tokens as cookies, as browsers do. Only so is there a refresh token. Servers reject it for service accounts
	// (ErrForbidden). The token goes on requests like any other.
	Web bool

	BaseURL        string       // scheme, host and, where the server is not at its root, path; without /v1
	HTTPClient     *http.Client // nil: http.DefaultClient; read at each call, never changed
	AllowPlainHTTP bool         // allows a BaseURL of http:// that is not loopback
}

// An Authenticator logs in to one account, refreshes in web mode, and logs out. It is safe for concurrent use. The token goes on
// requests as a bearer.
//
// A Token's Subject is the name of the user, such as "users/ops@example.com". Extra has the user's "email", and
// "requireResetPassword": "true" where the server warns that the password must be changed. Service accounts have neither name nor
// email.
type Authenticator struct {
	endpoint loginhttp.Endpoint
	email    string                 // as it was given
	secret   vendorlogin.SecretFunc // the password, or the identity provider's code
	idp      *provider              // nil: none
	otp      vendorlogin.OTPSource
	recovery vendorlogin.SecretFunc
}

// provider is an identity provider.
type provider struct {
	name   string
	secret string // the field of Config that is sent to it
}

// New checks the configuration, without I/O. Its error is ErrInvalidRequest and names the field.
func New(c Config) (*Authenticator, error) {
	if err := check(c); err != nil {
		return nil, err
	}
	base, err := loginhttp.BaseURL(c.BaseURL, "", c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vendor, err)
	}
	if strings.HasSuffix(base, "/v1") {
		return nil, loginhttp.Invalid(vendor, "BaseURL", "ends in /v1, which is added to it")
	}
	account := vendorlogin.Account{Vendor: vendor, Endpoint: base, Principal: fold(c.Email), Scope: c.IdPName}
	if c.Web {
		account.Scope = strings.TrimSpace(webScope + " " + c.IdPName)
	}
	a := &Authenticator{
		endpoint: loginhttp.Endpoint{Account: account, HTTPClient: c.HTTPClient, AllowPlainHTTP: c.AllowPlainHTTP, Classify: classify},
		email:    c.Email,
		secret:   c.Password.OncePerLogin(),
		otp:      c.OTP,
		recovery: c.RecoveryCode.OncePerLogin(),
	}
	switch {
	case c.OAuth2Code != nil:
		a.idp, a.secret = &provider{c.IdPName, "OAuth2Code"}, c.OAuth2Code.OncePerLogin()
	case c.OIDCCode != nil:
		a.idp, a.secret = &provider{c.IdPName, "OIDCCode"}, c.OIDCCode.OncePerLogin()
	case c.IdPName != "":
		a.idp = &provider{c.IdPName, "Password"}
	}
	return a, nil
}

// fold is what the server makes of an e-mail address before it looks at it.
func fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// check finds what cannot be logged in with.
func check(c Config) error {
	id, isIdP := strings.CutPrefix(c.IdPName, "idps/")
	hasCode := c.OAuth2Code != nil || c.OIDCCode != nil
	switch {
	case fold(c.Email) == "":
		return loginhttp.Invalid(vendor, "Email", "is required")
	case strings.ContainsFunc(c.Email, unicode.IsControl):
		return loginhttp.Invalid(vendor, "Email", "holds a control character")
	case c.OAuth2Code != nil && c.OIDCCode != nil:
		both := loginhttp.Invalid(vendor, "OAuth2Code", "excludes OIDCCode")
		both.Fields = append(both.Fields, vendorlogin.FieldError{Field: "OIDCCode", Reason: "excludes OAuth2Code"})
		return both
	case hasCode && c.IdPName == "":
		return loginhttp.Invalid(vendor, "IdPName", "is required with OAuth2Code and OIDCCode")
	case hasCode && c.Password != nil:
		return loginhttp.Invalid(vendor, "Password", "excludes OAuth2Code and OIDCCode")
	case !hasCode && c.Password == nil && c.IdPName == "":
		return loginhttp.Invalid(vendor, "Password", "is required")
	case !hasCode && c.Password == nil:
		return loginhttp.Invalid(vendor, "Password", "or OAuth2Code or OIDCCode is required with IdPName")
	case c.IdPName != "" && (!isIdP || id == "" || strings.ContainsFunc(id, notInID)):
		return loginhttp.Invalid(vendor, "IdPName", `is not of the form "idps/{idp}"`)
	}
	return nil
}

func notInID(r rune) bool { return r == '/' || unicode.IsSpace(r) || unicode.IsControl(r) }

// Format prints the account alone, without what an OTP source might show.
func (a Authenticator) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s: %s", vendor, a.endpoint.Account.Principal)
}

// Account names the account. Principal is the e-mail address in lower case. Scope is the identity provider, prefixed with "web" in web
// mode.
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

// Login logs in. Where the server wants a second factor, a person is asked up to 3 times while it rejects what was typed.
//
// Its errors beside the usual ones:
//   - ErrInvalidCredentials: a wrong password, at the server or an LDAP provider, or a code that an identity provider rejected. Such a
//     code is sent once, whatever becomes of it.
//   - ErrForbidden: the user is deactivated.
//   - ErrOTPRejected: the server rejected the code of the second factor.
//   - ErrOTPRequired: there is no source of codes. Or the server has closed the second step, which it keeps open for minutes only:
//     then the server did not look at the code, and the user needs another Login and another code.
//
// https://github.com/bytebase/bytebase, proto/v1/v1/auth_service.proto, Login.
func (a *Authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	in, secret, err := a.firstStep(ctx)
	if err != nil {
		return nil, err
	}
	var recovery string
	if a.otp == nil && a.recovery != nil { // read before anything is sent: an empty one must not cost an attempt
		if recovery, err = a.endpoint.Secret(ctx, "login", "RecoveryCode", a.recovery); err != nil {
			return nil, err
		}
		if err := vendorlogin.Spent(ctx, vendorlogin.NewSecret(recovery)); err != nil {
			return nil, err
		}
	}
	worksOnce := a.idp != nil && a.idp.secret != "Password"
	if worksOnce {
		if err := vendorlogin.Spend(ctx, vendorlogin.NewSecret(secret)); err != nil {
			return nil, err
		}
	}
	token, challenge, err := a.login(ctx, loginhttp.Call{Op: "login", Body: in, Once: worksOnce})
	if err != nil || challenge == "" {
		return token, err
	}
	return a.secondStep(ctx, challenge, recovery, secret)
}

// firstStep is the request with the password or the identity provider's code, and that secret.
func (a *Authenticator) firstStep(ctx context.Context) (in loginRequest, secret string, err error) {
	field := "Password"
	if a.idp != nil {
		in.IdPName, field = a.idp.name, a.idp.secret
	}
	in.Web = a.web()
	secret, err = a.endpoint.Secret(ctx, "login", field, a.secret)
	switch field {
	case "OAuth2Code":
		in.IdPContext.OAuth2.Code = secret
	case "OIDCCode":
		in.IdPContext.OIDC.Code = secret
	default:
		in.Email, in.Password = a.email, secret
	}
	return in, secret, err
}

// secondStep responds to the challenge. Its requests hold nothing of the first one's but web, which is read in each;
// a response may repeat the first one's secret.
func (a *Authenticator) secondStep(ctx context.Context, challenge, recovery, secret string) (token *vendorlogin.Token, err error) {
	send := func(in loginRequest) (err error) {
		in.MFATempToken, in.Web = challenge, a.web()
		token, _, err = a.login(ctx, loginhttp.Call{Op: "otp", Body: in, Once: true, Secrets: []string{secret}})
		return secondStepError(err)
	}
	if recovery == "" {
		wanted := vendorlogin.Challenge{Account: a.endpoint.Account, Method: "totp"}
		err = a.endpoint.SecondFactor(ctx, a.otp, wanted, func(code string) error { return send(loginRequest{OTPCode: code}) })
	} else if err = vendorlogin.Spend(ctx, vendorlogin.NewSecret(recovery)); err == nil {
		err = send(loginRequest{RecoveryCode: recovery})
	}
	if err != nil {
		return nil, err
	}
	return token, nil
}

// login makes either step. It returns a token or, in the first step, the challenge for the second. A token comes in the body or, in
// web mode, as cookies. The user in the body has secrets, such as tempOtpSecret, that are not read.
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

var (
	_ vendorlogin.Authenticator = (*Authenticator)(nil)
	_ vendorlogin.Refresher     = (*Authenticator)(nil)
	_ vendorlogin.Revoker       = (*Authenticator)(nil)
	_ vendorlogin.Fingerprinter = (*Authenticator)(nil)
)

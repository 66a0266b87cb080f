package vendortest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// genericAuth is the login API whose document names its host api.example.com.
type genericAuth struct{ st *state }

// NewGenericLogin behaves like a gRPC-gateway login service: POST
// /v1/auth/login in one step, or two for users with TOTP (mfaTempToken, then
// otpCode or recoveryCode); with web: true the tokens come as cookies and POST
// /v1/auth/refresh rotates them; POST /v1/auth/logout. Failures are {"code":
// <gRPC number>, "message"}, echo the value that was wrong, and a 401 has the
// bare message as WWW-Authenticate.
//
// As the real servers do: missing credentials are a 401 like wrong ones; two
// logins within one second give the identical token; a token outlives logout,
// rotation and lockout; an mfaTempToken may be used again; a refresh call
// without the matching access token has used the refresh token up.
func NewGenericLogin(o *Options) *Server {
	st := newState(o, 7*24*time.Hour)
	return newServer(&genericAuth{st}, st)
}

func (v *genericAuth) origin() string { return "" }
func (v *genericAuth) base() string   { return "" }
func (v *genericAuth) api() string    { return "/v1/users/me" }

func (v *genericAuth) route(c *call) (string, func(*call) reply) {
	switch c.Method + " " + c.URL.Path {
	case "POST /v1/auth/login":
		if temp, _ := parseObject(c.body, nil).text("mfaTempToken"); temp != "" {
			return "otp", v.login
		}
		return "login", v.login
	case "POST /v1/auth/refresh":
		return "refresh", v.rotate
	case "POST /v1/auth/logout":
		return "logout", v.logout
	}
	if c.isAPI(v.api()) {
		return "api", v.me
	}
	return "", v.unknown
}

// unknown is what lies outside the API: a single-page application.
func (v *genericAuth) unknown(c *call) reply {
	c.broke("there is no such call")
	switch {
	case strings.HasPrefix(c.URL.Path, "/v1/"):
		return grpcReply(http.StatusNotFound, grpcUnknown, c.Method+" "+c.URL.RequestURI()+" not found")
	case c.Method == http.MethodGet || c.Method == http.MethodHead:
		return htmlReply(http.StatusOK, "")
	}
	return jsonReply(http.StatusMethodNotAllowed, map[string]string{"message": "Method Not Allowed"})
}

// badAuthorization is the trap of this vendor: the header is looked at even
// where it is not needed, and one that is not "Bearer x" fails the call.
func badAuthorization(c *call) *reply {
	if len(c.Header.Values("Authorization")) == 0 {
		return nil
	}
	if _, ok := c.bearer(); ok {
		return nil
	}
	r := unauthenticated("authorization header format must be Bearer {token}")
	return &r
}

func (v *genericAuth) login(c *call) reply {
	c.onlyOwnHeaders("x-api-key", "Access-Token", "CE-ClientId")
	c.noQuery()
	c.isJSON()
	if refused := badAuthorization(c); refused != nil {
		return *refused
	}
	in, bad := v.read(c)
	if bad != nil {
		return *bad
	}
	if in.mfaTempToken != "" {
		return v.secondStep(c, in)
	}
	if v.st.overLimit() > 0 {
		return exhausted("too many requests")
	}
	a, refused := v.firstFactor(c, in)
	if refused != nil {
		return *refused
	}
	if a.secret != nil && !a.Service {
		return jsonReply(http.StatusOK, map[string]string{"mfaTempToken": v.tempToken(a)})
	}
	return v.success(c, a, in.web)
}

func (v *genericAuth) firstFactor(c *call, in genericLoginRequest) (*account, *reply) {
	var refused reply
	switch {
	case in.idpName != "":
		return v.identityProvider(c, in)
	case v.st.lockedOut(in.email) > 0:
		refused = exhausted("too many failed login attempts, please try again later")
		return nil, &refused
	case in.hasContext:
		c.broke("idpContext comes without idpName")
	case in.email == "" || in.password == "":
		c.broke("email or password is missing or empty")
	}
	if a := v.st.checkPassword(in.email, in.password); a != nil {
		return a, nil
	}
	refused = unauthenticated("the email or password is not valid")
	return nil, &refused
}

func (v *genericAuth) identityProvider(c *call, in genericLoginRequest) (*account, *reply) {
	var refused reply
	id, ok := strings.CutPrefix(in.idpName, "idps/")
	known := false
	switch {
	case !ok || id == "" || strings.Contains(id, "/"):
		c.broke("idpName is not idps/{idp}")
		refused = invalidArgument("invalid request %q", in.idpName)
		return nil, &refused
	case !in.hasContext:
		c.broke("idpName comes without a context")
		refused = invalidArgument("missing identity provider context")
		return nil, &refused
	}
	for _, a := range v.st.accounts {
		known = known || a.IdP == in.idpName
		if a.IdP == in.idpName && a.IdPCode == in.idpCode && in.idpCode != "" && !a.usedIdPCode {
			a.usedIdPCode = true
			return a, nil
		}
	}
	if !known {
		refused = grpcReply(http.StatusNotFound, grpcNotFound, fmt.Sprintf("identity provider %q not found", in.idpName))
		return nil, &refused
	}
	v.st.counts.WrongPasswords++
	refused = unauthenticated("failed to exchange the authorization code")
	return nil, &refused
}

// secondStep reads neither e-mail nor password.
func (v *genericAuth) secondStep(c *call, in genericLoginRequest) reply {
	p := v.st.pending[in.mfaTempToken]
	if p == nil || !c.now.Before(p.expires) {
		return unauthenticated("failed to parse claim")
	}
	a := p.account
	if v.st.codesLocked(a.Email) > 0 {
		return exhausted("too many failed MFA attempts, please try again later")
	}
	switch {
	case in.otpCode != nil: // also when it is ""
		if !v.st.checkTOTP(a, *in.otpCode, false) {
			v.st.wrongCode(a.Email)
			return unauthenticated("invalid MFA code")
		}
	case in.recoveryCode != nil:
		if !v.recover(a, *in.recoveryCode) {
			v.st.wrongCode(a.Email)
			return unauthenticated("invalid recovery code")
		}
	default:
		c.broke("neither otpCode nor recoveryCode came with mfaTempToken")
		return unauthenticated("OTP or recovery code is required for MFA")
	}
	v.st.counts.OTPs++
	return v.success(c, a, in.web)
}

func (v *genericAuth) recover(a *account, code string) bool {
	for _, known := range a.RecoveryCodes {
		if known == code && code != "" {
			used := a.usedRecovery[code]
			a.usedRecovery[code] = true
			return !used
		}
	}
	return false
}

type genericClaims struct {
	Issuer    string      `json:"iss"`
	Subject   string      `json:"sub"`
	Audience  []string    `json:"aud"`
	Expiry    numericDate `json:"exp"`
	Issued    numericDate `json:"iat"`
	Workspace string      `json:"workspace_id,omitempty"`
}

// sign makes a token without a random part: two in the same second are equal.
func (v *genericAuth) sign(a *account, audience, workspace string, life time.Duration) string {
	return signHS256(`{"alg":"HS256","kid":"v1","typ":"JWT"}`, genericClaims{
		Issuer: "bytebase", Subject: a.Email, Audience: []string{audience}, Workspace: workspace,
		Expiry: numericDate(v.st.expiry(life)), Issued: numericDate(v.st.issued(life)),
	}, v.st.key)
}

func (v *genericAuth) tempToken(a *account) string {
	life := v.st.opts.ChallengeLife
	token := v.sign(a, "bb.user.mfa-temp", "", life)
	v.st.pending[token] = &pending{account: a, expires: v.st.expiry(life), second: true}
	return token
}

func (v *genericAuth) accessToken(a *account) string {
	life := v.st.opts.AccessLife
	token := v.sign(a, "bb.user.access", "example", life)
	v.st.access[token] = &grant{account: a, expires: v.st.expiry(life)}
	return token
}

type genericAnswer struct {
	Token         string       `json:"token,omitempty"`
	ResetPassword bool         `json:"requireResetPassword,omitempty"`
	User          *genericUser `json:"user,omitempty"`
}

type genericUser struct {
	Name       string          `json:"name"`
	State      string          `json:"state"`
	Email      string          `json:"email"`
	Title      string          `json:"title"`
	UserType   string          `json:"userType"`
	MFAEnabled bool            `json:"mfaEnabled,omitempty"`
	Profile    *genericProfile `json:"profile,omitempty"`
}

type genericProfile struct {
	LastLogin string `json:"lastLoginTime"`
}

func (v *genericAuth) user(a *account) *genericUser {
	u := &genericUser{
		Name: "users/" + strconv.Itoa(a.id), State: "ACTIVE", Email: a.Email, Title: "Example User", UserType: "USER",
		MFAEnabled: a.secret != nil,
	}
	if a.Service {
		u.UserType = "SERVICE_ACCOUNT"
	}
	if !a.lastLogin.IsZero() {
		u.Profile = &genericProfile{a.lastLogin.UTC().Format(time.RFC3339Nano)}
	}
	return u
}

func (v *genericAuth) success(c *call, a *account, web bool) reply {
	if web && (a.Service || v.st.opts.NoWeb) {
		return grpcReply(http.StatusForbidden, grpcPermissionDenied, "web sign-in is only for end users")
	}
	a.lastLogin = c.now
	v.st.counts.Logins++
	out := genericAnswer{ResetPassword: a.ResetPassword}
	if !a.Service {
		out.User = v.user(a)
	}
	token := v.accessToken(a)
	if !web {
		out.Token = token
		return jsonReply(http.StatusOK, out)
	}
	ends := v.st.expiry(v.st.opts.RefreshLife)
	return v.cookies(c, jsonReply(http.StatusOK, out), token, v.refreshToken(a, ends), ends)
}

func (v *genericAuth) me(c *call) reply {
	if bad := badAuthorization(c); bad != nil {
		c.broke("Authorization is not Bearer and a token")
		v.st.counts.APIRejected++
		return *bad
	}
	token := presented(c)
	if token == "" {
		c.broke("there is no access token")
		v.st.counts.APIRejected++
		return unauthenticated("access token not found")
	}
	g, expired := v.st.accept(token, "")
	switch {
	case expired:
		return unauthenticated("access token expired")
	case g == nil:
		return unauthenticated("invalid access token")
	case c.Method != http.MethodGet || c.URL.Path != v.api():
		return c.echo()
	}
	return jsonReply(http.StatusOK, v.user(g.account))
}

package vendortest

import (
	"net/http"
	"strings"
	"time"
)

// genericAuth is the login API whose document names its host api.example.com.
type genericAuth struct{ st *state }

// NewGenericLogin behaves like a gRPC-gateway login service, as a Bytebase of
// 2026-08 does: POST /v1/auth/login in one step, or two for users with TOTP
// (mfaTempToken, then otpCode or recoveryCode). Users with EmailCode can log in
// by an e-mailed code, which POST /v1/auth:sendEmailLoginCode sends. With web: true the tokens come
// as cookies and POST /v1/auth/refresh rotates them. POST /v1/auth/logout ends
// the session. Failures are {"code": <gRPC number>, "message"}, echo the value
// that was wrong, and a 401 has the bare message as WWW-Authenticate.
//
// As the real servers do:
//   - Missing credentials are a 401 like wrong ones.
//   - Attempts are counted before the check: see Options.MaxFailures.
//   - What an identity provider rejects is a 500: see User.IdP.
//   - Two logins within one second give the identical token.
//   - A token stays valid after logout, rotation and lockout.
//   - An mfaTempToken may be used again.
//   - A refresh call without the matching access token has consumed the
//     refresh token.
func NewGenericLogin(o *Options) *Server {
	st := newState(o, defaults{refreshLife: 7 * 24 * time.Hour, maxFailures: 5, codeWindow: 10 * time.Minute})
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
	case "POST /v1/auth:sendEmailLoginCode":
		return "resend", v.sendCode
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

func (v *genericAuth) login(c *call) reply {
	c.onlyOwnHeaders("x-api-key", "Access-Token", "CE-ClientId")
	c.noQuery()
	c.isJSON()
	if rejected := badAuthorization(c); rejected != nil {
		return *rejected
	}
	in, bad := v.read(c)
	switch {
	case bad != nil:
		return *bad
	case v.st.databaseDown:
		return noDatabase()
	case in.mfaTempToken != "":
		return v.secondStep(c, in)
	case v.st.overLimit() > 0:
		return exhausted("too many requests")
	}
	a, rejected := v.firstFactor(c, in)
	switch {
	case rejected != nil:
		return *rejected
	case a.Deactivated:
		return unauthenticated("user has been deactivated")
	case a.secret != nil && !a.Service:
		return jsonReply(http.StatusOK, map[string]string{"mfaTempToken": v.tempToken(a, in.idpName)})
	}
	return v.success(c, a, in.web)
}

// sendCode e-mails a code to log in with.
func (v *genericAuth) sendCode(c *call) reply {
	c.noQuery()
	c.isJSON()
	o := c.object("email")
	if bad := protoShape(o); bad != nil {
		return *bad
	}
	email, _ := o.text("email")
	a := v.st.account(strings.TrimSpace(email))
	switch {
	case v.st.databaseDown:
		return noDatabase()
	case a == nil || !a.EmailCode:
		return noEmailCodes()
	}
	a.mailed = mailedCode()
	v.st.counts.Resends++
	return jsonReply(http.StatusOK, struct{}{})
}

// secondStep reads neither e-mail nor password.
func (v *genericAuth) secondStep(c *call, in genericLoginRequest) reply {
	p := v.st.pending[in.mfaTempToken]
	switch {
	case v.st.access[in.mfaTempToken] != nil:
		return unauthenticated("invalid MFA temp token, audience mismatch")
	case p == nil || !c.now.Before(p.expires):
		return unauthenticated("failed to parse claim")
	}
	if rejected := v.secondFactor(c, p.account, in); rejected != nil {
		return *rejected
	}
	v.st.counts.OTPs++
	if p.account.Deactivated {
		return unauthenticated("user has been deactivated")
	}
	return v.success(c, p.account, in.web)
}

type genericResponse struct {
	Token         string       `json:"token,omitempty"`
	ResetPassword bool         `json:"requireResetPassword,omitempty"`
	User          *genericUser `json:"user,omitempty"`
}

func (v *genericAuth) success(c *call, a *account, web bool) reply {
	if web && (a.Service || v.st.opts.NoWeb) {
		return grpcReply(http.StatusForbidden, grpcPermissionDenied, "web sign-in is only for end users")
	}
	a.lastLogin = c.now
	v.st.counts.Logins++
	out := genericResponse{ResetPassword: a.ResetPassword}
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

// me says the same for whatever is wrong with a token; what lies below it says what.
func (v *genericAuth) me(c *call) reply {
	own := c.Method == http.MethodGet && c.URL.Path == v.api()
	reject := func(message string) reply {
		if own {
			message = "authenticated user not found"
		}
		return unauthenticated(message)
	}
	if bad := badAuthorization(c); bad != nil {
		c.broke("Authorization is not Bearer and a token")
		return *bad
	}
	token := presented(c)
	if token == "" {
		c.broke("there is no access token")
		return reject("access token not found")
	}
	if v.st.databaseDown {
		return reject("failed to find principal in the access token")
	}
	g, expired := v.st.accept(token, "")
	switch {
	case expired:
		return reject("access token expired")
	case g == nil:
		return reject("invalid access token")
	case !own:
		return c.echo()
	}
	return jsonReply(http.StatusOK, v.user(g.account))
}

// rotate is the refresh call. Both tokens come as cookies, or the access token as a bearer.
func (v *genericAuth) rotate(c *call) reply {
	if bad := v.emptyMessage(c); bad != nil {
		return *bad
	}
	if v.st.databaseDown {
		return noDatabase()
	}
	cookie, err := c.Cookie("refresh-token")
	if err != nil || cookie.Value == "" {
		c.broke("the cookie refresh-token is missing")
		return unauthenticated("refresh token not found")
	}
	g, ok := v.st.refreshable(cookie.Value)
	switch {
	case ok:
	case g != nil && !g.used && !g.revoked:
		return unauthenticated("refresh token expired")
	default:
		return unauthenticated("invalid refresh token")
	}
	g.used = true // before the access token is looked at
	access := v.st.access[presented(c)]
	switch {
	case presented(c) == "":
		c.broke("the access token is missing")
		return unauthenticated("access token not found")
	case access == nil || access.account != g.account: // expired is good enough
		return unauthenticated("access token does not match refresh token")
	}
	v.st.counts.Refreshes++
	next := v.refreshToken(g.account, g.expires)
	return v.cookies(c, jsonReply(http.StatusOK, struct{}{}), v.accessToken(g.account), next, g.expires)
}

func (v *genericAuth) logout(c *call) reply {
	if bad := v.emptyMessage(c); bad != nil {
		return *bad
	}
	if v.st.databaseDown {
		return noDatabase()
	}
	if cookie, err := c.Cookie("refresh-token"); err == nil {
		if g := v.st.refresh[cookie.Value]; g != nil {
			g.revoked = true
		}
	} else if presented(c) == "" {
		c.broke("there is nothing to log out: no cookie and no access token")
	}
	v.st.counts.Logouts++
	return deleteCookies(jsonReply(http.StatusOK, struct{}{}))
}

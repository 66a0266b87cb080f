package vendortest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// gmiCloud is the IAM Service API, version 2.4.0.
type gmiCloud struct{ st *state }

// NewGMICloud behaves like https://docs.gmicloud.ai/api-reference/me. A login
// has two steps, POST /me/auth-tokens and POST /me/sessions. Users with
// EmailCode get a code by e-mail, and POST /me/2fa-verification-code sends it
// again. PATCH /me/sessions rotates the pair under the same CE-ClientId.
//
// Not documented, and chosen here:
//   - A session is created with 201.
//   - Resending returns 200 without a body and ends the earlier code.
//   - An authToken makes one session, and stays open after a wrong code.
//   - A bad authToken is 400 session/1, a bad code 400 session/2.
//   - Too many wrong codes are 429 rate-limit/0.
//   - A bad access token is 401 auth/2.
//   - Type "native" and otpCode null may be sent: the vendor's own client does.
func NewGMICloud(o *Options) *Server {
	st := newState(o, defaults{refreshLife: 30 * 24 * time.Hour})
	return newServer(&gmiCloud{st}, st)
}

func (v *gmiCloud) origin() string { return "https://console.gmicloud.ai" }
func (v *gmiCloud) base() string   { return "/api/v1" }
func (v *gmiCloud) api() string    { return "/me/profile" }

func (v *gmiCloud) route(c *call) (string, func(*call) reply) {
	switch c.Method + " " + strings.TrimPrefix(c.URL.Path, v.base()) {
	case "POST /me/auth-tokens":
		return "login", v.authToken
	case "POST /me/sessions":
		if code, is := parseObject(c.body, nil).text("otpCode"); is == text && code != "" {
			return "otp", v.session
		}
		return "login", v.session
	case "PATCH /me/sessions":
		return "refresh", v.rotate
	case "POST /me/2fa-verification-code":
		return "resend", v.resend
	}
	if c.isAPI(v.base() + v.api()) {
		return "api", v.profile
	}
	return "", v.unknown
}

func (v *gmiCloud) authToken(c *call) reply {
	if len(c.Header.Values("CE-ClientId")) > 0 { // not asked for here, but the vendor's client sends it
		if _, ok := v.deviceID(c); !ok {
			return badDevice()
		}
	}
	in, bad := v.read(c, []string{"email", "password"}, nil)
	if bad != nil {
		return *bad
	}
	if wait := v.st.overLimit(); wait > 0 {
		return gmiLimited(wait)
	}
	if wait := v.st.lockedOut(in["email"]); wait > 0 {
		return gmiLimited(wait)
	}
	a := v.st.checkPassword(in["email"], in["password"])
	if a == nil {
		return gmiFailure(http.StatusBadRequest, "session", 0, "Invalid email or password.")
	}
	p := &pending{account: a, expires: v.st.expiry(v.st.opts.ChallengeLife), second: a.EmailCode}
	token := v.sign(a, v.st.opts.ChallengeLife)
	v.st.pending[token] = p
	if p.second {
		v.mail(p)
	}
	return jsonReply(http.StatusCreated, map[string]any{"authToken": token, "is2FARequired": p.second})
}

// mail sends a new code.
func (v *gmiCloud) mail(p *pending) {
	p.code = mailedCode()
	p.account.mailed = p.code
}

func (v *gmiCloud) sign(a *account, life time.Duration) string {
	return signHS256(`{"alg":"HS256","typ":"JWT"}`, struct {
		UserID string      `json:"userId"`
		ID     string      `json:"jti"`
		Issued numericDate `json:"iat"`
		Expiry numericDate `json:"exp"`
	}{v.userID(a), randomHex(), numericDate(v.st.issued(life)), numericDate(v.st.expiry(life))}, v.st.key)
}

func (v *gmiCloud) userID(a *account) string { return fmt.Sprintf("user-%d", a.id) }

// open finds the first step that authToken belongs to.
func (v *gmiCloud) open(token string) (*pending, bool) {
	p := v.st.pending[token]
	return p, p != nil && !p.done && v.st.now().Before(p.expires)
}

func badAuthToken() reply {
	return gmiFailure(http.StatusBadRequest, "session", 1, "Invalid auth token.")
}

func (v *gmiCloud) session(c *call) reply {
	device, deviceOK := v.deviceID(c)
	in, bad := v.read(c, []string{"authToken"}, []string{"otpCode", "type"})
	if bad != nil {
		return *bad
	}
	if t, sent := in["type"]; sent && t != "native" {
		c.broke("type is not native")
		return gmiInvalid(
			[]gmiDetail{{Field: "type", Expression: "oneof", Argument: "native", OriginalValue: t, Reason: "This field is invalid."}},
		)
	}
	if !deviceOK {
		return badDevice()
	}
	p, ok := v.open(in["authToken"])
	if !ok {
		if p != nil && p.done && p.second && p.code == in["otpCode"] {
			v.st.counts.WrongOTPs++
			v.st.counts.OTPReused++
		}
		return badAuthToken()
	}
	if rejected := v.second(c, p, in); rejected != nil {
		return *rejected
	}
	p.done = true
	v.st.counts.Logins++
	p.account.lastLogin = c.now
	return jsonReply(http.StatusCreated, v.pair(p.account, device))
}

// second checks the code, if one is wanted.
func (v *gmiCloud) second(c *call, p *pending, in map[string]string) *reply {
	code, sent := in["otpCode"]
	var rejected reply
	switch {
	case !p.second && sent:
		c.broke("otpCode was sent although is2FARequired was false")
		rejected = gmiInvalid([]gmiDetail{{Field: "otpCode", Expression: "excluded", OriginalValue: code, Reason: "This field is not expected."}})
	case !p.second:
		return nil
	case code == "":
		c.broke("otpCode is missing although is2FARequired was true")
		rejected = gmiInvalid(gmiRequired("otpCode", code))
	case v.st.wrongCodes.left(p.account.Email) > 0:
		rejected = gmiLimited(v.st.codesLocked(p.account.Email))
	case code != p.code:
		v.st.wrongCode(p.account.Email)
		rejected = gmiFailure(http.StatusBadRequest, "session", 2, "Invalid OTP code.")
	default:
		v.st.counts.OTPs++
		return nil
	}
	return &rejected
}

type gmiPair struct {
	Access  string `json:"accessToken"`
	Refresh string `json:"refreshToken"`
}

func (v *gmiCloud) pair(a *account, device string) gmiPair {
	access, refresh := v.st.opts.AccessLife, v.st.opts.RefreshLife
	p := gmiPair{v.sign(a, access), v.sign(a, refresh)}
	v.st.access[p.Access] = &grant{account: a, scope: device, expires: v.st.expiry(access)}
	v.st.refresh[p.Refresh] = &grant{account: a, scope: device, expires: v.st.expiry(refresh)}
	return p
}

func (v *gmiCloud) rotate(c *call) reply {
	device, deviceOK := v.deviceID(c)
	in, bad := v.read(c, []string{"refreshToken"}, nil)
	if bad != nil {
		return *bad
	}
	g, ok := v.st.refreshable(in["refreshToken"])
	switch {
	case !deviceOK, g != nil && g.scope != device:
		if deviceOK {
			c.broke("CE-ClientId is not the one of the login")
		}
		return badDevice()
	case !ok:
		return gmiFailure(http.StatusBadRequest, "auth", 1, "Invalid refresh token.")
	}
	g.used = true
	v.st.counts.Refreshes++
	return jsonReply(http.StatusOK, v.pair(g.account, device))
}

func (v *gmiCloud) resend(c *call) reply {
	in, bad := v.read(c, []string{"authToken"}, nil)
	if bad != nil {
		return *bad
	}
	p, ok := v.open(in["authToken"])
	if !ok {
		return badAuthToken()
	}
	if !p.second {
		c.broke("a code was asked for although is2FARequired was false")
		return gmiInvalid([]gmiDetail{
			{Field: "authToken", Expression: "2fa", OriginalValue: in["authToken"], Reason: "Two-factor authentication is not enabled."},
		})
	}
	if wait := v.st.resends.left(p.account.Email); wait > 0 {
		return gmiFailure(http.StatusTooManyRequests, "user", 400, "Too many requests.").retryAfter(wait)
	}
	v.st.resends.add(p.account.Email)
	v.st.counts.Resends++
	v.mail(p)
	return reply{status: http.StatusOK}
}

func (v *gmiCloud) profile(c *call) reply {
	if len(c.Header.Values("Cookie")) > 0 {
		c.broke("the header Cookie does not belong here")
	}
	device, ok := v.deviceID(c)
	token, bearer := c.bearer()
	if !bearer {
		c.broke("Authorization is not Bearer and a token")
	}
	if !ok || !bearer {
		return gmiFailure(http.StatusUnauthorized, "auth", 2, "Invalid access token.")
	}
	g, expired := v.st.accept(token, device)
	switch {
	case expired:
		return gmiFailure(http.StatusUnauthorized, "auth", 3, "The access token has expired.")
	case g == nil:
		return gmiFailure(http.StatusUnauthorized, "auth", 2, "Invalid access token.")
	case c.Method != http.MethodGet || c.URL.Path != v.base()+v.api():
		return c.echo()
	}
	return jsonReply(http.StatusOK, map[string]any{
		"user": map[string]any{
			"id": v.userID(g.account), "email": g.account.Email, "firstName": "Example", "lastName": "User",
			"lastLoginAt": g.account.lastLogin.Unix(), "lastLoginIDP": "native",
		},
		"organization": map[string]any{"id": "org-1", "role": "owner"},
	})
}

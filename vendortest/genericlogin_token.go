package vendortest

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

type genericClaims struct {
	Issuer      string      `json:"iss"`
	Subject     string      `json:"sub"`
	Audience    []string    `json:"aud"`
	Expiry      numericDate `json:"exp"`
	Issued      numericDate `json:"iat"`
	Workspace   string      `json:"workspace_id,omitempty"`
	LoginMethod string      `json:"login_method,omitempty"`
}

// sign makes a token without a random part: two in the same second are equal.
func (v *genericAuth) sign(a *account, life time.Duration, claims genericClaims) string {
	claims.Issuer, claims.Subject = "bytebase", a.Email
	claims.Expiry, claims.Issued = numericDate(v.st.expiry(life)), numericDate(v.st.issued(life))
	return signHS256(`{"alg":"HS256","kid":"v1","typ":"JWT"}`, claims, v.st.key)
}

func (v *genericAuth) tempToken(a *account, idpName string) string {
	method := "password"
	if idpName != "" {
		method = "idp"
	}
	life := v.st.opts.ChallengeLife
	token := v.sign(a, life, genericClaims{Audience: []string{"bb.user.mfa-temp"}, LoginMethod: method})
	v.st.pending[token] = &pending{account: a, expires: v.st.expiry(life), second: true}
	return token
}

func (v *genericAuth) accessToken(a *account) string {
	life := v.st.opts.AccessLife
	token := v.sign(a, life, genericClaims{Audience: []string{"bb.user.access"}, Workspace: "example"})
	v.st.access[token] = &grant{account: a, expires: v.st.expiry(life)}
	return token
}

// refreshToken is opaque, 43 characters.
func (v *genericAuth) refreshToken(a *account, ends time.Time) string {
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	v.st.refresh[token] = &grant{account: a, expires: ends}
	return token
}

// cookies are how web mode hands out tokens. The access cookie outlives the
// JWT in it; Secure depends on the request's Origin.
func (v *genericAuth) cookies(c *call, r reply, access, refresh string, ends time.Time) reply {
	lives := http.Cookie{Name: "access-token", Value: access, Expires: ends.UTC()}
	rotates := http.Cookie{Name: "refresh-token", Value: refresh, MaxAge: int(wholeSeconds(ends.Sub(c.now)))}
	for _, cookie := range []http.Cookie{lives, rotates} {
		cookie.Path, cookie.HttpOnly, cookie.SameSite = "/", true, http.SameSiteStrictMode
		cookie.Secure = strings.HasPrefix(c.Header.Get("Origin"), "https://")
		r.header.Add("Set-Cookie", cookie.String())
	}
	return r
}

// deleteCookies takes both back, by an Expires alone.
func deleteCookies(r reply) reply {
	for _, name := range []string{"access-token", "refresh-token"} {
		r.header.Add("Set-Cookie", name+"=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
	}
	return r
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
	return new(unauthenticated("authorization header format must be Bearer {token}"))
}

// emptyMessage checks the body {} of refresh and logout, and their header.
func (v *genericAuth) emptyMessage(c *call) *reply {
	c.noQuery()
	c.isJSON()
	if len(bytes.TrimSpace(c.body)) > 0 {
		if bad := protoShape(c.object()); bad != nil {
			return bad
		}
	}
	return badAuthorization(c)
}

// presented is the access token of a call: of the header, else of the cookie.
func presented(c *call) string {
	if token, ok := c.bearer(); ok {
		return token
	}
	if cookie, err := c.Cookie("access-token"); err == nil {
		return cookie.Value
	}
	return ""
}

type genericUser struct {
	Name       string          `json:"name"`
	State      string          `json:"state"`
	Email      string          `json:"email"`
	Title      string          `json:"title"`
	Workspace  string          `json:"workspace"`
	MFAEnabled bool            `json:"mfaEnabled,omitempty"`
	Profile    *genericProfile `json:"profile,omitempty"`
}

type genericProfile struct {
	LastLogin string `json:"lastLoginTime"`
}

func (v *genericAuth) user(a *account) *genericUser {
	u := &genericUser{
		Name: "users/" + a.Email, State: "ACTIVE", Email: a.Email, Title: "Example User", Workspace: "workspaces/example",
		MFAEnabled: a.secret != nil,
	}
	if !a.lastLogin.IsZero() {
		u.Profile = &genericProfile{a.lastLogin.UTC().Format(time.RFC3339Nano)}
	}
	return u
}

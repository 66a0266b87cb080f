package vendortest

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// refreshToken is opaque, 43 characters.
func (v *genericAuth) refreshToken(a *account, ends time.Time) string {
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	v.st.refresh[token] = &grant{account: a, expires: ends}
	return token
}

// cookies are how web mode hands out tokens. The access cookie outlives the
// JWT in it; Secure depends on the request's Origin.
func (v *genericAuth) cookies(c *call, r reply, access, refresh string, ends time.Time) reply {
	secure := strings.HasPrefix(c.Header.Get("Origin"), "https://")
	for _, cookie := range []http.Cookie{
		{Name: "access-token", Value: access, Path: "/", Expires: ends.UTC(), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode},
		{Name: "refresh-token", Value: refresh, Path: "/", MaxAge: int(wholeSeconds(ends.Sub(c.now))), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode},
	} {
		r.header.Add("Set-Cookie", cookie.String())
	}
	return r
}

// emptyMessage checks the body {} of refresh and logout.
func (v *genericAuth) emptyMessage(c *call) *reply {
	c.noQuery()
	c.isJSON()
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	return protoShape(c.object())
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

func (v *genericAuth) rotate(c *call) reply {
	reject := func(r reply) reply {
		v.st.counts.RefreshesRejected++
		return r
	}
	if bad := v.emptyMessage(c); bad != nil {
		return reject(*bad)
	}
	if bad := badAuthorization(c); bad != nil {
		return reject(*bad)
	}
	cookie, err := c.Cookie("refresh-token")
	if err != nil || cookie.Value == "" {
		c.broke("the cookie refresh-token is missing")
		return reject(unauthenticated("refresh token not found"))
	}
	g, ok := v.st.refreshable(cookie.Value)
	if !ok {
		return reject(unauthenticated("invalid or expired refresh token"))
	}
	g.used = true // before the access token is looked at
	access := v.st.access[presented(c)]
	if access == nil || access.account != g.account { // expired is good enough
		if presented(c) == "" {
			c.broke("the access token is missing")
		}
		return reject(unauthenticated("access token not found"))
	}
	v.st.counts.Refreshes++
	return v.cookies(c, jsonReply(http.StatusOK, struct{}{}), v.accessToken(g.account), v.refreshToken(g.account, g.expires), g.expires)
}

func (v *genericAuth) logout(c *call) reply {
	if bad := v.emptyMessage(c); bad != nil {
		return *bad
	}
	if bad := badAuthorization(c); bad != nil {
		return *bad
	}
	if cookie, err := c.Cookie("refresh-token"); err == nil {
		if g := v.st.refresh[cookie.Value]; g != nil {
			g.revoked = true
		}
	} else if presented(c) == "" {
		c.broke("there is nothing to log out: no cookie and no access token")
	}
	v.st.counts.Logouts++
	r := jsonReply(http.StatusOK, struct{}{})
	for _, name := range []string{"access-token", "refresh-token"} {
		r.header.Add("Set-Cookie", (&http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}).String())
	}
	return r
}

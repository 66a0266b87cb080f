package vendortest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// genLogs is https://docs.genlogs.io.
type genLogs struct{ st *state }

// NewGenLogs behaves like https://docs.genlogs.io/auth/create-token: POST
// /auth/token with the credentials in the query, or in a JSON body
// (Options.BodyCredentials), POST /auth/token/refresh (Options.RefreshWorks),
// and an API that wants Access-Token without "Bearer" and x-api-key.
//
// Not documented, and chosen here:
//   - Access tokens expire after 1 hour.
//   - A missing or wrong x-api-key is a gateway's 403.
//   - Invalid fields are the 422 of a FastAPI server, with the values sent.
//   - A trailing slash is redirected with 307, with the query.
//   - 401s come in each of the three shapes known.
func NewGenLogs(o *Options) *Server {
	st := newState(o, defaults{refreshLife: 24 * time.Hour})
	return newServer(&genLogs{st}, st)
}

func (v *genLogs) origin() string { return "https://api.genlogs.io" }
func (v *genLogs) base() string   { return "" }
func (v *genLogs) api() string    { return "/carrier/profile" }

func (v *genLogs) route(c *call) (string, func(*call) reply) {
	switch c.Method + " " + c.URL.Path {
	case "POST /auth/token":
		return "login", v.login
	case "POST /auth/token/refresh":
		return "refresh", v.rotate
	case "POST /auth/token/", "POST /auth/token/refresh/":
		return "", v.slash
	}
	if c.isAPI(v.api()) {
		return "api", v.profile
	}
	return "", v.unknown
}

func (v *genLogs) login(c *call) reply {
	c.onlyOwnHeaders("Access-Token", "CE-ClientId")
	if rejected := v.gateway(c); rejected != nil {
		return *rejected
	}
	read := v.query
	if v.st.opts.BodyCredentials {
		read = v.bodyFields
	}
	in, rows := read(c, "email", "password")
	if rows = append(rows, v.accepts(c)...); len(rows) > 0 {
		return genDetail(http.StatusUnprocessableEntity, rows)
	}
	if wait := v.st.overLimit(); wait > 0 {
		return v.failure(http.StatusTooManyRequests, "").retryAfter(wait)
	}
	a := v.st.logIn(in["email"], in["password"])
	if a == nil {
		return genDetail(http.StatusUnauthorized, "Incorrect email or password")
	}
	v.st.counts.Logins++
	return jsonReply(http.StatusOK, v.tokens(a))
}

type genToken struct {
	Token   string `json:"token"`
	Expires string `json:"expires"`
}

type genTokens struct {
	Access    genToken `json:"access_token_data"`
	Refresh   genToken `json:"refresh_token_data"`
	UserID    string   `json:"user_id"`
	CompanyID *int     `json:"company_id,omitempty"` // after a refresh only
}

func (v *genLogs) tokens(a *account) genTokens {
	return genTokens{
		Access:  v.token(v.st.access, a, "access", v.st.opts.AccessLife),
		Refresh: v.token(v.st.refresh, a, "refresh", v.st.opts.RefreshLife),
		UserID:  strconv.Itoa(a.id),
	}
}

func (v *genLogs) token(into map[string]*grant, a *account, kind string, life time.Duration) genToken {
	expires := v.st.now().Add(life).Truncate(time.Microsecond)
	jwt := signHS256(`{"alg":"HS256","typ":"JWT"}`, struct {
		Subject string      `json:"sub"`
		Type    string      `json:"type"`
		ID      string      `json:"jti"`
		Issued  numericDate `json:"iat"`
		Expiry  numericDate `json:"exp"`
	}{strconv.Itoa(a.id), kind, randomHex(), numericDate(v.st.issued(life)), numericDate(v.st.expiry(life))}, v.st.key)
	into[jwt] = &grant{account: a, expires: expires}
	layout := "2006-01-02T15:04:05.000000Z07:00"
	if v.st.opts.NaiveExpires {
		layout = "2006-01-02T15:04:05.000000"
	}
	return genToken{jwt, expires.UTC().Format(layout)}
}

func (v *genLogs) rotate(c *call) reply {
	c.onlyOwnHeaders("Access-Token", "CE-ClientId")
	rejected := v.gateway(c)
	in, rows := v.query(c, "refresh_token")
	rows = append(rows, v.accepts(c)...)
	switch {
	case rejected != nil:
		return *rejected
	case len(rows) > 0:
		return genDetail(http.StatusUnprocessableEntity, rows)
	}
	g, ok := v.st.refreshable(in["refresh_token"])
	switch {
	case !v.st.opts.RefreshWorks:
		return genDetail(http.StatusUnauthorized, genMessage("The refresh token is not usable at this time", "refresh_disabled"))
	case !ok:
		return genDetail(http.StatusUnauthorized, genMessage("Invalid refresh token", "invalid_token"))
	}
	g.used = true
	v.st.counts.Refreshes++
	t := v.tokens(g.account)
	company := 1
	t.CompanyID = &company
	return jsonReply(http.StatusOK, t)
}

func genMessage(message, subcode string) map[string]any {
	return map[string]any{"message": message, "subcode": subcode}
}

func (v *genLogs) profile(c *call) reply {
	c.onlyOwnHeaders("CE-ClientId")
	if rejected := v.gateway(c); rejected != nil {
		return *rejected
	}
	tokens := c.Header.Values("Access-Token")
	if len(tokens) != 1 || tokens[0] == "" || strings.Contains(tokens[0], " ") {
		c.broke("Access-Token is not one bare token")
		return jsonReply(http.StatusUnauthorized, map[string]any{"message": "Missing access token", "subcode": 1})
	}
	g, expired := v.st.accept(tokens[0], "")
	switch {
	case expired:
		return genDetail(v.st.opts.ExpiredStatus, "Token has expired")
	case g == nil:
		return genDetail(http.StatusUnauthorized, genMessage("Invalid token", "invalid_token"))
	case c.Method != http.MethodGet || c.URL.Path != v.api():
		return c.echo()
	}
	return jsonReply(http.StatusOK, map[string]any{"user_id": strconv.Itoa(g.account.id), "email": g.account.Email})
}

package vendortest

import (
	"fmt"
	"net/http"
	"time"
)

// secMgmt is the "security management application".
type secMgmt struct{ st *state }

// NewSecMgmt behaves like the security management application: POST
// /api/v2/auth/token to log in, PUT of the same path with an access token that
// is still valid and the refresh token to rotate both. Responses come in an
// envelope; a failed login has its message under the misspelt key
// errorMessageerrorMessage, and content and pageable as "".
//
// Not documented, and chosen here:
//   - A failure in the envelope has the status Options.NAKStatus, 200 unless
//     set.
//   - A request that breaks the contract is rejected outside the envelope, with
//     400 in Spring's form; an unknown path with Spring's 500.
//   - A rejected API token is 401 with AUTH_1002 in the envelope.
//   - A locked account is AUTH_1001.
//   - The old access token stays valid after a rotation.
func NewSecMgmt(o *Options) *Server {
	st := newState(o, defaults{refreshLife: 24 * time.Hour})
	return newServer(&secMgmt{st}, st)
}

func (v *secMgmt) origin() string { return "" }
func (v *secMgmt) base() string   { return "" }
func (v *secMgmt) api() string    { return "/api/v2/customers/me" }

func (v *secMgmt) route(c *call) (string, func(*call) reply) {
	switch c.Method + " " + c.URL.Path {
	case "POST /api/v2/auth/token":
		return "login", v.login
	case "PUT /api/v2/auth/token":
		return "refresh", v.rotate
	}
	if c.isAPI(v.api()) {
		return "api", v.me
	}
	return "", v.unknown
}

type secEnvelope struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	Content      any    `json:"content"`
	Pageable     any    `json:"pageable"`
}

// secMisspelt is the failure of the vendor's login page, letter by letter.
type secMisspelt struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessageerrorMessage"`
	Content      string `json:"content"`
	Pageable     string `json:"pageable"`
}

func secSuccess(content any) reply {
	return jsonReply(http.StatusOK, secEnvelope{
		Content:  []any{content},
		Pageable: map[string]int{"page": 0, "size": 10, "totalPages": 1, "totalElements": 1},
	})
}

func secFailure(status int, code, message string) reply {
	return jsonReply(status, secEnvelope{ErrorCode: code, ErrorMessage: message, Content: "", Pageable: ""})
}

// spring is how the framework below responds to what does not reach the vendor's code.
func (v *secMgmt) spring(c *call, status int, message string) reply {
	body := map[string]any{
		"timestamp": v.st.now().UTC().Format("2006-01-02T15:04:05.000Z07:00"), "status": status, "error": http.StatusText(status),
	}
	if message != "" {
		body["message"] = message
	}
	if c != nil {
		body["path"] = c.URL.Path
	}
	return jsonReply(status, body)
}

func (v *secMgmt) failure(status int, code string) reply {
	if code == "" && status == http.StatusServiceUnavailable {
		code = "GLOBAL_1001"
	}
	switch code {
	case "":
		return v.spring(nil, status, "")
	case "AUTH_1001":
		return jsonReply(status, secMisspelt{ErrorCode: code, ErrorMessage: "Invalid credentials"})
	case "AUTH_1002":
		return secFailure(status, code, "Invalid token")
	case "GLOBAL_1001":
		return secFailure(status, code, "Service unavailable")
	}
	return secFailure(status, code, "Failure")
}

func (v *secMgmt) unknown(c *call) reply {
	c.broke("there is no such call")
	return v.spring(c, http.StatusInternalServerError, "No static resource.")
}

// read takes a body of two mandatory strings apart.
func (v *secMgmt) read(c *call, names ...string) (map[string]string, *reply) {
	c.onlyOwnHeaders("x-api-key", "Access-Token", "CE-ClientId")
	c.noQuery()
	jsonType := c.isJSON()
	o := c.object(names...)
	if !jsonType || o.empty || o.syntax != nil {
		return nil, new(v.spring(c, http.StatusBadRequest, ""))
	}
	values, flaws := c.texts(o, names)
	if len(flaws) > 0 {
		return nil, new(v.spring(c, http.StatusBadRequest, ""))
	}
	return values, nil
}

func (v *secMgmt) login(c *call) reply {
	in, bad := v.read(c, "username", "password")
	if bad != nil {
		return *bad
	}
	if wait := v.st.overLimit(); wait > 0 {
		return v.spring(c, http.StatusTooManyRequests, "").retryAfter(wait)
	}
	a := v.st.logIn(in["username"], in["password"])
	if a == nil {
		return v.failure(v.st.opts.NAKStatus, "AUTH_1001")
	}
	v.st.counts.Logins++
	t := v.tokens(a)
	t.CustomerID = v.customer(a)
	return secSuccess(t)
}

type secTokens struct {
	CustomerID   string `json:"customerId,omitempty"` // after a login only
	Token        string `json:"token"`
	RefreshToken string `json:"refreshToken"`
	ValidityTime any    `json:"validityTime"` // seconds
}

func (v *secMgmt) customer(a *account) string {
	return fmt.Sprintf("e7fcef24-5c03-41dd-9e33-%012x", a.id)
}

func (v *secMgmt) tokens(a *account) secTokens {
	access, refresh := v.st.opts.AccessLife, v.st.opts.RefreshLife
	t := secTokens{
		Token:        v.sign(`{"alg":"HS256","typ":"JWT"}`, a, access),
		RefreshToken: v.sign(`{"alg":"HS256","typ" : "JWT","kid" : "879f7b4c-af57-48cb-a762-dca000000000"}`, a, refresh),
		ValidityTime: seconds(access),
	}
	v.st.access[t.Token] = &grant{account: a, expires: v.st.now().Add(access)}
	v.st.refresh[t.RefreshToken] = &grant{account: a, expires: v.st.now().Add(refresh)}
	return t
}

func seconds(d time.Duration) any {
	if d%time.Second == 0 {
		return int64(d / time.Second)
	}
	return d.Seconds()
}

func (v *secMgmt) sign(header string, a *account, life time.Duration) string {
	return signHS256(header, struct {
		UID    int         `json:"uid"`
		Email  string      `json:"email"`
		ID     string      `json:"jti"`
		Issued numericDate `json:"iat"`
		Expiry numericDate `json:"exp"`
	}{a.id, a.Email, randomHex(), numericDate(v.st.issued(life)), numericDate(v.st.expiry(life))}, v.st.key)
}

func (v *secMgmt) rotate(c *call) reply {
	in, bad := v.read(c, "token", "refreshToken")
	if bad != nil {
		return *bad
	}
	g, ok := v.st.refreshable(in["refreshToken"])
	access := v.st.access[in["token"]]
	if !ok || access == nil || access.revoked || !c.now.Before(access.expires) || access.account != g.account {
		return v.failure(v.st.opts.NAKStatus, "AUTH_1002")
	}
	g.used = true
	v.st.counts.Refreshes++
	return secSuccess(v.tokens(g.account))
}

func (v *secMgmt) me(c *call) reply {
	if len(c.Header.Values("Cookie")) > 0 {
		c.broke("the header Cookie does not belong here")
	}
	token, ok := c.bearer()
	if !ok {
		c.broke("Authorization is not Bearer and a token")
		return v.failure(http.StatusUnauthorized, "AUTH_1002")
	}
	g, expired := v.st.accept(token, "")
	switch {
	case expired:
		return secFailure(http.StatusUnauthorized, "AUTH_1002", "Token expired")
	case g == nil:
		return v.failure(http.StatusUnauthorized, "AUTH_1002")
	case c.Method != http.MethodGet || c.URL.Path != v.api():
		return c.echo()
	}
	return secSuccess(map[string]any{"customerId": v.customer(g.account), "email": g.account.Email})
}

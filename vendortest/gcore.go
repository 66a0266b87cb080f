package vendortest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// gcoreIAM is the IAM API of https://gcore.com/docs.
type gcoreIAM struct{ st *state }

// NewGcore behaves like https://gcore.com/docs/api-reference/iam/account/login:
// POST /iam/auth/jwt/login, POST /iam/auth/jwt/refresh, and GET
// /iam/auth/jwt/clients/{clientId}/login to select another account of the user.
// Tokens are JWTs of about 1.2 kB without an iat claim.
//
// Not documented, and chosen here:
//   - A refresh token works once. A rejected token is 401 token_not_valid.
//   - A missing or wrong TOTP code is a 400 with errors.one_time_password. A
//     code works once.
//   - Selecting an account that is not the user's is 403.
//   - A locked account is "no active account".
//   - A 429 is worded as Django REST framework does.
func NewGcore(o *Options) *Server {
	st := newState(o, defaults{refreshLife: 24 * time.Hour})
	return newServer(&gcoreIAM{st}, st)
}

const gcoreClients = "/iam/auth/jwt/clients/"

func (v *gcoreIAM) origin() string { return "https://api.gcore.com" }
func (v *gcoreIAM) base() string   { return "" }
func (v *gcoreIAM) api() string    { return "/iam/clients/me" }

func (v *gcoreIAM) route(c *call) (string, func(*call) reply) {
	path := c.URL.Path
	switch {
	case c.Method == http.MethodPost && path == "/iam/auth/jwt/login":
		return "login", v.login
	case c.Method == http.MethodPost && path == "/iam/auth/jwt/refresh":
		return "refresh", v.rotate
	case c.Method == http.MethodGet && strings.HasPrefix(path, gcoreClients) && strings.HasSuffix(path, "/login"):
		return "select", v.selectClient
	case c.isAPI(v.api()):
		return "api", v.me
	}
	return "", v.unknown
}

func (v *gcoreIAM) login(c *call) reply {
	in, bad := v.read(c, []string{"username", "password"}, []string{"one_time_password"})
	if bad != nil {
		return *bad
	}
	if wait := v.st.overLimit(); wait > 0 {
		return gcoreThrottled(wait)
	}
	a := v.st.logIn(in["username"], in["password"])
	if a == nil {
		return gcoreNoAccount()
	}
	if rejected := v.second(a, in["one_time_password"]); rejected != nil {
		return *rejected
	}
	v.st.counts.Logins++
	return jsonReply(http.StatusOK, v.pair(a, a.ClientIDs[0]))
}

// second checks the TOTP code of users who have one.
func (v *gcoreIAM) second(a *account, code string) *reply {
	if a.secret == nil {
		return nil
	}
	if code == "" {
		return new(gcoreFieldError("one_time_password", "This field is required"))
	}
	if !v.st.checkTOTP(a, code, true) {
		v.st.counts.WrongOTPs++
		return new(gcoreFieldError("one_time_password", "Invalid one time password."))
	}
	v.st.counts.OTPs++
	return nil
}

type gcorePair struct {
	Refresh string `json:"refresh"`
	Access  string `json:"access"`
}

// gcoreClaims are those of the vendor's examples, in their order.
type gcoreClaims struct {
	TokenType    string      `json:"token_type"`
	Expiry       numericDate `json:"exp"`
	ID           string      `json:"jti"`
	UserID       int         `json:"user_id"`
	UserType     string      `json:"user_type"`
	UserGroups   []string    `json:"user_groups"`
	ClientID     int         `json:"client_id"`
	Email        string      `json:"email"`
	Username     string      `json:"username"`
	SSOEntity    *string     `json:"sso_entity"`
	IsAdmin      bool        `json:"is_admin"`
	ClientName   string      `json:"client_name"`
	Exchangeable bool        `json:"exchangeable"`
	RefreshID    string      `json:"rjti,omitempty"`
}

func (v *gcoreIAM) pair(a *account, client int) gcorePair {
	claims := gcoreClaims{
		TokenType: "refresh", Expiry: numericDate(v.st.expiry(v.st.opts.RefreshLife)), ID: randomHex(),
		UserID: a.id, UserType: "common", UserGroups: []string{"Administrators"},
		ClientID: client, ClientName: fmt.Sprintf("Client %d", client), Email: a.Email, Username: a.Email,
		Exchangeable: true,
	}
	scope := strconv.Itoa(client)
	p := gcorePair{Refresh: fakeRS256(claims)}
	v.st.refresh[p.Refresh] = &grant{account: a, scope: scope, expires: time.Time(claims.Expiry)}
	claims.TokenType, claims.Expiry = "access", numericDate(v.st.expiry(v.st.opts.AccessLife))
	claims.RefreshID, claims.ID = claims.ID, randomHex()
	p.Access = fakeRS256(claims)
	v.st.access[p.Access] = &grant{account: a, scope: scope, expires: time.Time(claims.Expiry)}
	return p
}

func (v *gcoreIAM) rotate(c *call) reply {
	in, bad := v.read(c, []string{"refresh"}, nil)
	if bad != nil {
		return *bad
	}
	g, ok := v.st.refreshable(in["refresh"])
	if !ok {
		if g != nil && g.used {
			return gcoreBadToken("Token is blacklisted")
		}
		return gcoreBadToken("Token is invalid or expired")
	}
	g.used = true
	v.st.counts.Refreshes++
	client, _ := strconv.Atoi(g.scope)
	return jsonReply(http.StatusOK, v.pair(g.account, client))
}

// token finds the access token of a call and says what is wrong with it.
func (v *gcoreIAM) token(c *call) (string, *reply) {
	if len(c.Header.Values("Cookie")) > 0 {
		c.broke("the header Cookie does not belong here")
	}
	token, ok := c.bearer()
	if ok {
		return token, nil
	}
	c.broke("Authorization is not Bearer and a token")
	return "", new(
		gcoreDetail(http.StatusUnauthorized, "Authentication credentials were not provided.").with("WWW-Authenticate", `Bearer realm="api"`),
	)
}

func (v *gcoreIAM) selectClient(c *call) reply {
	if len(c.body) > 0 {
		c.broke("a body does not belong here")
	}
	c.noQuery()
	id := strings.TrimSuffix(strings.TrimPrefix(c.URL.Path, gcoreClients), "/login")
	client, err := strconv.Atoi(id)
	if err != nil {
		c.broke("the client id is not a number")
		return gcoreDetail(http.StatusNotFound, "Not found.")
	}
	token, rejected := v.token(c)
	if rejected != nil {
		return *rejected
	}
	g := v.st.access[token]
	switch {
	case g == nil, g.revoked, !c.now.Before(g.expires):
		return gcoreBadToken("Given token not valid for any token type")
	case !slices.Contains(g.account.ClientIDs, client):
		return gcoreDetail(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	v.st.counts.Selects++
	return jsonReply(http.StatusOK, v.pair(g.account, client))
}

func (v *gcoreIAM) me(c *call) reply {
	token, rejected := v.token(c)
	if rejected != nil {
		return *rejected
	}
	g, _ := v.st.accept(token, "")
	switch {
	case g == nil:
		return gcoreBadToken("Given token not valid for any token type")
	case c.Method != http.MethodGet || c.URL.Path != v.api():
		return c.echo()
	}
	client, _ := strconv.Atoi(g.scope)
	return jsonReply(http.StatusOK, map[string]any{
		"id": client, "name": fmt.Sprintf("Client %d", client), "email": g.account.Email, "currentUser": g.account.id,
		"users": []any{map[string]any{"id": g.account.id, "email": g.account.Email, "two_fa": g.account.secret != nil}},
	})
}

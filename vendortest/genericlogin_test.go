package vendortest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

const (
	genericPath  = "/v1/auth/login"
	genericWrong = `{"code":16,"message":"the email or password is not valid"}`
)

func genericBody(more string) string {
	return `{"email":"ops@example.com","password":"example-password"` + more + `}`
}

func (s session) genericLogin(more string) answer {
	s.Helper()
	a := s.do("POST", genericPath, genericBody(more))
	require.Equal(s, 200, a.status, a.body)
	return a
}

func TestGenericLogin(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenericLogin, vendortest.Options{}, func(s session) {
		a := s.genericLogin("")
		assert.ElementsMatch(s, []string{"token", "user"}, a.keys(s))
		assert.Equal(s, email, a.field(s, "user.email"))
		assert.Equal(s, "users/"+email, a.field(s, "user.name"))
		assert.Equal(s, "workspaces/example", a.field(s, "user.workspace"))
		assert.Nil(s, a.value(s, "user.mfaEnabled"), "false is absent")
		assert.Empty(s, a.header.Values("Set-Cookie"))
		header, in := claims(s, a.field(s, "token"))
		assert.JSONEq(s, `{"alg":"HS256","kid":"v1","typ":"JWT"}`, header)
		assert.Equal(s, email, in["sub"])
		assert.Equal(s, []any{"bb.user.access"}, in["aud"])
		assert.NotContains(s, in, "jti")
		assert.EqualValues(s, 3600, in["exp"].(float64)-in["iat"].(float64))

		assert.Equal(s, email, s.do("GET", s.srv.APIURL(), "", bearer(a.field(s, "token"))...).field(s, "email"))
		assert.Equal(s, 200, s.do("GET", s.srv.APIURL(), "", cookieHeader(a.field(s, "token"), "")...).status)
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 3, Logins: 1, APICalls: 2}, s.srv.Counts())
	})
}

func TestGenericLoginTokensAreIdenticalWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, nil)
		first := s.genericLogin("").field(t, "token")
		time.Sleep(999 * time.Millisecond)
		assert.Equal(t, first, s.genericLogin("").field(t, "token"))
		s.srv.Revoke()
		assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(first)...).status)
		fresh := s.genericLogin("").field(t, "token")
		assert.NotEqual(t, first, fresh, "a revoked token is not issued again")
		assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(fresh)...).status)
		time.Sleep(time.Millisecond)
		assert.NotEqual(t, fresh, s.genericLogin("").field(t, "token"))
	})
}

func TestGenericLoginWrongCredentials(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body    string
		invalid int
	}{
		"wrong password": {`{"email":"ops@example.com","password":"x"}`, 0},
		"unknown user":   {`{"email":"who@example.com","password":"example-password"}`, 0},
		"no password":    {`{"email":"ops@example.com"}`, 1},
		"null password":  {`{"email":"ops@example.com","password":null}`, 1},
		"empty password": {`{"email":"ops@example.com","password":""}`, 1},
		"empty object":   {`{}`, 1},
		"no body":        {``, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewGenericLogin, nil)
			a := s.do("POST", genericPath, tc.body)
			a.is(t, 401, genericWrong)
			assert.Equal(t, "the email or password is not valid", a.header.Get("WWW-Authenticate"), "bare, without a scheme")
			assert.Equal(t, tc.invalid, s.srv.Counts().Invalid)
			assert.Equal(t, 1, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestGenericLoginInvalidRequests(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, message, problem string }{
		"number password": {
			`{"email":"a@example.com","password":12345}`, "invalid value for string field password: 12345", "password is not a string",
		},
		"text web":      {genericBody(`,"web":"yes"`), `invalid value for bool field web: "yes"`, "web is not a boolean"},
		"unknown field": {genericBody(`,"workspace":"w"`), `unknown field "workspace"`, "unknown field workspace"},
		"doubled field": {genericBody(`,"email":"a"`), `duplicate field "email"`, "field email twice"},
		"cut":           {`{"email":`, "syntax error", "not one JSON object"},
		"null":          {`null`, "syntax error", "not one JSON object"},
		"two values":    {`{}{}`, "syntax error", "not one JSON object"},
		"both contexts": {genericBody(`,"idpContext":{"oauth2Context":{},"oidcContext":{}}`), "oneof", "both contexts"},
		"text context":  {genericBody(`,"idpContext":""`), `unexpected token ""`, "idpContext is not an object"},
		"odd context":   {genericBody(`,"idpContext":{"saml":{}}`), "unknown field", "idpContext has an unknown"},
		"number code":   {genericBody(`,"idpContext":{"oidcContext":{"code":1}}`), "unexpected token", "oidcContext is not an object"},
		"malformed idp": {genericBody(`,"idpName":"example"`), "invalid request", "idpName is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewGenericLogin, nil)
			a := s.do("POST", genericPath, tc.body)
			assert.Equal(t, 400, a.status)
			assert.EqualValues(t, 3, a.value(t, "code"))
			assert.ElementsMatch(t, []string{"code", "message"}, a.keys(t), "details are absent")
			assert.Contains(t, a.field(t, "message"), tc.message)
			s.problem(tc.problem)
			assert.Zero(t, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestGenericLoginHarmlessFields(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, nil)
	for _, more := range []string{
		`,"idpName":"","otpCode":"","recoveryCode":"","mfaTempToken":"","web":false`,
		`,"idpName":null,"otpCode":null,"recoveryCode":null,"mfaTempToken":null,"web":null,"idpContext":null`,
	} {
		s.genericLogin(more)
	}
	s.noProblems()
}

func TestGenericLoginHeaders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header  []string
		status  int
		problem string
	}{
		"malformed authorization": {[]string{"Authorization", "Basic eDp5"}, 401, "Authorization"},
		"bearer alone":            {[]string{"Authorization", "Bearer"}, 401, "Authorization"},
		"stale bearer":            {bearer("x"), 200, "Authorization"},
		"cookie":                  {[]string{"Cookie", "access-token=x"}, 200, "Cookie"},
		"no content type":         {[]string{"-Content-Type", ""}, 200, "Content-Type"},
	} {
		s := inMemory(t, vendortest.NewGenericLogin, nil)
		assert.Equal(t, tc.status, s.do("POST", genericPath, genericBody(""), tc.header...).status, name)
		s.problem(tc.problem)
	}
}

func TestGenericLoginOutsideTheAPI(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, nil)
	s.do("POST", "/v1/auth/logon?x=1", "{}").is(t, 404, `{"code":2,"message":"POST /v1/auth/logon?x=1 not found"}`)
	s.do("POST", "/auth/login", "{}").is(t, 405, `{"message":"Method Not Allowed"}`)
	page := s.do("GET", "/auth/login", "")
	assert.Equal(t, 200, page.status)
	assert.Contains(t, page.header.Get("Content-Type"), "text/html")
	assert.Equal(t, 3, s.srv.Counts().Invalid)
}

func TestGenericLoginRateLimitHasNoRetryAfter(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{RateLimit: 1})
	s.genericLogin("")
	a := s.do("POST", genericPath, genericBody(""))
	assert.Equal(t, 429, a.status)
	assert.Empty(t, a.header.Values("Retry-After"))
}

func TestGenericLoginUsers(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{Users: []vendortest.User{
		{Email: email, Password: password, Service: true, TOTP: secret},
		{Email: "new@example.com", Password: "p", ResetPassword: true},
	}})
	assert.Equal(t, []string{"token"}, s.genericLogin("").keys(t))
	rejected := s.do("POST", genericPath, genericBody(`,"web":true`))
	assert.Equal(t, 403, rejected.status)
	assert.EqualValues(t, 7, rejected.value(t, "code"))
	reset := s.do("POST", genericPath, `{"email":"new@example.com","password":"p"}`)
	assert.Equal(t, true, reset.value(t, "requireResetPassword"))
	assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(reset.field(t, "token"))...).status)
	s.noProblems()
	none := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{NoWeb: true})
	assert.Equal(t, 403, none.do("POST", genericPath, genericBody(`,"web":true`)).status)
}

func TestGenericLoginWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, nil)
	set := s.genericLogin(`,"web":true`).cookies(t)
	access, refresh := set["access-token"].Value, set["refresh-token"].Value
	s.srv.SetDatabaseDown(true)
	s.do("GET", s.srv.APIURL(), "", bearer(access)...).is(t, 401, `{"code":16,"message":"authenticated user not found"}`)
	assert.Contains(t, s.do("GET", s.srv.APIURL()+"/x", "", bearer(access)...).field(t, "message"), "failed to find principal")
	assert.Equal(t, 500, s.do("POST", genericPath, genericBody("")).status)
	assert.Equal(t, 500, s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access, refresh)...).status)
	assert.Equal(t, 500, s.do("POST", "/v1/auth/logout", "{}", cookieHeader(access, refresh)...).status)
	s.srv.SetDatabaseDown(false)
	assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(access)...).status, "nothing is lost")
	assert.Equal(t, 200, s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access, refresh)...).status)
	s.noProblems()
}

func TestGenericLoginAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, nil)
		token := s.genericLogin("").field(t, "token")
		says := func(message string, header ...string) {
			t.Helper()
			s.do("GET", s.srv.APIURL(), "", header...).is(t, 401, `{"code":16,"message":"authenticated user not found"}`)
			s.do("GET", s.srv.APIURL()+"/x", "", header...).is(t, 401, `{"code":16,"message":"`+message+`"}`)
		}
		says("access token not found")
		assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", "Authorization", token).status)
		assert.Equal(t, 3, s.srv.Counts().Invalid)
		says("invalid access token", bearer("x")...)
		time.Sleep(time.Hour)
		says("access token expired", bearer(token)...)
		c := s.srv.Counts()
		assert.Equal(t, []int{0, 7, 2, 3}, []int{c.APICalls, c.APIRejected, c.APIExpired, c.Invalid})
	})
}

func TestGenericLoginFailures(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, nil)
	s.srv.Inject(
		vendortest.Fault{Status: 503}, vendortest.Fault{Status: 500, Code: "2"}, vendortest.Fault{Status: 401}, vendortest.Fault{Status: 418},
	)
	login := func() answer { return s.do("POST", genericPath, genericBody("")) }
	login().is(t, 503, `{"code":14,"message":"service unavailable"}`)
	login().is(t, 500, `{"code":2,"message":"internal server error"}`)
	denied := login()
	denied.is(t, 401, `{"code":16,"message":"unauthorized"}`)
	assert.Equal(t, "unauthorized", denied.header.Get("WWW-Authenticate"))
	assert.EqualValues(t, 2, login().value(t, "code"))
}

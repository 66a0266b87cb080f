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
	secPath     = "/api/v2/auth/token"
	secLogin    = `{"username":"ops@example.com","password":"example-password"}`
	secWrong    = `{"errorCode":"AUTH_1001","errorMessageerrorMessage":"Invalid credentials","content":"","pageable":""}`
	secBadToken = `{"errorCode":"AUTH_1002","errorMessage":"Invalid token","content":"","pageable":""}`
)

func (s session) secLogin() (token, refresh string) {
	s.Helper()
	a := s.do("POST", secPath, secLogin)
	require.Equal(s, 200, a.status, a.body)
	return a.field(s, "content.0.token"), a.field(s, "content.0.refreshToken")
}

func (s session) secRefresh(token, refresh string) answer {
	s.Helper()
	return s.do("PUT", secPath, `{"token":"`+token+`","refreshToken":"`+refresh+`"}`)
}

func TestSecMgmtLogin(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewSecMgmt, vendortest.Options{}, func(s session) {
		a := s.do("POST", secPath, secLogin)
		assert.Equal(s, 200, a.status)
		assert.Equal(s, "", a.value(s, "errorCode"))
		assert.Equal(s, "", a.value(s, "errorMessage"))
		assert.Equal(s, map[string]any{"page": 0.0, "size": 10.0, "totalPages": 1.0, "totalElements": 1.0}, a.value(s, "pageable"))
		assert.EqualValues(s, 3600, a.value(s, "content.0.validityTime"))
		assert.Regexp(s, `^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`, a.field(s, "content.0.customerId"))
		_, in := claims(s, a.field(s, "content.0.token"))
		assert.Equal(s, email, in["email"])
		assert.Contains(s, in, "uid")
		header, _ := claims(s, a.field(s, "content.0.refreshToken"))
		assert.Contains(s, header, `"typ" : "JWT","kid" : "`)
		assert.Equal(s, 200, s.do("GET", s.srv.APIURL(), "", bearer(a.field(s, "content.0.token"))...).status)
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 2, Logins: 1, APICalls: 1}, s.srv.Counts())
	})
}

func TestSecMgmtFailuresInTheEnvelope(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 400, 401} {
		s := inMemory(t, vendortest.NewSecMgmt, &vendortest.Options{NAKStatus: status})
		want := status
		if want == 0 {
			want = 200
		}
		s.do("POST", secPath, `{"username":"ops@example.com","password":"x"}`).is(t, want, secWrong)
		s.secRefresh("x", "y").is(t, want, secBadToken)
		s.noProblems()
		assert.Equal(t, 1, s.srv.Counts().WrongPasswords)
		assert.Equal(t, 1, s.srv.Counts().RefreshesRejected)
	}
}

func TestSecMgmtRefresh(t *testing.T) {
	t.Parallel()
	other := vendortest.User{Email: "other@example.com", Password: "example-password"}
	users := []vendortest.User{{Email: email, Password: password}, other}
	bothWays(t, vendortest.NewSecMgmt, vendortest.Options{Users: users}, func(s session) {
		token, refresh := s.secLogin()
		foreign := s.do("POST", secPath, `{"username":"other@example.com","password":"example-password"}`).field(s, "content.0.token")
		s.secRefresh("x", refresh).is(s, 200, secBadToken)
		s.secRefresh(foreign, refresh).is(s, 200, secBadToken)
		a := s.secRefresh(token, refresh)
		assert.Equal(s, "", a.value(s, "errorCode"))
		assert.Nil(s, a.value(s, "content.0.customerId"))
		assert.EqualValues(s, 3600, a.value(s, "content.0.validityTime"))
		s.secRefresh(a.field(s, "content.0.token"), refresh).is(s, 200, secBadToken)
		assert.Equal(s, "", s.secRefresh(a.field(s, "content.0.token"), a.field(s, "content.0.refreshToken")).value(s, "errorCode"))
		s.noProblems()
		c := s.srv.Counts()
		assert.Equal(s, []int{2, 3, 1}, []int{c.Refreshes, c.RefreshesRejected, c.RefreshReused})
	})
}

func TestSecMgmtRefreshNeedsALivingAccessToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewSecMgmt, nil)
		token, refresh := s.secLogin()
		time.Sleep(time.Hour)
		s.secRefresh(token, refresh).is(t, 200, secBadToken)
		s.do("GET", s.srv.APIURL(), "", bearer(token)...).is(
			t, 401, `{"errorCode":"AUTH_1002","errorMessage":"Token expired","content":"","pageable":""}`,
		)
		assert.Equal(t, 1, s.srv.Counts().APIExpired)
		fresh, _ := s.secLogin()
		assert.Equal(t, "", s.secRefresh(fresh, refresh).value(t, "errorCode"), "the refresh token was not consumed")
		s.noProblems()
	})
}

func TestSecMgmtInvalidRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path, body string
		header             []string
		status             int
		problem            string
	}{
		"no password":   {body: `{"username":"a"}`, problem: "password is missing"},
		"empty user":    {body: `{"username":"","password":"x"}`, problem: "username is empty"},
		"number":        {body: `{"username":"a","password":1}`, problem: "password is not a string"},
		"unknown":       {body: `{"username":"a","password":"b","email":"c"}`, problem: "unknown field email"},
		"doubled":       {body: `{"username":"a","username":"a","password":"b"}`, problem: "field username twice"},
		"array":         {body: `[]`, problem: "not one JSON object"},
		"no body":       {header: []string{"Content-Type", "application/json"}, problem: "body is missing"},
		"no JSON":       {body: secLogin, header: []string{"-Content-Type", ""}, problem: "Content-Type"},
		"half a PUT":    {method: "PUT", body: `{"refreshToken":"x"}`, problem: "token is missing"},
		"PUT with id":   {method: "PUT", body: `{"token":"a","refreshToken":"x","customerId":"c"}`, problem: "unknown field customerId"},
		"other path":    {path: "/api/v1/auth/token", body: secLogin, status: 500, problem: "no such call"},
		"other method":  {method: "PATCH", body: secLogin, status: 500, problem: "no such call"},
		"no API header": {method: "GET", path: "/api/v2/customers/me", status: 401, problem: "Authorization"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewSecMgmt, nil)
			method, path, status := "POST", secPath, 400
			if tc.method != "" {
				method = tc.method
			}
			if tc.path != "" {
				path = tc.path
			}
			if tc.status != 0 {
				status = tc.status
			}
			a := s.do(method, path, tc.body, tc.header...)
			assert.Equal(t, status, a.status)
			if status != 401 {
				assert.EqualValues(t, status, a.value(t, "status"), "outside the envelope")
			}
			s.problem(tc.problem)
			assert.Zero(t, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestSecMgmtLimits(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewSecMgmt, &vendortest.Options{MaxFailures: 1, RateLimit: 2})
	s.do("POST", secPath, `{"username":"ops@example.com","password":"x"}`).is(t, 200, secWrong)
	s.do("POST", secPath, secLogin).is(t, 200, secWrong)
	a := s.do("POST", secPath, secLogin)
	assert.Equal(t, 429, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Equal(t, 1, s.srv.Counts().LockedOut)
}

func TestSecMgmtShortLifetimes(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewSecMgmt, &vendortest.Options{AccessLife: 1500 * time.Millisecond})
	a := s.do("POST", secPath, secLogin)
	assert.Equal(t, 1.5, a.value(t, "content.0.validityTime"))
}

func TestSecMgmtFailures(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewSecMgmt, nil)
	s.srv.Inject(
		vendortest.Fault{Status: 503}, vendortest.Fault{Status: 200, Code: "GLOBAL_1001"}, vendortest.Fault{Status: 500},
		vendortest.Fault{Code: "SUBSCRIBER_1002", Status: 404},
	)
	const unavailable = `{"errorCode":"GLOBAL_1001","errorMessage":"Service unavailable","content":"","pageable":""}`
	s.do("POST", secPath, secLogin).is(t, 503, unavailable)
	s.do("POST", secPath, secLogin).is(t, 200, unavailable)
	assert.Equal(t, "Internal Server Error", s.do("POST", secPath, secLogin).value(t, "error"))
	assert.Equal(t, "SUBSCRIBER_1002", s.do("POST", secPath, secLogin).value(t, "errorCode"))
}

package vendortest_test

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

var genHeaders = []string{"accept", "application/json", "x-api-key", vendortest.DefaultAPIKey}

func genQuery(email, password string) string {
	return "/auth/token?" + url.Values{"email": {email}, "password": {password}}.Encode()
}

func (s session) genLogin() answer {
	s.Helper()
	a := s.do("POST", genQuery(email, password), "", genHeaders...)
	require.Equal(s, 200, a.status, a.body)
	return a
}

func (s session) genAPI(token string, more ...string) answer {
	s.Helper()
	return s.do("GET", s.srv.APIURL(), "", append([]string{"Access-Token", token, "x-api-key", vendortest.DefaultAPIKey}, more...)...)
}

func TestGenLogsLogin(t *testing.T) {
	t.Parallel()
	users := []vendortest.User{{Email: "ops+1@example.com", Password: "1234+ &=%"}}
	bothWays(t, vendortest.NewGenLogs, vendortest.Options{Users: users}, func(s session) {
		a := s.do("POST", genQuery("ops+1@example.com", "1234+ &=%"), "", genHeaders...)
		assert.Equal(s, 200, a.status)
		assert.ElementsMatch(s, []string{"access_token_data", "refresh_token_data", "user_id"}, a.keys(s))
		expires, err := time.Parse(time.RFC3339, a.field(s, "access_token_data.expires"))
		require.NoError(s, err)
		assert.WithinDuration(s, time.Now().Add(time.Hour), expires, 5*time.Second)
		assert.NotEmpty(s, a.field(s, "user_id"))

		me := s.genAPI(a.field(s, "access_token_data.token"))
		assert.Equal(s, "ops+1@example.com", me.value(s, "email"))
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 2, Logins: 1, APICalls: 1}, s.srv.Counts())

		unescaped := s.do("POST", "/auth/token?email=ops%2B1@example.com&password=1234+%20%26=%25", "", genHeaders...)
		unescaped.is(s, 401, `{"detail":"Incorrect email or password"}`)
		assert.Equal(s, 1, s.srv.Counts().WrongPasswords)
	})
}

func TestGenLogsBodyCredentials(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenLogs, vendortest.Options{BodyCredentials: true}, func(s session) {
		assert.Equal(s, 200, s.do("POST", "/auth/token", gmiLogin, genHeaders...).status)
		s.noProblems()
		s.do("POST", genQuery(email, password), "", append([]string{"Content-Type", "application/json"}, genHeaders...)...).
			is(s, 422, `{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}`)
		s.problem("a query does not belong here")
	})
}

func TestGenLogsInvalidRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		inBody     bool
		url, body  string
		header     []string
		status     int
		want       string
		problem    string
		noContract bool // no contract broken, just rejected
	}{
		"no key": {
			url: genQuery(email, password), header: []string{"accept", "application/json"}, status: 403, want: `{"message":"Forbidden"}`,
			problem: "x-api-key",
		},
		"wrong key": {
			url: genQuery(email, password), header: []string{"accept", "application/json", "x-api-key", "nope"}, status: 403,
			want: `{"message":"Forbidden"}`, noContract: true,
		},
		"no accept": {url: genQuery(email, password), header: genHeaders[2:], status: 422,
			want:    `{"detail":[{"type":"missing","loc":["header","accept"],"msg":"Field required","input":null}]}`,
			problem: "accept"},
		"no password": {url: "/auth/token?email=a", header: genHeaders, status: 422,
			want:    `{"detail":[{"type":"missing","loc":["query","password"],"msg":"Field required","input":null}]}`,
			problem: "no password"},
		"empty password": {url: "/auth/token?email=a&password=", header: genHeaders, status: 422,
			want: `{"detail":[{"type":"string_too_short","loc":["query","password"],"msg":"String should have at least 1 character",` +
				`"input":"","ctx":{"min_length":1}}]}`, problem: "empty"},
		"two passwords": {url: "/auth/token?email=a&password=b&password=c", header: genHeaders, status: 422,
			want: `{"detail":[{"type":"extra_forbidden","loc":["query","password"],"msg":"Extra inputs are not permitted",` +
				`"input":["b","c"]}]}`, problem: "2 times"},
		"extra parameter": {url: genQuery(email, password) + "&web=1", header: genHeaders, status: 422,
			want:    `{"detail":[{"type":"extra_forbidden","loc":["query","web"],"msg":"Extra inputs are not permitted","input":"1"}]}`,
			problem: "unknown parameter web"},
		"not encoded": {url: "/auth/token?email=a&password=%zz", header: genHeaders, status: 422,
			want:    `{"detail":[{"type":"missing","loc":["query","password"],"msg":"Field required","input":null}]}`,
			problem: "not URL-encoded"},
		"body: no password": {inBody: true, url: "/auth/token", body: `{"email":"a"}`, header: genHeaders, status: 422,
			want:    `{"detail":[{"type":"missing","loc":["body","password"],"msg":"Field required","input":{"email":"a"}}]}`,
			problem: "password is missing"},
		"body: number": {inBody: true, url: "/auth/token", body: `{"email":"a","password":12345}`, header: genHeaders, status: 422,
			want: `{"detail":[{"type":"string_type","loc":["body","password"],"msg":"Input should be a valid string",` +
				`"input":12345}]}`, problem: "not a string"},
		"body: extra": {inBody: true, url: "/auth/token", body: `{"email":"a","password":"b","x":{}}`, header: genHeaders, status: 422,
			want:    `{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted","input":{}}]}`,
			problem: "unknown field x"},
		"body: empty": {inBody: true, url: "/auth/token", body: `{"email":"","password":"b"}`, header: genHeaders, status: 422,
			want: `{"detail":[{"type":"string_too_short","loc":["body","email"],"msg":"String should have at least 1 character",` +
				`"input":"","ctx":{"min_length":1}}]}`, problem: "empty"},
		"body: cut": {inBody: true, url: "/auth/token", body: `{"email":`, header: genHeaders, status: 422,
			want: `{"detail":[{"type":"json_invalid","loc":["body",0],"msg":"JSON decode error","input":{},` +
				`"ctx":{"error":"Expecting value"}}]}`, problem: "not one JSON object"},
		"unknown path": {url: "/auth/tokens", header: genHeaders, status: 404, want: `{"detail":"Not Found"}`, problem: "no such call"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewGenLogs, &vendortest.Options{BodyCredentials: tc.inBody})
			s.do("POST", tc.url, tc.body, tc.header...).is(t, tc.status, tc.want)
			if tc.noContract {
				s.noProblems()
				assert.Equal(t, 1, s.srv.Counts().WrongAPIKeys)
				return
			}
			s.problem(tc.problem)
			assert.Zero(t, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestGenLogsStrayBodyIsNoticed(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, nil)
	assert.Equal(t, 200, s.do("POST", genQuery(email, password), "{}", genHeaders...).status)
	s.problem("a body does not belong here")
}

func TestGenLogsSlashRedirect(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, nil)
	a := s.do("POST", "/auth/token/?email=a&password=b", "", genHeaders...)
	assert.Equal(t, 307, a.status)
	assert.Equal(t, "http://127.0.0.1/auth/token?email=a&password=b", a.header.Get("Location"))
	s.problem("slash")
}

func TestGenLogsRefresh(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, nil)
	path := "/auth/token/refresh?refresh_token=" + url.QueryEscape(s.genLogin().field(t, "refresh_token_data.token"))
	s.do("POST", path, "", genHeaders...).is(
		t, 401, `{"detail":{"message":"The refresh token is not usable at this time","subcode":"refresh_disabled"}}`,
	)
	s.noProblems()

	bothWays(t, vendortest.NewGenLogs, vendortest.Options{RefreshWorks: true}, func(s session) {
		path := "/auth/token/refresh?refresh_token=" + url.QueryEscape(s.genLogin().field(s, "refresh_token_data.token"))
		a := s.do("POST", path, "", genHeaders...)
		assert.Equal(s, 200, a.status)
		assert.ElementsMatch(s, []string{"access_token_data", "refresh_token_data", "user_id", "company_id"}, a.keys(s))
		assert.Equal(s, 200, s.genAPI(a.field(s, "access_token_data.token")).status)
		s.do("POST", path, "", genHeaders...).is(s, 401, `{"detail":{"message":"Invalid refresh token","subcode":"invalid_token"}}`)
		s.noProblems()
		assert.Equal(s, 422, s.do("POST", "/auth/token/refresh", "", genHeaders...).status)
		assert.Equal(s, 403, s.do("POST", path, "", "accept", "application/json").status)
		c := s.srv.Counts()
		assert.Equal(s, []int{1, 3, 1, 2}, []int{c.Refreshes, c.RefreshesRejected, c.RefreshReused, c.Invalid})
	})
}

func TestGenLogsAPI(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, nil)
	token := s.genLogin().field(t, "access_token_data.token")
	assert.Equal(t, 403, s.do("GET", s.srv.APIURL(), "", "Access-Token", token).status)
	s.do("GET", s.srv.APIURL(), "", genHeaders...).is(t, 401, `{"message":"Missing access token","subcode":1}`)
	s.genAPI("Bearer "+token).is(t, 401, `{"message":"Missing access token","subcode":1}`)
	assert.Equal(t, 3, s.srv.Counts().Invalid)
	s.genAPI("x").is(t, 401, `{"detail":{"message":"Invalid token","subcode":"invalid_token"}}`)
	assert.Equal(t, 3, s.srv.Counts().Invalid)
	assert.Equal(t, 200, s.genAPI(token, bearer(token)...).status)
	assert.Equal(t, 4, s.srv.Counts().Invalid, "Authorization does not belong there")
	assert.Equal(t, 4, s.srv.Counts().APIRejected)
}

func TestGenLogsExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{401, 403} {
			s := inMemory(t, vendortest.NewGenLogs, &vendortest.Options{NaiveExpires: true, ExpiredStatus: status, AccessLife: 90 * time.Second})
			a := s.genLogin()
			expires, err := time.Parse("2006-01-02T15:04:05.000000", a.field(t, "access_token_data.expires"))
			require.NoError(t, err)
			assert.Equal(t, time.Now().UTC().Add(90*time.Second), expires)
			time.Sleep(90 * time.Second)
			s.genAPI(a.field(t, "access_token_data.token")).is(t, status, `{"detail":"Token has expired"}`)
			assert.Equal(t, 1, s.srv.Counts().APIExpired)
		}
	})
}

func TestGenLogsLimits(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, &vendortest.Options{MaxFailures: 2, RateLimit: 4})
	for range 2 {
		assert.Equal(t, 401, s.do("POST", genQuery(email, "x"), "", genHeaders...).status)
	}
	s.do("POST", genQuery(email, password), "", genHeaders...).is(t, 401, `{"detail":"Incorrect email or password"}`)
	assert.Equal(t, 401, s.do("POST", genQuery("other@example.com", "x"), "", genHeaders...).status)
	a := s.do("POST", genQuery(email, password), "", genHeaders...)
	a.is(t, 429, `{"message":"Too Many Requests"}`)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	c := s.srv.Counts()
	assert.Equal(t, []int{3, 1, 1, 0}, []int{c.WrongPasswords, c.LockedOut, c.RateLimited, c.Logins})
}

func TestGenLogsFailures(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenLogs, nil)
	s.srv.Inject(vendortest.Fault{Status: 500}, vendortest.Fault{Status: 403}, vendortest.Fault{Status: 401}, vendortest.Fault{Status: 599})
	login := func() answer { return s.do("POST", genQuery(email, password), "", genHeaders...) }
	login().is(t, 500, `{"message":"Internal Server Error","code":500}`)
	login().is(t, 403, `{"message":"Forbidden"}`)
	login().is(t, 401, `{"detail":"Unauthorized"}`)
	login().is(t, 599, `{"message":"Error","code":599}`)
}

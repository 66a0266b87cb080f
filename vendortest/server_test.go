package vendortest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// five are the servers, with one good login request each.
var five = map[string]struct {
	make   func(*vendortest.Options) *vendortest.Server
	host   string
	path   string
	body   string
	header []string
	status int
}{
	"gmicloud":     {vendortest.NewGMICloud, "https://console.gmicloud.ai/api/v1", "/me/auth-tokens", gmiLogin, nil, 201},
	"genlogs":      {vendortest.NewGenLogs, "https://api.genlogs.io", genQuery(email, password), "", genHeaders, 200},
	"gcore":        {vendortest.NewGcore, "https://api.gcore.com", "/iam/auth/jwt/login", gcoreBody(""), nil, 200},
	"secmgmt":      {vendortest.NewSecMgmt, "", secPath, secLogin, nil, 200},
	"genericlogin": {vendortest.NewGenericLogin, "", genericPath, genericBody(""), nil, 200},
}

func TestLoopbackURLs(t *testing.T) {
	t.Parallel()
	for name, v := range five {
		srv := v.make(nil)
		assert.Equal(t, "vendortest server at "+srv.URL, fmt.Sprint(srv), name)
		assert.Equal(t, "http://127.0.0.1", strings.TrimSuffix(srv.URL, "/api/v1"), name)
		assert.True(t, strings.HasPrefix(srv.APIURL(), srv.URL+"/"), name)
		srv.Start()
		assert.Regexp(t, `^http://127\.0\.0\.1:\d+(/api/v1)?$`, srv.URL, name)
		assert.Same(t, srv, srv.Start())
		s := session{t, srv, srv.Client()}
		assert.Equal(t, v.status, s.do("POST", v.path, v.body, v.header...).status, "in memory beside the socket")
		srv.Close()
		srv.Close()
		_, err := s.try("POST", v.path, v.body, v.header...)
		assert.ErrorIs(t, err, memhttp.ErrRefused)
		_, err = session{t, srv, socketClient(t)}.try("POST", v.path, v.body, v.header...)
		assert.ErrorIs(t, err, memhttp.ErrRefused)
		assert.Panics(t, func() { srv.Start() })
	}
}

func TestMountedElsewhere(t *testing.T) {
	t.Parallel()
	for name, v := range five {
		srv := v.make(nil)
		front := httptest.NewServer(srv)
		srv.URL = front.URL + strings.TrimPrefix(srv.URL, "http://127.0.0.1")
		s := session{t, srv, front.Client()}
		assert.Equal(t, v.status, s.do("POST", v.path, v.body, v.header...).status, name)
		front.Close()
	}
}

func TestRotatedPassword(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	before := s.gcoreLogin().field(t, "access")
	s.srv.SetUser(vendortest.User{Email: "OPS@example.com", Password: "example-password-2"})
	s.do("POST", "/iam/auth/jwt/login", gcoreBody("")).is(t, 400, gcoreNoAccount)
	assert.Equal(t, 200, s.do("POST", "/iam/auth/jwt/login", `{"username":"Ops@Example.com","password":"example-password-2"}`).status)
	assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(before)...).status)
	s.srv.SetUser(vendortest.User{Email: "second@example.com", Password: "p"})
	assert.Equal(t, 200, s.do("POST", "/iam/auth/jwt/login", `{"username":"second@example.com","password":"p"}`).status)
	assert.Panics(t, func() { s.srv.SetUser(vendortest.User{TOTP: "not base32!"}) })
	assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(before)...).status, "the lock was let go")
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	first, other := s.gcoreLogin(), s.gcoreLogin()
	s.srv.Revoke()
	assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(first.field(t, "access"))...).status)
	next := s.gcoreRefresh(first.field(t, "refresh"))
	assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(next.field(t, "access"))...).status)
	s.srv.RevokeAll()
	assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(next.field(t, "access"))...).status)
	assert.Equal(t, 401, s.gcoreRefresh(next.field(t, "refresh")).status)
	assert.Equal(t, 401, s.gcoreRefresh(other.field(t, "refresh")).status)
	assert.Zero(t, s.srv.Counts().RefreshReused)
}

func TestClockOffset(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := inMemory(t, vendortest.NewGMICloud, &vendortest.Options{ClockOffset: offset})
			a := s.gmiSession(s.gmiFirst(), "")
			date, err := http.ParseTime(a.header.Get("Date"))
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(offset), date, 0)
			_, in := claims(t, a.field(t, "accessToken"))
			assert.EqualValues(t, time.Now().Add(offset).Unix(), in["iat"])
			assert.EqualValues(t, time.Now().Add(offset+time.Hour).Unix(), in["exp"])
			get := func() int {
				return s.do("GET", s.srv.APIURL(), "", append(bearer(a.field(t, "accessToken")), gmiDevice...)...).status
			}
			time.Sleep(time.Hour - time.Second)
			assert.Equal(t, 200, get())
			time.Sleep(time.Second)
			assert.Equal(t, 401, get())
			s.srv.SetClockOffset(offset - time.Minute)
			assert.Equal(t, 200, get(), "the clock went back")
		})
	}
}

func TestClockOffsetMovesTOTP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, &vendortest.Options{
			ClockOffset: time.Hour, Users: []vendortest.User{{Email: email, Password: password, TOTP: "jbsw y3dp-ehpk3pxp===="}}})
		assert.Equal(t, code(t, time.Now().Add(time.Hour)), s.srv.Code(email))
		assert.Equal(t, 400, s.do("POST", "/iam/auth/jwt/login", gcoreBody(`,"one_time_password":"`+code(t, time.Now())+`"`)).status)
	})
}

func TestTokensCanBeIssuedExpired(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, &vendortest.Options{AccessLife: -time.Minute})
	assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(s.gcoreLogin().field(t, "access"))...).status)
	assert.Equal(t, 1, s.srv.Counts().APIExpired)
}

func TestShortLifetimesAreExact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, &vendortest.Options{AccessLife: 300 * time.Millisecond})
		time.Sleep(50 * time.Millisecond)
		token := s.gcoreLogin().field(t, "access")
		_, in := claims(t, token)
		assert.InDelta(t, float64(time.Now().UnixMilli()+300)/1000, in["exp"], 1e-6)
		time.Sleep(299 * time.Millisecond)
		assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", bearer(token)...).status)
		time.Sleep(time.Millisecond)
		assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(token)...).status)
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	for _, v := range five {
		bothWays(t, v.make, vendortest.Options{}, func(s session) {
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					a, err := s.try("POST", v.path, v.body, v.header...)
					assert.NoError(s, err)
					assert.Equal(s, v.status, a.status)
					s.srv.SetClockOffset(0)
					s.srv.Code(email)
					s.srv.Problems()
				})
			}
			wg.Wait()
			assert.Equal(s, 20, s.srv.Counts().Requests)
			s.noProblems()
		})
	}
}

// Values that must not show in a problem stand in the places of names.
func TestProblemsHoldNoSecret(t *testing.T) {
	t.Parallel()
	for name, v := range five {
		s := inMemory(t, v.make, &vendortest.Options{BodyCredentials: true, APIKey: "the-key", Users: []vendortest.User{
			{Email: email, Password: "hunter2", TOTP: secret, RecoveryCodes: []string{"recover"}, IdPCode: "idp-code"}}})
		long := strings.Repeat("a1", 20)
		for _, secret := range []string{"hunter2", "the-key", secret, "recover", "idp-code", long, "p!w"} {
			path, _, _ := strings.Cut(v.path, "?")
			s.do(
				"POST", path, `{"`+secret+`":"`+secret+`","email":"`+secret+`","password":12345}`, "x-api-key", "the-key", "accept", "application/json",
			)
			s.do("POST", path+"?"+secret+"="+secret, "", "Authorization", secret, "CE-ClientId", secret, "Content-Type", secret)
			s.do("GET", "/"+secret+"/"+secret, "")
			all := strings.Join(s.srv.Problems(), "\n")
			assert.NotContains(t, all, secret, name)
		}
		assert.NotEmpty(t, s.srv.Problems(), name)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	for range 1100 {
		s.do("GET", "/x", "")
	}
	assert.Len(t, s.srv.Problems(), 1000)
	assert.Equal(t, 1100, s.srv.Counts().Invalid)
	assert.Equal(t, "GET /x: there is no such call", s.srv.Problems()[0])
}

func TestOversizedBody(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		a := s.do("POST", "/iam/auth/jwt/login", strings.Repeat(" ", 16<<20+1))
		assert.Equal(s, 413, a.status)
		s.problem("larger than 16 MiB")
	})
}

// signIn logs in and gives the headers of an API call.
func (s session) signIn(vendor string) []string {
	switch vendor {
	case "gmicloud":
		return append(bearer(s.gmiSession(s.gmiFirst(), "").field(s, "accessToken")), gmiDevice...)
	case "genlogs":
		return []string{"Access-Token", s.genLogin().field(s, "access_token_data.token"), "x-api-key", vendortest.DefaultAPIKey}
	case "gcore":
		return bearer(s.gcoreLogin().field(s, "access"))
	case "secmgmt":
		token, _ := s.secLogin()
		return bearer(token)
	}
	return bearer(s.genericLogin("").field(s, "token"))
}

func TestAPIOfAllFive(t *testing.T) {
	t.Parallel()
	for name, v := range five {
		s := inMemory(t, v.make, nil)
		header := s.signIn(name)
		assert.Contains(t, s.do("GET", s.srv.APIURL(), "", header...).body, email, name)
		for method, url := range map[string]string{"POST": s.srv.APIURL(), "PUT": s.srv.APIURL() + "/a/b", "GET": s.srv.APIURL() + "/echo"} {
			a := s.do(method, url, "hello", header...)
			assert.Equal(t, 200, a.status, name)
			assert.Equal(t, method, a.value(t, "method"), name)
			assert.EqualValues(t, 5, a.value(t, "bytes"), name)
		}
		s.noProblems()
		if name != "genericlogin" {
			s.do("GET", s.srv.APIURL(), "", append(header, "Cookie", "a=b")...)
			s.problem("Cookie")
		}
		accepted := s.srv.Counts().APICalls
		s.do("GET", s.srv.APIURL()+"x", "", header...)
		s.srv.Revoke()
		assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", header...).status, name)
		assert.Equal(t, accepted, s.srv.Counts().APICalls, name)
		assert.Equal(t, 1, s.srv.Counts().APIRejected, name)
		assert.Zero(t, s.srv.Counts().APIExpired, name)
	}
}

func TestGcoreSelectWithABody(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	s.do("GET", "/iam/auth/jwt/clients/2/login?x=1", "{}", append(s.signIn("gcore"), "Cookie", "a=b")...)
	s.problem("a body does not belong here")
	s.problem("a query does not belong here")
	s.problem("Cookie")
	s.srv.Inject(vendortest.Fault{Status: 401})
	s.gcoreRefresh("x").is(t, 401, `{"detail":"Given token not valid for any token type","code":"token_not_valid"}`)
}

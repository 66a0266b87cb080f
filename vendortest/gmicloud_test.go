package vendortest_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

const gmiLogin = `{"email":"ops@example.com","password":"example-password"}`

var gmiDevice = []string{"CE-ClientId", "dev1"}

func (s session) gmiFirst() string {
	s.Helper()
	a := s.do("POST", "/me/auth-tokens", gmiLogin)
	require.Equal(s, 201, a.status, a.body)
	return a.field(s, "authToken")
}

func (s session) gmiSession(authToken, more string) answer {
	s.Helper()
	return s.do("POST", "/me/sessions", `{"authToken":"`+authToken+`"`+more+`}`, gmiDevice...)
}

func (s session) gmiRefresh(token string, header ...string) answer {
	s.Helper()
	return s.do("PATCH", "/me/sessions", `{"refreshToken":"`+token+`"}`, header...)
}

func TestGMICloudLogin(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGMICloud, vendortest.Options{}, func(s session) {
		assert.Contains(s, s.srv.URL, "/api/v1")
		first := s.do("POST", "/me/auth-tokens", gmiLogin)
		assert.Equal(s, 201, first.status)
		assert.Equal(s, false, first.value(s, "is2FARequired"))
		assert.ElementsMatch(s, []string{"authToken", "is2FARequired"}, first.keys(s))

		got := s.gmiSession(first.field(s, "authToken"), "")
		assert.Equal(s, 201, got.status)
		assert.ElementsMatch(s, []string{"accessToken", "refreshToken"}, got.keys(s))
		_, access := claims(s, got.field(s, "accessToken"))
		assert.NotEmpty(s, access["userId"])
		assert.InDelta(s, time.Now().Add(time.Hour).Unix(), access["exp"], 5)

		me := s.do("GET", s.srv.APIURL(), "", append(bearer(got.field(s, "accessToken")), gmiDevice...)...)
		assert.Equal(s, 200, me.status)
		assert.Equal(s, email, me.value(s, "user.email"))
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 3, Logins: 1, APICalls: 1}, s.srv.Counts())

		again := s.gmiSession(first.field(s, "authToken"), "")
		again.is(s, 400, `{"group":"session","code":1,"message":"Invalid auth token."}`)
		assert.Zero(s, s.srv.Counts().OTPReused)
	})
}

func TestGMICloudWrongPassword(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGMICloud, vendortest.Options{}, func(s session) {
		for _, body := range []string{`{"email":"ops@example.com","password":"x"}`, `{"email":"who@example.com","password":"example-password"}`} {
			s.do("POST", "/me/auth-tokens", body).is(s, 400, `{"group":"session","code":0,"message":"Invalid email or password."}`)
		}
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 2, WrongPasswords: 2}, s.srv.Counts())
	})
}

func TestGMICloudForeignHeaders(t *testing.T) {
	t.Parallel()
	for _, h := range [][]string{bearer("x"), {"Cookie", "a=b"}, {"x-api-key", "k"}, {"Access-Token", "k"}} {
		s := inMemory(t, vendortest.NewGMICloud, nil)
		assert.Equal(t, 201, s.do("POST", "/me/auth-tokens", gmiLogin, h...).status)
		s.problem(h[0])
	}
	s := inMemory(t, vendortest.NewGMICloud, nil)
	s.do("POST", "/me/auth-tokens?email=a", gmiLogin)
	s.problem("query")
	assert.Equal(t, 404, inMemory(t, vendortest.NewGMICloud, nil).do("DELETE", "/me/sessions", "").status)
}

func TestGMICloudSDKFieldsAreTolerated(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGMICloud, nil)
	assert.Equal(t, 201, s.gmiSession(s.gmiFirst(), `,"otpCode":null,"type":"native"`).status)
	s.noProblems()
}

func TestGMICloudSecondFactor(t *testing.T) {
	t.Parallel()
	users := []vendortest.User{{Email: email, Password: password, EmailCode: true}}
	bothWays(t, vendortest.NewGMICloud, vendortest.Options{Users: users}, func(s session) {
		first := s.do("POST", "/me/auth-tokens", gmiLogin)
		assert.Equal(s, true, first.value(s, "is2FARequired"))
		token := first.field(s, "authToken")
		mailed := s.srv.Code(email)
		assert.Regexp(s, `^0\d{5}$`, mailed)

		s.gmiSession(token, `,"otpCode":"999999"`).is(s, 400, `{"group":"session","code":2,"message":"Invalid OTP code."}`)
		n, _ := strconv.Atoi(mailed)
		assert.Equal(s, 400, s.gmiSession(token, fmt.Sprintf(`,"otpCode":"%d"`, n)).status, "without the leading zero")
		s.noProblems()

		resent := s.do("POST", "/me/2fa-verification-code", `{"authToken":"`+token+`"}`)
		assert.Equal(s, 200, resent.status)
		assert.Empty(s, resent.body)
		if newCode := s.srv.Code(email); newCode != mailed {
			assert.Equal(s, 400, s.gmiSession(token, `,"otpCode":"`+mailed+`"`).status, "the earlier code has ended")
		}

		last := `,"otpCode":"` + s.srv.Code(email) + `"`
		assert.Equal(s, 201, s.gmiSession(token, last).status)
		assert.Zero(s, s.srv.Counts().OTPReused)
		s.gmiSession(token, last).is(s, 400, `{"group":"session","code":1,"message":"Invalid auth token."}`)
		assert.Equal(s, 1, s.srv.Counts().OTPReused)
		s.noProblems()
		c := s.srv.Counts()
		assert.Equal(s, 1, c.Logins)
		assert.Equal(s, 1, c.OTPs)
		assert.Equal(s, 1, c.Resends)
		assert.GreaterOrEqual(s, c.WrongOTPs, 2)
	})
}

func TestGMICloudSecondFactorMisused(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGMICloud, nil)
	s.gmiSession(s.gmiFirst(), `,"otpCode":"012345"`).is(t, 400,
		`{"group":"request","code":0,"validationDetail":[{"field":"otpCode","expression":"excluded","originalValue":"012345",`+
			`"reason":"This field is not expected."}]}`)
	s.problem("is2FARequired was false")

	s = inMemory(t, vendortest.NewGMICloud, nil)
	assert.Equal(t, 400, s.do("POST", "/me/2fa-verification-code", `{"authToken":"`+s.gmiFirst()+`"}`).status)
	s.problem("is2FARequired was false")

	s = inMemory(t, vendortest.NewGMICloud, &vendortest.Options{Users: []vendortest.User{{Email: email, Password: password, EmailCode: true}}})
	token := s.gmiFirst()
	assert.Equal(t, 400, s.gmiSession(token, "").status)
	s.problem("is2FARequired was true")
	assert.Equal(t, 400, s.do("POST", "/me/2fa-verification-code", `{"authToken":"x"}`).status)
	for range 5 {
		assert.Equal(t, 200, s.do("POST", "/me/2fa-verification-code", `{"authToken":"`+token+`"}`).status)
	}
	a := s.do("POST", "/me/2fa-verification-code", `{"authToken":"`+token+`"}`)
	a.is(t, 429, `{"group":"user","code":400,"message":"Too many requests."}`)
	assert.Equal(t, "300", a.header.Get("Retry-After"))
	for range 5 {
		assert.Equal(t, 400, s.gmiSession(token, `,"otpCode":"999999"`).status)
	}
	s.gmiSession(token, `,"otpCode":"`+s.srv.Code(email)+`"`).is(t, 429, `{"group":"rate-limit","code":0,"message":"Rate limit exceeded."}`)
	assert.Equal(t, 1, s.srv.Counts().LockedOut)
	assert.Equal(t, 2, s.srv.Counts().RateLimited)
	assert.Equal(t, 0, s.srv.Counts().Logins)
}

func TestGMICloudRefresh(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGMICloud, vendortest.Options{}, func(s session) {
		old := s.gmiSession(s.gmiFirst(), "")
		token := old.field(s, "refreshToken")
		s.gmiRefresh(token, "CE-ClientId", "dev2").is(s, 400, `{"group":"auth","code":0,"message":"Invalid CE-ClientId."}`)
		s.problem("not the one of the login")

		pair := s.gmiRefresh(token, gmiDevice...)
		assert.Equal(s, 200, pair.status)
		assert.NotEqual(s, token, pair.field(s, "refreshToken"))
		assert.NotEqual(s, old.field(s, "accessToken"), pair.field(s, "accessToken"))

		const rejected = `{"group":"auth","code":1,"message":"Invalid refresh token."}`
		s.gmiRefresh(token, gmiDevice...).is(s, 400, rejected)
		s.gmiRefresh("nonsense", gmiDevice...).is(s, 400, rejected)
		assert.Equal(s, 200, s.gmiRefresh(pair.field(s, "refreshToken"), gmiDevice...).status)
		c := s.srv.Counts()
		assert.Equal(s, []int{2, 3, 1}, []int{c.Refreshes, c.RefreshesRejected, c.RefreshReused})
	})
}

func TestGMICloudTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGMICloud, nil)
		stale := s.gmiFirst()
		pair := s.gmiSession(s.gmiFirst(), "")
		call := func() answer {
			return s.do("GET", s.srv.APIURL(), "", append(bearer(pair.field(s, "accessToken")), gmiDevice...)...)
		}
		time.Sleep(5 * time.Minute)
		assert.Equal(t, 400, s.gmiSession(stale, "").status)
		time.Sleep(55*time.Minute - time.Second)
		assert.Equal(t, 200, call().status)
		time.Sleep(time.Second)
		call().is(t, 401, `{"group":"auth","code":3,"message":"The access token has expired."}`)
		assert.Equal(t, 1, s.srv.Counts().APIExpired)
		time.Sleep(30 * 24 * time.Hour)
		assert.Equal(t, 400, s.gmiRefresh(pair.field(s, "refreshToken"), gmiDevice...).status)
		s.noProblems()
	})
}

func TestGMICloudAPI(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGMICloud, nil)
	token := s.gmiSession(s.gmiFirst(), "").field(t, "accessToken")
	const bad = `{"group":"auth","code":2,"message":"Invalid access token."}`
	s.do("GET", s.srv.APIURL(), "", gmiDevice...).is(t, 401, bad)
	s.do("GET", s.srv.APIURL(), "", bearer(token)...).is(t, 401, bad)
	s.do("GET", s.srv.APIURL(), "", append(bearer(token), "CE-ClientId", "dev2")...).is(t, 401, bad)
	s.do("GET", s.srv.APIURL(), "", "Authorization", "bearer "+token, "CE-ClientId", "dev1").is(t, 401, bad)
	s.do("POST", s.srv.APIURL()+"/echo", "hello", append(bearer(token), gmiDevice...)...).is(t, 200,
		`{"method":"POST","path":"/api/v1/me/profile/echo","bytes":5,`+
			`"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}`)
	assert.Equal(t, 4, s.srv.Counts().APIRejected)
	assert.Equal(t, 1, s.srv.Counts().APICalls)
}

func TestGMICloudLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGMICloud, &vendortest.Options{RateLimit: 2, RateWindow: time.Minute})
		s.gmiFirst()
		time.Sleep(10*time.Second + time.Millisecond)
		s.gmiFirst()
		a := s.do("POST", "/me/auth-tokens", gmiLogin)
		a.is(t, 429, `{"group":"rate-limit","code":0,"message":"Rate limit exceeded."}`)
		assert.Equal(t, "50", a.header.Get("Retry-After"), "49.999 s, rounded up")
		time.Sleep(50 * time.Second)
		s.gmiFirst()
		time.Sleep(time.Second)
		s.gmiFirst()
		a = s.do("POST", "/me/auth-tokens", gmiLogin)
		assert.Equal(t, "59", a.header.Get("Retry-After"), "a window of its own")
		assert.Equal(t, 2, s.srv.Counts().RateLimited)
	})
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGMICloud, nil)
		for range 10 {
			assert.Equal(t, 400, s.do("POST", "/me/auth-tokens", `{"email":"OPS@example.com","password":"x"}`).status)
			time.Sleep(time.Second)
		}
		a := s.do("POST", "/me/auth-tokens", gmiLogin)
		assert.Equal(t, 429, a.status)
		assert.Equal(t, "590", a.header.Get("Retry-After"))
		time.Sleep(590 * time.Second)
		s.gmiFirst()
		c := s.srv.Counts()
		assert.Equal(t, []int{10, 1, 1}, []int{c.WrongPasswords, c.LockedOut, c.RateLimited})
	})
}

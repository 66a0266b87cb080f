package vendortest_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

const gcoreNoAccount = `{"errors":{"errors":["No active account found with the given credentials."]}}`

func gcoreBody(more string) string {
	return `{"username":"ops@example.com","password":"example-password"` + more + `}`
}

func (s session) gcoreLogin() answer {
	s.Helper()
	a := s.do("POST", "/iam/auth/jwt/login", gcoreBody(""))
	require.Equal(s, 200, a.status, a.body)
	return a
}

func (s session) gcoreRefresh(token string) answer {
	s.Helper()
	return s.do("POST", "/iam/auth/jwt/refresh", `{"refresh":"`+token+`"}`)
}

func TestGcoreLogin(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		a := s.gcoreLogin()
		assert.ElementsMatch(s, []string{"refresh", "access"}, a.keys(s))
		access, refresh := a.field(s, "access"), a.field(s, "refresh")
		header, in := claims(s, access)
		assert.Equal(s, `{"typ":"JWT","alg":"RS256"}`, header)
		_, refreshed := claims(s, refresh)
		assert.Equal(s, "access", in["token_type"])
		assert.Equal(s, "refresh", refreshed["token_type"])
		assert.Equal(s, refreshed["jti"], in["rjti"])
		assert.InDelta(s, time.Now().Add(time.Hour).Unix(), in["exp"], 5)
		assert.InDelta(s, time.Now().Add(24*time.Hour).Unix(), refreshed["exp"], 5)
		for _, absent := range []string{"iat", "nbf", "iss", "aud", "sub"} {
			assert.NotContains(s, in, absent)
		}
		signature, err := base64.RawURLEncoding.DecodeString(access[strings.LastIndex(access, ".")+1:])
		require.NoError(s, err)
		assert.Len(s, signature, 512)
		assert.InDelta(s, 1150, len(access), 150)

		me := s.do("GET", s.srv.APIURL(), "", bearer(access)...)
		assert.Equal(s, 200, me.status)
		assert.EqualValues(s, 2, me.value(s, "id"))
		s.noProblems()
		assert.Equal(s, vendortest.Counts{Requests: 2, Logins: 1, APICalls: 1}, s.srv.Counts())
	})
}

func TestGcoreInvalidRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path, body, kind string
		status           int
		want, problem    string
	}{
		"wrong password": {body: `{"username":"ops@example.com","password":"x"}`, want: gcoreNoAccount},
		"unknown user":   {body: `{"username":"who@example.com","password":"example-password"}`, want: gcoreNoAccount},
		"no password":    {body: `{"username":"a"}`, want: `{"errors":{"password":["This field is required"]}}`, problem: "password is missing"},
		"nothing": {
			body: `{}`, want: `{"errors":{"password":["This field is required"],"username":["This field is required"]}}`,
			problem: "username is missing",
		},
		"no body": {
			kind: "application/json", want: `{"errors":{"password":["This field is required"],"username":["This field is required"]}}`,
			problem: "body is missing",
		},
		"empty username": {
			body: `{"username":"","password":"x"}`, want: `{"errors":{"username":["This field may not be blank."]}}`, problem: "username is empty",
		},
		"null password": {
			body: `{"username":"a","password":null}`, want: `{"errors":{"password":["This field may not be null."]}}`, problem: "password is null",
		},
		"number password": {
			body: `{"username":"a","password":12345}`, want: `{"errors":{"password":["Not a valid string."]}}`, problem: "password is not a string",
		},
		"number code": {
			body: gcoreBody(`,"one_time_password":123456`), want: `{"errors":{"one_time_password":["Not a valid string."]}}`,
			problem: "one_time_password is not a string",
		},
		"empty code": {
			body: gcoreBody(`,"one_time_password":""`), want: `{"errors":{"one_time_password":["This field may not be blank."]}}`,
			problem: "one_time_password is empty",
		},
		"unknown field": {body: gcoreBody(`,"otp":"1"`), want: `{"errors":{"otp":["Unexpected field."]}}`, problem: "unknown field otp"},
		"doubled field": {
			body: gcoreBody(`,"password":"x"`), want: `{"errors":{"password":["Unexpected field."]}}`, problem: "field password twice",
		},
		"cut": {body: "{\"username\":\"a\",\n\"password\"", want: `{"message":"JSON parse error - Expecting value: line 2 column 11 (char 27)"}`,
			problem: "not one JSON object"},
		"bad JSON": {
			body: `{"username":x}`, want: `{"message":"JSON parse error - Expecting value: line 1 column 13 (char 12)"}`,
			problem: "not one JSON object",
		},
		"array": {
			body: `[]`, want: `{"message":"JSON parse error - Expecting value: line 1 column 1 (char 0)"}`, problem: "not one JSON object",
		},
		"form": {
			body: "username=a", kind: "application/x-www-form-urlencoded", status: 415, want: `{"detail":"Unsupported media type in request."}`,
			problem: "Content-Type",
		},
		"old refresh": {
			path: "refresh", body: `{"token":"x"}`, want: `{"errors":{"refresh":["This field is required"],"token":["Unexpected field."]}}`,
			problem: "unknown field token",
		},
		"bad refresh": {
			path: "refresh", body: `{"refresh":"x"}`, status: 401, want: `{"detail":"Token is invalid or expired","code":"token_not_valid"}`,
		},
		"no such": {path: "logout", body: `{}`, status: 404, want: `{"detail":"Not found."}`, problem: "no such call"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewGcore, nil)
			header, path, status := []string(nil), "login", 400
			if tc.kind != "" {
				header = []string{"-Content-Type", "", "Content-Type", tc.kind}
			}
			if tc.path != "" {
				path = tc.path
			}
			if tc.status != 0 {
				status = tc.status
			}
			s.do("POST", "/iam/auth/jwt/"+path, tc.body, header...).is(t, status, tc.want)
			if tc.problem == "" {
				s.noProblems()
				return
			}
			s.problem(tc.problem)
			assert.Zero(t, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestGcoreForeignHeaders(t *testing.T) {
	t.Parallel()
	for _, h := range [][]string{bearer("x"), {"Cookie", "a=b"}, {"CE-ClientId", "k"}} {
		s := inMemory(t, vendortest.NewGcore, nil)
		assert.Equal(t, 200, s.do("POST", "/iam/auth/jwt/login", gcoreBody(""), h...).status)
		s.problem(h[0])
	}
}

func TestGcoreSecondFactor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, &vendortest.Options{Users: []vendortest.User{{Email: email, Password: password, TOTP: secret}}})
		login := func(otp string) answer {
			return s.do("POST", "/iam/auth/jwt/login", gcoreBody(`,"one_time_password":"`+otp+`"`))
		}
		const wrong = `{"errors":{"one_time_password":["Invalid one time password."]}}`
		s.do("POST", "/iam/auth/jwt/login", gcoreBody("")).is(t, 400, `{"errors":{"one_time_password":["This field is required"]}}`)
		s.do("POST", "/iam/auth/jwt/login", `{"username":"ops@example.com","password":"x","one_time_password":"1"}`).is(t, 400, gcoreNoAccount)
		login(otherCode(t)).is(t, 400, wrong)
		now := time.Now()
		assert.Equal(t, code(t, now), s.srv.Code(email))
		assert.Equal(t, 200, login(code(t, now)).status)
		login(code(t, now)).is(t, 400, wrong)
		assert.Equal(t, 200, login(code(t, now.Add(-30*time.Second))).status, "the step before")
		assert.Equal(t, 200, login(code(t, now.Add(30*time.Second))).status, "the step after")
		login(code(t, now.Add(60*time.Second))).is(t, 400, wrong)
		s.noProblems()
		c := s.srv.Counts()
		assert.Equal(t, []int{3, 3, 3, 1, 1}, []int{c.Logins, c.OTPs, c.WrongOTPs, c.OTPReused, c.WrongPasswords})
	})
}

func TestGcoreCodeOfUserWithoutSecondFactorIsIgnored(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	assert.Equal(t, 200, s.do("POST", "/iam/auth/jwt/login", gcoreBody(`,"one_time_password":"123456"`)).status)
	s.noProblems()
	assert.Empty(t, s.srv.Code(email))
	assert.Empty(t, s.srv.Code("who@example.com"))
}

func TestGcoreRefresh(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		first := s.gcoreLogin().field(s, "refresh")
		pair := s.gcoreRefresh(first)
		assert.Equal(s, 200, pair.status)
		s.gcoreRefresh(first).is(s, 401, `{"detail":"Token is blacklisted","code":"token_not_valid"}`)
		assert.Equal(s, 200, s.gcoreRefresh(pair.field(s, "refresh")).status)
		s.noProblems()
		c := s.srv.Counts()
		assert.Equal(s, []int{2, 1, 1}, []int{c.Refreshes, c.RefreshesRejected, c.RefreshReused})
	})
}

func TestGcoreSelect(t *testing.T) {
	t.Parallel()
	users := []vendortest.User{{Email: email, Password: password, ClientIDs: []int{7, 9}}}
	bothWays(t, vendortest.NewGcore, vendortest.Options{Users: users}, func(s session) {
		clientOf := func(token string) any {
			_, in := claims(s, token)
			return in["client_id"]
		}
		first := s.gcoreLogin()
		access := first.field(s, "access")
		assert.EqualValues(s, 7, clientOf(access))
		second := s.do("GET", "/iam/auth/jwt/clients/9/login", "", bearer(access)...)
		assert.Equal(s, 200, second.status)
		assert.EqualValues(s, 9, clientOf(second.field(s, "access")))
		assert.EqualValues(s, 9, s.do("GET", s.srv.APIURL(), "", bearer(second.field(s, "access"))...).value(s, "id"))
		assert.EqualValues(s, 9, clientOf(s.gcoreRefresh(second.field(s, "refresh")).field(s, "access")))
		assert.EqualValues(
			s, 7, clientOf(s.gcoreRefresh(first.field(s, "refresh")).field(s, "access")), "the old one stays with the first account",
		)
		s.do("GET", "/iam/auth/jwt/clients/8/login", "", bearer(access)...).is(
			s, 403, `{"detail":"You do not have permission to perform this action."}`,
		)
		s.do("GET", "/iam/auth/jwt/clients/9/login", "", bearer("x")...).is(
			s, 401, `{"detail":"Given token not valid for any token type","code":"token_not_valid"}`,
		)
		s.noProblems()
		s.do("GET", "/iam/auth/jwt/clients/9/login", "").is(s, 401, `{"detail":"Authentication credentials were not provided."}`)
		s.do("GET", "/iam/auth/jwt/clients//login", "", bearer(access)...).is(s, 404, `{"detail":"Not found."}`)
		assert.Equal(s, 2, s.srv.Counts().Invalid)
		assert.Equal(s, 1, s.srv.Counts().Selects)
	})
}

func TestGcoreExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, nil)
		a := s.gcoreLogin()
		get := func() answer { return s.do("GET", s.srv.APIURL(), "", bearer(a.field(t, "access"))...) }
		time.Sleep(time.Hour - time.Nanosecond)
		assert.Equal(t, 200, get().status)
		time.Sleep(time.Nanosecond)
		get().is(t, 401, `{"detail":"Given token not valid for any token type","code":"token_not_valid"}`)
		assert.Equal(t, 401, s.do("GET", "/iam/auth/jwt/clients/2/login", "", bearer(a.field(t, "access"))...).status)
		time.Sleep(23 * time.Hour)
		assert.Equal(t, 401, s.gcoreRefresh(a.field(t, "refresh")).status)
		assert.Equal(t, 1, s.srv.Counts().APIExpired)
		s.noProblems()
	})
}

func TestGcoreLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, &vendortest.Options{RateLimit: 12})
		for range 10 {
			s.do("POST", "/iam/auth/jwt/login", `{"username":"ops@example.com","password":"x"}`).is(t, 400, gcoreNoAccount)
		}
		s.do("POST", "/iam/auth/jwt/login", gcoreBody("")).is(t, 400, gcoreNoAccount)
		assert.Equal(t, 1, s.srv.Counts().LockedOut)
		s.do("POST", "/iam/auth/jwt/login", gcoreBody(""))
		a := s.do("POST", "/iam/auth/jwt/login", gcoreBody(""))
		a.is(t, 429, `{"detail":"Request was throttled. Expected available in 300 seconds."}`)
		assert.Equal(t, "300", a.header.Get("Retry-After"))
		time.Sleep(10 * time.Minute)
		s.gcoreLogin()
	})
}

func TestGcoreAPIWantsBearer(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	token := s.gcoreLogin().field(t, "access")
	for _, header := range []string{token, "APIKey " + token, "bearer " + token, "Bearer  " + token, "Bearer"} {
		assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", "Authorization", header).status, header[:6])
	}
	assert.Equal(t, 5, s.srv.Counts().APIRejected)
	assert.Equal(t, 5, s.srv.Counts().Invalid)
	s.do("DELETE", s.srv.APIURL()+"/x", "", bearer(token)...).is(t, 200,
		fmt.Sprintf(`{"method":"DELETE","path":"/iam/clients/me/x","bytes":0,"sha256":%q}`,
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
}

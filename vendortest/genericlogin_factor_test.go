package vendortest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func genericMFA() *vendortest.Options {
	return &vendortest.Options{
		Users: []vendortest.User{{Email: email, Password: password, TOTP: secret, RecoveryCodes: []string{"recover-1", "recover-2"}}},
	}
}

func (s session) genericSecond(temp, more string) answer {
	s.Helper()
	return s.do("POST", genericPath, `{"mfaTempToken":"`+temp+`"`+more+`}`)
}

func TestGenericLoginSecondFactor(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenericLogin, *genericMFA(), func(s session) {
		first := s.genericLogin("")
		assert.Equal(s, []string{"mfaTempToken"}, first.keys(s))
		temp := first.field(s, "mfaTempToken")
		_, in := claims(s, temp)
		assert.Equal(s, []any{"bb.user.mfa-temp"}, in["aud"])
		assert.EqualValues(s, 300, in["exp"].(float64)-in["iat"].(float64))
		s.genericSecond(temp, `,"otpCode":"`+otherCode(s)+`"`).is(s, 401, `{"code":16,"message":"invalid MFA code"}`)
		done := s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`)
		assert.Equal(s, true, done.value(s, "user.mfaEnabled"))
		assert.Equal(s, 200, s.do("GET", s.srv.APIURL(), "", bearer(done.field(s, "token"))...).status)
		s.noProblems()
		c := s.srv.Counts()
		assert.Equal(s, []int{1, 1, 1}, []int{c.Logins, c.OTPs, c.WrongOTPs})
	})
}

func TestGenericLoginSecondFactorInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
		temp := s.genericLogin("").field(t, "mfaTempToken")
		now := time.Now()
		for _, at := range []time.Duration{-30, 0, 30} {
			assert.Equal(t, 200, s.genericSecond(temp, `,"otpCode":"`+code(t, now.Add(at*time.Second))+`"`).status, at)
		}
		assert.Equal(t, 200, s.genericSecond(temp, `,"otpCode":"`+code(t, now)+`"`).status, "accepted again")
		assert.Equal(t, 1, s.srv.Counts().OTPReused)
		for _, at := range []time.Duration{-60, 60} {
			assert.Equal(t, 401, s.genericSecond(temp, `,"otpCode":"`+code(t, now.Add(at*time.Second))+`"`).status, at)
		}
		time.Sleep(5 * time.Minute)
		const expired = `{"code":16,"message":"failed to parse claim"}`
		s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`).is(t, 401, expired)
		s.genericSecond("nonsense", `,"otpCode":"1"`).is(t, 401, expired)
		s.do("POST", genericPath, genericBody(`,"mfaTempToken":"`+temp+`"`)).is(t, 401, expired)
		s.noProblems()
	})
}

func TestGenericLoginRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
	temp := s.genericLogin("").field(t, "mfaTempToken")
	assert.Equal(t, 200, s.genericSecond(temp, `,"recoveryCode":"recover-1"`).status)
	s.genericSecond(temp, `,"recoveryCode":"recover-1"`).is(t, 401, `{"code":16,"message":"invalid recovery code"}`)
	assert.Equal(t, 200, s.genericSecond(temp, `,"recoveryCode":"recover-2","otpCode":null`).status)
	s.genericSecond(temp, `,"recoveryCode":"recover-2","otpCode":""`).is(t, 401, `{"code":16,"message":"invalid MFA code"}`)
	s.noProblems()
	s.genericSecond(temp, "").is(t, 401, `{"code":16,"message":"OTP or recovery code is required for MFA"}`)
	s.problem("neither otpCode nor recoveryCode")
}

func TestGenericLoginLockouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
		wrong := func(name string) answer { return s.do("POST", genericPath, `{"email":"`+name+`","password":"x"}`) }
		for _, name := range []string{email, " OPS@example.com", email, email} {
			wrong(name).is(t, 401, genericWrong)
		}
		s.genericLogin("") // which forgets those before
		for range 5 {
			wrong(email).is(t, 401, genericWrong)
		}
		a := s.do("POST", genericPath, genericBody(""))
		assert.Equal(t, 429, a.status, "the right password, too")
		assert.EqualValues(t, 8, a.value(t, "code"))
		assert.Empty(t, a.header.Values("Retry-After"))
		time.Sleep(10 * time.Minute)
		temp := s.genericLogin("").field(t, "mfaTempToken")
		for range 5 {
			assert.Equal(t, 401, s.genericSecond(temp, `,"otpCode":""`).status)
		}
		assert.Equal(t, 429, s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`).status)
		time.Sleep(10 * time.Minute)
		temp = s.genericLogin("").field(t, "mfaTempToken")
		for range 9 {
			assert.Equal(t, 200, s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`).status, "a success gives its attempt back")
		}
		assert.Equal(t, 2, s.srv.Counts().LockedOut)
	})
}

// Twelve processes with one temp token and a wrong code at once, none of which knows of the others.
func TestGenericLoginClaimsBeforeItChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
		temp := s.genericLogin("").field(t, "mfaTempToken")
		body := `{"mfaTempToken":"` + temp + `","otpCode":"` + otherCode(t) + `"}`
		statuses := make(chan int, 12)
		for range cap(statuses) {
			go func() {
				a, _ := s.try("POST", genericPath, body)
				statuses <- a.status
			}()
		}
		count := map[int]int{}
		for range cap(statuses) {
			count[<-statuses]++
		}
		assert.Equal(t, map[int]int{401: 5, 429: 7}, count)
	})
}

func TestGenericLoginWebIsDecidedByTheSecondStep(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
	temp := s.genericLogin(`,"web":true`).field(t, "mfaTempToken")
	assert.NotEmpty(t, s.genericSecond(temp, `,"recoveryCode":"recover-1"`).field(t, "token"))
	assert.Len(t, s.genericSecond(temp, `,"recoveryCode":"recover-2","web":true`).cookies(t), 2)
}

func TestGenericLoginIdentityProvider(t *testing.T) {
	t.Parallel()
	user := vendortest.User{Email: email, Password: password, IdP: "idps/example", IdPCode: "idp-code"}
	oidc := vendortest.User{Email: "two@example.com", IdP: "idps/oidc", IdPKind: "oidc", IdPCode: "oidc-code"}
	s := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{Users: []vendortest.User{user, oidc}})
	login := func(idp, context string) answer {
		return s.do("POST", genericPath, `{"idpName":"`+idp+`","idpContext":`+context+`}`)
	}
	rejected := func(a answer) {
		t.Helper()
		assert.Equal(t, 500, a.status)
		assert.EqualValues(t, 13, a.value(t, "code"))
		assert.Contains(t, a.field(t, "message"), `oauth2: "invalid_grant"`)
	}
	assert.NotEmpty(t, login("idps/example", `{"oauth2Context":{"code":"idp-code"}}`).field(t, "token"))
	rejected(login("idps/example", `{"oauth2Context":{"code":"idp-code"}}`)) // it works once
	s.srv.SetUser(user)
	assert.Equal(t, 200, login("idps/example", `{"oidcContext":{"code":"idp-code"},"oauth2Context":null}`).status)
	rejected(login("idps/example", `{"oidcContext":{"code":"wrong"}}`))
	login("idps/other", `{"oidcContext":{"code":"idp-code"}}`).is(t, 404, `{"code":5,"message":"identity provider \"idps/other\" not found"}`)
	unknown := s.do("POST", genericPath, genericBody(`,"idpName":"idps/other","idpContext":{"oidcContext":{}}`))
	assert.Equal(t, 404, unknown.status, "wins over a right password")

	s.srv.SetIdPDown(true)
	for context, message := range map[string]string{
		`{"oauth2Context":{"code":"x"}}`: "dial tcp", `{"oidcContext":{"code":"x"}}`: "failed to create new OIDC identity provider",
	} {
		down := login("idps/example", context)
		assert.Equal(t, 500, down.status)
		assert.Contains(t, down.field(t, "message"), message)
		assert.NotContains(t, down.body, "oauth2: ")
	}
	s.srv.SetIdPDown(false)
	assert.Equal(t, 200, login("idps/oidc", `{"oidcContext":{"code":"oidc-code"}}`).status)
	s.noProblems()
	s.genericLogin(`,"idpContext":{"oidcContext":{"code":"x"}}`)
	s.problem("without idpName")
	login("idps/oidc", `{"oauth2Context":{"code":"oidc-code"}}`).is(t, 400, `{"code":3,"message":"missing oidc context"}`)
	s.do("POST", genericPath, `{"idpName":"idps/oidc"}`).is(t, 400, `{"code":3,"message":"missing identity provider context"}`)
	assert.Equal(t, 3, s.srv.Counts().Invalid)
}

func TestGenericLoginLDAP(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{Users: []vendortest.User{
		{Email: email, Password: password, IdP: "idps/ldap", IdPKind: "ldap", IdPUser: "ldapuser"}}})
	login := func(user, password string) answer {
		return s.do("POST", genericPath, `{"idpName":"idps/ldap","email":"`+user+`","password":"`+password+`"}`)
	}
	assert.Equal(t, email, login("ldapuser", password).field(t, "user.email"))
	wrong := login("ldapuser", "x")
	assert.Equal(t, 500, wrong.status)
	assert.Contains(t, wrong.field(t, "message"), "LDAP Result Code 49")
	assert.Contains(t, login("who", "x").field(t, "message"), ": invalid credentials")
	s.srv.SetIdPDown(true)
	assert.Contains(t, login("ldapuser", password).field(t, "message"), "dial tcp")
	s.srv.SetIdPDown(false)
	for range 3 {
		assert.Equal(t, 500, login("ldapuser", "x").status)
	}
	assert.Equal(t, 429, login("ldapuser", password).status, "the attempts of LDAP are those of passwords")
	s.noProblems()
}

func TestGenericLoginDeactivated(t *testing.T) {
	t.Parallel()
	const deactivated = `{"code":16,"message":"user has been deactivated"}`
	s := inMemory(t, vendortest.NewGenericLogin, genericMFA())
	temp := s.genericLogin("").field(t, "mfaTempToken")
	token := s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`).field(t, "token")
	s.genericSecond(token, `,"otpCode":"1"`).is(t, 401, `{"code":16,"message":"invalid MFA temp token, audience mismatch"}`)
	s.srv.SetUser(vendortest.User{Email: email, Password: password, TOTP: secret, Deactivated: true})
	s.genericSecond(temp, `,"otpCode":"`+s.srv.Code(email)+`"`).is(t, 401, deactivated)
	s.do("POST", genericPath, genericBody("")).is(t, 401, deactivated)
	assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", bearer(token)...).status)
}

func TestGenericLoginEmailCode(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGenericLogin, &vendortest.Options{Users: []vendortest.User{
		{Email: email, Password: password, EmailCode: true}, {Email: "two@example.com", Password: password}}})
	send := func(email string) answer { return s.do("POST", "/v1/auth:sendEmailLoginCode", `{"email":"`+email+`"}`) }
	login := func(email, code string) answer {
		return s.do("POST", genericPath, `{"email":"`+email+`","emailCode":"`+code+`"}`)
	}
	const off = `{"code":9,"message":"email code login is not enabled"}`
	send("two@example.com").is(t, 400, off)
	login("two@example.com", "1").is(t, 400, off)
	send("OPS@example.com ").is(t, 200, `{}`)
	code := s.srv.Code(email)
	assert.Regexp(t, `^0\d{5}$`, code)
	login(email, "1").is(t, 401, `{"code":16,"message":"invalid email code"}`)
	assert.NotEmpty(t, login(email, code).field(t, "token"))
	assert.Equal(t, 401, login(email, code).status, "it works once")
	for range 4 {
		assert.Equal(t, 401, login(email, "1").status)
	}
	send(email)
	assert.Equal(t, 429, login(email, s.srv.Code(email)).status)
	assert.Equal(t, 200, s.do("POST", genericPath, genericBody("")).status, "the attempts of passwords are others")
	s.srv.SetDatabaseDown(true)
	assert.Equal(t, 500, send(email).status)
	assert.Equal(t, 400, s.do("POST", "/v1/auth:sendEmailLoginCode", `{"mail":1}`).status)
	assert.Equal(t, 1, s.srv.Counts().Invalid)
	assert.Equal(t, 2, s.srv.Counts().Resends)
}

package genericlogin_test

import (
	"context"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func otpBody(code string) string {
	return `{"otpCode":"` + code + `","mfaTempToken":"example-mfa-temp-token"}`
}

func TestSecondStep(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On(
		"POST", loginURL, adaptertest.Reply(200, "challenge.json"),
		adaptertest.Reply(200, `{"token":"a","user":{"name":"users/101"},"requireResetPassword":true}`),
	)
	source := adaptertest.Typed("012345")
	c := config(w)
	c.OTP = source
	c.RecoveryCode = func(context.Context) (vendorlogin.Secret, error) {
		t.Error("the recovery code is read though there is a source of codes")
		return vendorlogin.NewSecret("x"), nil
	}
	a := authenticator(t, c)

	got, err := a.Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	assert.Equal(t, "users/101", got.Subject)
	assert.Equal(t, map[string]string{"requireResetPassword": "true"}, got.Extra)
	assert.Equal(t, []vendorlogin.Challenge{{Account: a.Account(), Method: "totp", Attempt: 1}}, source.Asked())
	require.Len(t, w.Requests(), 2)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, loginBody)
	adaptertest.AssertSent(t, w.Requests()[1], "POST", loginURL, jsonOnly, otpBody("012345"))
}

func TestSecondStepInWebMode(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, challenge), cookied(200, `{}`, "access-token=a; Path=/", "refresh-token=r; Max-Age=60"))
	c := config(w)
	c.Web, c.OTP = true, adaptertest.Typed("012345")

	got, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	assert.Equal(t, "r", got.Refresh.Reveal())
	require.Len(t, w.Requests(), 2)
	assert.Equal(t, `{"email":"ops@example.com","password":"example-password","web":true}`, w.Requests()[0].Body)
	assert.Equal(t, `{"web":true,"otpCode":"012345","mfaTempToken":"example-mfa-temp-token"}`, w.Requests()[1].Body)
}

func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, challenge), adaptertest.Reply(200, `{"token":"a"}`))
	c := config(w)
	c.RecoveryCode = vendorlogin.SecretString("example-recovery-code")

	got, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	require.Len(t, w.Requests(), 2)
	adaptertest.AssertSent(
		t, w.Requests()[1], "POST", loginURL, jsonOnly, `{"recoveryCode":"example-recovery-code","mfaTempToken":"example-mfa-temp-token"}`,
	)
}

func TestRecoveryCodeIsNotSentUnlessWanted(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, `{"token":"a"}`))
	c := config(w)
	c.RecoveryCode = vendorlogin.SecretString("example-recovery-code")

	_, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, loginBody)
}

func TestNoSourceOfCodes(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]vendorlogin.OTPSource{
		"none": nil, "a nil one": vendorlogin.OTPFunc(nil), "an exhausted one": adaptertest.Typed(), "an empty code": adaptertest.Typed(" "),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(200, challenge))
			c := config(w)
			c.OTP = source

			got, err := authenticator(t, c).Login(t.Context())

			assert.Nil(t, got)
			assert.Equal(t, vendorlogin.ErrOTPRequired, adaptertest.VendorError(t, err).Kind)
			assert.Len(t, w.Requests(), 1)
		})
	}
}

func TestRejectedCodes(t *testing.T) {
	t.Parallel()
	wrong := adaptertest.Reply(401, "error-mfa-code.json")
	lapsed := adaptertest.Reply(401, "error-mfa-claim.json")
	right := adaptertest.Reply(200, `{"token":"a"}`)
	for name, c := range map[string]struct {
		responses []httpmock.Responder
		source    func(*adaptertest.Codes) vendorlogin.OTPSource
		kind      error
		op        string
		asked     int
	}{
		"a person mistypes once":  {[]httpmock.Responder{wrong, right}, person, nil, "", 2},
		"a person mistypes twice": {[]httpmock.Responder{wrong, wrong, right}, person, nil, "", 3},
		"a person gives up":       {[]httpmock.Responder{wrong, wrong, wrong, right}, person, vendorlogin.ErrOTPRejected, "otp", 3},
		"a machine is asked once": {[]httpmock.Responder{wrong, right}, machine, vendorlogin.ErrOTPRejected, "otp", 1},
		"the challenge lapsed":    {[]httpmock.Responder{lapsed, right}, person, vendorlogin.ErrOTPRequired, "otp", 1},
		"lapsed in other words": {[]httpmock.Responder{
			adaptertest.Reply(401, `{"code":16,"message":"Failed to parse\u00a0Claims: token expired"}`), right,
		},
			person, vendorlogin.ErrOTPRequired, "otp", 1},
		"no temp token": {
			[]httpmock.Responder{says("invalid MFA temp token, audience mismatch"), right}, person, vendorlogin.ErrOTPRequired, "otp", 1,
		},
		"no code arrived": {
			[]httpmock.Responder{says("OTP or recovery code is required for MFA"), right}, person, vendorlogin.ErrOTPRequired, "otp", 1,
		},
		"deactivated":   {[]httpmock.Responder{says("user has been deactivated"), right}, person, vendorlogin.ErrForbidden, "otp", 1},
		"something new": {[]httpmock.Responder{says("the code of this user is locked"), right}, person, vendorlogin.ErrOTPRequired, "otp", 1},
		"another build": {[]httpmock.Responder{says(`Invalid\u00a0MFA  code`), right}, person, nil, "", 2},
		"too many": {
			[]httpmock.Responder{adaptertest.Reply(429, "error-mfa-lockout.json"), right}, person, vendorlogin.ErrRateLimited, "otp", 1,
		},
		"forbidden": {[]httpmock.Responder{adaptertest.Reply(403, "error-web.json"), right}, person, vendorlogin.ErrForbidden, "otp", 1},
		"server error": {
			[]httpmock.Responder{adaptertest.Reply(500, "error-internal.json"), right}, person, vendorlogin.ErrUnavailable, "otp", 1,
		},
		"not for now": {
			[]httpmock.Responder{adaptertest.Reply(503, `{}`, "Retry-After", "0"), right}, person, vendorlogin.ErrUnavailable, "otp", 1,
		},
		"another round": {[]httpmock.Responder{adaptertest.Reply(200, challenge), right}, person, vendorlogin.ErrBadResponse, "otp", 1},
		"nothing":       {[]httpmock.Responder{adaptertest.Reply(200, `{}`), right}, person, vendorlogin.ErrBadResponse, "otp", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, append([]httpmock.Responder{adaptertest.Reply(200, challenge)}, c.responses...)...)
			typed := adaptertest.Typed("000001", "000002", "000003", "000004")
			cfg := config(w)
			cfg.OTP = c.source(typed)

			got, err := authenticator(t, cfg).Login(t.Context())

			if c.kind == nil {
				require.NoError(t, err)
				assert.Equal(t, "a", got.Access.Reveal())
			} else {
				assert.Nil(t, got)
				assert.Equal(t, c.kind, adaptertest.VendorError(t, err).Kind)
				assert.Equal(t, c.op, adaptertest.VendorError(t, err).Op)
			}
			require.Len(t, typed.Asked(), c.asked)
			require.Len(t, w.Requests(), 1+c.asked, "the password goes once, each code once")
			for i, asked := range typed.Asked() {
				assert.Equal(t, i+1, asked.Attempt)
				assert.Equal(t, otpBody([]string{"000001", "000002", "000003"}[i]), w.Requests()[1+i].Body)
			}
		})
	}
}

func says(message string) httpmock.Responder {
	return adaptertest.Reply(401, `{"code":16,"message":"`+message+`"}`)
}

func person(s *adaptertest.Codes) vendorlogin.OTPSource  { return s }
func machine(s *adaptertest.Codes) vendorlogin.OTPSource { return adaptertest.Machine{Codes: s} }

func TestRejectedRecoveryCode(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]error{
		"error-mfa-recovery.json": vendorlogin.ErrOTPRejected,
		"error-mfa-claim.json":    vendorlogin.ErrOTPRequired,
	} {
		w := adaptertest.NewWire()
		w.On("POST", loginURL, adaptertest.Reply(200, challenge), adaptertest.Reply(401, body), adaptertest.Reply(200, `{"token":"a"}`))
		c := config(w)
		c.RecoveryCode = vendorlogin.SecretString("example-recovery-code")

		got, err := authenticator(t, c).Login(t.Context())

		assert.Nil(t, got)
		assert.Equal(t, kind, adaptertest.VendorError(t, err).Kind)
		assert.Len(t, w.Requests(), 2)
	}
}

// After the second step's answer is lost, the code may have been taken.
func TestRecoveryCodeIsSentOnce(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On(
		"POST", loginURL, adaptertest.Reply(200, challenge), adaptertest.Reply(503, `{}`, "Retry-After", "0"),
		adaptertest.Reply(200, `{"token":"a"}`),
	)
	c := config(w)
	c.RecoveryCode = vendorlogin.SecretString("example-recovery-code")

	_, err := authenticator(t, c).Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	assert.Len(t, w.Requests(), 2)
}

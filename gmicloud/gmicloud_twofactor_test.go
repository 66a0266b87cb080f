package gmicloud_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

const (
	wantsCode = `{"authToken":"first","is2FARequired":true}`
	badCode   = `{"group":"session","code":9,"message":"Invalid OTP code."}`
)

// assertSession checks the second step.
func assertSession(t testing.TB, code string, got adaptertest.Request) {
	t.Helper()
	adaptertest.AssertSent(t, got, "POST", sessionsURL, andDevice, `{"authToken":"first","otpCode":"`+code+`"}`)
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
	w.On("POST", sessionsURL, adaptertest.Reply(201, pair("a", "r")))
	p := adaptertest.Typed(" 012345\n")
	c := config(w)
	c.OTP = p
	a := authenticator(t, c)

	got, err := a.Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	require.Len(t, w.Requests(), 2)
	assertSession(t, "012345", w.Requests()[1])
	require.Len(t, p.Asked(), 1)
	assert.Equal(t, a.Account(), p.Asked()[0].Account)
	assert.Equal(t, "email", p.Asked()[0].Method)
	assert.Equal(t, 1, p.Asked()[0].Attempt)
	assert.NotNil(t, p.Asked()[0].Resend)
}

func TestSecondFactorNotWantedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"first","is2FARequired":false}`))
	w.On("POST", sessionsURL, adaptertest.Reply(201, pair("a", "r")))
	p := adaptertest.Typed()
	c := config(w)
	c.OTP = p

	_, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Empty(t, p.Asked())
	adaptertest.AssertSent(t, w.Requests()[1], "POST", sessionsURL, andDevice, `{"authToken":"first"}`)
}

func TestSecondFactorWithoutASource(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))

	_, err := authenticator(t, config(w)).Login(t.Context())

	e := adaptertest.VendorError(t, err)
	assert.Equal(t, vendorlogin.ErrOTPRequired, e.Kind)
	assert.Equal(t, "gmicloud", e.Account.Vendor)
	assert.Len(t, w.Requests(), 1)
}

func TestAWrongCodeIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
	w.On("POST", sessionsURL, adaptertest.Reply(400, badCode), adaptertest.Reply(401, ""), adaptertest.Reply(200, pair("a", "r")))
	p := adaptertest.Typed("000001", "000002", "000003")
	c := config(w)
	c.OTP = p

	_, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	sent := w.Requests()
	require.Len(t, sent, 4, "one first step, and each code once")
	for i, code := range []string{"000001", "000002", "000003"} {
		assertSession(t, code, sent[i+1])
		assert.Equal(t, i+1, p.Asked()[i].Attempt)
	}
}

func TestThreeWrongCodesAreEnough(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
	w.On(
		"POST", sessionsURL, adaptertest.Reply(400, badCode), adaptertest.Reply(400, badCode), adaptertest.Reply(400, badCode),
		adaptertest.Reply(200, pair("a", "r")),
	)
	c := config(w)
	c.OTP = adaptertest.Typed("000001", "000002", "000003", "000004")

	_, err := authenticator(t, c).Login(t.Context())

	e := adaptertest.VendorError(t, err)
	assert.Equal(t, vendorlogin.ErrOTPRejected, e.Kind)
	assert.Equal(t, "otp", e.Op)
	assert.Equal(t, http.StatusBadRequest, e.Status)
	assert.Equal(t, "session/9", e.Code)
	assert.Equal(t, "Invalid OTP code.", e.Message)
	assert.Len(t, w.Requests(), 4)
}

func TestAMachineIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
	w.On("POST", sessionsURL, adaptertest.Reply(400, badCode), adaptertest.Reply(200, pair("a", "r")))
	c := config(w)
	c.OTP = adaptertest.Machine{Codes: adaptertest.Typed("000001", "000002")}

	_, err := authenticator(t, c).Login(t.Context())

	assert.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
	assert.Len(t, w.Requests(), 2)
}

// What a rejection in the second step means. Only the first group may cost the person another code.
func TestRejectionsInTheSecondStep(t *testing.T) {
	t.Parallel()
	field := func(names ...string) string {
		rows := ""
		for _, name := range names {
			rows += `,{"field":"` + name + `","expression":"len","originalValue":"123456","reason":"No."}`
		}
		return `{"group":"request","code":0,"validationDetail":[` + rows[1:] + `]}`
	}
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		code   string
	}{
		"unknown pair":             {400, badCode, vendorlogin.ErrOTPRejected, "session/9"},
		"unknown pair, 401":        {401, `{"group":"otp","code":1}`, vendorlogin.ErrOTPRejected, "otp/1"},
		"no body":                  {400, "", vendorlogin.ErrUnavailable, ""},
		"no body, 401":             {401, "", vendorlogin.ErrOTPRejected, ""},
		"the code is invalid":      {400, field("otpCode"), vendorlogin.ErrOTPRejected, "request/0"},
		"another field is invalid": {400, field("authToken"), vendorlogin.ErrInvalidRequest, "request/0"},
		"both are invalid":         {400, field("otpCode", "authToken"), vendorlogin.ErrInvalidRequest, "request/0"},
		"no body arrived":          {400, `{"group":"request","code":1}`, vendorlogin.ErrInvalidRequest, "request/1"},
		"device":                   {400, `{"group":"auth","code":0}`, vendorlogin.ErrInvalidRequest, "auth/0"},
		"password":                 {400, `{"group":"session","code":0}`, vendorlogin.ErrInvalidCredentials, "session/0"},
		"forbidden":                {403, badCode, vendorlogin.ErrForbidden, "session/9"},
		"limit":                    {429, `{"group":"rate-limit","code":0}`, vendorlogin.ErrRateLimited, "rate-limit/0"},
		"unknown limit":            {429, badCode, vendorlogin.ErrRateLimited, "session/9"},
		"failure":                  {500, `{"group":"session","code":204}`, vendorlogin.ErrUnavailable, "session/204"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
			w.On("POST", sessionsURL, adaptertest.Reply(c.status, c.body))
			conf := config(w)
			conf.OTP = adaptertest.Machine{Codes: adaptertest.Typed("123456")}

			_, err := authenticator(t, conf).Login(t.Context())

			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.status, e.Status)
			assert.Equal(t, "otp", e.Op)
			assert.Len(t, w.Requests(), 2)
		})
	}
}

// A code is sent once, whatever becomes of it.
func TestACodeIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"limit": 429, "unavailable": 503} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
			w.On("POST", sessionsURL, adaptertest.Reply(status, "", "Retry-After", "1"), adaptertest.Reply(200, pair("a", "r")))
			c := config(w)
			c.OTP = adaptertest.Typed("000001", "000002")

			_, err := authenticator(t, c).Login(t.Context())

			e := adaptertest.VendorError(t, err)
			assert.False(t, e.RetryAt.IsZero())
			assert.Len(t, w.Requests(), 2)
		})
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusNoContent} {
		w := adaptertest.NewWire()
		w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
		w.On("POST", resendURL, adaptertest.Reply(status, ""))
		w.On("POST", sessionsURL, adaptertest.Reply(201, pair("a", "r")))
		c := config(w)
		c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
			return "012345", c.Resend(ctx)
		})

		_, err := authenticator(t, c).Login(t.Context())

		require.NoError(t, err)
		require.Len(t, w.Requests(), 3)
		adaptertest.AssertSent(t, w.Requests()[1], "POST", resendURL, jsonOnly, `{"authToken":"first"}`)
	}
}

func TestResendThatFails(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, wantsCode))
	w.On("POST", resendURL, adaptertest.Reply(
		400,
		`{"group":"request","code":0,"validationDetail":[{"field":"authToken","expression":"required","originalValue":"first",`+
			`"reason":"This field is required."}]}`,
	))
	c := config(w)
	var resent error
	c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		resent = c.Resend(ctx)
		return "", resent
	})

	_, err := authenticator(t, c).Login(t.Context())

	require.Error(t, err)
	e := adaptertest.VendorError(t, resent)
	assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
	assert.Equal(t, "resend", e.Op)
	assert.Equal(t, "request/0", e.Code)
	assert.Equal(t, []vendorlogin.FieldError{{Field: "authToken", Reason: "This field is required."}}, e.Fields)
	assert.Len(t, w.Requests(), 2)
}

package gcore_test

import (
	"context"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

// echoed has what was sent wherever a text may stand.
func echoed(all string, sent adaptertest.Object) any {
	return adaptertest.Object{
		"message": "rejected: " + all, "detail": all, "code": all,
		"errors": adaptertest.Object{
			"errors": []string{all}, all: []string{"no"}, "one_time_password": adaptertest.Object{all: all}, "list": []any{sent},
		},
	}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range adaptertest.Leaks(echoed, map[string]httpmock.Responder{
		"garbage":    adaptertest.Reply(200, `{"access":"canary-access`),
		"wrong type": adaptertest.Reply(200, `{"access":{"canary":"canary"}}`),
		"half":       adaptertest.Reply(200, `{"refresh":"canary-refresh"}`),
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "canary-otp", nil })
			c.ClientID = "42"
			a := authenticator(t, c)
			assert.NotContains(t, adaptertest.Prints(a), adaptertest.Canary)
			w.On("POST", loginURL, answer)
			_, err := a.Login(t.Context())
			adaptertest.AssertSilent(t, "login", err)

			w.On("POST", loginURL, adaptertest.Reply(200, pair("canary-access", "canary-refresh")))
			w.On("GET", selectURL, answer)
			_, err = a.Login(t.Context())
			adaptertest.AssertSilent(t, "select", err)

			w.On("POST", refreshURL, answer)
			_, err = a.Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})
			adaptertest.AssertSilent(t, "refresh", err)
		})
	}
}

func TestSelectRepeatsNothingOfTheLogin(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	c := config(w)
	c.Password = vendorlogin.SecretString("canary-password")
	c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "canary-otp", nil })
	c.ClientID = "42"
	w.On("POST", loginURL, adaptertest.Reply(200, pair("canary-access", "canary-refresh")))
	w.On("GET", selectURL, adaptertest.Reply(403, `{"message":"not with canary-password, canary-otp, canary-access and canary-refresh"}`))
	_, err := authenticator(t, c).Login(t.Context())
	adaptertest.AssertSilent(t, "select", err)
	assert.Contains(t, adaptertest.VendorError(t, err).Message, "not with ")
}

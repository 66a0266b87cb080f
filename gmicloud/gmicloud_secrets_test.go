package gmicloud_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

// echoed has what was sent wherever a text may stand.
func echoed(all string, sent adaptertest.Object) any {
	return adaptertest.Object{
		"group": "request", "code": 0, "message": "rejected: " + all, "traces": []string{all},
		"validationDetail": []adaptertest.Object{
			{"field": "a", "originalValue": all, "reason": all},
			{"field": all, "originalValue": sent, "reason": "no", "argument": all, "expression": all},
			{"field": "b", "expression": all},
		},
	}
}

// echoedPair has it in place of group and code.
func echoedPair(all string, sent adaptertest.Object) any {
	return adaptertest.Object{"group": all, "code": fmt.Sprint(sent["otpCode"], sent["password"])}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range adaptertest.Leaks(echoed, map[string]httpmock.Responder{
		"echoed pair": adaptertest.Echo(400, echoedPair),
		"garbage":     adaptertest.Reply(200, `{"accessToken":"canary-access`),
		"wrong type":  adaptertest.Reply(200, `{"accessToken":{"canary":"canary"},"authToken":["canary"]}`),
		"half a pair": adaptertest.Reply(200, `{"refreshToken":"canary-refresh"}`),
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := adaptertest.Reply(201, `{"authToken":"canary-first","is2FARequired":true}`)
			var resent error
			login := func(change func(w *adaptertest.Wire)) error {
				w := adaptertest.NewWire()
				w.On("POST", tokensURL, first)
				w.On("POST", resendURL, adaptertest.Reply(200, ""))
				w.On("POST", sessionsURL, adaptertest.Reply(400, badCode))
				change(w)
				c := config(w)
				c.Password = vendorlogin.SecretString("canary-password")
				c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
					resent = c.Resend(ctx)
					return "canary-otp", nil
				})
				a := authenticator(t, c)
				assert.NotContains(t, adaptertest.Prints(a), adaptertest.Canary)
				_, err := a.Login(t.Context())
				return err
			}
			refresh := func() error {
				w := adaptertest.NewWire()
				w.On("PATCH", sessionsURL, answer)
				_, err := authenticator(t, config(w)).Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})
				return err
			}
			adaptertest.AssertSilent(t, "first step", login(func(w *adaptertest.Wire) { w.On("POST", tokensURL, answer) }))
			adaptertest.AssertSilent(t, "second step", login(func(w *adaptertest.Wire) { w.On("POST", sessionsURL, answer) }))
			adaptertest.AssertSilent(t, "rejected code", login(func(w *adaptertest.Wire) { w.On("POST", resendURL, answer) }))
			if resent != nil { // any 2xx is a success
				adaptertest.AssertSilent(t, "resend", resent)
			}
			adaptertest.AssertSilent(t, "refresh", refresh())
		})
	}
}

// fixedCode is an OTP source that is itself a secret.
type fixedCode string

func (c fixedCode) OTP(context.Context, vendorlogin.Challenge) (string, error) { return string(c), nil }

func TestAuthenticatorDoesNotPrint(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	c.OTP = fixedCode("canary-otp")
	a := authenticator(t, c)
	assert.NotContains(t, adaptertest.Prints(a)+adaptertest.Prints(*a), adaptertest.Canary)
	assert.Contains(t, adaptertest.Prints(a), "gmicloud: ops@example.com")
}

func TestAuthTokenDoesNotPrint(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"canary-first","is2FARequired":true}`))

	got, err := authenticator(t, config(w)).CreateAuthToken(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "canary-first", got.Token.Reveal())
	assert.NotContains(t, adaptertest.Prints(got), adaptertest.Canary)
	assert.NotContains(t, adaptertest.Prints(&got), adaptertest.Canary)
}

func TestSecondStepRepeatsNothingOfTheFirst(t *testing.T) {
	t.Parallel()
	repeating := adaptertest.Reply(400, `{"group":"otp","code":1,"message":"not with canary-password"}`)
	w := adaptertest.NewWire()
	c := config(w)
	c.Password = vendorlogin.SecretString("canary-password")
	var resent error
	c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		resent = c.Resend(ctx)
		return "canary-otp", nil
	})
	w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"canary-first","is2FARequired":true}`))
	w.On("POST", resendURL, repeating)
	w.On("POST", sessionsURL, repeating)
	_, err := authenticator(t, c).Login(t.Context())
	for step, err := range map[string]error{"second step": err, "resend": resent} {
		adaptertest.AssertSilent(t, step, err)
		assert.Contains(t, adaptertest.VendorError(t, err).Message, "not with ", step)
	}
}

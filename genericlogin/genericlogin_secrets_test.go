package genericlogin_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

// echoed has what was sent wherever a text may stand.
func echoed(all string, sent adaptertest.Object) any {
	return adaptertest.Object{"code": all, "message": "rejected: " + all, "details": []any{sent}, "user": sent}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range adaptertest.Leaks(echoed, map[string]httpmock.Responder{
		"garbage":         adaptertest.Reply(200, `{"token":"canary-access`),
		"wrong type":      adaptertest.Reply(200, `{"token":{"canary":"canary"},"mfaTempToken":["canary"]}`),
		"user alone":      adaptertest.Reply(200, `{"user":{"tempOtpSecret":"canary","tempRecoveryCodes":["canary"]}}`),
		"one cookie":      cookied(200, `{}`, "refresh-token=canary-refresh"),
		"deleted cookies": cookied(200, `{}`, "access-token=canary-access; Max-Age=0", "refresh-token=canary-refresh; Max-Age=0"),
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			c := config(w)
			c.Web = true
			c.Password = vendorlogin.SecretString("canary-password")
			c.RecoveryCode = vendorlogin.SecretString("canary-recovery")
			withCode := c
			withCode.OTP = vendorlogin.OTPFunc(func(_ context.Context, c vendorlogin.Challenge) (string, error) {
				return fmt.Sprint("canary-otp-", c.Attempt), nil
			})
			byIdP := c
			byIdP.Password, byIdP.IdPName, byIdP.OIDCCode = nil, "idps/example", vendorlogin.SecretString("canary-oidc")
			w.On("POST", loginURL, answer)
			for _, cfg := range []genericlogin.Config{c, byIdP} {
				assert.NotContains(t, adaptertest.Prints(authenticator(t, cfg)), adaptertest.Canary)
				_, err := authenticator(t, cfg).Login(t.Context())
				adaptertest.AssertSilent(t, "first step", err)
			}
			for _, cfg := range []genericlogin.Config{c, withCode} {
				w.On("POST", loginURL, adaptertest.Reply(200, `{"mfaTempToken":"canary-temp"}`), answer, answer, answer)
				_, err := authenticator(t, cfg).Login(t.Context())
				adaptertest.AssertSilent(t, "second step", err)
			}

			old := &vendorlogin.Token{Access: vendorlogin.NewSecret("canary-access"), Refresh: vendorlogin.NewSecret("canary-refresh")}
			w.On("POST", refreshURL, answer)
			_, err := authenticator(t, c).Refresh(t.Context(), old)
			adaptertest.AssertSilent(t, "refresh", err)

			w.On("POST", logoutURL, answer)
			for _, token := range []*vendorlogin.Token{old, {Access: vendorlogin.NewSecret("canary-access")}} {
				if err := authenticator(t, c).Revoke(t.Context(), token); err != nil { // any 2xx is a success
					adaptertest.AssertSilent(t, "logout", err)
				}
			}
		})
	}
}

func TestSecondStepRepeatsNothingOfTheFirst(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	c := config(w)
	c.Password = vendorlogin.SecretString("canary-password")
	c.RecoveryCode = vendorlogin.SecretString("canary-recovery")
	w.On("POST", loginURL, adaptertest.Reply(200, `{"mfaTempToken":"canary-temp"}`),
		adaptertest.Reply(401, `{"code":16,"message":"not with canary-password, canary-recovery and canary-temp"}`))
	_, err := authenticator(t, c).Login(t.Context())
	adaptertest.AssertSilent(t, "second step", err)
	assert.Contains(t, adaptertest.VendorError(t, err).Message, "not with ")
}

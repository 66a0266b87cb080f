package secmgmt_test

import (
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

// echoed has what was sent wherever a text may stand.
func echoed(all string, sent adaptertest.Object) any {
	return adaptertest.Object{
		"errorCode": all, "errorMessage": "rejected: " + all, "errorMessageerrorMessage": all, "content": []any{sent}, "message": all,
		"error": all, "path": all,
	}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range adaptertest.Leaks(echoed, map[string]httpmock.Responder{
		"garbage":     adaptertest.Reply(200, `{"content":[{"token":"canary-access`),
		"wrong type":  adaptertest.Reply(200, `{"content":[{"token":{"canary":"canary"}}]}`),
		"wrong shape": adaptertest.Reply(200, `{"content":"canary-access"}`),
		"half":        adaptertest.Reply(200, `{"content":[{"refreshToken":"canary-refresh"}]}`),
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			a := authenticator(t, c)
			assert.NotContains(t, adaptertest.Prints(a), adaptertest.Canary)
			w.On("POST", tokenURL, answer)
			_, err := a.Login(t.Context())
			adaptertest.AssertSilent(t, "login", err)

			w.On("PUT", tokenURL, answer)
			_, err = a.Refresh(t.Context(), &vendorlogin.Token{
				Access: vendorlogin.NewSecret("canary-access"), Refresh: vendorlogin.NewSecret("canary-refresh"),
			})
			adaptertest.AssertSilent(t, "refresh", err)
		})
	}
}

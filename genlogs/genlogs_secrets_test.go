package genlogs_test

import (
	"regexp"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	type object = adaptertest.Object
	text := func(all string, _ object) any { return object{"detail": "rejected: " + all} }
	nested := func(all string, _ object) any {
		return object{"detail": object{"message": all, "subcode": all}, "input": all}
	}
	flat := func(all string, _ object) any { return object{"message": all, "code": all} }
	rows := func(all string, _ object) any {
		return object{"detail": []object{
			{"loc": []any{"query", "password"}, "msg": all, "type": all, "input": all, "ctx": object{"error": all}},
			{"loc": []any{"body", all}, "msg": "no", "input": object{"password": all}},
		}}
	}
	for name, answer := range adaptertest.Leaks(rows, map[string]httpmock.Responder{
		"text 401":    adaptertest.Echo(401, text),
		"nested 401":  adaptertest.Echo(401, nested),
		"flat 400":    adaptertest.Echo(400, flat),
		"flat 500":    adaptertest.Echo(500, flat),
		"garbage":     adaptertest.Reply(200, `{"access_token_data":{"token":"canary-access`),
		"wrong type":  adaptertest.Reply(200, `{"access_token_data":"canary-access"}`),
		"half a pair": adaptertest.Reply(200, `{"refresh_token_data":{"token":"canary-refresh"}}`),
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.RegisterRegexpResponder("POST", regexp.MustCompile(`/auth/token`), answer)
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			c.APIKey = vendorlogin.SecretString("canary-key")
			c.UseRefresh = true
			inQuery := authenticator(t, c)
			c.CredentialsInBody = true
			inBody := authenticator(t, c)
			assert.NotContains(t, adaptertest.Prints(inBody), adaptertest.Canary)

			_, query := inQuery.Login(t.Context())
			_, body := inBody.Login(t.Context())
			_, refresh := inBody.Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})

			for step, err := range map[string]error{"query": query, "body": body, "refresh": refresh} {
				adaptertest.AssertSilent(t, step, err)
			}
			assert.Len(t, w.Requests(), 3)
		})
	}
}

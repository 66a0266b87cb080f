package genericlogin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func FuzzAnswers(f *testing.F) {
	f.Add(200, challenge, 200, `{"token":"a.eyJleHAiOjF9.c"}`)
	adaptertest.EachFile(f, func(body string) {
		f.Add(200, body, 200, body)
		f.Add(200, challenge, 401, body)
		f.Add(400, body, 200, "")
	})
	f.Fuzz(func(t *testing.T, status int, body string, status2 int, body2 string) {
		if min(status, status2) < 200 || max(status, status2) > 599 {
			return
		}
		w := adaptertest.NewWire()
		w.On("POST", loginURL, adaptertest.Reply(status, body), adaptertest.Reply(status2, body2))
		c := config(w)
		c.OTP = adaptertest.Machine{Codes: adaptertest.Typed("012345")}
		token, err := authenticator(t, c).Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		if status >= 300 {
			require.Error(t, err)
			assert.Len(t, w.Requests(), 1)
		}
	})
}

func FuzzCookies(f *testing.F) {
	f.Add("access-token=a.eyJleHAiOjF9.c; Path=/", "refresh-token=r; Max-Age=60")
	f.Add("access-token=\"a b\"; Expires=Sat, 01 Jan 2050 00:00:00 GMT", "refresh-token=a,b; Max-Age=99999999999999999999")
	f.Fuzz(func(t *testing.T, one, two string) {
		w := adaptertest.NewWire()
		w.On("POST", loginURL, cookied(200, `{}`, one, two))
		w.On("POST", refreshURL, cookied(200, `{}`, one, two))
		c := config(w)
		c.Web = true
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		if err != nil || token.Refresh.IsZero() {
			return
		}
		next, err := a.Refresh(t.Context(), token)
		adaptertest.AssertDecided(t, password, next, err)
		require.NoError(t, err, "what came as a cookie can go as one")
		if !token.RefreshExpiresAt.IsZero() {
			assert.False(t, next.RefreshExpiresAt.After(token.RefreshExpiresAt))
		}
	})
}

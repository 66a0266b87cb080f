package gmicloud_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func FuzzAnswers(f *testing.F) {
	f.Add(`{"authToken":"first","is2FARequired":false}`, `{"accessToken":"a.eyJleHAiOjF9.c","refreshToken":"r"}`)
	f.Add(`{"authToken":"first","is2FARequired":true}`, `{"accessToken":1}`)
	adaptertest.EachFile(f, func(body string) { f.Add(body, body) })
	f.Fuzz(func(t *testing.T, first, session string) {
		w := adaptertest.NewWire()
		w.On("POST", tokensURL, adaptertest.Reply(201, first))
		w.On("POST", sessionsURL, adaptertest.Reply(201, session))
		w.On("PATCH", sessionsURL, adaptertest.Reply(200, session))
		c := config(w)
		c.OTP = adaptertest.Machine{Codes: adaptertest.Typed("012345")}
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		adaptertest.AssertDecided(t, password, token, err)
	})
}

func FuzzErrors(f *testing.F) {
	adaptertest.EachFile(f, func(body string) { f.Add(400, body) })
	f.Add(429, `{"group":"rate-limit","code":0}`)
	f.Add(500, strings.Repeat(`[`, 200))
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			return
		}
		w := adaptertest.NewWire()
		w.On("POST", tokensURL, adaptertest.Reply(status, body))
		token, err := authenticator(t, config(w)).Login(t.Context())
		require.Error(t, err)
		adaptertest.AssertDecided(t, password, token, err)
	})
}

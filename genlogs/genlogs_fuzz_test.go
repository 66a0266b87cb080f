package genlogs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func FuzzAnswers(f *testing.F) {
	adaptertest.EachFile(f, func(body string) { f.Add(body) })
	f.Add(`{"access_token_data":{"token":"a.eyJleHAiOjF9.c","expires":1}}`)
	f.Fuzz(func(t *testing.T, body string) {
		w := adaptertest.NewWire()
		w.On("POST", tokenURL, adaptertest.Reply(200, body))
		w.On("POST", refreshURL, adaptertest.Reply(200, body))
		c := config(w)
		c.UseRefresh = true
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		adaptertest.AssertDecided(t, password, token, err)
	})
}

func FuzzErrors(f *testing.F) {
	adaptertest.EachFile(f, func(body string) { f.Add(401, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			return
		}
		w := adaptertest.NewWire()
		w.On("POST", tokenURL, adaptertest.Reply(status, body))
		token, err := authenticator(t, config(w)).Login(t.Context())
		require.Error(t, err)
		adaptertest.AssertDecided(t, password, token, err)
	})
}

package gcore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func FuzzAnswers(f *testing.F) {
	f.Add(200, first)
	f.Add(200, `{"access":"a.eyJleHAiOjF9.c","refresh":"r"}`)
	f.Add(400, strings.Repeat(`[`, 200))
	adaptertest.EachFile(f, func(body string) { f.Add(200, body); f.Add(400, body); f.Add(401, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		w := adaptertest.NewWire()
		w.On("POST", loginURL, adaptertest.Reply(status, body))
		w.On("POST", refreshURL, adaptertest.Reply(status, body))
		w.On("GET", selectURL, adaptertest.Reply(status, body))
		c := config(w)
		c.ClientID = "42"
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		adaptertest.AssertDecided(t, password, token, err)
		if status >= 400 {
			require.Error(t, err)
		}
	})
}

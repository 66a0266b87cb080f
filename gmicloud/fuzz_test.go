package gmicloud_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func addFiles(f *testing.F, add func(body string)) {
	names, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		add(string(data))
	}
}

// Whatever the vendor answers, the outcome is a token or an error of a kind.
func assertDecided(t *testing.T, token *vendorlogin.Token, err error) {
	if err == nil {
		assert.False(t, token.Access.IsZero())
		return
	}
	assert.Nil(t, token)
	e := vendorError(t, err)
	assert.NotNil(t, e.Kind)
	assert.NotContains(t, err.Error(), "\n")
	assert.LessOrEqual(t, len([]rune(e.Message)), 256)
	assert.NotContains(t, tree(err)+e.Message+e.Code, password)
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"authToken":"first","is2FARequired":false}`, `{"accessToken":"a.eyJleHAiOjF9.c","refreshToken":"r"}`)
	f.Add(`{"authToken":"first","is2FARequired":true}`, `{"accessToken":1}`)
	addFiles(f, func(body string) { f.Add(body, body) })
	f.Fuzz(func(t *testing.T, first, session string) {
		w := newWire()
		w.answers("POST", tokensURL, reply(201, first))
		w.answers("POST", sessionsURL, reply(201, session))
		w.answers("PATCH", sessionsURL, reply(200, session))
		c := config(w)
		c.OTP = &machine{person{codes: []string{"012345"}}}
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		assertDecided(t, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		assertDecided(t, token, err)
	})
}

func FuzzErrors(f *testing.F) {
	addFiles(f, func(body string) { f.Add(400, body) })
	f.Add(429, `{"group":"rate-limit","code":0}`)
	f.Add(500, strings.Repeat(`[`, 200))
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			return
		}
		w := newWire()
		w.answers("POST", tokensURL, reply(status, body))
		token, err := authenticator(t, config(w)).Login(t.Context())
		require.Error(t, err)
		assertDecided(t, token, err)
	})
}

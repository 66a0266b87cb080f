package genlogs_test

import (
	"os"
	"path/filepath"
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
	addFiles(f, func(body string) { f.Add(body) })
	f.Add(`{"access_token_data":{"token":"a.eyJleHAiOjF9.c","expires":1}}`)
	f.Fuzz(func(t *testing.T, body string) {
		w := newWire()
		w.answers("POST", tokenURL, reply(200, body))
		w.answers("POST", refreshURL, reply(200, body))
		c := config(w)
		c.UseRefresh = true
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		assertDecided(t, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		assertDecided(t, token, err)
	})
}

func FuzzErrors(f *testing.F) {
	addFiles(f, func(body string) { f.Add(401, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			return
		}
		w := newWire()
		w.answers("POST", tokenURL, reply(status, body))
		token, err := authenticator(t, config(w)).Login(t.Context())
		require.Error(t, err)
		assertDecided(t, token, err)
	})
}

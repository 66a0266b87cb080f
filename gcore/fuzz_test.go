package gcore_test

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

// assertDecided checks that, whatever the vendor answered, the outcome is a token or an error of a kind.
func assertDecided(t *testing.T, token *vendorlogin.Token, err error) {
	t.Helper()
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
	f.Add(200, first)
	f.Add(200, `{"access":"a.eyJleHAiOjF9.c","refresh":"r"}`)
	f.Add(400, strings.Repeat(`[`, 200))
	addFiles(f, func(body string) { f.Add(200, body); f.Add(400, body); f.Add(401, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		w := newWire()
		w.answers("POST", loginURL, reply(status, body))
		w.answers("POST", refreshURL, reply(status, body))
		w.answers("GET", selectURL, reply(status, body))
		c := config(w)
		c.ClientID = "42"
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		assertDecided(t, token, err)
		token, err = a.Refresh(t.Context(), oldToken())
		assertDecided(t, token, err)
		if status >= 400 {
			require.Error(t, err)
		}
	})
}

package secmgmt_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/secmgmt"
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
	f.Add(200, answer(`[{"token":"a.eyJleHAiOjF9.c","refreshToken":"r","validityTime":"60"}]`))
	addFiles(f, func(body string) { f.Add(200, body); f.Add(400, body); f.Add(500, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		w := newWire()
		w.answers("POST", tokenURL, reply(status, body))
		w.answers("PUT", tokenURL, reply(status, body))
		a := authenticator(t, config(w))
		token, err := a.Login(t.Context())
		assertDecided(t, token, err)
		if status >= 300 {
			require.Error(t, err)
		}
		token, err = a.Refresh(t.Context(), oldToken())
		assertDecided(t, token, err)
	})
}

func FuzzEnvelope(f *testing.F) {
	addFiles(f, func(body string) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body string) {
		var answer secmgmt.Envelope[map[string]any]
		if json.Unmarshal([]byte(body), &answer) != nil {
			return
		}
		assert.Equal(t, answer.ErrorCode == "", answer.Err() == nil)
	})
}

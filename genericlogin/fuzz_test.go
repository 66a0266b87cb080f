package genericlogin_test

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
	f.Add(200, challenge, 200, `{"token":"a.eyJleHAiOjF9.c"}`)
	addFiles(f, func(body string) {
		f.Add(200, body, 200, body)
		f.Add(200, challenge, 401, body)
		f.Add(400, body, 200, "")
	})
	f.Fuzz(func(t *testing.T, status int, body string, status2 int, body2 string) {
		if min(status, status2) < 200 || max(status, status2) > 599 {
			return
		}
		w := newWire()
		w.answers("POST", loginURL, reply(status, body), reply(status2, body2))
		c := config(w)
		c.OTP = machine{&codes{codes: []string{"012345"}}}
		token, err := authenticator(t, c).Login(t.Context())
		assertDecided(t, token, err)
		if status >= 300 {
			require.Error(t, err)
			assert.Len(t, w.requests(), 1)
		}
	})
}

func FuzzCookies(f *testing.F) {
	f.Add("access-token=a.eyJleHAiOjF9.c; Path=/", "refresh-token=r; Max-Age=60")
	f.Add("access-token=\"a b\"; Expires=Sat, 01 Jan 2050 00:00:00 GMT", "refresh-token=a,b; Max-Age=99999999999999999999")
	f.Fuzz(func(t *testing.T, one, two string) {
		w := newWire()
		w.answers("POST", loginURL, cookied(200, `{}`, one, two))
		w.answers("POST", refreshURL, cookied(200, `{}`, one, two))
		c := config(w)
		c.Web = true
		a := authenticator(t, c)
		token, err := a.Login(t.Context())
		assertDecided(t, token, err)
		if err != nil || token.Refresh.IsZero() {
			return
		}
		next, err := a.Refresh(t.Context(), token)
		assertDecided(t, next, err)
		require.NoError(t, err, "what came as a cookie can go as one")
		if !token.RefreshExpiresAt.IsZero() {
			assert.False(t, next.RefreshExpiresAt.After(token.RefreshExpiresAt))
		}
	})
}

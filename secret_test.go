package vendorlogin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// newlines are secrets as they are written, and as they are meant.
var newlines = map[string]string{
	"\ufeffexample":     "example",
	"":                  "",
	"\n":                "",
	"\r\n":              "",
	"\n\n":              "\n",
	"example":           "example",
	"example\n":         "example",
	"example\r\n":       "example",
	"example\n\n":       "example\n",
	"example\r":         "example\r",
	"example \n":        "example ",
	" example":          " example",
	"ex\nample":         "ex\nample",
	"example\r\n\r\n":   "example\r\n",
	"\xff\xfeexample\n": "\xff\xfeexample",
}

func TestSecretFileLosesOneNewline(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	read := vendorlogin.SecretFile(path)
	_, err := read(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.ErrorIs(t, err, os.ErrNotExist)
	for written, meant := range newlines {
		require.NoError(t, os.WriteFile(path, []byte(written), 0o600))
		secret, err := read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, meant, secret.Reveal(), "%q, read anew each time", written)
	}
}

func TestSecretEnvLosesOneNewline(t *testing.T) {
	const name = "VENDORLOGIN_TEST_SECRET"
	read := vendorlogin.SecretEnv(name)
	_, err := read(t.Context())
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.EqualError(t, err, "secret: invalid request: environment variable "+name+" is not set")
	for written, meant := range newlines {
		t.Setenv(name, written)
		secret, err := read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, meant, secret.Reveal(), "%q, read anew each time", written)
	}
}

func TestHeaderRefusesControlCharacters(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"a\nb", "a\rb", "a\x00b", "a\x7fb", "a\n"} {
		req := newRequest(t, things)
		err := (&vendorlogin.Token{Access: vendorlogin.NewSecret(value)}).SetAuthHeader(req)
		assert.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		assert.NotContains(t, err.Error(), value)
		assert.Empty(t, req.Header)
		err = (&vendorlogin.Token{Access: vendorlogin.NewSecret("a"), Type: value}).SetAuthHeader(req)
		assert.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		assert.Empty(t, req.Header)
	}
}

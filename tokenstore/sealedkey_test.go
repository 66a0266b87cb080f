package tokenstore_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestKeyText(t *testing.T) {
	t.Parallel()
	key := tokenstore.NewKey()
	again, err := tokenstore.ParseKey(" " + key.Reveal() + "\r\n")
	require.NoError(t, err)
	require.Equal(t, key.Reveal(), again.Reveal())
	require.Equal(t, key.ID(), again.ID())
	require.NotEqual(t, key.Reveal(), tokenstore.NewKey().Reveal())
	require.NotEqual(t, key.ID(), tokenstore.NewKey().ID())

	key, err = tokenstore.ParseKey("2026-01:" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	require.NoError(t, err)
	require.Equal(t, "2026-01", key.ID())
}

func TestKeyTextThatIsNone(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString([]byte("0123456789canary0123456789canary"))
	require.NoError(t, func() error { _, err := tokenstore.ParseKey("a:" + good); return err }())
	for name, text := range map[string]string{
		"empty":             "",
		"no id":             good,
		"empty id":          ":" + good,
		"long id":           strings.Repeat("a", 33) + ":" + good,
		"id with space":     "a b:" + good,
		"not base64":        "a:" + good[:43] + "!",
		"more than base64":  "a:" + good + "!",
		"too short":         "a:" + base64.StdEncoding.EncodeToString([]byte("0123456789canary")),
		"too long":          "a:" + base64.StdEncoding.EncodeToString([]byte("0123456789canary0123456789canary0")),
		"as it prints":      tokenstore.NewKey().String(),
		"swapped":           good + ":a",
		"key only, in text": "a:0123456789canary0123456789canary",
	} {
		t.Run(name, func(t *testing.T) {
			key, err := tokenstore.ParseKey(text)
			require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
			assert.Empty(t, key.ID())
			if !strings.Contains(text, ":") {
				assert.ErrorContains(t, err, `an id, ":" and`)
			}
			assert.NotContains(t, err.Error(), "canary")
			assert.NotContains(t, err.Error(), good[:20])
		})
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	const raw = "canary-canary-canary-canary-cana"
	text := "id:" + base64.StdEncoding.EncodeToString([]byte(raw))
	key, err := tokenstore.ParseKey(text)
	require.NoError(t, err)
	sealed, err := tokenstore.NewSealed(tokenstore.NewMemory(), key)
	require.NoError(t, err)
	plain, err := tokenstore.NewSealed(onlyStore{tokenstore.NewMemory()}, key)
	require.NoError(t, err)

	var b strings.Builder
	for _, v := range []any{key, &key, []tokenstore.Key{key}, map[string]any{"k": key}, struct{ K tokenstore.Key }{key},
		struct{ k tokenstore.Key }{key},
		sealed, plain, struct{ Store vendorlogin.Store }{sealed}, struct{ s vendorlogin.Store }{plain}} {
		fmt.Fprintf(&b, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
		data, _ := json.Marshal(v)
		b.Write(data)
		slog.New(slog.NewTextHandler(&b, nil)).Info("", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("", "v", v)
	}
	for _, form := range []string{raw, text[3:], fmt.Sprintf("%x", raw), fmt.Sprint([]byte(raw)[:4])[1:12]} {
		assert.NotContains(t, b.String(), form)
	}
	assert.Contains(t, b.String(), "id:[redacted]")
	assert.Equal(t, "tokenstore.Sealed tokenstore.Sealed", fmt.Sprintf("%+v %#v", sealed, plain))
}

func TestKeyID(t *testing.T) {
	t.Parallel()
	secret := ":" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, id := range []string{"a", "z", "A", "Z", "0", "9", "_", "-", ".", "aZ09_-.", strings.Repeat("a", 32)} {
		key, err := tokenstore.ParseKey(id + secret)
		require.NoError(t, err, id)
		require.Equal(t, id, key.ID())
	}
	for _, id := range []string{"", "`", "{", "@", "[", "/", "a/", ",", "^", "é", "a\x00", "a b", strings.Repeat("a", 33)} {
		_, err := tokenstore.ParseKey(id + secret)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%q", id)
	}
}

func TestKeyPrintsRedacted(t *testing.T) {
	t.Parallel()
	key, err := tokenstore.ParseKey("id:" + base64.StdEncoding.EncodeToString([]byte("canary-canary-canary-canary-cana")))
	require.NoError(t, err)
	const want = "id:[redacted]"
	assert.Equal(t, want, key.String())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, want, fmt.Sprintf(verb, key))
	}
	assert.Equal(t, want, key.LogValue().String())
	text, err := key.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, want, string(text))
}

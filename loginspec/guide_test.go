package loginspec_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// guideBlock is the first block of that language in the guide that holds part.
func guideBlock(t *testing.T, language, part string) string {
	data, err := os.ReadFile("../docs/describe-a-vendor.md")
	require.NoError(t, err)
	for block := range strings.SplitSeq(string(data), "```") {
		if text, ok := strings.CutPrefix(block, language+"\n"); ok && contains(text, part) {
			return text
		}
	}
	t.Fatalf("the guide has no block of %s with %q", language, part)
	return ""
}

// The file of the guide logs in to a vendor that does what the guide says, and is explained as the guide shows.
func TestGuide(t *testing.T) {
	t.Parallel()
	text := guideBlock(t, "yaml", "name: acme")
	explained, err := parseYAML(t, text).Explain(loginspec.Config{})
	require.NoError(t, err)
	assert.Contains(t, explained, guideBlock(t, "text", "login[0]"))

	values := map[string]string{"key": "example-key", "secret": examplePassword}
	acme := func(w http.ResponseWriter, r *http.Request) {
		body := readAll(r)
		switch call := r.Method + " " + r.URL.String(); {
		case r.Header.Get("X-Acme-Key") != "example-key":
			respond(403, `{"error": {"code": "E_KEY"}}`)(w, r)
		case call == "POST https://eu.acme.example/v2/session" && body == `{"login":"ops@example.com","secret":"example-password"}`:
			respond(200, `{"session": {"token": "t-1", "ttl_ms": 1800000, "renew": "r-1"}, "user": {"id": 7}}`)(w, r)
		case call == "POST https://eu.acme.example/v2/session":
			respond(400, `{"error": {"code": "E_AUTH", "text": "wrong"}}`)(w, r)
		case call == "POST https://eu.acme.example/v2/session/renew" && body == `{"renew":"r-1"}`:
			respond(200, `{"session": {"token": "t-2", "ttl_ms": 1800000, "renew": "r-2"}, "user": {"id": 7}}`)(w, r)
		case call == "DELETE https://eu.acme.example/v2/session" && r.Header.Get("X-Acme-Session") != "":
			respond(204, "")(w, r)
		default:
			respond(404, `{"error": {"code": "E_PATH"}}`)(w, r)
		}
	}
	token, w, err := login(t, text, values, acme)
	require.NoError(t, err)
	assert.Equal(t, "7", token.Subject)
	assert.Equal(t, 30*time.Minute, token.ExpiresAt.Sub(token.IssuedAt))
	spec := parseYAML(t, text)
	auth, err := loginspec.New(spec, config(spec, w, values))
	require.NoError(t, err)
	token, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, "t-2", token.Access.Reveal())
	assert.Equal(t, "r-2", token.Refresh.Reveal())
	require.NoError(t, auth.(vendorlogin.Revoker).Revoke(t.Context(), token))

	values["secret"] = "wrong"
	_, _, err = login(t, text, values, acme)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	_, _, err = login(t, text, values, respond(200, `{"error": {"code": "E_LOCKED"}}`))
	require.ErrorIs(t, err, vendorlogin.ErrForbidden)
	e, _ := errors.AsType[*vendorlogin.Error](err)
	assert.Equal(t, "E_LOCKED", e.Code)
}

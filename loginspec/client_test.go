package loginspec_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

const regional = `
name: v
user: user
base: ${instance}
hosts: ["*.v.example"]
inputs: [{name: user}, {name: password, secret: true}]
login:
  - url: https://login.v.example/token
    form: {user: "${user}", password: "${password}"}
    keep: {access: {json: token}, instance: {json: instance}, csrf: {json: csrf}}
use: {header: {X-Token: "${access}", X-CSRF: "${csrf}"}}
rejected: {status: [403], at: {json: error}, is: expired}
`

// A Client sends the token to the host that a response named and the description allows, and nowhere else. What the description
// calls a rejected token is renewed.
func TestClient(t *testing.T) {
	t.Parallel()
	logins := 0
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Host == "login.v.example":
			logins++
			respond(200, `{"token": "t-`+strings.Repeat("x", logins)+`", "instance": "https://na1.v.example/services", "csrf": "c-1"}`)(w, r)
		case r.Header.Get("X-Token") == "t-x" && r.URL.Path == "/expired":
			respond(403, `{"error": "expired"}`)(w, r)
		default:
			respond(200, r.Header.Get("X-Token")+" "+r.Header.Get("X-CSRF"))(w, r)
		}
	}}
	spec := parseYAML(t, regional)
	client := newClient(t, spec, config(spec, w, nil))
	api := &http.Client{Transport: client.Transport(w)}
	get := func(url string) (int, error) {
		resp, err := api.Get(url)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	status, err := get("https://na1.v.example/me")
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	for _, elsewhere := range []string{"https://evil.example/", "https://na2.v.example/", "https://login.v.example/x"} {
		_, err = get(elsewhere)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, elsewhere)
	}
	for _, r := range w.requests() {
		assert.Contains(t, []string{"login.v.example", "na1.v.example"}, r.URL.Host)
	}
	status, err = get("https://na1.v.example/expired")
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.Equal(t, 2, logins)
}

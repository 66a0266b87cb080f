package loginspec_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// evil are values that lead elsewhere where they are taken for text. None may be sent to another host than api.v.example, and its
// subdomains.
var evil = []string{
	"https://evil.example/", "http://api.v.example/", "//evil.example/x", `\\evil.example\x`, "https://api.v.example@evil.example/",
	"https://evil.example#api.v.example", "https://evil.example?api.v.example", "https://api.v.example.evil.example/",
	"https://evilv.example/", "https://v.example/", "https://u:p@api.v.example/", "https://api.v.example:x/", "https:evil.example",
	"javascript:alert(1)", "ftp://api.v.example/", "https://", "https://.v.example/", "https://a..v.example/", "https://a_b.v.example/",
	"https://evil.example\\.v.example/", "https://evil.example%2f.v.example/", "https://evil.example%00.v.example", "https://[::1]/",
	"evil.example", "evil.example/.v.example", "../evil", "/\\evil.example", "https://api.v.example/../../x", "\r\nHost: evil.example",
	"https://api.v.example\r\nX: y", "https://api.v.example\t.evil.example", "https://\u0430pi.v.example/", "https://127.0.0.1/",
	"HTTPS://EVIL.EXAMPLE/", "https:///evil.example", "https:/evil.example", "?x=https://api.v.example", "#", "@evil.example", " ",
}

// fair tells whether a request may have gone to where it did.
func fair(host string) bool {
	return host == "api.v.example" || strings.HasSuffix(host, ".v.example")
}

// A credential, a token and a secret go to hosts that the description or the user names, whatever a response says.
func TestHostsOfResponses(t *testing.T) {
	t.Parallel()
	const head = `
name: v
hosts: ["*.v.example"]
inputs: [{name: password, secret: true}]
login:
  - url: https://api.v.example/one
    json: {p: "${password}"}
    keep: {access: {json: token}, place: {json: place}}
`
	descriptions := map[string]string{
		"step":       head + "  - url: ${place}\n    header: {Authorization: \"Bearer ${access}\"}\n",
		"path after": head + "  - url: ${place}/more\n    header: {Authorization: \"Bearer ${access}\"}\n",
		"host":       head + "  - url: https://${place}/more\n    header: {Authorization: \"Bearer ${access}\"}\n",
		"label":      head + "  - url: https://${place}.v.example/more\n    header: {Authorization: \"Bearer ${access}\"}\n",
		"base":       strings.Replace(head, "name: v\n", "name: v\nbase: ${place}\n", 1),
	}
	for name, text := range descriptions {
		for _, place := range evil {
			token, w, err := login(t, text, nil, respond(200, fmt.Sprintf(`{"token": "example-access", "place": %q}`, place)))
			for _, r := range w.requests() {
				assert.True(t, fair(r.URL.Hostname()), "%s: %q led to %s", name, place, r.URL.Host)
				assert.Equal(t, "https", r.URL.Scheme, "%s: %q", name, place)
				assert.NotContains(t, r.URL.Path, "..", "%s: %q", name, place)
			}
			if name == "base" && err == nil {
				auth, _ := loginspec.New(parseYAML(t, text), config(parseYAML(t, text), w, nil))
				for _, origin := range auth.(vendorlogin.Originer).APIOrigins(token) {
					assert.True(t, fair(strings.TrimPrefix(origin, "https://")), "%q led to %s", place, origin)
				}
			}
		}
	}
	for name, place := range map[string]string{"step": "https://eu.v.example/two", "host": "eu.v.example", "label": "eu"} {
		_, w, err := login(t, descriptions[name], nil, respond(200, fmt.Sprintf(`{"token": "example-access", "place": %q}`, place)))
		require.NoError(t, err)
		assert.Equal(t, "eu.v.example", w.requests()[1].URL.Host)
	}
}

// The ways in which a response may lead on are taken.
func TestURLFromResponse(t *testing.T) {
	t.Parallel()
	const text = `
name: v
hosts: ["*.v.example"]
base: ${instance}
login:
  - url: https://login.v.example/one/two
    keep: {next: {json: next}}
  - url: ${next}/last
    query: {b: "2"}
    keep: {access: {json: token}, instance: {json: instance, public: true}}
use: {header: {Authorization: "Bearer ${access}"}}
`
	for next, want := range map[string]string{
		"three":                           "https://login.v.example/one/three/last?b=2",
		"/three?a=1#x":                    "https://login.v.example/three/last?a=1&b=2",
		"https://EU.v.example:8443/x%2Fy": "https://eu.v.example:8443/x%2Fy/last?b=2",
	} {
		token, w, err := login(t, text, nil, func(w http.ResponseWriter, r *http.Request) {
			respond(200, fmt.Sprintf(`{"next": %q, "token": "t", "instance": "https://na1.v.example/services"}`, next))(w, r)
		})
		require.NoError(t, err)
		assert.Equal(t, want, w.requests()[1].URL.String())
		spec := parseYAML(t, text)
		auth, err := loginspec.New(spec, config(spec, w, nil))
		require.NoError(t, err)
		assert.Equal(t, []string{"https://na1.v.example"}, auth.(vendorlogin.Originer).APIOrigins(token))
		assert.Nil(t, auth.(vendorlogin.Originer).APIOrigins(nil))
		_, _, err = login(t, text, nil, respond(200, `{"next": "/x", "token": "t", "instance": "na1.v.example"}`))
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "a host alone is no URL")
		assert.Equal(t, "https://login.v.example", auth.Account().Endpoint)
	}
}

// An input changes no host, path or structure: it is refused by New or Login, or is escaped.
func TestHostsOfInputs(t *testing.T) {
	t.Parallel()
	values := append([]string{"a.example/../x", "u@evil.example", "evil.example#", "a b", "x/../..", "..", ".", "a&b=c", "a\"b", "<x>",
		"${user}", "%2e%2e"}, evil...)
	for name, url := range map[string]string{
		"label": "https://${in}.v.example/login", "path": "https://api.v.example/${in}/login", "port": "https://api.v.example:${in}/login",
		"part of a segment": "https://api.v.example/x${in}", "query": "https://api.v.example/login?in=${in}&z=1",
	} {
		text := "name: v\ninputs: [{name: in}, {name: password, secret: true}]\nlogin:\n  - url: " + url +
			"\n    json: {p: \"${password}\"}\n    keep: {access: {json: token}}\n"
		spec := parseYAML(t, text)
		for _, value := range values {
			w := &wire{handler: respond(200, `{"token": "t"}`)}
			auth, err := loginspec.New(spec, config(spec, w, map[string]string{"in": value}))
			if err == nil {
				_, err = auth.Login(t.Context())
			}
			if err != nil {
				require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%s: %q", name, value)
				assert.Empty(t, w.requests())
				continue
			}
			r := w.requests()[0]
			assert.True(t, fair(r.URL.Hostname()), "%s: %q led to %s", name, value, r.URL.Host)
			switch name {
			case "path":
				assert.Equal(t, 2, strings.Count(r.URL.EscapedPath(), "/"), "%q: %s", value, r.URL.EscapedPath())
				assert.Equal(t, "/"+value+"/login", r.URL.Path)
			case "query":
				assert.Equal(t, value, r.URL.Query().Get("in"))
				assert.Equal(t, "1", r.URL.Query().Get("z"))
				assert.Len(t, r.URL.Query(), 2)
			}
		}
	}
}

// No redirect is followed with credentials, and one that means success is read.
func TestRedirects(t *testing.T) {
	t.Parallel()
	const text = "name: v\ninputs: [{name: password, secret: true}]\nlogin:\n  - url: https://api.v.example/login\n" +
		"    form: {p: \"${password}\"}\n    keep: {access: {cookie: s}}\n"
	redirect := respond(302, "", "Location", "https://evil.example/?p="+examplePassword, "Set-Cookie", "s=t")
	_, w, err := login(t, text, nil, redirect)
	assert.ErrorContains(t, err, "redirects to https://evil.example/; a redirect means success only where the step's status lists it")
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.NotContains(t, err.Error(), examplePassword)
	assert.Len(t, w.requests(), 1)

	token, w, err := login(t, text+"    status: [302]\n", nil, redirect)
	require.NoError(t, err)
	assert.Equal(t, "t", token.Access.Reveal())
	assert.Len(t, w.requests(), 1)

	_, _, err = login(t, text+"    status: [302]\n"+
		"    errors: [{status: [302], at: {header: Location, match: \"(evil)\"}, kind: credentials}]\n", nil, redirect)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	_, _, err = login(t, text+"    status: [302]\n", nil, respond(200, ""))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
}

// What a response says of the API's place is https too: the token would be readable on the way.
func TestBaseOfAResponseIsHTTPS(t *testing.T) {
	t.Parallel()
	const text = `
name: v
hosts: ["*.v.example", "127.0.0.1"]
base: ${instance}
login:
  - url: https://login.v.example/one
    keep: {access: {json: token}, instance: {json: instance, public: true}}
`
	for instance, ok := range map[string]bool{
		"https://na1.v.example/": true, "http://127.0.0.1:8080": true, "http://na1.v.example/": false, "http://na1.v.example:443": false,
	} {
		_, _, err := login(t, text, nil, respond(200, fmt.Sprintf(`{"token": "example-access", "instance": %q}`, instance)))
		assert.Equal(t, ok, err == nil, "%s: %v", instance, err)
	}
}

// A token may come from elsewhere: from a Store, or by Seed. What it says of an input does not count.
func TestTokenIsNoInput(t *testing.T) {
	t.Parallel()
	const text = `
name: v
base: ${base_url}
inputs: [{name: base_url, url: true}, {name: password, secret: true}]
login:
  - url: ${base_url}/login
    json: {p: "${password}"}
    keep: {access: {json: token}, refresh: {json: refresh}}
refresh:
  - url: ${base_url}/refresh
    json: {r: "${refresh}"}
    keep: {access: {json: token}, refresh: {json: refresh}}
`
	w := &wire{handler: respond(200, `{"token": "example-access", "refresh": "example-next"}`)}
	spec := parseYAML(t, text)
	auth, err := loginspec.New(spec, config(spec, w, map[string]string{"base_url": "https://api.v.example"}))
	require.NoError(t, err)
	for _, old := range []*vendorlogin.Token{
		{Refresh: vendorlogin.NewSecret("example-refresh"), Extra: map[string]string{"base_url": "https://evil.example"}},
		{Refresh: vendorlogin.NewSecret("example-refresh"),
			Secrets: map[string]vendorlogin.Secret{"base_url": vendorlogin.NewSecret("https://evil.example")}},
	} {
		_, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), old)
		require.NoError(t, err)
	}
	require.Len(t, w.requests(), 2)
	for _, r := range w.requests() {
		assert.Equal(t, "api.v.example", r.URL.Host)
	}
}

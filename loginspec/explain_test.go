package loginspec_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// Explain shows each request with the values that may be shown, what is kept, and what failures mean. It needs no value and no secret.
func TestExplain(t *testing.T) {
	t.Parallel()
	spec := parseYAML(t, right)
	text, err := spec.Explain(loginspec.Config{})
	require.NoError(t, err)
	for _, part := range []string{
		"v: the account is ${user} at https://api.v.example\n",
		"login[0]\n  POST https://eu.v.example/login\n",
		`"password": "[redacted]"`, `"user": "${user}"`, `"nonce": "${nonce}"`, `"sign": "[redacted]"`,
		"  keeps challenge: json challenge, which may be missing\n",
		"  status 400 and json error is wrong: wrong credentials\n",
		"  any status and json error matches ^locked: forbidden\n",
		"login[1]\n  POST [redacted]\n  form challenge=[redacted]&code=[redacted]\n  asks for a code: totp\n",
		"  runs only if there is challenge\n",
		"refresh[0]\n  POST https://api.v.example/refresh\n  form refresh=[redacted]\n",
		"header.X-Token: [redacted]\n", "status 403 and json error is expired: the same",
	} {
		assert.Contains(t, text, part)
	}
	text, err = spec.Explain(rightConfig())
	require.NoError(t, err)
	assert.Contains(t, text, "the account is "+exampleUser)
	assert.NotContains(t, text, examplePassword)

	spec.Base = ""
	text, err = spec.Explain(loginspec.Config{})
	require.NoError(t, err)
	assert.Contains(t, text, "the account is ${user} at https://eu.v.example\n", "the origin of the first step")

	spec.Login[0].Keep = nil
	_, err = spec.Explain(loginspec.Config{})
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

// What may be left out is said in words.
func TestExplainConditions(t *testing.T) {
	t.Parallel()
	const text = `
name: v
login:
  - {url: "https://api.v.example", code: when_configured, form: {code: "${code}"}, keep: {access: {text: true}}}
errors:
  - {at: {json: fault}, kind: unavailable}
  - {at: {json: state}, not: [ok, fine], kind: forbidden}
`
	explained, err := parseYAML(t, text).Explain(loginspec.Config{})
	require.NoError(t, err)
	assert.Contains(t, explained, "asks for a code: totp, if Config.OTP is set\n")
	assert.Contains(t, explained, "any status and json fault is there: unavailable\n")
	assert.Contains(t, explained, "any status and json state is not ok or fine: forbidden\n")
}

// What failures mean depends on what is done; statuses and lifetimes are said.
func TestExplainOperations(t *testing.T) {
	t.Parallel()
	const text = `
name: v
inputs: [{name: password, secret: true}]
life: 2h
refresh_life: 720h
login:
  - url: "https://api.v.example/login"
    form: {password: "${password}"}
    status: [200, 302]
    keep: {access: {json: token}, refresh: {json: refresh}, expires: {json: expires, maybe: true}}
refresh: [{url: "https://api.v.example/refresh", form: {refresh: "${refresh}"}}]
logout: [{url: "https://api.v.example/logout", form: {access: "${access}"}}]
errors: [{status: [418], kind: credentials}, {status: [419], kind: refresh_rejected}, {status: [420], kind: otp_rejected}]
`
	explained, err := parseYAML(t, text).Explain(loginspec.Config{})
	require.NoError(t, err)
	login, rest, _ := strings.Cut(explained, "refresh[0]\n")
	refresh, logout, _ := strings.Cut(rest, "logout[0]\n")
	assert.Contains(t, login, "  succeeds with status 200 302\n")
	assert.Contains(t, login, "status 418: wrong credentials\n  status 419: wrong credentials\n  status 420: one-time password required\n")
	assert.Contains(t, refresh, "status 418: refresh token rejected\n  status 419: refresh token rejected\n")
	assert.Contains(t, logout, "status 418: the session has ended already, which is no failure\n  status 419: the session")
	assert.Contains(t, logout, "\nthe token lives 2h0m0s where expires is missing\n")
	assert.Contains(t, logout, "\nthe refresh token lives 720h0m0s, unless it or its cookie says otherwise\n")
}

// What New refuses is no description to explain, as far as values are there.
func TestExplainRefusesWhatNewRefuses(t *testing.T) {
	t.Parallel()
	const text = `
name: v
inputs: [{name: server, url: true}, {name: region, host: true}]
hosts: ["${region}"]
login:
  - {url: "${server}/login", json: {}, keep: {next: {json: next}}}
  - {url: "http://plain.example/login", json: {next: "${next}"}, keep: {access: {json: token}}}
`
	_, err := parseYAML(t, text).Explain(loginspec.Config{})
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.Contains(t, err.Error(), "line 7: login[1].url")

	spec := parseYAML(t, strings.ReplaceAll(text, "http://", "https://"))
	_, err = spec.Explain(loginspec.Config{})
	require.NoError(t, err)
	_, err = spec.Explain(loginspec.Config{Values: map[string]string{"server": "http://plain.example"}})
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	_, err = spec.Explain(loginspec.Config{Values: map[string]string{"sever": "https://v.example"}})
	assert.ErrorContains(t, err, "did you mean server?")
}

// A secret in a URL is allowed, and Explain names the place.
func TestExplainSecretsInURLs(t *testing.T) {
	t.Parallel()
	const text = `
name: v
inputs: [{name: key, secret: true}]
login: [{url: "https://api.v.example/${key}?a=${key}", query: {b: "${key}"}, keep: {access: {text: true}}}]
`
	explained, err := parseYAML(t, text).Explain(loginspec.Config{})
	require.NoError(t, err)
	assert.Contains(t, explained, "GET https://api.v.example/[redacted]?a=[redacted]&b=[redacted]\n")
	assert.Contains(t, explained, "note: ${key} is in the URL's path")
	assert.Contains(t, explained, "note: ${key} is in the URL's query")
}

// Trace logs in, and says what was sent and what came back: names, no values.
func TestTrace(t *testing.T) {
	t.Parallel()
	spec := parseYAML(t, stepped)
	w := &wire{handler: stepping}
	c := config(spec, w, map[string]string{"recovery": "recovery-code"})
	text, err := loginspec.Trace(t.Context(), spec, c)
	require.NoError(t, err)
	for _, part := range []string{
		"sent\n  POST https://api.v.example/login\n", `"user": "` + exampleUser + `"`, `"password": "[redacted]"`,
		"came back\n  status 200, 59 bytes, no Content-Type\n", "  challenge at json challenge: is there\n",
		"  refresh at json refresh: is missing; there is: challenge, csrf, team\n",
		"token: expires at a time that is not known, refresh token true",
	} {
		assert.Contains(t, text, part)
	}
	for _, secret := range []string{examplePassword, "recovery-code", "access-1", "refresh-1", "example-csrf", "c-1"} {
		assert.NotContains(t, text, secret)
	}

	spec = parseYAML(t, ruled)
	c = config(spec, &wire{handler: respond(400, `{"code": "wrong", "text": "not `+examplePassword+`"}`)}, nil)
	text, err = loginspec.Trace(t.Context(), spec, c)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Contains(t, text, "  matched errors[0] (credentials)\n  means: wrong credentials\n")
	assert.Contains(t, text, "no token: v ("+exampleUser+"): login: wrong credentials")
	assert.NotContains(t, text, examplePassword)

	c.HTTPClient = &http.Client{Transport: &wire{handler: respond(200, `{"token": false}`)}}
	text, err = loginspec.Trace(t.Context(), spec, c)
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.Contains(t, text, "  access at json token: is missing; there is: token\n")

	c.HTTPClient = &http.Client{Transport: &wire{handler: respond(302, "")}}
	text, err = loginspec.Trace(t.Context(), spec, c)
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.Contains(t, text, "a redirect means success only where the step's status lists it\n")

	c.HTTPClient = &http.Client{Transport: &wire{}}
	text, err = loginspec.Trace(t.Context(), spec, c)
	require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	assert.Contains(t, text, "no response")
	_, err = loginspec.Trace(t.Context(), spec, loginspec.Config{})
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

package loginspec_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

const accounts = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}]
`

// What stands in a response in place of a token that is the whole body is none.
func TestTextThatIsNoToken(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {access: {text: true}}}
`
	for _, body := range []string{
		"<!doctype html><title>maintenance</title>", "<html><body>log in</body></html>", `{"error": "locked"}`, `["locked"]`,
		"<error>locked</error>",
	} {
		_, _, err := login(t, text, nil, respond(200, body))
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse, body)
		assert.ErrorContains(t, err, "a page or a document, and no token")
	}
	for body, want := range map[string]string{"t-1": "t-1", ` "t-2" `: "t-2"} {
		token, _, err := login(t, text, nil, respond(200, body, "Content-Type", "text/html"))
		require.NoError(t, err, body)
		assert.Equal(t, want, token.Access.Reveal())
	}
	token, _, err := login(t, strings.Replace(text, "text: true", `text: true, match: "t=(.*);"`, 1), nil, respond(200, "<html>t=t-3;</html>"))
	require.NoError(t, err, "part of a page may be one")
	assert.Equal(t, "t-3", token.Access.Reveal())
}

// What vendors say where there is no token is none, wherever it stands.
func TestValueThatIsNoToken(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {access: {json: t}, refresh: {json: r, maybe: true}}}
`
	for _, value := range []string{"false", "true", "0", "-1", `"False"`, `"null"`, `" "`, `"0"`} {
		_, _, err := login(t, text, nil, respond(200, `{"t": `+value+`}`))
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse, value)
		assert.ErrorContains(t, err, "access at json t: is missing; there is: t")
		token, _, err := login(t, text, nil, respond(200, `{"t": "t-1", "r": `+value+`}`))
		require.NoError(t, err, value)
		assert.True(t, token.Refresh.IsZero(), value)
	}
	for _, value := range []string{"null", "false", "true", "-1", "0", `"null"`} {
		_, _, err := login(t, strings.Replace(text, "{json: t}", "{text: true}", 1), nil, respond(200, value))
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse, value)
		assert.ErrorContains(t, err, "access at text: is missing; there is nothing like it")
	}
	token, _, err := login(t, strings.Replace(text, "refresh:", "subject:", 1), nil, respond(200, `{"t": 17, "r": 0}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"17", "0"}, []string{token.Access.Reveal(), token.Subject})
}

// A cookie that is there to be deleted is nothing that a pattern finds.
func TestPatternAndADeletedCookie(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/login
    form: {p: "${password}"}
    keep: {access: {header: set-cookie, match: "^(S[0-9]=[^;]+)"}}
`
	const deleted, past = "S1=deleted; Max-Age=0", "S1=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	for _, first := range []string{deleted, past} {
		token, _, err := login(t, text, nil, respond(200, "", "Set-Cookie", first, "Set-Cookie", "S2=s-2; Max-Age=60"))
		require.NoError(t, err)
		assert.Equal(t, "S2=s-2", token.Access.Reveal())
		_, _, err = login(t, text, nil, respond(200, "", "Set-Cookie", first))
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	}
}

// Cookies that are kept together go back as they came, in quotes where they were.
func TestCookiesInQuotes(t *testing.T) {
	t.Parallel()
	token, _, err := login(t, accounts+`
login:
  - {url: "https://api.v.example/login", form: {p: "${password}"}, keep: {access: {cookies: [a, b]}}}
`, nil, respond(200, "", "Set-Cookie", `a="ip=1,client=API"; Path=/`, "Set-Cookie", "b=2"))
	require.NoError(t, err)
	assert.Equal(t, `a="ip=1,client=API"; b=2`, token.Access.Reveal())
}

// One of several fields of the same name is found by its pattern.
func TestFieldThatComesSeveralTimes(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/login
    form: {p: "${password}"}
    keep: {access: {header: Set-Cookie, match: "^(logged_in_[0-9a-f]+=[^;]+)"}}
`
	token, _, err := login(t, text, nil, respond(200, "", "Set-Cookie", "lang=en", "Set-Cookie", "logged_in_7f=s-1; Path=/"))
	require.NoError(t, err)
	assert.Equal(t, "logged_in_7f=s-1", token.Access.Reveal())
	_, _, err = login(t, text, nil, respond(200, "", "Set-Cookie", "lang=en"))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	for _, rule := range []string{
		`{at: {header: WWW-Authenticate}, match: "locked", kind: forbidden}`,
		`{at: {header: WWW-Authenticate, match: "^([A-Za-z]+)"}, is: Acme, kind: forbidden}`,
		`{at: {header: WWW-Authenticate, match: "^([A-Za-z]+)"}, not: Digest, kind: forbidden}`,
	} {
		_, _, err = login(t, text+"errors: ["+rule+"]\n", nil,
			respond(401, `{}`, "WWW-Authenticate", "Basic realm=x", "WWW-Authenticate", " Acme error=locked"))
		require.ErrorIs(t, err, vendorlogin.ErrForbidden, rule)
	}
	_, _, err = login(t, text+`errors: [{at: {header: WWW-Authenticate, match: "^([A-Za-z]+)"}, not: Acme, kind: forbidden}]`, nil,
		respond(401, `{}`, "WWW-Authenticate", "Basic realm=x", "WWW-Authenticate", "Acme error=locked"))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials, "one of them is Acme")
}

// XML in the charsets of older servers is read; of another the error says so.
func TestCharsets(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - {url: "https://api.v.example/login", xml: {Login: {P: "${password}"}}, keep: {access: {xml: R.T}}}
`
	for charset, e := range map[string]string{"ISO-8859-1": "\xe9", "windows-1252": "\xe9", "utf8": "é", "UTF-8": "é"} {
		body := `<?xml version="1.0" encoding="` + charset + `"?><R><T>t-` + e + `</T></R>`
		token, _, err := login(t, text, nil, respond(200, body))
		require.NoError(t, err)
		assert.Equal(t, "t-é", token.Access.Reveal())
	}
	_, _, err := login(t, text, nil, respond(200, `<?xml version="1.0" encoding="koi8-r"?><R><T>t</T></R>`))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.ErrorContains(t, err, "its charset is none of")
}

// How long a temporary token is valid, and its type, say nothing of the token that it is exchanged for.
func TestExpiryOfATemporaryToken(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/login
    json: {p: "${password}"}
    keep: {access: {json: t}, expires: {json: e}, type: {json: y, maybe: true}, refresh: {json: r}, refresh_expires: {json: re}}
  - {url: "https://api.v.example/exchange", json: {t: "${access}"}, keep: {access: {json: t}, refresh: {json: r}}}
refresh: [{url: "https://api.v.example/refresh", json: {r: "${refresh}"}}]
life: 12h
refresh_life: 30d
`
	token, _, err := login(t, text, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			respond(200, `{"t": "temporary", "e": 300, "y": "mfa", "r": "r-0", "re": 300}`)(w, r)
			return
		}
		respond(200, `{"t": "t-1", "r": "r-1"}`)(w, r)
	})
	require.NoError(t, err)
	assert.Equal(t, 12*time.Hour, token.ExpiresAt.Sub(token.IssuedAt))
	assert.Equal(t, 30*24*time.Hour, token.RefreshExpiresAt.Sub(token.IssuedAt))
	assert.Equal(t, "Bearer", token.Type)
}

// What an earlier step says of the session holds for the token that comes with a later one.
func TestExpiryOfAnEarlierStep(t *testing.T) {
	t.Parallel()
	token, _, err := login(t, accounts+`
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {expires: {json: e}}}
  - {url: "https://api.v.example/token", keep: {access: {json: t}}}
life: 12h
`, nil, respond(200, `{"t": "t-1", "e": 300}`))
	require.NoError(t, err)
	assert.Equal(t, 5*time.Minute, token.ExpiresAt.Sub(token.IssuedAt))
}

// A refresh token is spent only in a request that has all that belongs to it. What the last response does not say again stays.
func TestRefreshThatLacksAField(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/login
    json: {p: "${password}"}
    keep: {access: {json: t}, refresh: {json: r}, org: {json: o, public: true}}
refresh:
  - {url: "https://api.v.example/csrf", keep: {csrf: {json: csrf}, type: {json: type}, hint: {json: hint, maybe: true, public: true}}}
  - url: https://api.v.example/refresh
    json: {r: "${refresh}", csrf: "${csrf}"}
    keep: {access: {json: t}, refresh: {json: r}, org: {json: o, public: true}}
`
	csrf := `{}`
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		body := map[string]string{"/login": `{"t": "t-1", "r": "r-1", "o": "red"}`, "/csrf": csrf, "/refresh": `{"t": "t-2"}`}[r.URL.Path]
		respond(200, body)(w, r)
	}}
	spec := parseYAML(t, text)
	auth, err := loginspec.New(spec, config(spec, w, nil))
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	refresh := auth.(vendorlogin.Refresher).Refresh
	_, err = refresh(t.Context(), token)
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.Len(t, w.requests(), 2, "the refresh token was not sent")
	csrf = `{"csrf": "c-1"}`
	token, err = refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, []string{"t-2", "r-1", "red"}, []string{token.Access.Reveal(), token.Refresh.Reveal(), token.Extra["org"]})
}

// A redirect that means success is judged by rules like any other response, with the vendor's words and its Retry-After.
func TestRedirectThatSaysWhy(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/login
    form: {p: "${password}"}
    status: [302]
    keep: {access: {cookie: S}}
    errors:
      - status: [302]
        at: {header: Location, match: "error=(locked)"}
        kind: rate_limited
        code: {header: Location, match: "error=([a-z]+)"}
        message: {header: X-Why}
        retry_at: {header: X-Until}
`
	_, w, err := login(t, text, nil, respond(302, "", "Location", "/login?error=locked", "X-Until", "1800", "X-Why", "not "+examplePassword))
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
	assert.Equal(t, []any{"locked", "not [redacted]", 302}, []any{e.Code, e.Message, e.Status})
	assert.InDelta(t, 1800, time.Until(e.RetryAt).Seconds(), 60)
	assert.Len(t, w.requests(), 1)
	_, _, err = login(t, text, nil, respond(302, "", "Location", "/login?error=locked", "Retry-After", "1800"))
	e, ok = errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.InDelta(t, 1800, time.Until(e.RetryAt).Seconds(), 60)
	token, _, err := login(t, text, nil, respond(302, "", "Location", "/home", "Set-Cookie", "S=s-1"))
	require.NoError(t, err)
	assert.Equal(t, "s-1", token.Access.Reveal())
}

// The type that a login named stays where no response of a refresh names one.
func TestTypeStaysAtARefresh(t *testing.T) {
	t.Parallel()
	spec := parseYAML(t, accounts+`
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {access: {json: t}, type: {json: type, maybe: true}}}
refresh:
  - {url: "https://api.v.example/1", json: {t: "${access}"}, keep: {access: {json: t}}}
  - {url: "https://api.v.example/2", json: {t: "${access}"}, keep: {access: {json: t}}}
`)
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		body := `{"t": "t-2"}`
		if r.URL.Path == "/login" {
			body = `{"t": "t-1", "type": "Token"}`
		}
		respond(200, body)(w, r)
	}}
	auth, err := loginspec.New(spec, config(spec, w, nil))
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	token, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, []string{"t-2", "Token"}, []string{token.Access.Reveal(), token.Type})
}

// A refusal may bring what the login needs.
func TestRefusalThatIsWanted(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - {url: "https://api.v.example/rpc", status: [409], keep: {csrf: {header: X-Session-Id}}}
  - {url: "https://api.v.example/rpc", header: {X-Session-Id: "${csrf}"}, json: {p: "${password}"}, keep: {access: {json: t}}}
`
	token, _, err := login(t, text, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Session-Id") == "" {
			respond(409, "409: Conflict", "X-Session-Id", "s-1")(w, r)
			return
		}
		respond(200, `{"t": "t-1"}`)(w, r)
	})
	require.NoError(t, err)
	assert.Equal(t, "t-1", token.Access.Reveal())
	_, _, err = login(t, text, nil, respond(500, "", "X-Session-Id", "s-1"))
	require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	_, _, err = login(t, text, nil, respond(200, "{}", "X-Session-Id", "s-1"))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "the status lists 409 alone")
}

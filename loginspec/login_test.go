package loginspec_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

const granted = `{"access_token": "example-access", "expires_in": 3600}`

// What differs between the logins of vendors, one thing a case: what goes out.
func TestRequests(t *testing.T) {
	t.Parallel()
	const head = `
name: v
user: user
inputs:
  - {name: user}
  - {name: password, secret: true}
`
	const keep = "    keep: {access: {json: access_token}, expires: {json: expires_in}}\n"
	for name, c := range map[string]struct {
		inputs string
		step   string
		values map[string]string
		method string
		url    string
		header http.Header
		body   string
	}{
		"JSON": {
			step: `    json: {user: "${user}", nested: [{password: "${password}"}, 1, true, null], literal: "$${x}"}`, method: "POST",
			body: `{"literal":"${x}","nested":[{"password":"example-password"},1,true,null],"user":"ops@example.com"}`,
		},
		"form": {
			step: `    form: {user: "${user}", password: "${password}", grant_type: password}`, method: "POST",
			body: "grant_type=password&password=example-password&user=ops%40example.com",
		},
		"query": {
			step: "    query: {user: \"${user}\", password: \"${password}\"}", method: "GET",
			url: "https://api.example.com/login?password=example-password&user=ops%40example.com",
		},
		"query in the URL": {
			inputs: "  - {name: key, secret: true, optional: true}\n",
			step:   "    url: https://api.example.com/login?v=1&user=${user}&key=${key}\n    basic: {user: x, password: \"${password}\"}",
			method: "GET",
			url:    "https://api.example.com/login?user=ops%40example.com&v=1",
		},
		"Basic header": {
			step: "    method: POST\n    basic: {user: \"${user}\", password: \"${password}\"}", method: "POST",
			header: http.Header{"Authorization": {"Basic b3BzQGV4YW1wbGUuY29tOmV4YW1wbGUtcGFzc3dvcmQ="}},
		},
		"own header": {
			step: "    header: {X-User: \"${user}\", X-Key: \"key ${password}\"}", method: "GET",
			header: http.Header{"X-User": {exampleUser}, "X-Key": {"key " + examplePassword}},
		},
		"cookies": {
			step: "    cookies: {b: \"${password}\", a: \"1\"}\n    json: {user: \"${user}\"}", method: "POST",
			header: http.Header{"Cookie": {"a=1; b=" + examplePassword}}, body: `{"user":"ops@example.com"}`,
		},
		"XML": {
			step: "    xml: {Login: {\"@v\": \"1\", User: \"${user}\", Password: \"${password}\", Role: [a, b]}}", method: "POST",
			header: http.Header{"Content-Type": {"application/xml"}},
			body: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<Login v="1"><User>ops@example.com</User><Password>example-password</Password><Role>a</Role><Role>b</Role></Login>`,
		},
		"host and path from the configuration": {
			inputs: "  - {name: tenant}\n  - {name: realm}\n",
			step:   "    url: https://${tenant}.example.com/realms/${realm}/login\n    json: {user: \"${user}\", password: \"${password}\"}",
			values: map[string]string{"tenant": "acme", "realm": "a b/../c"},
			url:    "https://acme.example.com/realms/a%20b%2F..%2Fc/login", method: "POST",
			body: `{"password":"example-password","user":"ops@example.com"}`,
		},
		"whole host from the configuration": {
			inputs: "  - {name: server, host: true}\n",
			step:   "    url: https://${server}/login\n    json: {user: \"${user}\", password: \"${password}\"}",
			values: map[string]string{"server": "Login.Example.com:8443"}, url: "https://login.example.com:8443/login", method: "POST",
			body: `{"password":"example-password","user":"ops@example.com"}`,
		},
		"base URL with a path": {
			inputs: "  - {name: base_url, url: true}\n",
			step:   "    url: ${base_url}/login\n    json: {user: \"${user}\", password: \"${password}\"}",
			values: map[string]string{"base_url": "https://api.example.com/v1/"}, url: "https://api.example.com/v1/login", method: "POST",
			body: `{"password":"example-password","user":"ops@example.com"}`,
		},
		"optional inputs, defaults and types": {
			inputs: "  - {name: n, number: true, default: 5}\n  - {name: b, bool: true, default: true}\n" +
				"  - {name: gone, optional: true}\n  - {name: lost, secret: true, optional: true}\n",
			step: `    json: {user: "${user}", password: "${password}", n: "${n}", b: "${b}",
      text: "n${n}", gone: "${gone}", list: ["${lost}", "x${lost}"]}`,
			header: http.Header{}, method: "POST",
			body: `{"b":true,"list":[],"n":5,"password":"example-password","text":"n5","user":"ops@example.com"}`,
		},
		"base64 and sha256": {
			step: "    make: {b: {base64: \"${user}:${password}\"}, h: {sha256: \"${password}\"}, h64: {sha256: \"${b}\", as: " +
				"base64}}\n    json: {b: \"${b}\", h: \"${h}\", h64: \"${h64}\"}",
			method: "POST",
			body:   "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := c.step + "\n"
			if !contains(step, "    url: ") {
				step = "    url: https://api.example.com/login\n" + step
			}
			text := head + c.inputs + "login:\n  -" + step[3:] + keep
			token, w, err := login(t, text, c.values, respond(200, granted))
			require.NoError(t, err)
			assert.Equal(t, "example-access", token.Access.Reveal())
			assert.Equal(t, time.Hour, token.ExpiresAt.Sub(token.IssuedAt))
			require.Len(t, w.requests(), 1)
			r := w.requests()[0]
			assert.Equal(t, c.method, r.Method)
			if c.url == "" {
				c.url = "https://api.example.com/login"
			}
			assert.Equal(t, c.url, r.URL.String())
			for name, values := range c.header {
				assert.Equal(t, values, r.Header[name])
			}
			if name == "base64 and sha256" {
				checkMade(t, r.body)
				return
			}
			assert.Equal(t, c.body, r.body)
		})
	}
}

var layout = regexp.MustCompile("@([^@]+)@")

// inAnHour puts the time in an hour where a text has a layout between two "@".
func inAnHour(text string) string {
	end := time.Now().Add(time.Hour).UTC()
	return layout.ReplaceAllStringFunc(text, func(layout string) string {
		switch layout = strings.Trim(layout, "@"); layout {
		case "unix":
			return strconv.FormatInt(end.Unix(), 10)
		case "unix_ms":
			return strconv.FormatInt(end.UnixMilli(), 10)
		}
		return end.Format(layout)
	})
}

// Everything that a response may carry: where the token is, and when it expires.
func TestResponses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep    string
		body    string
		headers []string
		life    string
		access  string
		expires time.Duration // 0: unknown
	}{
		"top of the JSON":     {keep: "access: {json: token}", body: `{"token": "t-1"}`, access: "t-1"},
		"deeper":              {keep: "access: {json: data.0.a\\.b}", body: `{"data": [{"a.b": "t-2"}]}`, access: "t-2"},
		"the whole text":      {keep: "access: {text: true}", body: "\ufefft-3\r\n", access: "t-3"},
		"the whole JSON text": {keep: "access: {text: true}", body: `"t-3"`, access: "t-3"},
		"part of the text":    {keep: `access: {text: true, match: "token=(.*);"}`, body: "x\ntoken=t-4;", access: "t-4"},
		"a header":            {keep: "access: {header: x-token}", headers: []string{"X-Token", "t-5"}, access: "t-5"},
		"part of a header": {keep: `access: {header: Location, match: "[?&]t=([^&]+)"}`, headers: []string{"Location", "/x?t=t-6&u=1"},
			access: "t-6"},
		"XML text":           {keep: "access: {xml: R.T}", body: `<R xmlns="u"><T> t-7 </T></R>`, access: "t-7"},
		"XML attribute":      {keep: "access: {xml: R.S.1.@t}", body: `<n:R xmlns:n="u"><n:S t="x"/><n:S n:t="t-8"/></n:R>`, access: "t-8"},
		"XML below the root": {keep: "access: {xml: S/T}", body: `<R><S><T>t-7</T></S></R>`, access: "t-7"},
		"a cookie": {keep: "access: {cookie: c}", headers: []string{"Set-Cookie", "c=old", "Set-Cookie", "c=t-9; Max-Age=60"},
			access: "t-9", expires: time.Minute},
		"several cookies": {keep: "access: {cookies: [b, a]}", headers: []string{"Set-Cookie", "a=1", "Set-Cookie", "b=2; Path=/"},
			access: "b=2; a=1"},
		"cookies that end": {keep: "access: {cookies: [a, b, c]}", headers: []string{"Set-Cookie", "a=1; Max-Age=7200", "Set-Cookie",
			"b=2; Expires=@Mon, 02 Jan 2006 15:04:05 GMT@", "Set-Cookie", "c=3"}, access: "a=1; b=2; c=3", expires: time.Hour},
		"the first of a list": {keep: "access: {json: 0}", body: `["t-1"]`, access: "t-1"},
		"of the first":        {keep: "access: {json: 0.1}", body: `[["x", "t-1"]]`, access: "t-1"},
		"a number":            {keep: "access: {json: token}", body: `{"token": 12345678901234567890}`, access: "12345678901234567890"},
		"seconds":             {keep: "access: {json: t}, expires: {json: e}", body: `{"t": "x", "e": "3600"}`, access: "x", expires: time.Hour},
		"milliseconds": {keep: "access: {json: t}, expires: {json: e, as: ms}", body: `{"t": "x", "e": 1800000}`, access: "x",
			expires: 30 * time.Minute},
		"minutes": {keep: "access: {json: t}, expires: {json: e, as: minutes}", body: `{"t": "x", "e": 90}`,
			access: "x", expires: 90 * time.Minute},
		"d:h:m": {keep: "access: {json: t}, expires: {json: e, as: \"d:h:m\"}", body: `{"t": "x", "e": "0:1:30"}`,
			access: "x", expires: 90 * time.Minute},
		"epoch": {keep: "access: {json: t}, expires: {json: e, as: unix}", body: `{"t": "x", "e": ` + "@unix@" + `}`,
			access: "x", expires: time.Hour},
		"epoch in ms": {keep: "access: {json: t}, expires: {json: e, as: unix_ms}", body: `{"t": "x", "e": ` + "@unix_ms@" + `}`,
			access: "x", expires: time.Hour},
		"RFC 3339": {keep: "access: {json: t}, expires: {json: e, as: rfc3339}",
			body: `{"t": "x", "e": "` + "@2006-01-02T15:04:05Z07:00@" + `"}`, access: "x", expires: time.Hour},
		"almost RFC 3339": {keep: "access: {json: t}, expires: {json: e, as: rfc3339}",
			body: `{"t": "x", "e": "` + "@2006-01-02 15:04:05@" + `"}`, access: "x", expires: time.Hour},
		"a zone that means two things": {keep: `access: {json: t}, expires: {json: e, as: "2006-01-02 15:04 MST"}`,
			body: `{"t": "x", "e": "` + "@2006-01-02 15:04@" + ` CST"}`, life: "20m", access: "x", expires: 20 * time.Minute},
		"HTTP date": {keep: "access: {json: t}, expires: {header: X-E, as: http_date}", body: `{"t": "x"}`,
			headers: []string{"X-E", "@Mon, 02 Jan 2006 15:04:05 GMT@"}, access: "x", expires: time.Hour},
		"layout": {keep: "access: {json: t}, expires: {json: e, as: \"02.01.2006 15:04:05\"}",
			body: `{"t": "x", "e": "` + "@02.01.2006 15:04:05@" + `"}`, access: "x", expires: time.Hour},
		"layout, said so": {keep: "access: {json: t}, expires: {json: e, as: \"layout 02.01.2006 15:04:05\"}",
			body: `{"t": "x", "e": "` + "@02.01.2006 15:04:05@" + `"}`, access: "x", expires: time.Hour},
		"only documented": {keep: "access: {json: t}", body: `{"t": "x"}`, life: "20m", access: "x", expires: 20 * time.Minute},
		"documented, wrong": {keep: "access: {json: t}, expires: {json: e, as: unix}", body: `{"t": "x", "e": "soon"}`, life: "20m",
			access: "x", expires: 20 * time.Minute},
		"nobody says": {keep: "access: {json: t}", body: `{"t": "x"}`, access: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "name: v\nlogin:\n  - url: https://api.example.com/login\n    keep: {" + c.keep + "}\n"
			if c.life != "" {
				text += "life: " + c.life + "\n"
			}
			synctest.Test(t, func(t *testing.T) {
				headers := append([]string(nil), c.headers...)
				for i := range headers {
					headers[i] = inAnHour(headers[i])
				}
				token, _, err := login(t, text, nil, respond(200, inAnHour(c.body), headers...))
				require.NoError(t, err)
				assert.Equal(t, c.access, token.Access.Reveal())
				if c.expires == 0 {
					assert.Zero(t, token.ExpiresAt)
					return
				}
				assert.Equal(t, c.expires, token.ExpiresAt.Sub(token.IssuedAt))
			})
		})
	}
}

// A 2xx that lacks what is to be kept is no token, and the error says which path is missing and which names are there.
func TestMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep, body, want string
	}{
		"key": {"{json: data.token}", `{"data": {"tokens": "t-secret", "id": 1}}`,
			"access at json data.token: is missing; there is: id, tokens"},
		"whole path": {"{json: data.token}", `{"error": {"token": "t-secret"}}`, "there is: error"},
		"null":       {"{json: token}", `{"token": null}`, "there is: token"},
		"object": {"{json: token}", `{"token": {"value": "t-secret"}}`,
			"access at json token: is an object, in which there is: value"},
		"list":          {"{json: token}", `{"token": ["t-secret"], "id": 1}`, "access at json token: is a list"},
		"empty":         {"{json: token}", `{"token": ""}`, "there is: token"},
		"not JSON":      {"{json: token}", `t-secret`, "the body is not JSON"},
		"two values":    {"{json: token}", `{"token": "t-secret"} {}`, "the body is not JSON"},
		"not XML":       {"{xml: a.b}", `t-secret`, "the body is not XML"},
		"XML":           {"{xml: a.b}", `<a><c>t-secret</c></a>`, "there is: a, a.c"},
		"header":        {"{header: X-Token}", ``, "access at header x-token: is missing; there is nothing like it"},
		"no match":      {`{text: true, match: "x(y)"}`, `t-secret`, "access at text x(y): is missing; the body has no match"},
		"value as name": {"{json: token}", `{"t-secret-0123456789-0123456789-0123456789": 1, "ok": 1, "example-password": 2}`, "there is: ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "name: v\ninputs: [{name: password, secret: true}]\nlogin:\n  - url: https://api.example.com/login\n" +
				"    json: {p: \"${password}\"}\n    keep: {access: " + c.keep + "}\n"
			token, w, err := login(t, text, nil, respond(200, c.body))
			require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
			assert.Nil(t, token)
			assert.Contains(t, err.Error(), c.want)
			assert.NotContains(t, err.Error(), "t-secret")
			assert.NotContains(t, err.Error(), examplePassword)
			assert.Len(t, w.requests(), 1)
		})
	}
	const second = "name: v\nlogin: [{url: \"https://api.example.com/login\", keep: {access: {json: token}, subject: {json: id}}}]\n"
	_, _, err := login(t, second, nil, respond(200, `{"token": "t-secret"}`))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "a token without what else is needed")
	assert.Contains(t, err.Error(), "subject at json id: is missing; there is: token")
}

// A name that is there or not decides which steps run.
func TestOnlyAndUnless(t *testing.T) {
	t.Parallel()
	const text = `
name: v
login:
  - url: https://api.example.com/one
    keep: {access: {json: token, maybe: true}, challenge: {json: challenge, maybe: true}}
  - url: https://api.example.com/two
    only: challenge
    query: {c: "${challenge}"}
    keep: {access: {json: token}}
  - url: https://api.example.com/three
    unless: challenge
    header: {Authorization: "Bearer ${access}"}
`
	for first, want := range map[string][]string{
		`{"token": "t"}`:                       {"/one", "/three"},
		`{"token": "t", "challenge": false}`:   {"/one", "/three"},
		`{"token": "t", "challenge": ""}`:      {"/one", "/three"},
		`{"token": "t", "challenge": "False"}`: {"/one", "/three"}, // of .NET and Python
		`{"challenge": "x"}`:                   {"/one", "/two"},
		`{"challenge": true}`:                  {"/one", "/two"},
	} {
		token, w, err := login(t, text, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/one" {
				respond(200, first)(w, r)
				return
			}
			respond(200, `{"token": "t"}`)(w, r)
		})
		require.NoError(t, err)
		assert.Equal(t, "t", token.Access.Reveal())
		var paths []string
		for _, r := range w.requests() {
			paths = append(paths, r.URL.Path)
		}
		assert.Equal(t, want, paths)
	}
}

// The authenticator is what its description has steps for, and no more.
func TestOptionalInterfaces(t *testing.T) {
	t.Parallel()
	const core = "name: v\nlogin: [{url: \"https://api.example.com\", keep: {access: {json: a}, refresh: {json: r, maybe: true}}}]\n"
	parts := []string{
		"refresh: [{url: \"https://api.example.com/r\", form: {r: \"${refresh}\"}}]\n",
		"logout: [{url: \"https://api.example.com/l\", form: {a: \"${access}\"}}]\n",
		"use: {header: {X-Token: \"${access}\"}}\n",
	}
	for set := range 8 {
		text := core
		for i, part := range parts {
			if set&(1<<i) != 0 {
				text += part
			}
		}
		auth, err := loginspec.New(parseYAML(t, text), loginspec.Config{})
		require.NoError(t, err)
		_, refreshes := auth.(vendorlogin.Refresher)
		_, revokes := auth.(vendorlogin.Revoker)
		_, authorizes := auth.(vendorlogin.Authorizer)
		assert.Equal(t, []bool{set&1 != 0, set&2 != 0, set&4 != 0}, []bool{refreshes, revokes, authorizes}, text)
		_, rejects := auth.(vendorlogin.Rejecter)
		_, origins := auth.(vendorlogin.Originer)
		_, fingerprints := auth.(vendorlogin.Fingerprinter)
		assert.True(t, rejects && origins && fingerprints)
	}
}

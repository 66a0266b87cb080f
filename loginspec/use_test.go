package loginspec_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// authorizer logs in as a description with this use says, and hands back what puts the token on requests.
func authorizer(t *testing.T, use string, access string) (vendorlogin.Authorizer, *vendorlogin.Token) {
	t.Helper()
	text := `
name: v
inputs: [{name: api_key, secret: true}, {name: tenant, optional: true}]
make: {now: {time: "2006"}}
login:
  - url: https://api.v.example/login
    header: {X-Key: "${api_key}", X-Tenant: "${tenant}", X-Now: "${now}"}
    keep: {access: {header: X-T}, csrf: {json: csrf}, user_id: {json: id, public: true}}
use: ` + use + "\n"
	spec := parseYAML(t, text)
	w := &wire{handler: respond(200, `{"csrf": "example-csrf", "id": 7}`, "X-T", access)}
	auth, err := loginspec.New(spec, config(spec, w, nil))
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	own, ok := auth.(vendorlogin.Authorizer)
	require.True(t, ok)
	return own, token
}

func request(t *testing.T, method, url, contentType, body string) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if body == "" {
		req.Body = nil
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Cookie", "mine=1; sid=old")
	return req
}

func TestUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		use, access string
		check       func(t *testing.T, req *http.Request, body string)
	}{
		"headers, with a secret input, something kept, something made": {
			`{header: {Authorization: "Token ${access}", X-Key: "${api_key}", X-CSRF: "${csrf}",
  X-User: "${user_id}", X-Now: "${now}", X-Tenant: "${tenant}"}, query: {csrf: "${csrf}"}}`, "t",
			func(t *testing.T, req *http.Request, _ string) {
				assert.Equal(t, "Token t", req.Header.Get("Authorization"))
				assert.Equal(t, examplePassword, req.Header.Get("X-Key"))
				assert.Equal(t, "example-csrf", req.Header.Get("X-CSRF"))
				assert.Equal(t, "7", req.Header.Get("X-User"))
				assert.Len(t, req.Header.Get("X-Now"), 4)
				assert.Empty(t, req.Header.Values("X-Tenant"))
			},
		},
		"query, beside the caller's": {
			`{query: {key: "${access}", csrf: "${csrf}"}}`, "t&u",
			func(t *testing.T, req *http.Request, _ string) {
				assert.Equal(t, "b=2&a=1&csrf=example-csrf&key=t%26u", req.URL.RawQuery)
			},
		},
		"cookies, beside the caller's": {
			`{cookies: {sid: "${access}", csrf: "${csrf}"}}`, "t",
			func(t *testing.T, req *http.Request, _ string) {
				assert.Equal(t, "mine=1; csrf=example-csrf; sid=t", req.Header.Get("Cookie"))
			},
		},
		"a JSON body": {
			`{body: {session: "${access}", csrf: "${csrf}"}}`, "t\"u",
			func(t *testing.T, req *http.Request, body string) {
				assert.JSONEq(t, `{"big": 12345678901234567890, "session": "t\"u", "csrf": "example-csrf"}`, body)
				assert.EqualValues(t, len(body), req.ContentLength)
				again, err := req.GetBody()
				require.NoError(t, err)
				data, _ := io.ReadAll(again)
				assert.Equal(t, body, string(data))
			},
		},
		"a token that says its scheme": {
			`{header: {Authorization: "Bearer ${access}", X-CSRF: "${csrf}"}}`, "bearer t",
			func(t *testing.T, req *http.Request, _ string) {
				assert.Equal(t, "Bearer t", req.Header.Get("Authorization"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth, token := authorizer(t, c.use, c.access)
			assert.NotContains(t, token.Extra, "csrf")
			assert.Equal(t, "example-csrf", token.Secrets["csrf"].Reveal())
			req := request(t, "POST", "https://api.v.example/x?b=2&key=old&a=1", "application/json", `{"big": 12345678901234567890, "session": 1}`)
			before := req.URL.String()
			url := req.URL
			require.NoError(t, auth.Authorize(req, token))
			assert.Equal(t, before, url.String(), "the caller's URL has changed")
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			c.check(t, req, string(body))
		})
	}
}

func TestUseBody(t *testing.T) {
	t.Parallel()
	auth, token := authorizer(t, `{body: {session: "${access}", csrf: "${csrf}"}}`, "t")
	for _, c := range []struct{ method, contentType, body, want string }{
		{"POST", "application/x-www-form-urlencoded", "a=1&session=old", "a=1&csrf=example-csrf&session=t"},
		{"POST", "", "", `{"csrf":"example-csrf","session":"t"}`},
		{"GET", "", "", ""},
	} {
		req := request(t, c.method, "https://api.v.example/x", c.contentType, c.body)
		require.NoError(t, auth.Authorize(req, token))
		if c.want == "" {
			assert.Nil(t, req.Body)
			continue
		}
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.Equal(t, c.want, string(body))
	}
	for _, c := range []struct{ contentType, body string }{
		{"application/json", "[1]"}, {"application/json", "null"}, {"application/json", "{"}, {"text/plain", "x"},
		{"application/x-www-form-urlencoded", "%zz"}, {"application/json", `{"a": "` + strings.Repeat("x", 1<<20) + `"}`},
	} {
		req := request(t, "POST", "https://api.v.example/x", c.contentType, c.body)
		require.ErrorIs(t, auth.Authorize(req, token), vendorlogin.ErrInvalidRequest)
		assert.NotContains(t, req.Header, "Authorization")
	}
}

// Nothing is set where something cannot be.
func TestUseRejects(t *testing.T) {
	t.Parallel()
	for use, access := range map[string]string{
		`{header: {X-T: "${access}", X-C: "${csrf}"}}`:      "t",
		`{cookies: {a: "${access}", b: "${csrf}"}}`:         "t",
		`{query: {a: "${access}"}, header: {X: "${csrf}"}}`: "t",
	} {
		auth, token := authorizer(t, use, access)
		for _, bad := range []string{"", "x\r\nX-Injected: 1", "x\x00"} {
			spoiled := *token
			spoiled.Access = vendorlogin.NewSecret(bad)
			req := request(t, "GET", "https://api.v.example/x", "", "")
			header, url := req.Header.Clone(), req.URL.String()
			err := auth.Authorize(req, &spoiled)
			require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
			assert.Equal(t, header, req.Header)
			assert.Equal(t, url, req.URL.String())
		}
		spoiled := *token
		spoiled.Secrets = map[string]vendorlogin.Secret{"csrf": vendorlogin.NewSecret("x;\r\ny")}
		req := request(t, "GET", "https://api.v.example/x", "", "")
		header := req.Header.Clone()
		require.ErrorIs(t, auth.Authorize(req, &spoiled), vendorlogin.ErrInvalidRequest)
		assert.Equal(t, header, req.Header)
	}
}

// What means that the token is not valid any more.
func TestRejected(t *testing.T) {
	t.Parallel()
	const text = `
name: v
login: [{url: "https://api.v.example/login", keep: {access: {json: token}}}]
rejected:
  - {status: [403], at: {json: error.code}, is: [expired, "17"]}
  - {status: [200], at: {json: error}, is: session_gone}
  - {at: {header: X-Auth}, is: expired}
`
	auth, err := loginspec.New(parseYAML(t, text), loginspec.Config{})
	require.NoError(t, err)
	for _, c := range []struct {
		status int
		body   string
		header string
		want   bool
	}{
		{401, "", "", true}, {403, `{"error": {"code": "expired"}}`, "", true}, {403, `{"error": {"code": 17}}`, "", true},
		{403, `{"error": {"code": "other"}}`, "", false}, {403, "", "", false}, {200, `{"error": "session_gone"}`, "", true},
		{200, `{"error": "x"}`, "", false}, {404, `{"error": {"code": "expired"}}`, "", false}, {500, "", "Expired", true},
	} {
		resp := &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)),
			ContentLength: int64(len(c.body))}
		if c.header != "" {
			resp.Header.Set("X-Auth", c.header)
		}
		assert.Equal(t, c.want, auth.(vendorlogin.Rejecter).Rejected(resp, nil), "%+v", c)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, c.body, string(body), "the caller still reads the body")
	}
}

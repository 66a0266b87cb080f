package loginspec_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

const ruled = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}]
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    keep: {access: {json: token}}
    errors:
      - {status: [400], at: {json: code}, is: [wrong, 17], kind: credentials, code: {json: code}, message: {json: text}}
      - {at: {json: ok}, is: "false", kind: credentials}
      - {status: [400], at: {json: why}, not: fine, kind: invalid_request}
      - {status: [400], at: {json: wait}, kind: rate_limited, retry_at: {json: wait}}
      - {status: [418], kind: otp_required}
errors:
  - {at: {json: locked}, kind: forbidden}
  - {at: {header: X-Error}, match: "^E[0-9]+$", kind: unavailable}
`

// The first rule that matches says what a failure is, then the status does.
func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		header []string
		kind   error
	}{
		"is":                        {400, `{"code": "WRONG", "text": "no"}`, nil, vendorlogin.ErrInvalidCredentials},
		"is a number":               {400, `{"code": 17}`, nil, vendorlogin.ErrInvalidCredentials},
		"another code":              {400, `{"code": "other"}`, nil, vendorlogin.ErrInvalidRequest},
		"200 with an error in it":   {200, `{"ok": false, "token": "t"}`, nil, vendorlogin.ErrInvalidCredentials},
		"200":                       {200, `{"ok": true, "token": "t"}`, nil, nil},
		"not":                       {400, `{"why": "other"}`, nil, vendorlogin.ErrInvalidRequest},
		"retry_at":                  {400, `{"wait": 90}`, nil, vendorlogin.ErrRateLimited},
		"status alone":              {418, `{"x": 1}`, nil, vendorlogin.ErrOTPRequired},
		"something is there":        {409, `{"locked": {"by": 1}}`, nil, vendorlogin.ErrForbidden},
		"nothing is there":          {409, `{"locked": null, "x": 1}`, nil, vendorlogin.ErrInvalidRequest},
		"false is there":            {409, `{"locked": false, "x": 1}`, nil, vendorlogin.ErrInvalidRequest},
		"an empty list":             {409, `{"locked": [], "x": 1}`, nil, vendorlogin.ErrInvalidRequest},
		"a header":                  {400, `{"x": 1}`, []string{"X-Error", "E12"}, vendorlogin.ErrUnavailable},
		"401":                       {401, ``, nil, vendorlogin.ErrInvalidCredentials},
		"403":                       {403, `{"x": 1}`, nil, vendorlogin.ErrForbidden},
		"429":                       {429, ``, nil, vendorlogin.ErrRateLimited},
		"500":                       {500, `{"x": 1}`, nil, vendorlogin.ErrUnavailable},
		"a page is no decision":     {418, `<html>down for maintenance</html>`, nil, vendorlogin.ErrUnavailable},
		"an empty 403 is none":      {403, ``, nil, vendorlogin.ErrUnavailable},
		"nor is what is not theirs": {400, `upstream error`, nil, vendorlogin.ErrUnavailable},
	} {
		_, w, err := login(t, ruled, nil, respond(c.status, c.body, c.header...))
		assert.Len(t, w.requests(), 1)
		if c.kind == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.kind, name)
		e, _ := errors.AsType[*vendorlogin.Error](err)
		assert.Equal(t, c.status, e.Status)
		switch name {
		case "is":
			assert.Equal(t, "WRONG", e.Code)
			assert.Equal(t, "no", e.Message)
		case "retry_at":
			assert.InDelta(t, 90, time.Until(e.RetryAt).Seconds(), 60)
		}
	}
}

// OAuth's words are known without a rule.
func TestOAuthWords(t *testing.T) {
	t.Parallel()
	const text = "name: v\nlogin:\n  - url: https://api.v.example/token\n    form: {grant_type: client_credentials}\n" +
		"    keep: {access: {json: access_token}}\n"
	for word, kind := range map[string]error{
		"invalid_client": vendorlogin.ErrInvalidCredentials, "invalid_grant": vendorlogin.ErrInvalidCredentials,
		"unauthorized_client": vendorlogin.ErrForbidden, "invalid_scope": vendorlogin.ErrInvalidRequest,
		"temporarily_unavailable": vendorlogin.ErrUnavailable,
	} {
		_, _, err := login(t, text, nil, respond(400, `{"error": "`+word+`"}`))
		require.ErrorIs(t, err, kind, word)
	}
	_, _, err := login(t, strings.Replace(text, "client_credentials", "refresh_token", 1), nil, respond(400, `{"error": "invalid_grant"}`))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials, "a configured refresh token is the credential")
}

// A wrong password costs one request and then a hold: where the vendor says 401, where it says 200 and the description knows that, and
// where the description forgot to say so.
func TestWrongPasswordCostsOneRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		status int
		body   string
		kind   error
	}{
		"401":                            {ruled, 401, `{"error": "wrong password"}`, vendorlogin.ErrInvalidCredentials},
		"401 that the step lists":        {challenging, 401, `{"hint": "wrong password"}`, vendorlogin.ErrInvalidCredentials},
		"400 with a rule":                {ruled, 400, `{"code": "wrong"}`, vendorlogin.ErrInvalidCredentials},
		"200 with a rule":                {ruled, 200, `{"ok": false}`, vendorlogin.ErrInvalidCredentials},
		"200 that nobody has thought of": {ruled, 200, `{"result": "wrong password"}`, vendorlogin.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{handler: respond(c.status, c.body)}
				spec := parseYAML(t, c.text)
				client := newClient(t, spec, config(spec, w, nil))
				for range 20 {
					_, err := client.Token(t.Context())
					require.ErrorIs(t, err, c.kind)
					assert.NotContains(t, err.Error(), examplePassword)
				}
				assert.Len(t, w.requests(), 1)
				for range 600 {
					time.Sleep(time.Second)
					_, err := client.Token(t.Context())
					require.Error(t, err)
				}
				assert.LessOrEqual(t, len(w.requests()), 4, "in ten minutes")
			})
		})
	}
}

// The vendor's words stay as they are where a literal of the description is in them, such as "password" of a grant_type. A secret goes
// out all the same.
func TestLiteralsAreNoSecrets(t *testing.T) {
	t.Parallel()
	text := accounts + `
login:
  - url: https://api.v.example/token?kind=session
    header: {SOAPAction: login}
    cookies: {app: AppSecret}
    form: {app_key: AppKey, key: app-key-17, grant_type: password, username: "${user}", password: "${password}"}
    keep: {access: {json: access_token}}
`
	for password, want := range map[string]string{
		"example-password": "wrong password [redacted] for login session, [redacted], [redacted], [redacted]",
		"password":         "wrong [redacted] [redacted] for login session, [redacted], [redacted], [redacted]",
	} {
		said := "wrong password " + password + " for login session, AppSecret, app-key-17, AppKey"
		_, _, err := login(t, text, map[string]string{"password": password},
			respond(400, `{"error": "invalid_grant", "error_description": "`+said+`"}`))
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, want, e.Message)
	}
}

// A fixed client of the description is hidden, though it is a word.
func TestFixedClientIsHidden(t *testing.T) {
	t.Parallel()
	_, _, err := login(t, accounts+`
login:
  - url: https://api.v.example/token
    basic: {user: AppUser, password: AppSecret}
    form: {grant_type: password, username: "${user}", password: "${password}"}
    keep: {access: {json: access_token}}
`, nil, respond(400, `{"error": "invalid_grant", "error_description": "no AppUser with AppSecret"}`))
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.Equal(t, "no [redacted] with [redacted]", e.Message)
}

// A SOAP fault says what it is by the name of an element, with other elements in it.
func TestFaultIsThere(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/soap
    xml: {Login: {User: "${user}", Password: "${password}"}}
    keep: {access: {xml: Envelope.Body.Session}}
    errors: [{at: {xml: Envelope.Body.Fault.detail.LoginFault}, kind: credentials}]
`
	for fault, kind := range map[string]error{
		"<LoginFault><code>7</code></LoginFault>": vendorlogin.ErrInvalidCredentials, "<LoginFault/>": vendorlogin.ErrUnavailable,
		"<OtherFault><code>7</code></OtherFault>": vendorlogin.ErrUnavailable,
	} {
		body := "<s:Envelope xmlns:s='u'><s:Body><s:Fault><detail>" + fault + "</detail></s:Fault></s:Body></s:Envelope>"
		_, _, err := login(t, text, nil, respond(500, body, "Content-Type", "text/xml"))
		require.ErrorIs(t, err, kind, fault)
	}
}

// A page is nobody's decision about credentials, but for a 401.
func TestPageWithA401(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]error{401: vendorlogin.ErrForbidden, 418: vendorlogin.ErrUnavailable} {
		_, _, err := login(t, accounts+`
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {access: {json: t}}}
errors: [{status: [401, 418], kind: forbidden}]
`, nil, respond(status, "<html>no</html>"))
		require.ErrorIs(t, err, kind, status)
	}
}

// So do numbers of the description, as those of JSON-RPC.
func TestNumbersAreNoSecrets(t *testing.T) {
	t.Parallel()
	_, _, err := login(t, accounts+`
login:
  - url: https://api.v.example/rpc
    json: {id: 326, p: "${password}"}
    keep: {access: {json: result}}
errors: [{at: {json: error.code}, kind: credentials, code: {json: error.code}}]
`, nil, respond(200, `{"id": 326, "error": {"code": -32602}}`))
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.Equal(t, "-32602", e.Code)
}

// What a vendor echoes is in no error, wherever the description looks for its words.
func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	_, _, err := login(t, ruled, nil, func(w http.ResponseWriter, r *http.Request) {
		respond(400, `{"code": "wrong", "text": "user `+exampleUser+` has no password `+examplePassword+`"}`)(w, r)
	})
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.Contains(t, e.Message, "has no password")
	assert.NotContains(t, e.Message, examplePassword)

	const inPath = "name: v\ninputs: [{name: key, secret: true}]\nlogin:\n  - url: https://api.v.example/keys/${key}/token\n" +
		"    keep: {access: {json: token}}\n"
	for status, body := range map[int]string{200: `{}`, 401: ``, 500: ``} {
		_, _, err = login(t, inPath, map[string]string{"key": "canary-key"}, respond(status, body))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary-key")
		assert.Contains(t, err.Error(), "GET api.v.example/[redacted]")
	}
}

// A vendor may repeat in a later response what an earlier request had: it is in no error.
func TestErrorsTellNothingOfEarlierRequests(t *testing.T) {
	t.Parallel()
	made := base64.StdEncoding.EncodeToString([]byte("x:" + examplePassword))
	spec := parseYAML(t, accounts+`
login:
  - {url: "https://api.v.example/1", make: {sig: {base64: "x:${password}"}}, json: {s: "${sig}"}, keep: {c: {json: c}}}
  - {url: "https://api.v.example/2", code: sms, json: {c: "${c}", code: "${code}"}, keep: {c: {json: c}}}
  - {url: "https://api.v.example/3/${c}", json: {c: "${c}"}, keep: {access: {json: t}}}
errors: [{at: {json: e}, kind: forbidden, message: {json: e}}]
`)
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		body := map[string]string{"/1": `{"c": "challenge-1"}`, "/2": `{"c": "challenge-2"}`}[r.URL.Path]
		if body == "" {
			body = `{"e": "not ` + made + `, 271828, challenge-1, challenge-2"}`
		}
		respond(200, body)(w, r)
	}}
	c := config(spec, w, nil)
	c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "271828", nil })
	auth, err := loginspec.New(spec, c)
	require.NoError(t, err)
	_, err = auth.Login(t.Context())
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.Equal(t, "not [redacted], [redacted], [redacted], [redacted]", e.Message)
}

// A name that is a number in one step and made of a secret in another is a secret in both.
func TestNameThatIsASecretInOneStep(t *testing.T) {
	t.Parallel()
	_, _, err := login(t, accounts+`
make: {x: {uuid: true}}
login:
  - {url: "https://api.v.example/1/${x}"}
  - {url: "https://api.v.example/2/${x}", make: {x: {base64: "${password}", as: url}}, keep: {access: {json: t}}}
`, nil, func(w http.ResponseWriter, r *http.Request) {
		if contains(r.URL.Path, "/1/") {
			respond(200, "{}")(w, r)
			return
		}
		respond(403, `{"a": 1}`)(w, r)
	})
	require.ErrorIs(t, err, vendorlogin.ErrForbidden)
	assert.NotContains(t, err.Error(), base64.RawURLEncoding.EncodeToString([]byte(examplePassword)))
}

const challenging = accounts + `
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    status: [401]
    keep: {challenge: {json: login_2fa_token}, hint: {json: hint, maybe: true, public: true}}
  - url: https://api.v.example/code
    code: totp
    json: {challenge: "${challenge}", code: "${code}"}
    keep: {access: {json: t}, refresh: {json: r}}
refresh:
  - {url: "https://api.v.example/refresh", json: {r: "${refresh}"}, status: [200, 401], keep: {access: {json: t}}}
`

package loginspec_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// What is made of the code, or of something that is kept anew, is made anew with it.
func TestMadeOfWhatChanges(t *testing.T) {
	t.Parallel()
	const text = accounts + `
make: {pin: {base64: "${code}"}, sign: {sha256: "${nonce}"}}
login:
  - {url: "https://api.v.example/login", json: {p: "${password}"}, keep: {nonce: {json: nonce}}}
  - url: https://api.v.example/code
    code: sms
    resend: {url: "https://api.v.example/resend", json: {sign: "${sign}"}, keep: {nonce: {json: nonce}}}
    json: {pin: "${pin}", sign: "${sign}"}
    keep: {access: {json: t}}
    errors: [{status: [400], kind: otp_rejected}]
`
	nonces := 0
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		switch nonces++; {
		case r.URL.Path != "/code":
			respond(200, fmt.Sprintf(`{"nonce": "n-%d"}`, nonces))(w, r)
		case contains(readAll(r), base64.StdEncoding.EncodeToString([]byte("222222"))):
			respond(200, `{"t": "t-1"}`)(w, r)
		default:
			respond(400, `{"e": "wrong"}`)(w, r)
		}
	}}
	spec := parseYAML(t, text)
	c := config(spec, w, nil)
	c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, ch vendorlogin.Challenge) (string, error) {
		if ch.Attempt == 1 {
			return "111111", nil
		}
		return "222222", ch.Resend(ctx)
	})
	auth, err := loginspec.New(spec, c)
	require.NoError(t, err)
	_, err = auth.Login(t.Context())
	require.NoError(t, err)
	signOf := func(nonce string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(nonce))) }
	sent := w.requests()
	require.Len(t, sent, 4)
	assert.Contains(t, sent[1].body, signOf("n-1"))
	assert.Contains(t, sent[2].body, signOf("n-1"), "the resend")
	assert.Contains(t, sent[3].body, signOf("n-3"))
}

// What is made for the whole login may be made of what a step makes.
func TestMadeOfWhatAStepMakes(t *testing.T) {
	t.Parallel()
	_, w, err := login(t, accounts+`
make: {sign: {base64: "${n}-${user}"}}
login:
  - {url: "https://api.v.example/1", make: {n: {base64: "1"}}, json: {s: "${sign}", p: "${password}"}}
  - {url: "https://api.v.example/2", make: {n: {base64: "2"}}, json: {s: "${sign}"}, keep: {access: {json: t}}}
`, nil, respond(200, `{"t": "t-1"}`))
	require.NoError(t, err)
	for i, n := range []string{"1", "2"} {
		sign := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(n)) + "-" + exampleUser))
		assert.Contains(t, w.requests()[i].body, `"s":"`+sign+`"`)
	}
	assert.Contains(t, mistakes(t, accounts+`
make: {sign: {base64: "${n}-${user}"}}
login:
  - {url: "https://api.v.example/1", make: {n: {base64: "1"}}, json: {s: "${sign}", p: "${password}"}}
  - {url: "https://api.v.example/2", json: {s: "${sign}"}, keep: {access: {json: t}}}
`, rightConfig()), "login[1].json.s has ${n}, which is unknown")
}

// A name that a step makes for itself is another's in the next step.
func TestMadeInTheStepAlone(t *testing.T) {
	t.Parallel()
	_, w, err := login(t, accounts+`
make: {sig: {base64: "shared"}}
login:
  - {url: "https://api.v.example/1", json: {s: "${sig}", p: "${password}"}}
  - {url: "https://api.v.example/2", make: {sig: {base64: "local"}}, json: {s: "${sig}"}}
  - {url: "https://api.v.example/3", json: {s: "${sig}"}, keep: {access: {json: t}}}
`, nil, respond(200, `{"t": "t-1"}`))
	require.NoError(t, err)
	shared, local := base64.StdEncoding.EncodeToString([]byte("shared")), base64.StdEncoding.EncodeToString([]byte("local"))
	for i, want := range []string{shared, local, shared} {
		assert.Contains(t, w.requests()[i].body, `"s":"`+want+`"`)
	}
}

// What no key of make can compute is a function.
func TestMadeByAFunction(t *testing.T) {
	t.Parallel()
	const text = "name: v\nlogin: [{url: \"https://api.v.example/sso\", form: {SAMLResponse: \"${saml}\"}, keep: {access: {json: t}}}]\n"
	w := &wire{handler: respond(200, `{"t": "x"}`)}
	c := loginspec.Config{HTTPClient: &http.Client{Transport: w},
		Made: map[string]vendorlogin.SecretFunc{"saml": vendorlogin.SecretString("<Assertion/>")}}
	auth, err := loginspec.New(parseYAML(t, text), c)
	require.NoError(t, err)
	_, err = auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "SAMLResponse=%3CAssertion%2F%3E", w.requests()[0].body)
	assert.Contains(t, mistakes(t, text, loginspec.Config{}), "has ${saml}, which is unknown")
}

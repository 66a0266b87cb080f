package loginspec_test

import (
	"context"
	"fmt"
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

// What an earlier step has sent counts, though a later one was not sent: at most 4 attempts in 10 minutes.
func TestUnsentStepBehindOneThatWasSent(t *testing.T) {
	t.Parallel()
	const text = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}, {name: recovery, secret: true, optional: true, once: true}]
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    keep: {challenge: {json: challenge}}
  - url: https://api.v.example/code/${challenge}
    unless: recovery
    code: totp
    json: {code: "${code}", proof: "${proof}"}
    keep: {access: {json: token}}
  - url: https://api.v.example/recover
    only: recovery
    json: {recovery: "${recovery}"}
    keep: {access: {json: token}}
`
	unsent := &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
	fails := func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, unsent }
	code := func(context.Context, vendorlogin.Challenge) (string, error) { return "004217", nil }
	for name, c := range map[string]struct {
		challenge string
		status    int
		headers   []string
		change    func(*loginspec.Config)
	}{
		"not processed":        {"c-1", 425, nil, nil},
		"busy":                 {"c-1", 503, []string{"Retry-After", "1"}, nil},
		"a path that leads up": {"..", 200, nil, nil},
		"a made value fails":   {"c-1", 200, nil, func(c *loginspec.Config) { c.Made["proof"] = fails }},
		"the source of codes fails": {"c-1", 200, nil, func(c *loginspec.Config) {
			c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "", unsent })
		}},
		"a recovery code is not processed": {"c-1", 425, nil, func(c *loginspec.Config) {
			c.Secrets["recovery"] = vendorlogin.SecretString("recovery-code")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				passwords := 0
				w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/login" {
						passwords++
						respond(200, `{"challenge": "`+c.challenge+`"}`)(w, r)
						return
					}
					respond(c.status, "", c.headers...)(w, r)
				}}
				spec := parseYAML(t, text)
				cfg := config(spec, w, nil)
				cfg.OTP, cfg.Made = vendorlogin.OTPFunc(code), map[string]vendorlogin.SecretFunc{"proof": vendorlogin.SecretString("p")}
				if c.change != nil {
					c.change(&cfg)
				}
				client := newClient(t, spec, cfg)
				for range 600 {
					_, err := client.Token(t.Context())
					require.Error(t, err)
					time.Sleep(time.Second)
				}
				assert.NotZero(t, passwords)
				assert.LessOrEqual(t, passwords, 4)
			})
		})
	}
}

// A first step counts if it carries a secret: an input, or what is made of one or by Config.Made.
func TestFirstStepThatCounts(t *testing.T) {
	t.Parallel()
	const text = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}, {name: key, secret: true}]
make:
  basic: {base64: "${user}:${password}"}
  assertion: {jwt: {alg: HS256, key: key, claims: {sub: "${user}"}}}
login:
  - url: https://api.v.example/form
    header: {X-First: "FIRST"}
    keep: {csrf: {json: csrf}}
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}", assertion: "${assertion}", basic: "${basic}", saml: "${saml}", csrf: "${csrf}"}
    keep: {access: {json: token}}
`
	for first, counts := range map[string]int{
		"${user}": 0, "${password}": 1, "${basic}": 1, "${assertion}": 1, "${saml}": 1,
	} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/form" {
						respond(200, `{"csrf": "c-1"}`)(w, r)
						return
					}
					respond(425, "")(w, r)
				}}
				spec := parseYAML(t, strings.Replace(text, "FIRST", first, 1))
				cfg := config(spec, w, nil)
				cfg.Made = map[string]vendorlogin.SecretFunc{"saml": vendorlogin.SecretString("<Assertion/>")}
				client := newClient(t, spec, cfg)
				_, err := client.Token(t.Context())
				require.Error(t, err)
				assert.Equal(t, counts, client.Status().Attempts)
			})
		})
	}
}

// A refresh token that the first of two steps has sent is not sent again because the second could not be.
func TestRefreshOfTwoStepsSendsTheTokenOnce(t *testing.T) {
	t.Parallel()
	const text = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}]
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    keep: {access: {json: token}, refresh: {json: refresh}, expires: {json: expires}}
refresh:
  - url: https://api.v.example/refresh
    json: {refresh: "${refresh}"}
    keep: {ticket: {json: ticket}}
  - url: https://api.v.example/ticket/${ticket}
    keep: {access: {json: token}}
`
	synctest.Test(t, func(t *testing.T) {
		logins, presented := 0, map[string]int{}
		w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/login":
				logins++
				respond(200, fmt.Sprintf(`{"token": "access-1", "refresh": "refresh-%d", "expires": 300}`, logins))(w, r)
			case "/refresh":
				presented[readAll(r)]++
				respond(200, `{"ticket": ".."}`)(w, r)
			}
		}}
		spec := parseYAML(t, text)
		client := newClient(t, spec, config(spec, w, nil))
		for range 280 {
			_, err := client.Token(t.Context())
			require.NoError(t, err)
			_, _ = client.Renew(t.Context())
			time.Sleep(time.Second)
		}
		require.NotEmpty(t, presented)
		for body, times := range presented {
			assert.Equal(t, 1, times, body)
		}
	})
}

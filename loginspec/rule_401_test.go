package loginspec_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// Of some accounts the vendor wants a code, and says so with a 401.
const mayChallenge = accounts + `
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    status: [200, 401]
    keep: {access: {json: t, maybe: true}, challenge: {json: login_2fa_token, maybe: true}, hint: {json: hint, maybe: true, public: true}}
  - url: https://api.v.example/code
    only: challenge
    code: totp
    json: {challenge: "${challenge}", code: "${code}"}
    keep: {access: {json: t}}
`

// A 401 that a step lists is a success only if it has what is to be kept: otherwise it means what every 401 does.
func TestListed401(t *testing.T) {
	t.Parallel()
	w := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		switch body := readAll(r); {
		case r.URL.Path == "/refresh":
			respond(401, `{"hint": "gone"}`)(w, r)
		case r.URL.Path == "/login":
			respond(401, `{"login_2fa_token": "c-1"}`)(w, r)
		case contains(body, `"challenge":"c-1"`) && contains(body, `"code":"004217"`):
			respond(200, `{"t": "t-1", "r": "r-1"}`)(w, r)
		default:
			respond(401, `{"t": "t-1"}`)(w, r)
		}
	}}
	code := "004217"
	spec := parseYAML(t, challenging)
	c := config(spec, w, nil)
	c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return code, nil })
	auth, err := loginspec.New(spec, c)
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "t-1", token.Access.Reveal())
	_, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), token)
	require.ErrorIs(t, err, vendorlogin.ErrRefreshRejected)
	code = "000000"
	_, err = auth.Login(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrOTPRejected, "the second step lists no 401")
	for _, body := range []string{
		"", "<html>no</html>", `{"hint": "wrong password"}`, `{"login_2fa_token": null}`, `{"login_2fa_token": false}`, `{"login_2fa_token": ""}`,
	} {
		_, w, err := login(t, challenging, nil, respond(401, body))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials, body)
		assert.Len(t, w.requests(), 1)
	}
	_, _, err = login(t, mayChallenge, nil, respond(200, `{"t": "t-1", "hint": "a"}`))
	require.NoError(t, err, "an account without a second factor")
	_, _, err = login(t, mayChallenge, nil, respond(401, `{"login_2fa_token": "c-1"}`))
	require.ErrorIs(t, err, vendorlogin.ErrOTPRequired)
	_, _, err = login(t, mayChallenge, nil, respond(401, `{"t": "t-1", "hint": "wrong password", "login_2fa_token": null}`))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials, "no step runs only with a hint")
	_, _, err = login(t, challenging, nil, respond(401, `{"login_2fa_token": true}`))
	require.ErrorIs(t, err, vendorlogin.ErrOTPRequired, "a challenge may be true")
	_, _, err = login(t, challenging, nil, respond(200, `{"login_2fa_token": "c-1"}`))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "the status lists 401 alone")
}

// What only a step of the login runs with decides nothing at a refresh: its 401 would be a response without a token, not a rejection.
func TestListed401OfAnotherOperation(t *testing.T) {
	t.Parallel()
	text := strings.Replace(mayChallenge, "json: t, maybe: true}", "json: t, maybe: true}, refresh: {json: r, maybe: true}", 1) + `refresh:
  - url: https://api.v.example/refresh
    json: {r: "${refresh}"}
    status: [200, 401]
    keep: {access: {json: t, maybe: true}, challenge: {json: login_2fa_token, maybe: true}}
`
	assert.Contains(t, mistakes(t, text, loginspec.Config{}), "refresh[0].status[1] means no success")
}

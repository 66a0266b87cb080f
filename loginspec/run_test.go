package loginspec_test

import (
	"context"
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

const stepped = `
name: v
user: user
inputs: [{name: user}, {name: password, secret: true}, {name: recovery, secret: true, optional: true, once: true}]
login:
  - url: https://api.v.example/login
    json: {user: "${user}", password: "${password}"}
    keep: {challenge: {json: challenge, maybe: true}, csrf: {json: csrf}, team: {json: team, public: true},
      access: {json: token, maybe: true}, refresh: {json: refresh, maybe: true}}
  - url: https://api.v.example/recover
    only: recovery
    json: {challenge: "${challenge}", recovery: "${recovery}"}
    keep: {access: {json: token}, refresh: {json: refresh, maybe: true}}
  - url: https://api.v.example/code
    unless: recovery
    code: sms
    resend: {url: "https://api.v.example/resend", json: {challenge: "${challenge}"}}
    json: {challenge: "${challenge}", code: "${code}"}
    keep: {access: {json: token}, refresh: {json: refresh, maybe: true},
      expires: {json: expires, maybe: true}, subject: {json: sub, maybe: true}}
    errors: [{status: [400], at: {json: error}, is: code, kind: otp_rejected}]
refresh:
  - url: https://api.v.example/refresh
    header: {X-CSRF: "${csrf}", X-Team: "${team}"}
    json: {refresh: "${refresh}"}
    errors: [{status: [400], at: {json: error}, is: gone, kind: credentials}]
logout:
  - url: https://api.v.example/logout
    json: {refresh: "${refresh}", access: "${access}"}
`

// stepping is a vendor that takes a code, and hands out tokens that rotate.
func stepping(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/login":
		respond(200, `{"challenge": "c-1", "csrf": "example-csrf", "team": "red"}`)(w, r)
	case "/code", "/recover":
		var body strings.Builder
		_, _ = body.WriteString(readAll(r))
		if r.URL.Path == "/code" && !contains(body.String(), `"code":"004217"`) {
			respond(400, `{"error": "code"}`)(w, r)
			return
		}
		respond(200, `{"token": "access-1", "refresh": "refresh-1", "sub": "u-1", "expires": 60}`)(w, r)
	case "/refresh":
		respond(200, `{"token": "access-2"}`)(w, r)
	case "/logout":
		respond(401, `{"error": "unknown session"}`)(w, r)
	default:
		respond(204, "")(w, r)
	}
}

func steppedAuth(t *testing.T, otp vendorlogin.OTPSource, recovery string) (vendorlogin.Authenticator, *wire) {
	w := &wire{handler: stepping}
	spec := parseYAML(t, stepped)
	values := map[string]string{}
	if recovery != "" {
		values["recovery"] = recovery
	}
	c := config(spec, w, values)
	c.OTP = otp
	auth, err := loginspec.New(spec, c)
	require.NoError(t, err)
	return auth, w
}

func paths(w *wire) (paths []string) {
	for _, r := range w.requests() {
		paths = append(paths, r.URL.Path)
	}
	return paths
}

// A person is asked again while the first step stays open, and can have the code sent again.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	var asked []vendorlogin.Challenge
	person := vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		asked = append(asked, c)
		if c.Attempt == 1 {
			return "000000", nil
		}
		return " 004217\n", c.Resend(ctx)
	})
	auth, w := steppedAuth(t, person, "")
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "access-1", token.Access.Reveal())
	assert.Equal(t, []string{"/login", "/code", "/resend", "/code"}, paths(w))
	assert.Equal(t, "sms", asked[0].Method)
	assert.Equal(t, []int{1, 2}, []int{asked[0].Attempt, asked[1].Attempt})
	assert.Equal(t, `{"challenge":"c-1"}`, w.requests()[2].body)

	wrong := vendorlogin.OTPFunc(func(_ context.Context, c vendorlogin.Challenge) (string, error) {
		return strings.Repeat("1", c.Attempt), nil
	})
	auth, w = steppedAuth(t, wrong, "")
	_, err = auth.Login(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
	assert.Len(t, w.requests(), 4)

	auth, w = steppedAuth(t, nil, "")
	_, err = auth.Login(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrOTPRequired)
	assert.Len(t, w.requests(), 1)
}

// A secret that the vendor takes once is sent once, however often a Client logs in. The password is not sent for it again either.
func TestOnce(t *testing.T) {
	t.Parallel()
	auth, w := steppedAuth(t, nil, "recovery-code")
	client, err := vendorlogin.NewClient(auth, nil)
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"/login", "/recover"}, paths(w))

	w.handler = respond(400, `{"error": "gone"}`) // the refresh token
	_, err = client.Renew(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, []string{"/login", "/recover", "/refresh"}, paths(w))
}

// A refresh keeps what the response does not say again.
func TestRefresh(t *testing.T) {
	t.Parallel()
	auth, w := steppedAuth(t, nil, "recovery-code")
	old, err := auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "red"}, old.Extra)
	assert.Len(t, old.Secrets, 1)
	old.RefreshExpiresAt = time.Now().Add(time.Hour)
	old.Subject = "u-1"

	token, err := auth.(vendorlogin.Refresher).Refresh(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, []string{"access-2", "refresh-1"}, []string{token.Access.Reveal(), token.Refresh.Reveal()})
	assert.Equal(t, old.RefreshExpiresAt, token.RefreshExpiresAt)
	assert.Equal(t, old.Subject, token.Subject)
	assert.Equal(t, old.Extra, token.Extra)
	assert.Equal(t, "example-csrf", token.Secrets["csrf"].Reveal())
	assert.Zero(t, token.ExpiresAt, "the old token's end is not the new one's")
	last := w.requests()[2]
	assert.Equal(t, "example-csrf", last.Header.Get("X-CSRF"))
	assert.Equal(t, "red", last.Header.Get("X-Team"))
	assert.Equal(t, `{"refresh":"refresh-1"}`, last.body)

	w.handler = respond(400, `{"error": "gone"}`)
	_, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), old)
	require.ErrorIs(t, err, vendorlogin.ErrRefreshRejected)
	e, _ := errors.AsType[*vendorlogin.Error](err)
	assert.Equal(t, "refresh", e.Op)
}

// A session that the vendor does not know any more is logged out.
func TestLogout(t *testing.T) {
	t.Parallel()
	auth, w := steppedAuth(t, nil, "recovery-code")
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	require.NoError(t, auth.(vendorlogin.Revoker).Revoke(t.Context(), token))
	token.Refresh = vendorlogin.Secret{}
	require.NoError(t, auth.(vendorlogin.Revoker).Revoke(t.Context(), token))
	requests := w.requests()
	assert.Equal(t, `{"access":"access-1"}`, requests[len(requests)-1].body)
	w.handler = respond(500, "")
	require.ErrorIs(t, auth.(vendorlogin.Revoker).Revoke(t.Context(), token), vendorlogin.ErrUnavailable)
}

// A vendor without a refresh token renews a session by the access token itself.
func TestRefreshByAccess(t *testing.T) {
	t.Parallel()
	const text = `
name: v
login: [{url: "https://api.v.example/login", method: POST, keep: {access: {json: token}, expires: {json: e}}}]
refresh: [{url: "https://api.v.example/extend", method: POST, header: {Authorization: "Bearer ${access}"}}]
`
	w := &wire{handler: respond(200, `{"token": "t", "e": 600}`)}
	auth, err := loginspec.New(parseYAML(t, text), loginspec.Config{HTTPClient: &http.Client{Transport: w}})
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "t", token.Refresh.Reveal())
	assert.Equal(t, token.ExpiresAt, token.RefreshExpiresAt)
	token, err = auth.(vendorlogin.Refresher).Refresh(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, "Bearer t", w.requests()[1].Header.Get("Authorization"))
	assert.False(t, token.ExpiresAt.IsZero())
}

// Each secret is asked for once per login, and none after one that fails.
func TestSecretsAreReadOnce(t *testing.T) {
	t.Parallel()
	const text = `
name: v
inputs: [{name: password, secret: true}, {name: other, secret: true}]
make: {both: {base64: "${password}:${other}"}}
login:
  - {url: "https://api.v.example/a", json: {p: "${password}", q: "${password}"}}
  - {url: "https://api.v.example/b", json: {p: "${password}", b: "${both}"}, keep: {access: {json: t}}}
`
	reads, cause := map[string]int{}, error(nil)
	read := func(name string) vendorlogin.SecretFunc {
		return func(context.Context) (vendorlogin.Secret, error) {
			reads[name]++
			if name == "other" { // which the second request needs
				return vendorlogin.NewSecret("secret-" + name), cause
			}
			return vendorlogin.NewSecret("secret-" + name), nil
		}
	}
	w := &wire{handler: respond(200, `{"t": "x"}`)}
	auth, err := loginspec.New(parseYAML(t, text), loginspec.Config{
		Secrets: map[string]vendorlogin.SecretFunc{"password": read("password"), "other": read("other")}, HTTPClient: &http.Client{Transport: w},
	})
	require.NoError(t, err)
	assert.Empty(t, reads)
	_, err = auth.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"password": 1, "other": 1}, reads)
	cause = errors.New("the vault is sealed")
	_, err = auth.Login(t.Context())
	require.ErrorIs(t, err, cause)
	assert.Len(t, w.requests(), 2)

	fingerprint := func() uint64 {
		f, err := auth.(vendorlogin.Fingerprinter).Fingerprint(t.Context())
		require.NoError(t, err)
		return f
	}
	cause = nil
	assert.Equal(t, fingerprint(), fingerprint())
}

// A portal gives its CSRF token as an escaped cookie, and wants it plain in a header.
func TestUnescapedCookie(t *testing.T) {
	t.Parallel()
	_, w, err := login(t, `
name: v
user: email
inputs: [{name: email}, {name: password, secret: true}]
login:
  - url: https://v.example/csrf-cookie
    keep: {csrf: {cookie: XSRF-TOKEN, unescape: true}}
  - url: https://v.example/login
    header: {X-XSRF-TOKEN: "${csrf}"}
    json: {email: "${email}", password: "${password}"}
    keep: {access: {cookie: session}}
`, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			respond(204, "", "Set-Cookie", "XSRF-TOKEN=abc%3D%3D; Path=/")(w, r)
			return
		}
		respond(204, "", "Set-Cookie", "session=s-1; Path=/; HttpOnly")(w, r)
	})
	require.NoError(t, err)
	assert.Equal(t, "abc==", w.requests()[1].Header.Get("X-XSRF-TOKEN"))
}

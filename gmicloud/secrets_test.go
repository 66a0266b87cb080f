package gmicloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// canary marks every secret there is.
const canary = "canary"

// prints is every way that v gets into a log.
func prints(v any) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %q\n", v, v, v, v, v)
	_ = json.NewEncoder(&b).Encode(v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "v", v)
	return b.String()
}

// tree prints err and all that it wraps.
func tree(err error) string {
	if err == nil {
		return ""
	}
	out := prints(err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		out += tree(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out += tree(inner)
		}
	}
	return out
}

// echo answers with what it was sent, wherever a text may stand.
func echo(status int) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		var sent map[string]string
		_ = json.NewDecoder(r.Body).Decode(&sent)
		all := ""
		for _, value := range sent {
			all += value + " "
		}
		type object map[string]any
		body, _ := json.Marshal(object{
			"group": "request", "code": 0, "message": "refused: " + all, "traces": []string{all},
			"validationDetail": []object{
				{"field": "a", "originalValue": all, "reason": all},
				{"field": all, "originalValue": sent, "reason": "no", "argument": all, "expression": all},
				{"field": "b", "expression": all},
			},
		})
		return httpmock.NewBytesResponse(status, body), nil
	}
}

// echoPair answers with what it was sent in place of group and code.
func echoPair(r *http.Request) (*http.Response, error) {
	var sent map[string]string
	_ = json.NewDecoder(r.Body).Decode(&sent)
	body, _ := json.Marshal(map[string]any{
		"group": strings.Join(slices.Sorted(maps.Values(sent)), " "), "code": sent["otpCode"] + sent["password"],
	})
	return httpmock.NewBytesResponse(400, body), nil
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"echoed 400":  echo(400),
		"echoed 401":  echo(401),
		"echoed 422":  echo(422),
		"echoed 429":  echo(429),
		"echoed 500":  echo(500),
		"echoed 200":  echo(200),
		"echoed pair": echoPair,
		"redirect":    httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?canary"}}),
		"no answer":   httpmock.NewErrorResponder(errors.New("connection lost")),
		"garbage":     reply(200, `{"accessToken":"canary-access`),
		"wrong type":  reply(200, `{"accessToken":{"canary":"canary"},"authToken":["canary"]}`),
		"half a pair": reply(200, `{"refreshToken":"canary-refresh"}`),
		"html":        reply(502, `<p>canary-password</p>`),
		"cancelled":   httpmock.NewErrorResponder(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := reply(201, `{"authToken":"canary-first","is2FARequired":true}`)
			var resent error
			login := func(change func(w *wire)) error {
				w := newWire()
				w.answers("POST", tokensURL, first)
				w.answers("POST", resendURL, reply(200, ""))
				w.answers("POST", sessionsURL, reply(400, badCode))
				change(w)
				c := config(w)
				c.Password = vendorlogin.SecretString("canary-password")
				c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
					resent = c.Resend(ctx)
					return "canary-otp", nil
				})
				a := authenticator(t, c)
				assert.NotContains(t, prints(a), canary)
				_, err := a.Login(t.Context())
				return err
			}
			refresh := func() error {
				w := newWire()
				w.answers("PATCH", sessionsURL, answer)
				_, err := authenticator(t, config(w)).Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})
				return err
			}
			check := func(step string, err error) {
				t.Helper()
				e := vendorError(t, err)
				assert.NotContains(t, tree(err), canary, step)
				assert.NotContains(t, prints(*e), canary, step)
				assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), canary, step)
			}
			check("first step", login(func(w *wire) { w.answers("POST", tokensURL, answer) }))
			check("second step", login(func(w *wire) { w.answers("POST", sessionsURL, answer) }))
			check("refused code", login(func(w *wire) { w.answers("POST", resendURL, answer) }))
			if resent != nil { // any 2xx is a success
				check("resend", resent)
			}
			check("refresh", refresh())
		})
	}
}

// fixedCode is an OTP source that is itself a secret.
type fixedCode string

func (c fixedCode) OTP(context.Context, vendorlogin.Challenge) (string, error) { return string(c), nil }

func TestAuthenticatorDoesNotPrint(t *testing.T) {
	t.Parallel()
	c := config(newWire())
	c.OTP = fixedCode("canary-otp")
	a := authenticator(t, c)
	assert.NotContains(t, prints(a)+prints(*a), canary)
	assert.Contains(t, prints(a), "gmicloud: ops@example.com")
}

func TestAuthTokenDoesNotPrint(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", tokensURL, reply(201, `{"authToken":"canary-first","is2FARequired":true}`))

	got, err := authenticator(t, config(w)).CreateAuthToken(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "canary-first", got.Token.Reveal())
	assert.NotContains(t, prints(got), canary)
	assert.NotContains(t, prints(&got), canary)
}

package gcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

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
		if r.Body != nil {
			_ = json.NewDecoder(r.Body).Decode(&sent)
		}
		all := r.Header.Get("Authorization")
		for _, value := range sent {
			all += " " + value
		}
		type object map[string]any
		body, _ := json.Marshal(object{
			"message": "refused: " + all, "detail": all, "code": all,
			"errors": object{"errors": []string{all}, all: []string{"no"}, "one_time_password": object{all: all}, "list": []any{sent}},
		})
		return httpmock.NewBytesResponse(status, body), nil
	}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"echoed 400": echo(400),
		"echoed 401": echo(401),
		"echoed 403": echo(403),
		"echoed 429": echo(429),
		"echoed 500": echo(500),
		"echoed 200": echo(200),
		"redirect":   httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?canary"}}),
		"no answer":  httpmock.NewErrorResponder(errors.New("connection lost")),
		"garbage":    reply(200, `{"access":"canary-access`),
		"wrong type": reply(200, `{"access":{"canary":"canary"}}`),
		"half":       reply(200, `{"refresh":"canary-refresh"}`),
		"html":       reply(502, `<p>canary-password</p>`),
		"cancelled":  httpmock.NewErrorResponder(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			c.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "canary-otp", nil })
			c.ClientID = "42"
			a := authenticator(t, c)
			assert.NotContains(t, prints(a), canary)
			check := func(step string, err error) {
				t.Helper()
				e := vendorError(t, err)
				assert.NotContains(t, tree(err), canary, step)
				assert.NotContains(t, prints(*e), canary, step)
				assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), canary, step)
			}

			w.answers("POST", loginURL, answer)
			_, err := a.Login(t.Context())
			check("login", err)

			w.answers("POST", loginURL, reply(200, pair("canary-access", "canary-refresh")))
			w.answers("GET", selectURL, answer)
			_, err = a.Login(t.Context())
			check("select", err)

			w.answers("POST", refreshURL, answer)
			_, err = a.Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})
			check("refresh", err)
		})
	}
}

package genericlogin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
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
		body, _ := io.ReadAll(r.Body)
		var sent map[string]any
		_ = json.Unmarshal(body, &sent)
		all := string(body) + r.Header.Get("Cookie") + r.Header.Get("Authorization")
		for _, value := range sent {
			all += fmt.Sprint(" ", value)
		}
		for _, c := range r.Cookies() {
			all += " " + c.Value
		}
		type object map[string]any
		answer, _ := json.Marshal(object{"code": all, "message": "refused: " + all, "details": []any{sent}, "user": sent})
		resp := httpmock.NewBytesResponse(status, answer)
		resp.Header.Set("WWW-Authenticate", all)
		return resp, nil
	}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"echoed 200":   echo(200),
		"echoed 400":   echo(400),
		"echoed 401":   echo(401),
		"echoed 404":   echo(404),
		"echoed 429":   echo(429),
		"echoed 500":   echo(500),
		"redirect":     httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?canary"}}),
		"no answer":    httpmock.NewErrorResponder(errors.New("connection lost")),
		"garbage":      reply(200, `{"token":"canary-access`),
		"wrong type":   reply(200, `{"token":{"canary":"canary"},"mfaTempToken":["canary"]}`),
		"user alone":   reply(200, `{"user":{"tempOtpSecret":"canary","tempRecoveryCodes":["canary"]}}`),
		"one cookie":   cookied(200, `{}`, "refresh-token=canary-refresh"),
		"dead cookies": cookied(200, `{}`, "access-token=canary-access; Max-Age=0", "refresh-token=canary-refresh; Max-Age=0"),
		"html":         reply(502, `<p>canary-password</p>`),
		"cancelled":    httpmock.NewErrorResponder(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			c := config(w)
			c.Web = true
			c.Password = vendorlogin.SecretString("canary-password")
			c.RecoveryCode = vendorlogin.SecretString("canary-recovery")
			withCode := c
			withCode.OTP = vendorlogin.OTPFunc(func(_ context.Context, c vendorlogin.Challenge) (string, error) {
				return fmt.Sprint("canary-otp-", c.Attempt), nil
			})
			byIdP := c
			byIdP.Email, byIdP.Password, byIdP.IdPName, byIdP.OIDCCode = "", nil, "idps/example", vendorlogin.SecretString("canary-oidc")
			check := func(step string, err error) {
				t.Helper()
				e := vendorError(t, err)
				assert.NotContains(t, tree(err), canary, step)
				assert.NotContains(t, prints(*e), canary, step)
				assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), canary, step)
			}

			w.answers("POST", loginURL, answer)
			for _, cfg := range []genericlogin.Config{c, byIdP} {
				assert.NotContains(t, prints(authenticator(t, cfg)), canary)
				_, err := authenticator(t, cfg).Login(t.Context())
				check("first step", err)
			}
			for _, cfg := range []genericlogin.Config{c, withCode} {
				w.answers("POST", loginURL, reply(200, `{"mfaTempToken":"canary-temp"}`), answer, answer, answer)
				_, err := authenticator(t, cfg).Login(t.Context())
				check("second step", err)
			}

			old := &vendorlogin.Token{Access: vendorlogin.NewSecret("canary-access"), Refresh: vendorlogin.NewSecret("canary-refresh")}
			w.answers("POST", refreshURL, answer)
			_, err := authenticator(t, c).Refresh(t.Context(), old)
			check("refresh", err)

			w.answers("POST", logoutURL, answer)
			for _, token := range []*vendorlogin.Token{old, {Access: vendorlogin.NewSecret("canary-access")}} {
				if err := authenticator(t, c).Revoke(t.Context(), token); err != nil { // any 2xx is a success
					check("logout", err)
				}
			}
		})
	}
}

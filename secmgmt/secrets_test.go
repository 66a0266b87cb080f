package secmgmt_test

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
		_ = json.NewDecoder(r.Body).Decode(&sent)
		all := ""
		for _, value := range sent {
			all += value + " "
		}
		type object map[string]any
		body, _ := json.Marshal(object{
			"errorCode": all, "errorMessage": "refused: " + all, "errorMessageerrorMessage": all, "content": []any{sent}, "message": all,
			"error": all, "path": all,
		})
		return httpmock.NewBytesResponse(status, body), nil
	}
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"echoed 200":  echo(200),
		"echoed 400":  echo(400),
		"echoed 401":  echo(401),
		"echoed 429":  echo(429),
		"echoed 500":  echo(500),
		"redirect":    httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?canary"}}),
		"no answer":   httpmock.NewErrorResponder(errors.New("connection lost")),
		"garbage":     reply(200, `{"content":[{"token":"canary-access`),
		"wrong type":  reply(200, `{"content":[{"token":{"canary":"canary"}}]}`),
		"wrong shape": reply(200, `{"content":"canary-access"}`),
		"half":        reply(200, `{"content":[{"refreshToken":"canary-refresh"}]}`),
		"html":        reply(502, `<p>canary-password</p>`),
		"cancelled":   httpmock.NewErrorResponder(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			a := authenticator(t, c)
			assert.NotContains(t, prints(a), canary)
			check := func(step string, err error) {
				t.Helper()
				e := vendorError(t, err)
				assert.NotContains(t, tree(err), canary, step)
				assert.NotContains(t, prints(*e), canary, step)
				assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), canary, step)
			}

			w.answers("POST", tokenURL, answer)
			_, err := a.Login(t.Context())
			check("login", err)

			w.answers("PUT", tokenURL, answer)
			_, err = a.Refresh(t.Context(), &vendorlogin.Token{
				Access: vendorlogin.NewSecret("canary-access"), Refresh: vendorlogin.NewSecret("canary-refresh"),
			})
			check("refresh", err)
		})
	}
}

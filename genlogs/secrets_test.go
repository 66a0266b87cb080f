package genlogs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
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
func echo(status int, shape func(all string) any) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		var all []string
		for _, values := range r.URL.Query() {
			all = append(all, values...)
		}
		if r.Body != nil {
			var sent map[string]string
			_ = json.NewDecoder(r.Body).Decode(&sent)
			all = slices.AppendSeq(all, maps.Values(sent))
		}
		all = append(all, r.Header.Get("x-api-key"))
		body, _ := json.Marshal(shape(strings.Join(all, " ")))
		return httpmock.NewBytesResponse(status, body), nil
	}
}

type object map[string]any

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	text := func(all string) any { return object{"detail": "refused: " + all} }
	nested := func(all string) any { return object{"detail": object{"message": all, "subcode": all}, "input": all} }
	flat := func(all string) any { return object{"message": all, "code": all} }
	rows := func(all string) any {
		return object{"detail": []object{
			{"loc": []any{"query", "password"}, "msg": all, "type": all, "input": all, "ctx": object{"error": all}},
			{"loc": []any{"body", all}, "msg": "no", "input": object{"password": all}},
		}}
	}
	for name, answer := range map[string]httpmock.Responder{
		"text 401":    echo(401, text),
		"nested 401":  echo(401, nested),
		"flat 400":    echo(400, flat),
		"flat 500":    echo(500, flat),
		"rows 422":    echo(422, rows),
		"rows 200":    echo(200, rows),
		"redirect":    httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?password=canary"}}),
		"no answer":   httpmock.NewErrorResponder(errors.New("connection lost")),
		"quoting":     func(r *http.Request) (*http.Response, error) { return nil, errors.New("POST " + r.URL.String()) },
		"garbage":     reply(200, `{"access_token_data":{"token":"canary-access`),
		"wrong type":  reply(200, `{"access_token_data":"canary-access"}`),
		"half a pair": reply(200, `{"refresh_token_data":{"token":"canary-refresh"}}`),
		"html":        reply(502, `<p>canary-password</p>`),
		"cancelled":   httpmock.NewErrorResponder(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.mock.RegisterRegexpResponder("POST", regexp.MustCompile(`/auth/token`), answer)
			c := config(w)
			c.Password = vendorlogin.SecretString("canary-password")
			c.APIKey = vendorlogin.SecretString("canary-key")
			c.UseRefresh = true
			inQuery := authenticator(t, c)
			c.CredentialsInBody = true
			inBody := authenticator(t, c)
			assert.NotContains(t, prints(inBody), canary)

			_, query := inQuery.Login(t.Context())
			_, body := inBody.Login(t.Context())
			_, refresh := inBody.Refresh(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("canary-refresh")})

			for step, err := range map[string]error{"query": query, "body": body, "refresh": refresh} {
				e := vendorError(t, err)
				assert.NotContains(t, tree(err), canary, step)
				assert.NotContains(t, prints(*e), canary, step)
				assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), canary, step)
				assert.NotContains(t, err.Error(), "?", step)
			}
			assert.Len(t, w.requests(), 3)
		})
	}
}

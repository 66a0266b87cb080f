package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/vendorlogin/vendorlogin"
)

// Canary is in every secret of a test that looks for secrets.
const Canary = "canary"

// Prints is every way that v gets into a log.
func Prints(v any) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %q\n", v, v, v, v, v)
	_ = json.NewEncoder(&b).Encode(v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "v", v)
	return b.String()
}

// Tree prints err and all that it wraps.
func Tree(err error) string {
	if err == nil {
		return ""
	}
	out := Prints(err)
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		out += Tree(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out += Tree(inner)
		}
	}
	return out
}

// AssertSilent checks that err is a failure and shows no canary.
func AssertSilent(t testing.TB, step string, err error) {
	t.Helper()
	e := VendorError(t, err)
	assert.NotContains(t, Tree(err), Canary, step)
	assert.NotContains(t, Prints(*e), Canary, step)
	assert.NotContains(t, fmt.Sprint(e.Code, e.Message, e.Fields), Canary, step)
	assert.NotContains(t, err.Error(), "?", step)
}

// AssertDecided checks that, whatever the vendor responded, the outcome is a token or an error of a kind, and that the error holds
// nothing of secret.
func AssertDecided(t testing.TB, secret string, token *vendorlogin.Token, err error) {
	t.Helper()
	if err == nil {
		assert.False(t, token.Access.IsZero())
		return
	}
	assert.Nil(t, token)
	e := VendorError(t, err)
	assert.NotNil(t, e.Kind)
	assert.NotContains(t, err.Error(), "\n")
	assert.LessOrEqual(t, len([]rune(e.Message)), 256)
	assert.NotContains(t, Tree(err)+e.Message+e.Code, secret)
}

// An Object is a JSON object.
type Object map[string]any

// Echo responds with what it was sent: shape puts it wherever the vendor may have words. all are the values of query, body and the
// headers that carry secrets; sent is the body.
func Echo(status int, shape func(all string, sent Object) any) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		var sent Object
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
			_ = json.Unmarshal(body, &sent)
		}
		values := []string{r.Header.Get("Authorization"), r.Header.Get("x-api-key")}
		for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
			values = append(values, r.URL.Query()[name]...)
		}
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			values = append(values, fmt.Sprint(sent[name]))
		}
		for _, c := range r.Cookies() {
			values = append(values, c.Value)
		}
		all := strings.Join(values, " ")
		answer, _ := json.Marshal(shape(all, sent))
		resp := httpmock.NewBytesResponse(status, answer)
		resp.Header.Set("WWW-Authenticate", all)
		return resp, nil
	}
}

// Leaks are the responses that a secret could get out by at any vendor. It adds those of more.
func Leaks(shape func(all string, sent Object) any, more map[string]httpmock.Responder) map[string]httpmock.Responder {
	all := map[string]httpmock.Responder{
		"redirect":  httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://example.com/?canary"}}),
		"no answer": httpmock.NewErrorResponder(errors.New("connection lost")),
		"quoting":   func(r *http.Request) (*http.Response, error) { return nil, errors.New(r.Method + " " + r.URL.String()) },
		"html":      Reply(502, `<p>canary-password</p>`),
		"cancelled": httpmock.NewErrorResponder(context.Canceled),
	}
	for _, status := range []int{200, 400, 401, 403, 404, 422, 429, 500} {
		all[fmt.Sprint("echoed ", status)] = Echo(status, shape)
	}
	maps.Copy(all, more)
	return all
}

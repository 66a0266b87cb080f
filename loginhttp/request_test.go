package loginhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestPlainHTTPIsRejectedUnlessAllowed(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	e := endpoint(v)
	e.Account.Endpoint = "http://api.example.com"
	_, err := e.Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrInvalidRequest, err)
	assert.Zero(t, v.count())
	assertHides(t, err, secrets...)

	e.AllowPlainHTTP = true
	_, err = e.Do(t.Context(), secretCall(), nil)
	require.NoError(t, err)
	assert.Equal(t, 1, v.count())
}

func TestDoSendsWhatTheCallSays(t *testing.T) {
	t.Parallel()
	v := responding(200, `{"access":"a-token"}`, "X-Request-Id", "r1")
	call := loginhttp.Call{
		Op: "login", Method: "POST", Path: "/auth/token",
		Query:  url.Values{"email": {"ops+1@example.com"}, "pin": {"1234+"}},
		Header: http.Header{"x-api-key": {"example-key"}, "User-Agent": {"mine"}},
		Body:   map[string]string{"password": "a<b&c>\u2028\"\\é"},
	}
	var out struct{ Access string }
	answer, err := endpoint(v).Do(t.Context(), call, &out)
	require.NoError(t, err)

	require.Equal(t, 1, v.count())
	r := v.requests[0]
	assert.Equal(t, "POST", r.Method)
	assert.Equal(t, "https://api.example.com/v1/auth/token?email=ops%2B1%40example.com&pin=1234%2B", r.URL.String())
	assert.Equal(t, http.Header{
		"X-Api-Key": {"example-key"}, "User-Agent": {"mine"}, "Accept": {"application/json"}, "Content-Type": {"application/json"},
	}, r.Header)
	assert.EqualValues(t, len(r.body), r.ContentLength)
	var body map[string]string
	require.NoError(t, json.Unmarshal([]byte(r.body), &body))
	assert.Equal(t, call.Body, body)

	assert.Equal(t, "a-token", out.Access)
	assert.Equal(t, 200, answer.Status)
	assert.Equal(t, "r1", answer.Header.Get("X-Request-Id"))
	assert.Equal(t, `{"access":"a-token"}`, string(answer.Body))
	assert.False(t, answer.SentAt.IsZero())
}

func TestDoWithoutBody(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} {
		v := responding(200, `{}`)
		_, err := endpoint(v).Do(t.Context(), loginhttp.Call{Op: "select", Method: method, Path: "/a%2Fb"}, &struct{}{})
		require.NoError(t, err)
		r := v.requests[0]
		assert.Equal(t, "https://api.example.com/v1/a%2Fb", r.URL.String())
		assert.Equal(t, http.Header{"Accept": {"application/json"}, "User-Agent": {"vendorlogin/devel"}}, r.Header)
		assert.Empty(t, r.body)
		assert.Zero(t, r.ContentLength)
	}
}

// What cannot be sent is rejected before anything is.
func TestDoRejectsBadRequests(t *testing.T) {
	t.Parallel()
	type dict = map[string]any
	secret := "exa\nmple-\x7fpassword"
	for name, test := range map[string]struct {
		change func(*loginhttp.Endpoint, *loginhttp.Call)
		field  string
	}{
		"newline in a header": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{"X-Api-Key": {secret}} }, "X-Api-Key"},
		"NUL in a header":     {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{"X-Api-Key": {"a\x00b"}} }, "X-Api-Key"},
		"header name":         {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{secret: {"a"}} }, "Header"},
		"header name, quoted": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{`a"b`: {"a"}} }, "Header"},
		"empty header name":   {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{"": {"a"}} }, "Header"},
		"not JSON":            {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": secret, "f": func() {}} }, "Body"},
		"failing marshaler":   {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": failingMarshaler(secret)} }, "Body"},
		"not UTF-8":           {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": "example\xff"} }, "Body"},
		"not UTF-8, behind a backslash": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Body = dict{"password": "\\\xff"}
		}, "Body"},
		"not UTF-8, behind an escape": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Body = dict{"password": "\\ufffd\xff"}
		}, "Body"},
		"printed secret": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"p": vendorlogin.NewSecret(secret)} }, "Body"},
		"secret in the query": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Query = url.Values{"p": {vendorlogin.NewSecret(secret).String()}}
		}, "p"},
		"secret in a header": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Header = http.Header{"Authorization": {fmt.Sprint("Bearer ", vendorlogin.NewSecret(secret))}}
		}, "Authorization"},
		"path that is a host": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = ".example.net/login" }, "Path"},
		"path with a query": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = "/login?password=" + url.QueryEscape(secret) },
			"Account.Endpoint"},
		"path unparsable": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = "/login/" + secret },
			"Account.Endpoint, Method or Path"},
		"method": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Method = "PO ST" }, "Account.Endpoint, Method or Path"},
		"plain http": {func(e *loginhttp.Endpoint, _ *loginhttp.Call) { e.Account.Endpoint = "http://api.example.com" },
			"Account.Endpoint"},
		"user information": {func(e *loginhttp.Endpoint, _ *loginhttp.Call) {
			e.Account.Endpoint = "https://example-password@api.example.com"
		}, "Account.Endpoint"},
		"no host":     {func(e *loginhttp.Endpoint, _ *loginhttp.Call) { e.Account.Endpoint = "https:///v1" }, "Account.Endpoint"},
		"no endpoint": {func(e *loginhttp.Endpoint, _ *loginhttp.Call) { e.Account.Endpoint = "" }, "Account.Endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := responding(200, `{}`)
			e, call := endpoint(v), login()
			test.change(&e, &call)
			_, err := e.Do(t.Context(), call, nil)
			own := failure(t, err)
			assertKind(t, vendorlogin.ErrInvalidRequest, err)
			assert.Equal(t, test.field, own.Fields[0].Field)
			assert.NotEmpty(t, own.Fields[0].Reason)
			assert.Equal(t, "login", own.Op)
			assert.Equal(t, e.Account.Principal, own.Account.Principal)
			if strings.HasPrefix(test.field, "Account.Endpoint") {
				assert.Empty(t, own.Account.Endpoint, "it may hold a password")
			}
			assert.True(t, own.Unprocessed)
			assert.Zero(t, v.count())
			assertHides(t, err, "exa\nmple", "example-p", `mple-\x7f`, "mple-%7f")
		})
	}
}

type failingMarshaler string

func (m failingMarshaler) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("cannot marshal %s", string(m))
}

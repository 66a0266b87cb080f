package loginhttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestDoSendsWhatTheCallSays(t *testing.T) {
	t.Parallel()
	v := answering(200, `{"access":"a-token"}`, "X-Request-Id", "r1")
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
		v := answering(200, `{}`)
		_, err := endpoint(v).Do(t.Context(), loginhttp.Call{Op: "select", Method: method, Path: "/a%2Fb"}, &struct{}{})
		require.NoError(t, err)
		r := v.requests[0]
		assert.Equal(t, "https://api.example.com/v1/a%2Fb", r.URL.String())
		assert.Equal(t, http.Header{"Accept": {"application/json"}, "User-Agent": {"vendorlogin"}}, r.Header)
		assert.Empty(t, r.body)
		assert.Zero(t, r.ContentLength)
	}
}

func TestDoChangesNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	v := answering(302, "", "Location", "/elsewhere")
	v.answer = func(_ int, r *http.Request) (*http.Response, error) {
		r.Header["X-Key"][0] = "changed"
		r.Header.Add("X-Key", "added")
		return reply(302, "", "Location", "/elsewhere"), nil
	}
	header := http.Header{"x-key": {"value"}}
	query := url.Values{"q": {"1"}}
	client := &http.Client{Transport: v}
	before := *client
	e := loginhttp.Endpoint{Account: account, HTTPClient: client}
	_, err := e.Do(t.Context(), loginhttp.Call{Op: "login", Header: header, Query: query}, nil)
	require.Error(t, err)
	assert.Equal(t, http.Header{"x-key": {"value"}}, header)
	assert.Equal(t, url.Values{"q": {"1"}}, query)
	assert.Equal(t, before.Timeout, client.Timeout)
	assert.Same(t, before.Transport, client.Transport)
	assert.Nil(t, client.CheckRedirect)
	assert.Nil(t, client.Jar)
}

// A transport may hand out the same header map again and again: nobody writes to it. (The race detector sees who does.)
func TestDoLeavesTheTransportsHeaderAlone(t *testing.T) {
	t.Parallel()
	shared := http.Header{"Location": {"/elsewhere"}}
	v := &vendor{answer: func(int, *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 307, Header: shared, Body: http.NoBody}, nil
	}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				answer, err := endpoint(v).Do(t.Context(), login(), nil)
				assertKind(t, vendorlogin.ErrBadResponse, err)
				assert.Equal(t, "/elsewhere", answer.Header.Get("Location"))
			}
		})
	}
	group.Wait()
	assert.Equal(t, http.Header{"Location": {"/elsewhere"}}, shared)
}

func TestDoClosesBodies(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 401, 500} {
		for _, text := range []string{`{}`, "", strings.Repeat(" ", 2<<20)} {
			body := &closing{Reader: strings.NewReader(text)}
			v := &vendor{answer: func(int, *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: body, ContentLength: -1}, nil
			}}
			_, _ = endpoint(v).Do(t.Context(), login(), &struct{}{})
			assert.Equal(t, 1, body.closed, "%d with %d bytes", status, len(text))
		}
	}
}

// A closing body counts how often it is closed.
type closing struct {
	io.Reader
	closed int
}

func (c *closing) Close() error {
	c.closed++
	return nil
}

func TestDoWithoutOutTakesAnySuccess(t *testing.T) {
	t.Parallel()
	for _, v := range []*vendor{answering(204, ""), answering(201, ""), answering(200, "OK"), answering(202, "<html>sent</html>")} {
		answer, err := endpoint(v).Do(t.Context(), login(), nil)
		require.NoError(t, err)
		assert.Equal(t, 1, v.count())
		assert.NotZero(t, answer.Status)
	}
}

func TestDoKnowsJSONByItsContent(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "text/html; charset=utf-8", "application/problem+json", "?"} {
		var out struct{ Access string }
		_, err := endpoint(answering(200, "\n{\"access\":\"a\"} ", "Content-Type", contentType)).Do(t.Context(), login(), &out)
		require.NoError(t, err, contentType)
		assert.Equal(t, "a", out.Access)
	}
}

func TestDoReadsBodiesOfUnknownOrWrongLength(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4095, 4096, 4097, 100_000, 1<<20 - 20} {
		for _, length := range []int64{-1, 0, 1} {
			body := fmt.Sprintf(`{"access":%q}`, strings.Repeat("a", size))
			v := &vendor{answer: func(int, *http.Request) (*http.Response, error) {
				resp := reply(200, body)
				resp.ContentLength = length
				return resp, nil
			}}
			var out struct{ Access string }
			_, err := endpoint(v).Do(t.Context(), login(), &out)
			require.NoError(t, err)
			require.Len(t, out.Access, size)
		}
	}
}

// What cannot be sent is refused before anything is.
func TestDoRefusesBadRequests(t *testing.T) {
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
		"empty header name":   {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Header = http.Header{"": {"a"}} }, "Header"},
		"not JSON":            {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": secret, "f": func() {}} }, "Body"},
		"failing marshaler":   {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": failingMarshaler(secret)} }, "Body"},
		"not UTF-8":           {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"password": "example\xff"} }, "Body"},
		"printed secret":      {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Body = dict{"p": vendorlogin.NewSecret(secret)} }, "Body"},
		"secret in the query": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Query = url.Values{"p": {vendorlogin.NewSecret(secret).String()}}
		}, "p"},
		"secret in a header": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) {
			c.Header = http.Header{"Authorization": {fmt.Sprint("Bearer ", vendorlogin.NewSecret(secret))}}
		}, "Authorization"},
		"path that is a host": {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = ".example.net/login" }, "Path"},
		"path with a query":   {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = "/login?password=" + url.QueryEscape(secret) }, "Account.Endpoint"},
		"path unparsable":     {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Path = "/login/" + secret }, "Account.Endpoint, Method or Path"},
		"method":              {func(_ *loginhttp.Endpoint, c *loginhttp.Call) { c.Method = "PO ST" }, "Account.Endpoint, Method or Path"},
		"plain http":          {func(e *loginhttp.Endpoint, _ *loginhttp.Call) { e.Account.Endpoint = "http://api.example.com" }, "Account.Endpoint"},
		"user information": {func(e *loginhttp.Endpoint, _ *loginhttp.Call) {
			e.Account.Endpoint = "https://example-password@api.example.com"
		}, "Account.Endpoint"},
		"no endpoint": {func(e *loginhttp.Endpoint, _ *loginhttp.Call) { e.Account.Endpoint = "" }, "Account.Endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := answering(200, `{}`)
			e, call := endpoint(v), login()
			test.change(&e, &call)
			_, err := e.Do(t.Context(), call, nil)
			own := failure(t, err)
			assertKind(t, vendorlogin.ErrInvalidRequest, err)
			assert.Equal(t, test.field, own.Fields[0].Field)
			assert.NotEmpty(t, own.Fields[0].Reason)
			assert.Equal(t, "login", own.Op)
			assert.Equal(t, e.Account.Principal, own.Account.Principal)
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

// A password may look like the escape for bytes that are not UTF-8, and may hold U+FFFD.
func TestDoSendsPasswordsThatLookEscaped(t *testing.T) {
	t.Parallel()
	for _, password := range []string{`\ufffd`, `\\ufffd`, "\ufffd", `a\ufffd\`} {
		v := answering(200, `{}`)
		_, err := endpoint(v).Do(t.Context(), loginhttp.Call{Op: "login", Method: "POST", Body: map[string]string{"p": password}}, nil)
		require.NoError(t, err, password)
		var body map[string]string
		require.NoError(t, json.Unmarshal([]byte(v.requests[0].body), &body))
		assert.Equal(t, password, body["p"])
	}
}

func TestDoSendsNothingWhenCtxHasEnded(t *testing.T) {
	t.Parallel()
	v := answering(200, `{}`)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("example-password"))
	_, err := endpoint(v).Do(ctx, login(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, failure(t, err).Unprocessed)
	assert.Zero(t, v.count())
	assertHides(t, err, "example-password")
}

func TestCallAndAnswerPrintNothing(t *testing.T) {
	t.Parallel()
	call := login()
	call.Query = url.Values{"p": {"example-password"}}
	call.Header = http.Header{"X": {"example-password"}}
	answer := &loginhttp.Answer{Status: 200, Body: []byte("example-password"), Header: http.Header{"Set-Cookie": {"example-password"}}}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "call", call, "answer", answer, "value", *answer, "nested", struct {
		Call   loginhttp.Call
		Answer *loginhttp.Answer
	}{call, answer})
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s %d", call, call, call, call, call),
		fmt.Sprintf("%v %+v %#v %s %d", answer, answer, answer, answer, answer),
		fmt.Sprintf("%v %+v", *answer, struct{ A loginhttp.Answer }{*answer}),
		log.String(),
	} {
		assert.NotContains(t, text, "example-password")
		assert.NotContains(t, text, fmt.Sprint([]byte("example-password")))
		assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte("example-password")))
	}
	assert.Contains(t, fmt.Sprint(answer), "status 200")
	assert.Contains(t, fmt.Sprint(call), "login: POST /login")
}

// The same Endpoint serves many goroutines.
func TestDoIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	v := answering(200, `{"access":"a"}`)
	e := endpoint(v)
	header := http.Header{"X-Key": {"value"}}
	done := make(chan error)
	for range 8 {
		go func() {
			var out struct{ Access string }
			_, err := e.Do(t.Context(), loginhttp.Call{Op: "login", Method: "POST", Header: maps.Clone(header), Body: out}, &out)
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	assert.Equal(t, 8, v.count())
}

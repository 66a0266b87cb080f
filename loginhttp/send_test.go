package loginhttp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	internalsent "github.com/vendorlogin/vendorlogin/internal/sent"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Of the caller's client, neither the cookies nor the redirect policy are used.
func TestNoCookieJar(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	site, err := url.Parse(account.Endpoint)
	require.NoError(t, err)
	jar.SetCookies(site, []*http.Cookie{{Name: "session", Value: "somebody-elses"}})

	v := &vendor{respond: func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return reply(200, `{}`, "Set-Cookie", "access-token=new; Path=/"), nil
		}
		return reply(302, "", "Location", "/elsewhere"), nil
	}}
	asked := 0
	client := &http.Client{Transport: v, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return nil }}
	e := loginhttp.Endpoint{Account: account, HTTPClient: client}
	answer, err := e.Do(t.Context(), login(), nil)
	require.NoError(t, err)
	assert.Equal(t, "access-token=new; Path=/", answer.Header.Get("Set-Cookie"))
	_, err = e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrBadResponse, err)

	assert.Len(t, jar.Cookies(site), 1)
	assert.Equal(t, 2, v.count())
	assert.Empty(t, v.requests[0].Header["Cookie"])
	assert.Empty(t, v.requests[0].Header["Authorization"])
	assert.Zero(t, asked)
}

// Cookies that a call brings itself are sent.
func TestOwnCookies(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	call := login()
	call.Header = http.Header{"Cookie": {"access-token=a; refresh-token=r"}}
	_, err := endpoint(v).Do(t.Context(), call, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"access-token=a; refresh-token=r"}, v.requests[0].Header["Cookie"])
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, `{"proto":%q}`, r.Proto)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	e := on(t, srv.URL)
	e.HTTPClient = srv.Client()

	var out struct{ Proto string }
	_, err := e.Do(t.Context(), secretCall(), &out)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/2.0", out.Proto)

	call := secretCall()
	call.Path = "/abort"
	_, err = e.Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	assert.EqualError(t, failure(t, err).Err, "the HTTP/2 connection broke")
}

// The connection of a response that was read is used again, of whatever kind the response is.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	status := []int{200, 400, 401, 500, 302, 204}
	var n atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		code := status[int(n.Add(1)-1)%len(status)]
		w.WriteHeader(code)
		if code != 204 {
			_, _ = io.WriteString(w, `{"a":"b"}`)
		}
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	e := on(t, srv.URL)
	for range 3 * len(status) {
		_, _ = e.Do(t.Context(), secretCall(), nil)
	}
	assert.EqualValues(t, 3*len(status), n.Load())
	assert.EqualValues(t, 1, connections.Load())
}

func TestDoClosesBodies(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 401, 500} {
		for _, text := range []string{`{}`, "", strings.Repeat(" ", 2<<20)} {
			body := &closing{Reader: strings.NewReader(text)}
			v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
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

func TestDoSendsNothingWhenCtxHasEnded(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("example-password"))
	_, err := endpoint(v).Do(ctx, login(), nil)
	assert.Equal(t, context.Canceled, failure(t, err).Kind)
	assertKind(t, nil, err)
	assert.True(t, failure(t, err).Unprocessed)
	assert.Zero(t, v.count())
	assertHides(t, err, "example-password")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	canary, leaked := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, canary.URL+"/in/?"+r.URL.RawQuery, status)
		})
		for _, method := range []string{"GET", "POST", "PUT", "PATCH"} {
			call := secretCall()
			call.Method = method
			_, err := on(t, srv.URL).Do(t.Context(), call, &struct{}{})
			assertKind(t, vendorlogin.ErrBadResponse, err)
			assert.Contains(t, err.Error(), "redirects to "+canary.URL+"/in/")
			assertHides(t, err, secrets...)
		}
		assert.EqualValues(t, 4, requests.Load())
	}
	assert.Zero(t, leaked.Load())
}

// Package vendorlogin asks for one request through the ctx, after a login that was turned away.
func TestOnceByTheContext(t *testing.T) {
	t.Parallel()
	for once, requests := range map[bool]int{false: 2, true: 1} {
		synctest.Test(t, func(t *testing.T) {
			v := responding(429, "busy", "Retry-After", "1")
			count := &internalsent.Count{Once: once}
			_, err := endpoint(v).Do(count.In(t.Context()), login(), nil)
			assertKind(t, vendorlogin.ErrRateLimited, err)
			assert.Equal(t, requests, v.count())
			assert.Zero(t, count.Load(), "it was not processed")
			_, err = endpoint(responding(400, `{"message":"no"}`)).Do(count.In(t.Context()), login(), nil)
			assertKind(t, vendorlogin.ErrInvalidRequest, err)
			assert.EqualValues(t, 1, count.Load())
			_, err = endpoint(responding(200, `{}`)).Do(count.In(t.Context()), login(), nil)
			require.NoError(t, err)
			assert.EqualValues(t, 2, count.Load())
		})
	}
}

package vendorlogin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestResponsesRequestIsTheCallers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, accepts := range map[string]int{"accepted": 0, "replayed": 2, "rejected": 9} {
			a := &api{accepts: accepts}
			c := newClient(t, &mint{}, nil)
			req := newRequest(t, things)
			resp, err := c.Transport(a).RoundTrip(req)
			require.NoError(t, err)
			assert.Same(t, req, resp.Request, name)
			assert.Empty(t, resp.Request.Header.Get("Authorization"), name)
			_ = resp.Body.Close()
		}
	})
}

// querying is a vendor whose API wants the token in the query, and whose API's host is in the token.
type querying struct {
	mint
	origins []string
	asked   int
}

func (q *querying) Authorize(req *http.Request, t *vendorlogin.Token) error {
	values := req.URL.Query()
	values.Set("access_token", t.Access.Reveal())
	req.URL.RawQuery = values.Encode()
	req.Header.Add("X-Trace", "ours")
	return nil
}

func (q *querying) APIOrigins(*vendorlogin.Token) []string {
	q.asked++
	return q.origins
}

func TestAuthorizerGetsACopy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sent *http.Request
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			sent = req
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})
		c := newClient(t, &querying{}, nil)
		req := newRequest(t, things)
		req.Header["X-Trace"] = append(make([]string, 0, 8), "caller's")
		before := *req.URL
		_, err := c.Transport(base).RoundTrip(req)
		require.NoError(t, err)
		assert.Equal(t, "access-1", sent.URL.Query().Get("access_token"))
		assert.Equal(t, []string{"caller's", "ours"}, sent.Header["X-Trace"])
		assert.Equal(t, before, *req.URL)
		assert.Equal(t, []string{"caller's"}, req.Header["X-Trace"])
		assert.Equal(t, "caller's", req.Header["X-Trace"][:1][0])
		assert.Empty(t, req.Header["X-Trace"][:8][1], "not even behind its end")
	})
}

func TestOriginerSaysWhereTheTokenMayGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &querying{origins: []string{"https://eu.api.example.org", "not an origin"}}
		a := &api{}
		rt := newClient(t, q, nil).Transport(a)
		for range 3 {
			_, err := rt.RoundTrip(newRequest(t, "https://eu.api.example.org/things"))
			require.NoError(t, err)
		}
		assert.Equal(t, 1, q.asked, "once per token")
		_, err := rt.RoundTrip(newRequest(t, things))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "it is elsewhere, and not at the endpoint")
		assert.Contains(t, err.Error(), "api.example.com")

		q.origins = nil
		rt = newClient(t, q, nil).Transport(a)
		_, err = rt.RoundTrip(newRequest(t, things))
		require.NoError(t, err, "who names none means the endpoint")

		rt = newClient(t, q, &vendorlogin.Options{Origins: []string{"https://own.example.net"}}).Transport(a)
		before := q.asked
		_, err = rt.RoundTrip(newRequest(t, "https://own.example.net/x"))
		require.NoError(t, err)
		assert.Equal(t, before, q.asked, "the options replace what the vendor names")
	})
}

func TestTokenOfAnotherOriginGoesThereAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &querying{origins: []string{"https://eu.api.example.org"}}
		a := &api{}
		c := newClient(t, q, nil)
		rt := c.Transport(a)
		_, err := rt.RoundTrip(newRequest(t, "https://eu.api.example.org/things"))
		require.NoError(t, err)
		q.origins = []string{"https://us.api.example.org"}
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
		_, err = rt.RoundTrip(newRequest(t, "https://us.api.example.org/things"))
		require.NoError(t, err)
		_, err = rt.RoundTrip(newRequest(t, "https://eu.api.example.org/things"))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "that was the place of the token before")
		assert.Equal(t, 2, q.asked)
		assert.Len(t, a.requests(), 2)
	})
}

func TestTrailersThatAreSetWhileTheBodyIsReadArrive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got string
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, req.Body)
			got = req.Trailer.Get("X-Sum")
			return &http.Response{StatusCode: 200, Body: http.NoBody}, err
		})
		req := newRequest(t, things)
		req.Trailer = http.Header{"X-Sum": nil}
		req.Body = io.NopCloser(io.MultiReader(strings.NewReader("body"), readerFunc(func([]byte) (int, error) {
			req.Trailer.Set("X-Sum", "42")
			return 0, io.EOF
		})))
		_, err := newClient(t, &mint{}, nil).Transport(base).RoundTrip(req)
		require.NoError(t, err)
		assert.Equal(t, "42", got)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFirstResponseComesBackWhole(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "more than is looked at": 200 << 10} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, length known %v", name, known), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m := &mint{}
					c := newClient(t, m, nil)
					mustToken(t, c)
					text := strings.Repeat("0123456789", size/10)
					base := roundTripperFunc(func(*http.Request) (*http.Response, error) {
						length := int64(-1)
						if known {
							length = int64(len(text))
						}
						return &http.Response{StatusCode: 401, ContentLength: length, Body: io.NopCloser(strings.NewReader(text))}, nil
					})
					var failed error = down()
					m.err.Store(&failed)
					resp, err := c.Transport(base).RoundTrip(newRequest(t, things))
					require.NoError(t, err)
					assert.Equal(t, 401, resp.StatusCode)
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					assert.Equal(t, text, string(body))
				})
			})
		}
	}
}

func TestPeekBody(t *testing.T) {
	t.Parallel()
	type header = http.Header
	for name, c := range map[string]struct {
		status int
		length int64
		header header
		peeks  bool
	}{
		"401 of unknown length":     {401, -1, nil, true},
		"500":                       {500, 7, nil, true},
		"400 of unknown length":     {400, -1, nil, true},
		"200 of known length":       {200, 7, nil, true},
		"200 of unknown length":     {200, -1, nil, false},
		"200 that is long":          {200, 64<<10 + 1, nil, false},
		"switching protocols":       {101, 0, nil, false},
		"event stream":              {401, -1, header{"Content-Type": {"Text/Event-Stream; charset=utf-8"}}, false},
		"encoded":                   {401, 7, header{"Content-Encoding": {"gzip"}}, false},
		"200 of the longest length": {200, 64 << 10, nil, true},
	} {
		resp := &http.Response{
			StatusCode:    c.status,
			ContentLength: c.length,
			Header:        c.header,
			Body:          io.NopCloser(strings.NewReader("content")),
		}
		want := ""
		if c.peeks {
			want = "content"
		}
		assert.Equal(t, want, string(vendorlogin.PeekBody(resp)), name)
		assert.Equal(t, want, string(vendorlogin.PeekBody(resp)), "%s, again", name)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "content", string(body), name)
	}
	for kind, peeks := range map[string]bool{
		"application/json": true, "Application/Problem+JSON; charset=utf-8": true, "text/xml": true, "application/soap+xml": true,
		"text/html; charset=utf-8": true,
		"application/x-ndjson":     false, "application/stream+json": false, "application/octet-stream": false, "": false,
	} {
		resp := &http.Response{
			StatusCode: 200, ContentLength: -1, Uncompressed: true, Header: header{"Content-Type": {kind}},
			Body: io.NopCloser(strings.NewReader("content")),
		}
		assert.Equal(t, peeks, vendorlogin.PeekBody(resp) != nil, "decompressed %s", kind)
	}
	assert.Nil(t, vendorlogin.PeekBody(nil))
	assert.Nil(t, vendorlogin.PeekBody(&http.Response{StatusCode: 500}))

	long := strings.Repeat("0123456789", 10<<10)
	resp := &http.Response{StatusCode: 500, ContentLength: -1, Body: io.NopCloser(strings.NewReader(long))}
	assert.Len(t, vendorlogin.PeekBody(resp), 64<<10)
	first := make([]byte, 7)
	_, err := io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.True(t, string(vendorlogin.PeekBody(resp)) == long[:64<<10], "its start stays its start")
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, long, string(first)+string(body))

	failures := make(chan error, 1)
	failures <- io.ErrUnexpectedEOF
	close(failures) // it fails once; who reads on would get no error
	broken := &http.Response{
		StatusCode: 500,
		Body: io.NopCloser(
			io.MultiReader(strings.NewReader("ab"), readerFunc(func([]byte) (int, error) { return 0, <-failures })),
		),
	}
	assert.Equal(t, "ab", string(vendorlogin.PeekBody(broken)))
	body, err = io.ReadAll(broken.Body)
	assert.Equal(t, "ab", string(body))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "what came behind it is not lost")
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "example.com", "ftp://example.com", "https://", "https://u@example.com", "https://example.com/path", "https://example.com?q",
		"http://[::1", "https://u:p@example.com",
	} {
		_, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{Origins: []string{bad}})
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%q", bad)
	}
	for origin, requests := range map[string]map[string]bool{
		"http://h":      {"http://h:80/x": true, "http://H/x": true, "https://h/x": false, "http://h:8080/x": false},
		"https://h:443": {"https://h/x": true, "HTTPS://h/x": true, "http://h:443/x": false},
		"https://h/":    {"https://h/x": true, "https://h.example/x": false},
	} {
		for target, want := range requests {
			c, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{Origins: []string{origin}})
			require.NoError(t, err)
			u, err := url.Parse(target)
			require.NoError(t, err)
			_, err = c.Transport(&api{}).RoundTrip(&http.Request{URL: u, Header: http.Header{}})
			assert.Equal(t, want, err == nil, "%s to %s: %v", target, origin, err)
			require.NoError(t, c.Close())
		}
	}
	c, err := vendorlogin.NewClient(accounted{vendorlogin.Account{Endpoint: "http://[::1"}}, nil)
	require.NoError(t, err)
	_, err = c.Transport(&api{}).RoundTrip(newRequest(t, things))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "an endpoint that does not parse is no origin, and no panic")
	require.NoError(t, c.Close())
}

func TestNoMonotonicReadingInATokensTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.refreshLife = time.Hour
		token := mustToken(t, newClient(t, f, nil))
		for _, at := range []time.Time{token.IssuedAt, token.ExpiresAt, token.RefreshExpiresAt} {
			assert.Equal(t, at.Round(0), at)
			assert.NotContains(t, at.String(), "m=")
		}
	})
}

func TestAuthenticatorsOwnErrorIsFound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{err: errDisk}, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, errDisk)
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		bare := &vendorlogin.Error{Kind: vendorlogin.ErrForbidden}
		_, err = newClient(t, &fake{err: bare}, nil).Token(t.Context())
		assert.Equal(t, "fake (ops@example.com): login: forbidden; not sent again before 2000-01-01T00:15:00Z", err.Error())
		assert.Equal(t, vendorlogin.Error{Kind: vendorlogin.ErrForbidden}, *bare)
	})
}

func TestEventContext(t *testing.T) {
	type key struct{}
	bubble(t, func(t *testing.T) {
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{OnEvent: seen.record})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		_, err := c.Token(ctx)
		require.NoError(t, err)
		cancel()
		all := seen.seen()
		require.NotEmpty(t, all)
		for _, e := range all {
			assert.Equal(t, "trace", e.Context().Value(key{}))
			require.NoError(t, e.Context().Err(), "it never ends")
			_, err = c.Token(e.Context())
			require.NoError(t, err, "an observer may use it")
		}
		assert.NotNil(t, vendorlogin.Event{}.Context())
	})
}

func TestKeyKeepsDigits(t *testing.T) {
	t.Parallel()
	assert.True(t, strings.HasPrefix(vendorlogin.Account{Vendor: "v0-9Z"}.Key(), "v0_9z-"))
}

func TestEndedRenewalsLeaveTheList(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: time.Second}
		running, most := 0, 0
		f.on = func(context.Context, string, int64) error {
			running++
			most = max(most, running)
			return nil
		}
		s.before = func(ctx context.Context, op string) error {
			if op == "save" {
				running = 0
			}
			if op == "unlock" {
				return pass(ctx, 500*time.Millisecond)
			}
			return nil
		}
		c := newClient(t, f, shared(s))
		for range 1000 {
			_, err := c.Renew(t.Context())
			require.NoError(t, err)
		}
		assert.Equal(t, 1, most, "one login at a time, though unlocking is slow")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Zero(t, vendorlogin.Runs(c))
	})
}

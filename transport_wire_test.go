package vendorlogin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
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

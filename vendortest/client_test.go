package vendortest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestClientReachesTheVendorsHostAndNoOther(t *testing.T) {
	t.Parallel()
	for name, v := range five {
		s := inMemory(t, v.make, nil)
		for _, host := range []string{"https://example.com", "http://127.0.0.1:1", strings.Replace(v.host, "https://", "http://", 1)} {
			if host == "" {
				continue
			}
			_, err := s.try("POST", host+v.path, v.body, v.header...)
			assert.ErrorIs(t, err, memhttp.ErrRefused, name)
			op, ok := errors.AsType[*net.OpError](err)
			assert.True(t, ok && op.Op == "dial", name)
		}
		assert.Zero(t, s.srv.Counts().Requests, name)
		if v.host != "" {
			assert.Equal(t, v.status, s.do("POST", v.host+v.path, v.body, v.header...).status, name)
		}
	}
}

// Whatever the client notices of http.Transport holds in memory too.
func TestClientIsLikeATransport(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		token := s.gcoreLogin().field(s, "access")

		head := s.do("HEAD", s.srv.APIURL(), "", bearer(token)...)
		assert.Equal(s, 200, head.status)
		assert.Empty(s, head.body)
		assert.NotEmpty(s, head.header.Get("Content-Length"))

		_, err := s.try("GET", s.srv.APIURL(), "", "Authorization", "a\r\nb")
		assert.ErrorContains(s, err, "invalid header field value")

		ctx, cancel := context.WithCancelCause(s.Context())
		cause := errors.New("the caller's reason")
		cancel(cause)
		req, _ := http.NewRequestWithContext(ctx, "GET", s.srv.APIURL(), nil)
		_, err = s.client.Do(req)
		assert.ErrorIs(s, err, cause)

		closed := &closing{Reader: strings.NewReader("hello")}
		req, _ = http.NewRequestWithContext(s.Context(), "POST", s.srv.APIURL()+"/echo", closed)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := s.client.Do(req)
		require.NoError(s, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(s, err)
		assert.Contains(s, string(body), `"bytes":5`)
		assert.True(s, closed.closed)
		require.NoError(s, resp.Body.Close())
		_, err = resp.Body.Read(make([]byte, 1))
		assert.ErrorContains(s, err, "read on closed response body")
		assert.Same(s, req, resp.Request)

		s.srv.Inject(vendortest.Fault{Status: 204}, vendortest.Fault{Status: 304, HTML: true})
		assert.Equal(s, 204, s.do("GET", s.srv.APIURL(), "").status)
		assert.Empty(s, s.do("GET", s.srv.APIURL(), "").body)
	})
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestClientLeavesARequestBodyThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, w := io.Pipe()
		defer w.Close()
		req, _ := http.NewRequestWithContext(ctx, "POST", s.srv.APIURL(), r)
		_, err := s.client.Do(req)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, s.srv.Counts().Requests)
	})
}

func TestBodyEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", s.srv.URL, nil)
	resp, err := s.client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	cause := errors.New("the caller's reason")
	cancel(cause)
	_, err = io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, cause)
}

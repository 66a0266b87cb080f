package loginhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

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

func TestCallersDeadline(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"no header": "", "no body": "{"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if first != "" {
					_, _ = io.WriteString(w, first)
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
			})
			ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("header-secret"))
			defer cancel()
			_, err := on(t, srv.URL).Do(ctx, secretCall(), &struct{}{})
			assertKind(t, vendorlogin.ErrUnavailable, err)
			require.ErrorIs(t, err, ctx.Err())
			assert.EqualValues(t, 1, requests.Load())
			assert.False(t, failure(t, err).Unprocessed)
			assertHides(t, err, secrets...)
		})
	}
}

func TestPlainHTTPIsRefusedUnlessAllowed(t *testing.T) {
	t.Parallel()
	v := answering(200, `{}`)
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

// The connection of an answer that was read is used again, of whatever kind the answer is.
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

package loginhttp_test

import (
	"bufio"
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

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

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
			var err error
			for wait := 50 * time.Millisecond; requests.Load() == 0 && wait < time.Minute; wait *= 4 { // longer, where it did not arrive
				ctx, cancel := context.WithTimeoutCause(t.Context(), wait, errors.New("header-secret"))
				_, err = on(t, srv.URL).Do(ctx, secretCall(), &struct{}{})
				cancel()
			}
			assert.Equal(t, context.DeadlineExceeded, failure(t, err).Kind)
			assertKind(t, nil, err)
			assert.EqualValues(t, 1, requests.Load())
			assert.False(t, failure(t, err).Unprocessed)
			assertHides(t, err, secrets...)
		})
	}
}

// Do ends within 30 seconds, or the client's own Timeout where that is shorter, whatever does not come.
func TestDoEnds(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 5 * time.Second: 5 * time.Second,
		time.Hour: 30 * time.Second} {
		for name, respond := range map[string]func(int, *http.Request) (*http.Response, error){
			"no response": func(_ int, r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			},
			"no body": func(_ int, r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: slowBody{r.Context(), time.Hour}, ContentLength: -1}, nil
			},
			"slow body": func(_ int, r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: slowBody{r.Context(), time.Second}, ContentLength: -1}, nil
			},
			"slow body, deaf to its ctx": func(_ int, r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: slowBody{context.Background(), time.Second}, ContentLength: -1}, nil
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				v := &vendor{respond: respond}
				e := loginhttp.Endpoint{Account: account, HTTPClient: &http.Client{Transport: v, Timeout: timeout}}
				start := time.Now()
				_, err := e.Do(t.Context(), login(), &struct{}{})
				assert.InDelta(t, want+time.Second/2, time.Since(start), float64(time.Second/2), name) // a deaf Read ends when it does
				assertKind(t, vendorlogin.ErrUnavailable, err)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.False(t, failure(t, err).Unprocessed)
				assert.Equal(t, 1, v.count())
			})
		}
	}
}

// slowBody gives a blank every so often, for ever, until its ctx ends.
type slowBody struct {
	ctx   context.Context
	every time.Duration
}

func (b slowBody) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(b.every):
		p[0] = ' '
		return 1, nil
	}
}

func (slowBody) Close() error { return nil }

// A status that condemns the credentials does so though its body never comes: trying again would cost another attempt.
func TestStatusCountsWithoutItsBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for status, kind := range map[int]error{
			401: vendorlogin.ErrInvalidCredentials, 429: vendorlogin.ErrRateLimited, 403: context.DeadlineExceeded, 200: context.DeadlineExceeded,
		} {
			v := &vendor{respond: func(_ int, r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: slowBody{r.Context(), time.Hour}, ContentLength: -1}, nil
			}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			answer, err := endpoint(v).Do(ctx, login(), nil)
			cancel()
			assert.Equal(t, kind, failure(t, err).Kind)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, status, failure(t, err).Status)
			require.NotNil(t, answer)
			assert.Equal(t, status, answer.Status)
		}
	})
}

// Whatever a server does instead of responding, the error has a kind, and nothing that was sent or received.
func TestMalformedResponses(t *testing.T) {
	t.Parallel()
	const echoed = "example-password 321673 server-secret"
	for name, test := range map[string]struct {
		raw  string
		kind error
	}{
		"nothing":             {"", vendorlogin.ErrUnavailable},
		"not HTTP":            {echoed + "\r\n\r\n", vendorlogin.ErrBadResponse},
		"status line":         {"HTTP/1.1 " + echoed + "\r\n\r\n", vendorlogin.ErrBadResponse},
		"version":             {"HTTP/" + echoed + " 200 OK\r\n\r\n", vendorlogin.ErrBadResponse},
		"header":              {"HTTP/1.1 200 OK\r\n" + echoed + "\r\n\r\n", vendorlogin.ErrBadResponse},
		"header name":         {"HTTP/1.1 200 OK\r\n" + echoed + ": x\r\n\r\n", vendorlogin.ErrBadResponse},
		"header cut":          {"HTTP/1.1 200 OK\r\nX: " + echoed, vendorlogin.ErrUnavailable},
		"content length":      {"HTTP/1.1 200 OK\r\nContent-Length: " + echoed + "\r\n\r\n{}", vendorlogin.ErrBadResponse},
		"transfer encoding":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + echoed + "\r\n\r\n{}", vendorlogin.ErrBadResponse},
		"chunk":               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + echoed + "\r\n", vendorlogin.ErrBadResponse},
		"chunks cut":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + echoed, vendorlogin.ErrBadResponse},
		"body cut":            {"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"access\":\"" + echoed, vendorlogin.ErrBadResponse},
		"no gzip":             {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + echoed, vendorlogin.ErrBadResponse},
		"gzip cut":            {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00", vendorlogin.ErrBadResponse},
		"headers without end": {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 4096)+"\r\n", 3000), vendorlogin.ErrBadResponse},
		"switching protocols": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + echoed,
			vendorlogin.ErrBadResponse},
		"wrong password, cut": {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 400\r\n\r\n" + echoed, vendorlogin.ErrInvalidCredentials},
		"location":            {"HTTP/1.1 302 Found\r\nLocation: ht!tp://" + echoed + "\r\n\r\n", vendorlogin.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := on(t, serveRaw(t, test.raw)).Do(t.Context(), secretCall(), &struct{}{})
			assertKind(t, test.kind, err)
			assertHides(t, err, append(secrets, "server-secret")...)
			assert.False(t, failure(t, err).Unprocessed)
			assert.Equal(t, "login", failure(t, err).Op)
		})
	}
}

// The body of a 101 is the connection itself, which may stay open for ever.
func TestSwitchingProtocolsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	address := listen(t, func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		<-done
	})
	_, err := on(t, "http://"+address).Do(t.Context(), secretCall(), nil)
	close(done)
	assertKind(t, vendorlogin.ErrBadResponse, err)
}

func TestCutBodyIsUnexpectedEOF(t *testing.T) {
	t.Parallel()
	_, err := on(t, serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{")).Do(t.Context(), secretCall(), nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

package loginhttp_test

import (
	"bufio"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// The credentials of a call whose every part holds one.
var secrets = []string{"example-password", "321673", "query-secret", "header-secret", "cookie-secret"}

func secretCall() loginhttp.Call {
	return loginhttp.Call{
		Op: "login", Method: "POST", Path: "/login",
		Query:  url.Values{"password": {"query-secret"}},
		Header: http.Header{"X-Api-Key": {"header-secret"}, "Cookie": {"a=cookie-secret"}},
		Body:   map[string]string{"password": "example-password", "otp": "321673"},
	}
}

// on is the way to a server on loopback, on connections of its own.
func on(t *testing.T, address string) loginhttp.Endpoint {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: "example", Endpoint: address, Principal: "ops@example.com"},
		HTTPClient: &http.Client{Transport: transport},
	}
}

// serve is a server that counts its requests and reads them whole.
func serve(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	var requests atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, &requests
}

// serveRaw is a server that answers every connection with these bytes, after the request's header.
func serveRaw(t *testing.T, answer string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, answer)
			}
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
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

func TestTooLargeBodies(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat(" ", 1<<20-1)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		err    string
	}{
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = io.WriteString(z, huge)
			}
			_ = z.Close()
		}, "the body is larger than 1 MiB"},
		"one byte more, of known length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(1<<20+1))
			_, _ = io.WriteString(w, "{}"+huge)
		}, "the body is larger than 1 MiB"},
		"one byte more, of unknown length": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "}"+huge)
		}, "the body is larger than 1 MiB"},
		"all that may be": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{}"+huge[1:])
		}, ""},
		"all that may be, compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "{}"+huge[1:])
			_ = z.Close()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, requests := serve(t, test.answer)
			_, err := on(t, srv.URL).Do(t.Context(), secretCall(), &struct{}{})
			assert.EqualValues(t, 1, requests.Load())
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			assertKind(t, vendorlogin.ErrBadResponse, err)
			assert.EqualError(t, failure(t, err).Err, test.err)
		})
	}
}

// Whatever a server does instead of answering, the error has a kind, and nothing that was sent or received.
func TestGarbledAnswers(t *testing.T) {
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
		"switching protocols": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + echoed, vendorlogin.ErrBadResponse},
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

func TestCutBodyIsUnexpectedEOF(t *testing.T) {
	t.Parallel()
	_, err := on(t, serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{")).Do(t.Context(), secretCall(), nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())

	_, err = on(t, address).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	op, ok := errors.AsType[*net.OpError](err)
	require.True(t, ok)
	assert.Equal(t, "dial", op.Op)
	assert.True(t, failure(t, err).Unprocessed)
	assertHides(t, err, secrets...)
}

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)

	_, err := on(t, srv.URL).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	assert.True(t, ok, "%v", err)
	assert.True(t, failure(t, err).Unprocessed)
	assert.Zero(t, requests.Load())
	assertHides(t, err, secrets...)
}

func TestHTTPSToPlainServer(t *testing.T) {
	t.Parallel()
	srv, requests := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := on(t, "https"+strings.TrimPrefix(srv.URL, "http")).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	assert.Contains(t, err.Error(), "the server speaks http, not https")
	assert.Zero(t, requests.Load())
}

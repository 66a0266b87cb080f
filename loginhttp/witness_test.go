package loginhttp_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// credentialCalls are a login in each form that net/http treats differently when a connection breaks.
func credentialCalls() map[string]loginhttp.Call {
	noBody := secretCall()
	noBody.Body = nil
	get := noBody
	get.Method = http.MethodGet
	idempotent := noBody
	idempotent.Header = http.Header{"Idempotency-Key": {"header-secret"}}
	form := secretCall()
	form.Body, form.Form = nil, url.Values{"password": {"example-password"}}
	emptyForm := noBody
	emptyForm.Form = url.Values{}
	calls := map[string]loginhttp.Call{
		"POST": secretCall(), "POST without a body": noBody, "GET": get, "Idempotency-Key": idempotent, "form": form, "empty form": emptyForm,
	}
	for name, call := range maps.Clone(calls) {
		call.Once = true
		calls[name+", once"] = call
	}
	return calls
}

// net/http repeats nothing by itself: one login is one request, and it counts as sent.
func TestOneLoginIsOneRequestOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]func(io.Writer, uint32){
		"RST_STREAM PROTOCOL_ERROR": func(w io.Writer, stream uint32) { writeFrame(w, frameReset, 0, stream, protocolError) },
		"RST_STREAM REFUSED_STREAM": func(w io.Writer, stream uint32) { writeFrame(w, frameReset, 0, stream, refusedStream) },
		"GOAWAY":                    func(w io.Writer, _ uint32) { writeFrame(w, frameGoAway, 0, 0, 0, 0) },
		"GOAWAY after it": func(w io.Writer, stream uint32) {
			writeFrame(w, frameGoAway, 0, 0, stream, protocolError)
			_ = w.(io.Closer).Close()
		},
		"closed": func(w io.Writer, _ uint32) { _ = w.(io.Closer).Close() },
	} {
		for form, call := range credentialCalls() {
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				address, requests := serveFrames(t, respond)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // a request without end
				defer cancel()
				_, err := trusting(t, address).Do(ctx, call, nil)
				assert.EqualValues(t, 1, requests.Load())
				assert.False(t, failure(t, err).Unprocessed)
				assert.NotErrorIs(t, err, context.Canceled, "nobody has left")
				assertHides(t, err, secrets...)
			})
		}
	}
}

// A connection that is kept alive dies as the next request arrives on it.
func TestOneLoginIsOneRequestOnADyingConnection(t *testing.T) {
	t.Parallel()
	for form, call := range credentialCalls() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			address := listen(t, func(conn net.Conn) {
				r := bufio.NewReader(conn)
				for {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					if requests.Add(1) > 1 {
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			})
			e := on(t, "http://"+address)
			_, err := e.Do(t.Context(), call, nil)
			require.NoError(t, err)
			_, err = e.Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrUnavailable, err)
			assert.False(t, failure(t, err).Unprocessed)
			assert.EqualValues(t, 2, requests.Load())
		})
	}
}

// readHeader reads a request's header, and nothing after it.
func readHeader(conn net.Conn) {
	_, _ = http.ReadRequest(bufio.NewReader(conn))
}

// Where no connection came about, not a byte of the request was sent: a refresh token in it is still good.
func TestUnsent(t *testing.T) {
	t.Parallel()
	proxy := func(response string) func(*testing.T) loginhttp.Endpoint {
		return func(t *testing.T) loginhttp.Endpoint {
			address := listen(t, func(conn net.Conn) {
				readHeader(conn)
				_, _ = io.WriteString(conn, response)
			})
			e := on(t, "https://api.example.com")
			e.HTTPClient.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: address})
			return e
		}
	}
	server := func(talk func(net.Conn)) func(*testing.T) loginhttp.Endpoint {
		return func(t *testing.T) loginhttp.Endpoint { return on(t, "https://"+listen(t, talk)) }
	}
	dialing := func(dial func(context.Context, string, string) (net.Conn, error)) func(*testing.T) loginhttp.Endpoint {
		return func(t *testing.T) loginhttp.Endpoint {
			e := on(t, "https://api.example.com")
			e.HTTPClient.Transport.(*http.Transport).DialContext = dial
			return e
		}
	}
	for name, way := range map[string]func(*testing.T) loginhttp.Endpoint{
		"CONNECT 407":     proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
		"CONNECT 503":     proxy("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
		"CONNECT dropped": proxy(""),
		"CONNECT garbage": proxy("example\r\n\r\n"),
		"TLS dropped":     server(func(net.Conn) {}),
		"TLS silent":      server(func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }),
		"TLS alert":       server(func(conn net.Conn) { _, _ = conn.Write([]byte{21, 3, 3, 0, 2, 2, 40}) }),
		"plain HTTP": server(func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn)
		}),
		"SOCKS": func(t *testing.T) loginhttp.Endpoint {
			address := listen(t, func(conn net.Conn) {
				_, _ = io.ReadFull(conn, make([]byte, 3))
				_, _ = conn.Write([]byte{5, 0xff})
			})
			e := on(t, "https://api.example.com")
			e.HTTPClient.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{Scheme: "socks5", Host: address})
			return e
		},
		"no such host": dialing(func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}
		}),
		"lost SYNs": dialing(func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}),
		"unknown CA": func(t *testing.T) loginhttp.Endpoint {
			srv := httptest.NewUnstartedServer(http.NotFoundHandler())
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			t.Cleanup(srv.Close)
			return on(t, srv.URL)
		},
		"full pool": func(t *testing.T) loginhttp.Endpoint {
			release, arrived := make(chan struct{}), make(chan struct{})
			srv, _ := serve(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
			t.Cleanup(func() { close(release) })
			e := on(t, srv.URL)
			e.HTTPClient.Transport.(*http.Transport).MaxConnsPerHost = 1
			go func() { _, _ = e.Do(t.Context(), secretCall(), nil) }()
			<-arrived
			return e
		},
	} {
		for form, call := range credentialCalls() {
			if !call.Once {
				continue // it would be sent again, after a pause on the real clock
			}
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				e := way(t)
				patience := 10 * time.Second
				if name == "TLS silent" || name == "lost SYNs" || name == "full pool" {
					patience = 50 * time.Millisecond // nothing else ends it
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				_, err := e.Do(ctx, call, nil)
				own := failure(t, err)
				assert.True(t, own.Unprocessed, "%v", err)
				assert.Contains(t, []error{vendorlogin.ErrUnavailable, vendorlogin.ErrBadResponse, context.DeadlineExceeded}, own.Kind)
				assertHides(t, err, secrets...)
			})
		}
	}
}

// A transport that is not net/http's own, and may send in ways of its own. What of the body was read may have been sent.
func TestOtherTransports(t *testing.T) {
	t.Parallel()
	srv, requests := serve(t, func(http.ResponseWriter, *http.Request) {})
	var dialing http.Transport
	sendsItself := roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := dialing.RoundTrip(r.Clone(context.Background()))
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = nil, 0
		again.URL.Host = "127.0.0.1:1"
		return dialing.RoundTrip(again) // refused
	})
	t.Cleanup(dialing.CloseIdleConnections)
	var unread int
	failsUnread := roundTripper(func(*http.Request) (*http.Response, error) {
		unread++
		return nil, errors.New("example")
	})

	_, err := withTransport(on(t, srv.URL), sendsItself).Do(t.Context(), secretCall(), nil)
	assert.False(t, failure(t, err).Unprocessed, "the body was read")
	assert.EqualValues(t, 1, requests.Load())

	_, err = withTransport(on(t, srv.URL), failsUnread).Do(t.Context(), secretCall(), nil)
	assert.True(t, failure(t, err).Unprocessed, "the body was not read")
	assert.Equal(t, 1, unread, "it would fail again")
	assertKind(t, vendorlogin.ErrUnavailable, err)

	for read, unprocessed := range map[int]bool{0: true, 1: false} {
		failsHalfway := roundTripper(func(r *http.Request) (*http.Response, error) {
			_, _ = r.Body.Read(make([]byte, read))
			return nil, errors.New("example")
		})
		_, err = withTransport(on(t, srv.URL), failsHalfway).Do(t.Context(), secretCall(), nil)
		assert.Equal(t, unprocessed, failure(t, err).Unprocessed, read)
	}

	call := secretCall()
	call.Body = nil
	_, err = withTransport(on(t, srv.URL), failsUnread).Do(t.Context(), call, nil)
	assert.False(t, failure(t, err).Unprocessed, "there was no body")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func withTransport(e loginhttp.Endpoint, rt http.RoundTripper) loginhttp.Endpoint {
	e.HTTPClient = &http.Client{Transport: rt}
	return e
}

// What a transport is given has nothing in it that it could send twice.
func TestTransportsAreGivenNothingToRepeat(t *testing.T) {
	t.Parallel()
	for form, call := range credentialCalls() {
		v := responding(200, `{}`)
		_, err := endpoint(v).Do(t.Context(), call, nil)
		require.NoError(t, err)
		r := v.requests[0]
		assert.Nil(t, r.GetBody, form)
		assert.NotNil(t, r.Body, form)
		assert.NotEqual(t, http.NoBody, r.Body, form)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())

	_, err = on(t, address).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	assert.ErrorContains(t, err, "refused")
	op, ok := errors.AsType[*net.OpError](err)
	require.True(t, ok)
	assert.Equal(t, "dial", op.Op)
	assert.True(t, failure(t, err).Unprocessed)
	assertHides(t, err, secrets...)
}

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)

	_, err := on(t, srv.URL).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	assert.True(t, ok, "%v", err)
	assert.True(t, failure(t, err).Unprocessed)
	assertHides(t, err, secrets...)
}

func TestHTTPSToPlainServer(t *testing.T) {
	t.Parallel()
	srv, requests := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := on(t, "https"+strings.TrimPrefix(srv.URL, "http")).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	assert.Contains(t, err.Error(), "the server speaks http, not https")
	assert.True(t, failure(t, err).Unprocessed)
	assert.Zero(t, requests.Load())
}

// A closingConn tells when the transport has closed it.
type closingConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *closingConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// The vendor's server goes away while a connection to it is kept. If the transport has noticed before the next request, nothing of
// that is sent.
func TestAKeptConnectionThatWasClosed(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		readHeader(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	})
	e := on(t, "http://"+address)
	kept := &closingConn{closed: make(chan struct{})}
	e.HTTPClient.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if kept.Conn != nil {
			return nil, dialError()
		}
		var dialer net.Dialer
		var err error
		kept.Conn, err = dialer.DialContext(ctx, network, address)
		return kept, err
	}
	call := loginhttp.Call{Op: "refresh", Method: "POST", Form: url.Values{"refresh_token": {"example"}}, Once: true}
	_, err := e.Do(t.Context(), loginhttp.Call{Op: "login"}, nil)
	require.NoError(t, err)
	<-kept.closed
	_, err = e.Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	assert.True(t, failure(t, err).Unprocessed)
}

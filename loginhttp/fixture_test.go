package loginhttp_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// account is who logs in, in tests without a server.
var account = vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com/v1", Principal: "ops@example.com"}

// A sent is one request as it arrived.
type sent struct {
	*http.Request
	body string
}

// A vendor is an http.RoundTripper that keeps what it is sent and responds from a function, which gets the request's number from 1.
type vendor struct {
	respond func(n int, r *http.Request) (*http.Response, error)
	refuse  func(n int) error // that no connection comes about for the n-th request; nil: none

	mu       sync.Mutex
	requests []sent
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	if v.refuse != nil {
		if err := v.refuse(v.count() + 1); err != nil {
			v.note(sent{r, ""})
			httptrace.ContextClientTrace(r.Context()).GetConn(r.URL.Host)
			return nil, err
		}
	}
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
		_ = r.Body.Close()
	}
	return v.respond(v.note(sent{r, body}), r)
}

// note keeps a request, and is its number.
func (v *vendor) note(s sent) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests = append(v.requests, s)
	return len(v.requests)
}

// count is how many requests came.
func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.requests)
}

// responding is a vendor that always responds the same.
func responding(status int, body string, header ...string) *vendor {
	return &vendor{respond: func(int, *http.Request) (*http.Response, error) { return reply(status, body, header...), nil }}
}

// unreachable is a vendor that no connection can be had to.
func unreachable(err error) *vendor {
	return &vendor{refuse: func(int) error { return err }}
}

// failing is a vendor that takes the request, and fails.
func failing(err error) *vendor {
	return &vendor{respond: func(int, *http.Request) (*http.Response, error) { return nil, err }}
}

// reply is a response; header is names and values in turn.
func reply(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// endpoint is the way to v.
func endpoint(v http.RoundTripper) loginhttp.Endpoint {
	return loginhttp.Endpoint{Account: account, HTTPClient: &http.Client{Transport: v}}
}

// login is a call with credentials in it.
func login() loginhttp.Call {
	return loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"username": "ops@example.com",
		"password": "example-password"}}
}

// failure is err as the *Error that every failure is.
func failure(t *testing.T, err error) *vendorlogin.Error {
	t.Helper()
	require.Error(t, err)
	own, ok := err.(*vendorlogin.Error)
	require.True(t, ok, "%T", err)
	return own
}

// assertHides fails if err tells one of the secrets to anybody who prints it, any part of it, or any error in it.
func assertHides(t *testing.T, err error, secrets ...string) {
	t.Helper()
	var texts []string
	for _, node := range tree(err) {
		texts = append(texts, fmt.Sprintf("%v|%+v|%#v|%s|%q", node, node, node, node, node.Error()))
		if data, err := json.Marshal(node); err == nil {
			texts = append(texts, string(data))
		}
		if own, ok := node.(*vendorlogin.Error); ok {
			texts = append(texts, own.Code, own.Message, own.Request, fmt.Sprint(own.Fields))
		}
	}
	for _, text := range texts {
		for _, secret := range secrets {
			assert.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
		}
	}
}

// tree is err and every error that it unwraps to.
func tree(err error) []error {
	if err == nil {
		return nil
	}
	nodes := []error{err}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return append(nodes, tree(wrapper.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, child := range wrapper.Unwrap() {
			nodes = append(nodes, tree(child)...)
		}
	}
	return nodes
}

// assertKind checks that err is of one kind, and of no other.
func assertKind(t *testing.T, kind, err error) {
	t.Helper()
	for _, sentinel := range []error{
		vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrOTPRequired, vendorlogin.ErrOTPRejected,
		vendorlogin.ErrRateLimited, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest, vendorlogin.ErrUnavailable,
		vendorlogin.ErrBadResponse,
	} {
		assert.Equal(t, sentinel == kind, errors.Is(err, sentinel), "%v: %v", sentinel, err)
	}
}

func dialError() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

type timeoutError struct{}

func (timeoutError) Error() string { return "i/o timeout" }

func (timeoutError) Timeout() bool { return true }

func (timeoutError) Temporary() bool { return true }

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

// serveRaw is a server that responds to every connection with these bytes, after the request's header.
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

// listen gives each connection to talk, and closes it after.
func listen(t *testing.T, talk func(net.Conn)) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// trusting is the way to an https server on loopback, over HTTP/2 where the server speaks it.
func trusting(t *testing.T, address string) loginhttp.Endpoint {
	roots := x509.NewCertPool()
	roots.AddCert(loopbackCertificate(t).Leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	e := on(t, "https://"+address)
	e.HTTPClient = &http.Client{Transport: transport}
	return e
}

// loopbackCertificate is the one that package httptest has for 127.0.0.1.
func loopbackCertificate(t *testing.T) tls.Certificate {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	certificate := srv.TLS.Certificates[0]
	var err error
	certificate.Leaf, err = x509.ParseCertificate(certificate.Certificate[0])
	require.NoError(t, err)
	return certificate
}

// Frames of HTTP/2, RFC 9113.
const (
	frameHeaders, frameReset, frameSettings, frameGoAway = 1, 3, 4, 7

	flagAck                      = 1
	protocolError, refusedStream = 1, 7
)

func writeFrame(w io.Writer, kind, flags byte, stream uint32, payload ...uint32) {
	frame := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	for _, n := range append([]uint32{stream}, payload...) {
		frame = binary.BigEndian.AppendUint32(frame, n)
	}
	_, _ = w.Write(frame)
}

// serveFrames is an HTTP/2 server that counts the requests, and responds to each with respond.
func serveFrames(t *testing.T, respond func(w io.Writer, stream uint32)) (address string, requests *atomic.Int64) {
	requests = &atomic.Int64{}
	config := &tls.Config{Certificates: []tls.Certificate{loopbackCertificate(t)}, NextProtos: []string{"h2"}}
	return listen(t, func(conn net.Conn) {
		conn = tls.Server(conn, config)
		r := bufio.NewReader(conn)
		if _, err := r.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
			return
		}
		writeFrame(conn, frameSettings, 0, 0)
		for {
			var head [9]byte
			if _, err := io.ReadFull(r, head[:]); err != nil {
				return
			}
			length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
			if _, err := r.Discard(length); err != nil {
				return
			}
			switch {
			case head[3] == frameSettings && head[4]&flagAck == 0:
				writeFrame(conn, frameSettings, flagAck, 0)
			case head[3] == frameHeaders:
				requests.Add(1)
				respond(conn, binary.BigEndian.Uint32(head[5:]))
			}
		}
	}), requests
}

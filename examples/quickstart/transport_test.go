package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A network connects a client to a server over pipes.
type network struct {
	accepted chan net.Conn
	dialed   int
	last     *link
}

// A link is a connection that can fail silently: what is written to it vanishes.
type link struct {
	net.Conn
	failed atomic.Bool
}

func (l *link) Write(p []byte) (int, error) {
	if l.failed.Load() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	n.accepted <- far
	n.dialed++
	n.last = &link{Conn: near}
	return n.last, nil
}

func (n *network) Accept() (net.Conn, error) {
	c, ok := <-n.accepted
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (n *network) Close() error   { return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

// serve gives a client that reaches handler over n, with the transport of the example.
func (n *network) serve(t *testing.T, handler http.HandlerFunc, protocols *http.Protocols) *http.Client {
	n.accepted = make(chan net.Conn, 4)
	server := &http.Server{Handler: handler, Protocols: protocols}
	go func() { _ = server.Serve(n) }()
	transport := newTransport()
	transport.DialContext, transport.Protocols = n.dial, protocols
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(n.accepted)
		_ = server.Close()
	})
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func login(c *http.Client) error {
	resp, err := c.Post("http://login.example.com", "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestLoginSurvivesAConnectionThatFailedSilently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		var http2 http.Protocols
		http2.SetUnencryptedHTTP2(true)
		c := n.serve(t, func(http.ResponseWriter, *http.Request) {}, &http2)
		require.NoError(t, login(c))

		n.last.failed.Store(true)
		begin := time.Now()
		require.Error(t, login(c), "its fate is unknown")
		assert.Equal(t, 15*time.Second, time.Since(begin))
		require.NoError(t, login(c))
		assert.Equal(t, 2, n.dialed)
	})
}

func TestIdleConnectionIsNotKeptForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		var http1 http.Protocols
		http1.SetHTTP1(true)
		c := n.serve(t, func(http.ResponseWriter, *http.Request) {}, &http1)
		for _, idle := range []time.Duration{0, 29 * time.Second, 31 * time.Second} {
			time.Sleep(idle)
			require.NoError(t, login(c))
		}
		assert.Equal(t, 2, n.dialed)
	})
}

func TestResponseThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		var http1 http.Protocols
		http1.SetHTTP1(true)
		c := n.serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(25 * time.Second) }, &http1)
		begin := time.Now()
		require.Error(t, login(c))
		assert.Equal(t, 20*time.Second, time.Since(begin))
		time.Sleep(10 * time.Second) // the handler ends
	})
}

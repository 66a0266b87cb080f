package fleet_test

import (
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A gate is a way to a server that can be shut: then nobody listens there, and connections are broken.
type gate struct {
	t      *testing.T
	server string // host:port
	addr   string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	served   sync.WaitGroup
}

// newGate opens a way to the server at serverURL. It ends with the test.
func newGate(t *testing.T, serverURL string) *gate {
	t.Helper()
	server, err := url.Parse(serverURL)
	require.NoError(t, err)
	g := &gate{t: t, server: server.Host, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	g.open()
	t.Cleanup(g.shut)
	return g
}

// through is a URL of the server, through the gate.
func (g *gate) through(url string) string { return strings.Replace(url, g.server, g.addr, 1) }

func (g *gate) open() {
	g.t.Helper()
	listener, err := net.Listen("tcp", g.addr)
	require.NoError(g.t, err)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.addr, g.listener = listener.Addr().String(), listener
	g.served.Go(func() { g.accept(listener) })
}

func (g *gate) shut() {
	g.mu.Lock()
	if g.listener != nil {
		_ = g.listener.Close()
		g.listener = nil
	}
	for conn := range g.conns {
		_ = conn.Close()
	}
	g.mu.Unlock()
	g.served.Wait()
}

func (g *gate) accept(listener net.Listener) {
	for {
		in, err := listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", g.server)
		if err != nil || !g.admit(listener, in, out) {
			_ = in.Close()
			continue
		}
		g.served.Go(func() { g.carry(in, out) })
		g.served.Go(func() { g.carry(out, in) })
	}
}

// admit notes connections, so that shut breaks them. It is false where that came first.
func (g *gate) admit(listener net.Listener, conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != listener {
		_ = conns[1].Close()
		return false
	}
	for _, conn := range conns {
		g.conns[conn] = true
	}
	return true
}

func (g *gate) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = from.Close(), to.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, from)
}

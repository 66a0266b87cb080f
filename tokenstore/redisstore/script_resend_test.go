package redisstore_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// A proxy stands between client and server and can lose a response: the server has done what it was told, and the client sees its
// connection break.
type proxy struct {
	server   string
	listener net.Listener
	lose     atomic.Bool // the next response
	group    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func startProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{server: server, listener: listener}
	p.group.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.group.Go(func() {
			_, _ = io.Copy(server, client)
			_ = server.Close()
		})
		p.group.Go(func() {
			_, _ = io.Copy(&responses{p, client}, server)
			_ = client.Close()
		})
	}
}

// responses is the way back to the client.
type responses struct {
	*proxy
	client net.Conn
}

func (a *responses) Write(b []byte) (int, error) {
	if a.lose.CompareAndSwap(true, false) {
		return 0, io.ErrClosedPipe
	}
	return a.client.Write(b)
}

func (p *proxy) stop() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.group.Wait()
}

// losing is a store whose client sits behind a proxy, a function that makes the next response get lost and checks that it did, and a
// store that sees what the server has done.
func losing(t *testing.T, o redis.Options) (store *redisstore.Store, lose func() (lost func()), truth *redisstore.Store) {
	t.Helper()
	server := redistest.Start(t)
	p := startProxy(t, server.Addr)
	o.Dialer, o.Addr = nil, p.listener.Addr().String()
	rdb := redis.NewClient(&o)
	t.Cleanup(func() { _ = rdb.Close() })
	truth, _ = newStore(t, server)
	for _, c := range calls(t, truth) { // so that the server has seen each script, and a response is one to the work
		_ = c.do(t.Context())
	}
	version := current(t, truth)
	require.NoError(t, truth.Delete(t.Context(), key, version))
	require.NoError(t, rdb.Ping(t.Context()).Err(), "there is a connection, so that no greeting is lost instead")
	return redisstore.New(rdb, nil), func() func() {
		p.lose.Store(true)
		return func() { t.Helper(); require.False(t, p.lose.Load(), "no response was lost") }
	}, truth
}

func current(t *testing.T, store *redisstore.Store) (version string) {
	t.Helper()
	_, version, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	return version
}

// go-redis sends a command again when its connection breaks. What was done already must not look like a stranger's work.
func TestResponseLostAndSentAgain(t *testing.T) {
	t.Parallel()
	store, lose, truth := losing(t, redis.Options{})

	lost := lose()
	version, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err, "a first Save")
	lost()
	assert.Equal(t, version, current(t, truth))

	lost = lose()
	version, err = store.Save(t.Context(), key, blob(), version, long)
	require.NoError(t, err, "a later Save")
	lost()
	assert.Equal(t, version, current(t, truth))

	lost = lose()
	require.NoError(t, store.Delete(t.Context(), key, version))
	lost()
	_, _, err = truth.Load(t.Context(), key)
	require.ErrorIs(t, err, vendorlogin.ErrNoRecord)

	lost = lose()
	lease, err := store.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	lost()
	_, err = truth.TryLock(t.Context(), key, long)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)

	lost = lose()
	require.NoError(t, lease.Extend(t.Context()))
	lost()

	lost = lose()
	require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrLocked, "it is not ours any more")
	lost()
	_, err = truth.TryLock(t.Context(), key, long)
	require.NoError(t, err, "it is free")
}

// A Save sent again after somebody else's must not win over it.
func TestStrangerSavesBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	store, lose, truth := losing(t, redis.Options{MaxRetries: -1})
	lost := lose()
	_, err := store.Save(t.Context(), key, blob(), "", long)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	assert.NotErrorIs(t, err, vendorlogin.ErrRecordChanged)
	tellsNothing(t, err)
	lost()
	version := current(t, truth) // it was saved, and Save cannot know
	next, err := truth.Save(t.Context(), key, []byte("stranger"), version, long)
	require.NoError(t, err)

	_, err = store.Save(t.Context(), key, blob(), "", long)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
	_, err = store.Save(t.Context(), key, blob(), version, long)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
	assert.Equal(t, next, current(t, truth))
}

package redisstore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

const slack = 1500 * time.Millisecond // for a machine that is busy

func TestServerDown(t *testing.T) {
	t.Parallel()
	t.Run("default client", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		store, _ := newStore(t, server)
		calls := calls(t, store)
		server.Kill()
		allFail(t, calls, 2*time.Second+slack, says(""))
	})
	t.Run("client that does not try again", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		store := redisstore.New(server.Client(t, &redis.Options{MaxRetries: -1, DialerRetries: 1}), nil)
		calls := calls(t, store)
		server.Kill()
		for _, c := range calls { // those that had a connection may still see it break
			_ = c.do(t.Context())
		}
		start := time.Now()
		allFail(t, calls, slack, says("connection refused"))
		assert.Less(t, time.Since(start), slack)
	})
	t.Run("closed client", func(t *testing.T) {
		t.Parallel()
		store, rdb := newStore(t, redistest.StartInProcess(t))
		calls := calls(t, store)
		require.NoError(t, rdb.Close())
		allFail(t, calls, slack, says("client is closed"))
	})
}

// A server that is stopped takes connections and commands, and says nothing. What a call costs then must not depend on the client:
// most wait for 5 seconds by themselves, and some without end.
func TestServerStopped(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]*redis.Options{
		"default client":                nil,
		"client that minds contexts":    {ContextTimeoutEnabled: true},
		"client that waits without end": {ReadTimeout: -1},
		"client with few connections":   {PoolSize: 1, MaxActiveConns: 1, PoolTimeout: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.StartReal(t)
			store := redisstore.New(server.Client(t, o), &redisstore.Options{Timeout: 300 * time.Millisecond})
			calls := calls(t, store)
			require.NoError(t, server.Pause())
			for range 2 {
				allFail(t, calls, 300*time.Millisecond+slack, says("no response within 300ms"))
			}
			require.NoError(t, server.Resume())

			// It may still do what it was sent, in whatever order, so the record may be any of those that calls leave behind.
			until(t, "the store does not work again", func() bool {
				_, err := store.Save(t.Context(), key+"-3", blob(), "", long)
				return err == nil || errors.Is(err, vendorlogin.ErrRecordChanged)
			})
			if data, _, err := store.Load(t.Context(), key); err == nil {
				assert.Equal(t, blob(), data)
			} else {
				assert.ErrorIs(t, err, vendorlogin.ErrNoRecord)
			}
		})
	}
}

func TestDefaultTimeout(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	store, _ := newStore(t, server)
	calls := calls(t, store)
	require.NoError(t, server.Pause())
	start := time.Now()
	allFail(t, calls, 2*time.Second+slack, says("no response within 2s"))
	assert.GreaterOrEqual(t, time.Since(start), 2*time.Second)
	require.NoError(t, server.Resume())
}

func TestContextEndsWhileServerIsStopped(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	store := redisstore.New(server.Client(t, nil), &redisstore.Options{Timeout: time.Minute})
	calls := calls(t, store)
	require.NoError(t, server.Pause())
	for _, c := range calls {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(20*time.Millisecond, cancel)
		start := time.Now()
		err := c.do(ctx)
		require.ErrorIs(t, err, context.Canceled, c.name)
		assert.NotErrorIs(t, err, vendorlogin.ErrStore, "nothing is known about the store")
		tellsNothing(t, err)
		assert.Less(t, time.Since(start), slack, c.name)
		timer.Stop()

		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		start = time.Now()
		require.ErrorIs(t, c.do(ctx), context.DeadlineExceeded, c.name)
		assert.Less(t, time.Since(start), slack, c.name)
		cancel()
	}
	require.NoError(t, server.Resume())
}

// A slow response that still comes in time is one.
func TestServerSlow(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	store := redisstore.New(server.Client(t, nil), &redisstore.Options{Timeout: time.Minute})
	version, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	require.NoError(t, server.Pause())
	timer := time.AfterFunc(300*time.Millisecond, func() { assert.NoError(t, server.Resume()) })
	defer timer.Stop()
	next, err := store.Save(t.Context(), key, []byte("new"), version, long)
	require.NoError(t, err)
	_, current, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, next, current)
}

// A server that begins anew has no record and no lock; whoever had them notices.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store, _ := newStore(t, server)
	version, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	extended, err := store.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	unlocked, err := store.TryLock(t.Context(), key+"-2", long)
	require.NoError(t, err)
	require.NoError(t, server.Restart())

	_, _, err = store.Load(t.Context(), key)
	require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
	_, err = store.Save(t.Context(), key, blob(), version, long)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
	require.ErrorIs(t, extended.Extend(t.Context()), vendorlogin.ErrLocked)
	require.ErrorIs(t, unlocked.Unlock(t.Context()), vendorlogin.ErrLocked)
	next, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	assert.NotEqual(t, version, next)
}

func TestServerReadOnly(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	store, rdb := newStore(t, server)
	calls := calls(t, store)
	require.NoError(t, rdb.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(), "a replica of nobody: it keeps what it has")
	require.NoError(t, calls[0].do(t.Context()), "Load")
	allFail(t, calls[1:], 2*time.Second+slack, says("READONLY"))
	require.NoError(t, rdb.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err())
	for _, c := range calls {
		if c.name != "delete" { // of a version that Save has replaced
			require.NoError(t, c.do(t.Context()), c.name)
		}
	}
}

// Whatever a server or a proxy returns, it is a store failure that names its kind and quotes nothing.
func TestErrorReplies(t *testing.T) {
	t.Parallel()
	for reply, kind := range map[string]string{
		"LOADING Redis is loading the dataset in memory":                                               "LOADING",
		"CLUSTERDOWN Hash slot not served":                                                             "CLUSTERDOWN",
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.":             "MASTERDOWN",
		"OOM command not allowed when used memory > 'maxmemory'.":                                      "OOM",
		"NOAUTH Authentication required.":                                                              "NOAUTH",
		"MISCONF Errors writing to the AOF file: No space left on device":                              "MISCONF",
		"ERR unknown command 'EVALSHA', with args beginning with: '1' '" + canary + "'":                "unknown command",
		"ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write. " + canary: "READONLY",
		"ERR " + canary: "the server returned an error",
		canary + " x":   "the server returned an error",
		canary:          "the server returned an error",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := redistest.StartInProcess(t)
			rdb := server.Client(t, nil)
			calls := calls(t, redisstore.New(rdb, nil))
			rdb.AddHook(hook(func(context.Context, redis.Cmder) error { return replyError(reply) }))
			allFail(t, calls, slack, says(kind))
		})
	}
}

type replyError string

func (e replyError) Error() string { return string(e) }
func (replyError) RedisError()     {}

// A hook takes the place of sending a command.
type hook func(context.Context, redis.Cmder) error

func (hook) DialHook(next redis.DialHook) redis.DialHook { return next }
func (hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (h hook) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := h(ctx, cmd)
		cmd.SetErr(err)
		return err
	}
}

// What a client's hooks do to a command, such as those that trace or break circuits, must neither end the program nor get through
// to an error.
func TestClientFails(t *testing.T) {
	t.Parallel()
	for text, h := range map[string]hook{
		"the client failed with a *errors.errorString": func(_ context.Context, cmd redis.Cmder) error {
			return errors.New(cmd.String() + canary)
		},
		"the client failed with a *fmt.wrapError": func(_ context.Context, cmd redis.Cmder) error {
			return fmt.Errorf("%v: %w", cmd, errors.New(canary))
		},
		"EOF": func(_ context.Context, cmd redis.Cmder) error { return fmt.Errorf("%v: %w", cmd, io.EOF) },
		"connection pool timeout": func(_ context.Context, cmd redis.Cmder) error {
			return fmt.Errorf("%v: %w", cmd, redis.ErrPoolTimeout)
		},
		"the client panicked with a string": func(context.Context, redis.Cmder) error { panic(canary) },
		"the client ended the goroutine":    func(context.Context, redis.Cmder) error { runtime.Goexit(); return nil },
		"certificate signed by unknown authority": func(_ context.Context, cmd redis.Cmder) error {
			return fmt.Errorf("%v: %w", cmd, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
		},
		"dial tcp 192.0.2.1:6379: no route": func(_ context.Context, cmd redis.Cmder) error {
			address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 6379}
			return fmt.Errorf("%v: %w", cmd, &net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: errors.New("no route")})
		},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rdb := redistest.StartInProcess(t).Client(t, nil)
			calls := calls(t, redisstore.New(rdb, nil))
			rdb.AddHook(h)
			allFail(t, calls, slack, says(text))
		})
	}
}

package redisstore_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

func TestOneRoundTripEach(t *testing.T) {
	t.Parallel()
	store, rdb := newStore(t, redistest.Start(t))
	for _, c := range calls(t, store) { // so that the server has seen each script
		_ = c.do(t.Context())
	}
	require.NoError(t, rdb.FlushDB(t.Context()).Err())
	steps := calls(t, store)

	sent := &recorder{}
	rdb.AddHook(sent)
	for _, c := range steps {
		if c.name == "delete" {
			continue // of a version that Save has replaced
		}
		require.NoError(t, c.do(t.Context()), c.name)
		commands := sent.take()
		require.Len(t, commands, 1, c.name)
		if c.name == "load" {
			assert.Equal(t, []any{"get", "vendorlogin:{" + key + "}:record"}, commands[0])
			continue
		}
		// EVALSHA, the script's digest, the number of keys, the key
		assert.Equal(t, []any{"evalsha", 1}, []any{commands[0][0], commands[0][2]}, c.name)
		want := map[bool]string{true: key + "}:record", false: key + "}:lock"}[c.name == "save"]
		if c.name == "lock" {
			want = key + "-2}:lock"
		}
		assert.Equal(t, "vendorlogin:{"+want, commands[0][3], c.name)
	}
	_, err := store.TryLock(t.Context(), key+"-2", long)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	assert.Len(t, sent.take(), 1, "a lock that is taken")
}

func TestEveryKeyEnds(t *testing.T) {
	t.Parallel()
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, rdb := newStore(t, start(t))
			ends := func(within time.Duration, what string) {
				t.Helper()
				for _, name := range keys(t, rdb) {
					left := rdb.PTTL(t.Context(), name).Val() // −1: never
					assert.Greater(t, left, time.Duration(0), "%s: %s", what, name)
					assert.LessOrEqual(t, left, within, "%s: %s", what, name)
				}
			}
			version := ""
			for _, ttl := range []time.Duration{long, long + 1, 10 * long, long, math.MaxInt64} {
				next, err := store.Save(t.Context(), key, blob(), version, ttl)
				require.NoError(t, err)
				require.Len(t, keys(t, rdb), 1)
				ends(max(ttl, ttl+time.Millisecond), ttl.String())
				version = next
			}
			lease, err := store.TryLock(t.Context(), key, long)
			require.NoError(t, err)
			require.NoError(t, lease.Extend(t.Context()))
			assert.InDelta(t, long, rdb.PTTL(t.Context(), "vendorlogin:{"+key+"}:lock").Val(), float64(long/2))
		})
	}
}

// servers are both kinds, so that what passes with the one in the process is known to be so with a real one.
func servers() map[string]func(redistest.TB) *redistest.Server {
	return map[string]func(redistest.TB) *redistest.Server{
		"real":       func(t redistest.TB) *redistest.Server { return redistest.StartReal(t) },
		"in-process": redistest.StartInProcess,
	}
}

func TestForeignValueCountsAsNone(t *testing.T) {
	t.Parallel()
	version := strings.Repeat("V", 26)
	for server, start := range servers() {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			store, rdb := newStore(t, start(t))
			for what, put := range map[string]func(name string) error{
				"a list":         func(name string) error { return rdb.LPush(t.Context(), name, canary).Err() },
				"a hash":         func(name string) error { return rdb.HSet(t.Context(), name, "blob", canary).Err() },
				"nothing":        func(name string) error { return rdb.Set(t.Context(), name, "", 0).Err() },
				"text":           func(name string) error { return rdb.Set(t.Context(), name, canary, 0).Err() },
				"long text":      func(name string) error { return rdb.Set(t.Context(), name, blob(), 0).Err() },
				"no blob":        func(name string) error { return rdb.Set(t.Context(), name, "vl1:"+version+"\n", 0).Err() },
				"another format": func(name string) error { return rdb.Set(t.Context(), name, "vl2:"+version+"\n"+canary, 0).Err() },
				"no newline":     func(name string) error { return rdb.Set(t.Context(), name, "vl1:"+version+canary, 0).Err() },
				"cut short":      func(name string) error { return rdb.Set(t.Context(), name, "vl1:"+version[1:]+"\n", 0).Err() },
			} {
				own := "key-" + strings.ReplaceAll(what, " ", "-")
				name := "vendorlogin:{" + own + "}:record"
				require.NoError(t, put(name))

				_, _, err := store.Load(t.Context(), own)
				require.ErrorIs(t, err, vendorlogin.ErrNoRecord, what)
				require.NotErrorIs(t, err, vendorlogin.ErrStore, what)
				assert.ErrorContains(t, err, "under its key", "the reason: %s", what)
				tellsNothing(t, err)
				_, err = store.Save(t.Context(), own, blob(), version, long)
				require.ErrorIs(t, err, vendorlogin.ErrRecordChanged, what)
				require.NoError(t, store.Delete(t.Context(), own, version), what)
				assert.EqualValues(t, 1, rdb.Exists(t.Context(), name).Val(), "%s: it is not ours to remove", what)

				next, err := store.Save(t.Context(), own, blob(), "", long)
				require.NoError(t, err, what)
				data, current, err := store.Load(t.Context(), own)
				require.NoError(t, err, what)
				assert.Equal(t, blob(), data)
				assert.Equal(t, next, current)
			}
		})
	}
}

func TestBadArgumentsAreRejected(t *testing.T) {
	t.Parallel()
	rdb := redistest.StartInProcess(t).Client(t, nil)
	sent := &recorder{}
	rdb.AddHook(sent)
	good := redisstore.New(rdb, nil)
	rejected := func(what string, err error) {
		t.Helper()
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, what)
		require.NotErrorIs(t, err, vendorlogin.ErrStore, what)
		assert.Empty(t, sent.take(), what)
		tellsNothing(t, err)
	}
	for _, bad := range []string{"", "A", "a:b", "a}b", "a b", "a\n", "ä", strings.Repeat("a", 129)} {
		each(t, good, bad, func(err error) { rejected(fmt.Sprintf("key %q", bad), err) })
	}
	each(t, redisstore.New(nil, nil), key, func(err error) { rejected("no client", err) })
	each(t, redisstore.New(rdb, &redisstore.Options{Prefix: "x{}:"}), key, func(err error) { rejected("prefix", err) })

	_, err := good.Save(t.Context(), key, nil, "", long)
	rejected("no blob", err)
	_, err = good.Save(t.Context(), key, []byte(strings.Repeat(canary, 70<<10/len(canary))), "", long)
	rejected("long blob", err)
	for _, span := range []time.Duration{0, -1, math.MinInt64} {
		_, err = good.TryLock(t.Context(), key, span)
		rejected("lease", err)
		_, err = good.Save(t.Context(), key, blob(), "", span)
		rejected("ttl", err)
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	rdb := redistest.StartInProcess(t).Client(t, nil)
	calls := calls(t, redisstore.New(rdb, nil))
	sent := &recorder{}
	rdb.AddHook(sent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range calls {
		require.ErrorIs(t, c.do(ctx), context.Canceled, c.name)
		assert.Empty(t, sent.take(), c.name)
	}
}

// each gives check the error of each method.
func each(t *testing.T, store *redisstore.Store, key string, check func(error)) {
	t.Helper()
	_, _, err := store.Load(t.Context(), key)
	check(err)
	_, err = store.Save(t.Context(), key, blob(), "", long)
	check(err)
	check(store.Delete(t.Context(), key, ""))
	_, err = store.TryLock(t.Context(), key, long)
	check(err)
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	rdb := redistest.StartInProcess(t).Client(t, nil)
	one, other := redisstore.New(rdb, nil), redisstore.New(rdb, &redisstore.Options{Prefix: "staging:"})
	_, err := one.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	_, err = other.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	_, err = one.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	_, err = other.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	names := keys(t, rdb)
	slices.Sort(names)
	assert.Equal(t, []string{"staging:{" + key + "}:lock", "staging:{" + key + "}:record",
		"vendorlogin:{" + key + "}:lock", "vendorlogin:{" + key + "}:record"}, names)
}

func TestClientStaysTheCallers(t *testing.T) {
	t.Parallel()
	rdb := redistest.StartInProcess(t).Client(t, &redis.Options{ReadTimeout: 7 * time.Second, MaxRetries: 2})
	before := *rdb.Options()
	store := redisstore.New(rdb, &redisstore.Options{Timeout: time.Second})
	for _, c := range calls(t, store) {
		_ = c.do(t.Context())
	}
	after := *rdb.Options()
	assert.Equal(t, before.ReadTimeout, after.ReadTimeout)
	assert.Equal(t, before.MaxRetries, after.MaxRetries)
	require.NoError(t, rdb.Ping(t.Context()).Err(), "still open")
}

func TestPrintsNothing(t *testing.T) {
	t.Parallel()
	rdb := redistest.StartInProcess(t).Client(t, &redis.Options{Username: "ops", Password: canary})
	store := redisstore.New(rdb, nil)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		assert.Equal(t, "redisstore.Store", fmt.Sprintf(verb, store))
		assert.NotContains(t, fmt.Sprintf(verb, struct{ S vendorlogin.Store }{store}), "CANARY")
	}
}

// The machine's Redis, or where it has none, the server in this process once more.
func TestServerStore(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client(t, nil)
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return redisstore.New(rdb, nil) })
}

func TestInProcessServerStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store {
		store, _ := newStore(t, redistest.StartInProcess(t))
		return store
	})
}

func TestClusterStore(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	t.Cleanup(func() { _ = rdb.Close() })
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return redisstore.New(rdb, nil) })
}

// Client settings under which go-redis works differently: the protocol before version 3, its own handling of contexts, one
// connection for all.
func TestOtherClientStore(t *testing.T) {
	t.Parallel()
	o := &redis.Options{Protocol: 2, ContextTimeoutEnabled: true, PoolSize: 1, MaxActiveConns: 1, MaxRetries: -1}
	rdb := redistest.Start(t).Client(t, o)
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store {
		return redisstore.New(rdb, &redisstore.Options{Prefix: "{logins}"})
	})
}

func TestSealedStore(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client(t, nil)
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store {
		sealed, err := tokenstore.NewSealed(redisstore.New(rdb, nil), tokenstore.NewKey())
		require.NoError(t, err)
		return sealed
	})
}

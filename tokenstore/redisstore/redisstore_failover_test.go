package redisstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// The primary dies, and with it perhaps what it had not yet told its replica. Until the replica has taken over, calls fail in time
// and by name; afterwards all is as before.
func TestFailover(t *testing.T) {
	t.Parallel()
	servers := redistest.StartSentinel(t)
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: servers.MasterName, SentinelAddrs: []string{servers.Watcher.Addr}})
	t.Cleanup(func() { _ = rdb.Close() })
	const timeout = 500 * time.Millisecond
	store := redisstore.New(rdb, &redisstore.Options{Timeout: timeout})
	version, err := store.Save(t.Context(), key, blob(), "", 10*long)
	require.NoError(t, err)
	lease, err := store.TryLock(t.Context(), key, 10*long)
	require.NoError(t, err)

	servers.Primary.Kill()
	failures := 0
	until(t, "no replica has taken over", func() bool {
		start := time.Now()
		next, err := saveOver(t, store)
		assert.Less(t, time.Since(start), 2*(timeout+slack))
		if err != nil {
			failures++
			require.True(t, errors.Is(err, vendorlogin.ErrStore) || errors.Is(err, vendorlogin.ErrRecordChanged), "%v", err)
			tellsNothing(t, err)
			return false
		}
		assert.NotEqual(t, version, next)
		return true
	})
	assert.NotZero(t, failures, "the primary is gone")

	_, err = store.Save(t.Context(), key, blob(), version, long)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged, "a version from before the failover")
	if err := lease.Extend(t.Context()); err != nil {
		require.ErrorIs(t, err, vendorlogin.ErrLocked, "the lock may have been lost, and that is noticed")
	}
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return redisstore.New(rdb, nil) })
}

// saveOver saves over what is there, which is what was saved before, or nothing.
func saveOver(t *testing.T, store *redisstore.Store) (next string, err error) {
	t.Helper()
	data, version, err := store.Load(t.Context(), key)
	switch {
	case errors.Is(err, vendorlogin.ErrNoRecord):
	case err != nil:
		return "", err
	default:
		assert.Equal(t, blob(), data)
	}
	return store.Save(t.Context(), key, blob(), version, 10*long)
}

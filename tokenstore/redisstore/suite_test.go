package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

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
	rdb := redistest.Start(t).Client(t, &redis.Options{Protocol: 2, ContextTimeoutEnabled: true, PoolSize: 1, MaxActiveConns: 1, MaxRetries: -1})
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

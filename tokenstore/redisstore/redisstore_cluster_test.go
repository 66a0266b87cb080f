package redisstore_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

func TestRecordAndLockShareASlot(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	t.Cleanup(func() { _ = rdb.Close() })
	sent := &recorder{}
	rdb.AddHook(sent)

	// slot is where all keys are that a store with this prefix uses for an account.
	slot := func(prefix, account string) int64 {
		store := redisstore.New(rdb, &redisstore.Options{Prefix: prefix})
		_, err := store.Save(t.Context(), account, blob(), "", long)
		require.NoError(t, err)
		_, _, err = store.Load(t.Context(), account)
		require.NoError(t, err)
		_, err = store.TryLock(t.Context(), account, long)
		require.NoError(t, err)
		slots := make(map[int64]bool)
		for _, command := range sent.take() {
			name := command[1]
			if command[0] != "get" {
				name = command[3]
			}
			slots[rdb.ClusterKeySlot(t.Context(), name.(string)).Val()] = true
			_ = sent.take()
		}
		require.Len(t, slots, 1, "%s %s", prefix, account)
		for slot := range slots {
			return slot
		}
		return -1
	}
	spread := make(map[int64]bool)
	for i := range 8 {
		spread[slot("", fmt.Sprintf("account-%d", i))] = true
	}
	assert.Greater(t, len(spread), 4, "accounts are spread over the nodes")

	for _, prefix := range []string{"logins:", "a}b", "a{b", "}", "{", "}{"} {
		slot(prefix, "account")
	}
	assert.Equal(t, slot("{logins}:", "account"), slot("{logins}:", "another"), "a tag in the prefix is the caller's choice")
}

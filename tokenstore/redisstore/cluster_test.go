package redisstore_test

import (
	"context"
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

// The user that the package comment describes, and with no keys but the two: what a script touched beside them would be refused.
func TestNoOtherKeysOrCommands(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	admin := server.Client(t, nil)
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "logins", "reset", "on", ">example-password",
		"~vendorlogin:{"+key+"}:record", "~vendorlogin:{"+key+"}:lock",
		"-@all", "+get", "+getrange", "+set", "+del", "+pexpire", "+eval", "+evalsha").Err())
	rdb := server.Client(t, &redis.Options{Username: "logins", Password: "example-password"})
	store := redisstore.New(rdb, nil)

	version := ""
	for range 2 { // a record that is new, and one that is there
		next, err := store.Save(t.Context(), key, blob(), version, long)
		require.NoError(t, err)
		version = next
	}
	_, _, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	require.NoError(t, store.Delete(t.Context(), key, version))
	lease, err := store.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	_, err = store.TryLock(t.Context(), key, long)
	require.Error(t, err)
	require.NoError(t, lease.Extend(t.Context()))
	require.NoError(t, lease.Unlock(t.Context()))

	_, _, err = store.Load(context.WithoutCancel(t.Context()), key+"-2")
	assert.ErrorContains(t, err, "NOPERM", "the user is one that may not do more")
}

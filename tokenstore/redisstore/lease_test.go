package redisstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
)

const lockName = "vendorlogin:{" + key + "}:lock"

func TestLockKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	for server, start := range servers() {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			store, rdb := newStore(t, start(t))
			lease, err := store.TryLock(t.Context(), key, long)
			require.NoError(t, err)
			require.NoError(t, rdb.Del(t.Context(), lockName).Err())
			require.NoError(t, rdb.LPush(t.Context(), lockName, canary).Err())
			require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
			require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrLocked)
			_, err = store.TryLock(t.Context(), key, long)
			require.ErrorIs(t, err, vendorlogin.ErrStore, "it will never be free")
			assert.ErrorContains(t, err, "GET: what is under the key is no string, and not ours (WRONGTYPE)")
			tellsNothing(t, err)
			assert.EqualValues(t, 1, rdb.Exists(t.Context(), lockName).Val())
		})
	}
}

// A lock that does not end by itself ends one lease after it was found; asking does not put that off.
func TestLockWithoutEnd(t *testing.T) {
	t.Parallel()
	for server, start := range servers() {
		for what, put := range map[string]struct {
			value string // "": the one of a holder
			left  time.Duration
		}{
			"a stranger's":           {"stranger", 0},
			"empty":                  {"", 0},
			"a holder's, no end":     {"holder", 0},
			"a holder's, false end":  {"holder", 2 * time.Minute},
			"a stranger's of a week": {"stranger", 7 * 24 * time.Hour},
		} {
			t.Run(server+"/"+what, func(t *testing.T) {
				t.Parallel()
				store, rdb := newStore(t, start(t))
				lease, err := store.TryLock(t.Context(), key, long)
				require.NoError(t, err)
				value := put.value
				if value == "holder" {
					value = rdb.Get(t.Context(), lockName).Val()
				}
				require.NoError(t, rdb.Set(t.Context(), lockName, value, put.left).Err())

				const asked = 150 * time.Millisecond
				_, err = store.TryLock(t.Context(), key, asked)
				require.ErrorIs(t, err, vendorlogin.ErrLocked)
				start := time.Now()
				left := rdb.PTTL(t.Context(), lockName).Val()
				assert.Greater(t, left, time.Duration(0))
				assert.LessOrEqual(t, left, asked)
				until(t, "the lock is not free", func() bool {
					_, err = store.TryLock(t.Context(), key, asked)
					return err == nil
				})
				assert.Less(t, time.Since(start), asked+slack)
				assert.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
			})
		}
	}
}

// A lock is not cut short by who asks for a shorter one: not one of this version, nor one of earlier versions, which hold it for 40 s.
func TestLockKeepsItsLength(t *testing.T) {
	t.Parallel()
	store, rdb := newStore(t, redistest.Start(t))
	lease, err := store.TryLock(t.Context(), key, 2*time.Hour)
	require.NoError(t, err)
	for range 3 {
		_, err = store.TryLock(t.Context(), key, time.Millisecond)
		require.ErrorIs(t, err, vendorlogin.ErrLocked)
		require.NoError(t, lease.Extend(t.Context()))
	}
	assert.Greater(t, rdb.PTTL(t.Context(), lockName).Val(), 119*time.Minute)

	require.NoError(t, rdb.Set(t.Context(), lockName, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 40*time.Second).Err())
	_, err = store.TryLock(t.Context(), key, time.Millisecond)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	assert.Greater(t, rdb.PTTL(t.Context(), lockName).Val(), 30*time.Second)
}

package tokenstore_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestMemoryForgetsAtTheEndOfTheTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := tokenstore.NewMemory()
		version, err := store.Save(t.Context(), "key", []byte("data"), "", time.Hour)
		require.NoError(t, err)
		time.Sleep(time.Hour - 1)
		_, _, err = store.Load(t.Context(), "key")
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, _, err = store.Load(t.Context(), "key")
		require.Equal(t, vendorlogin.ErrNoRecord, err)
		records, _ := store.Len()
		require.Zero(t, records, "what has expired goes when somebody asks for it")
		_, err = store.Save(t.Context(), "key", []byte("new"), version, time.Hour)
		require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
	})
}

func TestMemoryLockEndsWithItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := tokenstore.NewMemory()
		lease, err := store.TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		time.Sleep(40 * time.Second)
		require.NoError(t, lease.Extend(t.Context()))
		time.Sleep(time.Minute - 1)
		_, err = store.TryLock(t.Context(), "key", time.Minute)
		require.ErrorIs(t, err, vendorlogin.ErrLocked)
		time.Sleep(time.Nanosecond)
		require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
		next, err := store.TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		require.NoError(t, next.Unlock(t.Context()))
		_, leases := store.Len()
		require.Zero(t, leases)
	})
}

// A program that meets ever new accounts does not keep what it had of the old ones. It looks for what has expired now and then.
func TestMemoryDoesNotGrow(t *testing.T) {
	t.Parallel()
	for valid, want := range map[int]int{10: 64, 100: 198} {
		synctest.Test(t, func(t *testing.T) {
			store := tokenstore.NewMemory()
			ttl, most := time.Duration(valid)*time.Second, 0
			for i := range 10_000 {
				_, err := store.Save(t.Context(), strconv.Itoa(i), []byte("data"), "", ttl)
				require.NoError(t, err)
				_, err = store.TryLock(t.Context(), strconv.Itoa(i), ttl)
				require.NoError(t, err)
				records, leases := store.Len()
				assert.Equal(t, records, leases)
				most = max(most, records)
				time.Sleep(time.Second)
			}
			assert.Equal(t, want, most, "%d are valid at a time", valid)
			_, _, err := store.Load(t.Context(), strconv.Itoa(10_001-valid))
			assert.NoError(t, err, "what has not expired was forgotten")
		})
	}
}

func TestMemoryPrintsNoRecord(t *testing.T) {
	t.Parallel()
	store := tokenstore.NewMemory()
	_, err := store.Save(t.Context(), "key", []byte("canary"), "", time.Hour)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		require.Equal(t, "tokenstore.Memory", fmt.Sprintf(verb, store))
	}
}

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
		_, err = store.TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
	})
}

// A program that meets ever new accounts does not keep what it had of the old ones.
func TestMemoryDoesNotGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := tokenstore.NewMemory()
		most := 0
		for i := range 20_000 {
			_, err := store.Save(t.Context(), strconv.Itoa(i), []byte("data"), "", 100*time.Second)
			require.NoError(t, err)
			_, err = store.TryLock(t.Context(), strconv.Itoa(i), 100*time.Second)
			require.NoError(t, err)
			records, leases := store.Len()
			most = max(most, records, leases)
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, most, 201, "100 are valid at a time")
		_, _, err := store.Load(t.Context(), "19950")
		assert.NoError(t, err, "what has not expired was forgotten")
	})
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

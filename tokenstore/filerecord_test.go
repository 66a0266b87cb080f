package tokenstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestFileForgetsAtTheEndOfTheTTL(t *testing.T) {
	t.Parallel()
	const ttl = time.Hour + time.Microsecond
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		store := tokenstore.NewFile(dir)
		version, err := store.Save(t.Context(), "key", []byte("data"), "", ttl)
		require.NoError(t, err)
		time.Sleep(ttl - 1)
		_, _, err = store.Load(t.Context(), "key")
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, err = store.Save(t.Context(), "key", []byte("new"), version, time.Hour)
		require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
		_, _, err = store.Load(t.Context(), "key")
		require.Equal(t, vendorlogin.ErrNoRecord, err)
	})
}

// Where there is no place for an unreadable file, it stays where it is.
func TestFileUnreadableRecordWithoutQuarantine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	record := filepath.Join(dir, "record.key")
	require.NoError(t, os.WriteFile(record, []byte("junk"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bad.key"), 0o700))
	store := tokenstore.NewFile(dir)
	for range 2 {
		_, _, err := store.Load(t.Context(), "key")
		require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
		require.ErrorContains(t, err, "not a token record")
	}
	content, err := os.ReadFile(record)
	require.NoError(t, err)
	require.Equal(t, "junk", string(content))
	replaceUnreadable(t, store)
}

// An unreadable file is no record: there is nothing to delete.
func TestFileDeletesNoUnreadableRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), []byte("junk"), 0o600))
	require.NoError(t, tokenstore.NewFile(dir).Delete(t.Context(), "key", "any"))
	require.ElementsMatch(t, []string{"bad.key", "lock.key"}, names(t, dir))
}

// Where there are more records than one call looks at, each is looked at by some call.
func TestFileFindsExpiredRecordsAmongManyGoodOnes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 250 {
		key, ends := fmt.Sprint("good-", n), time.Hour
		if n%5 == 0 {
			key, ends = fmt.Sprint("past-", n), -time.Second
		}
		record := tokenstore.EncodeRecord(key, []byte("data"), time.Now().Add(ends))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "record."+key), record, 0o600))
	}
	for range 60 {
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.NoError(t, err)
		require.NoError(t, lease.Unlock(t.Context()))
	}
	past, err := filepath.Glob(filepath.Join(dir, "record.past-*"))
	require.NoError(t, err)
	require.Empty(t, past)
	good, err := filepath.Glob(filepath.Join(dir, "record.good-*"))
	require.NoError(t, err)
	require.Len(t, good, 200)
}

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// Load leaves an unreadable file alone while somebody else may be replacing it.
func TestFileUnreadableRecordBesideAWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), []byte("junk"), 0o600))
	guard, err := os.OpenFile(filepath.Join(dir, "lock.key"), os.O_RDWR|os.O_CREATE, 0o600)
	require.NoError(t, err)
	defer guard.Close()
	require.NoError(t, syscall.Flock(int(guard.Fd()), syscall.LOCK_EX))

	store := tokenstore.NewFile(dir)
	_, _, err = store.Load(t.Context(), "key")
	require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
	require.FileExists(t, filepath.Join(dir, "record.key"))
	require.NoError(t, syscall.Flock(int(guard.Fd()), syscall.LOCK_UN))
	_, _, err = store.Load(t.Context(), "key")
	require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
	require.NoFileExists(t, filepath.Join(dir, "record.key"))
}

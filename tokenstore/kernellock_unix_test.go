//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// What was locked counts only if it is what has that name in the directory: it may have been removed, or a link swapped in, meanwhile.
func TestFileLockOnAnotherFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"lock.key", "another"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, os.Symlink("another", filepath.Join(dir, "link")))
	require.NoError(t, tokenstore.CheckLock(dir, filepath.Join(dir, "lock.key"), "lock.key"))
	for _, name := range []string{"another", "link", "missing"} {
		require.Error(t, tokenstore.CheckLock(dir, filepath.Join(dir, "lock.key"), name), name)
		require.Error(t, tokenstore.CheckLock(dir, filepath.Join(dir, name), "lock.key"), name)
	}
}

// Only where a file system has no locks is that what is said.
func TestFileLockError(t *testing.T) {
	t.Parallel()
	for _, err := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		told := tokenstore.LockError(err)
		require.ErrorIs(t, told, err)
		require.ErrorContains(t, told, "no working file locks")
	}
	require.Equal(t, syscall.EIO, tokenstore.LockError(syscall.EIO))
}

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
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
	require.Equal(t, tokenstore.ErrMoved, tokenstore.CheckLock(dir, filepath.Join(dir, "lock.key"), "another"), "it is tried again")
}

// A link may have been swapped in since the file was looked at. Nothing is made where it leads to.
func TestFileLockBehindALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.NoError(t, os.Symlink("file", filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("nothing", filepath.Join(dir, "dangling")))
	require.NoError(t, tokenstore.CheckLockByPath(dir, "file"))
	require.ErrorContains(t, tokenstore.CheckLockByPath(dir, "link"), "symbolic link")
	require.ErrorIs(t, tokenstore.CheckLockByPath(dir, "dangling"), fs.ErrNotExist)
	require.NoFileExists(t, filepath.Join(dir, "nothing"))
}

// Who waits for a lock looks again soon, but not all the time, and not in step with others.
func TestFileLooksForALockInShortSteps(t *testing.T) {
	t.Parallel()
	for wait, least := range map[time.Duration]time.Duration{2 * time.Millisecond: 0, time.Second: 4 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			store := tokenstore.NewFile(dir)
			guard, err := os.OpenFile(filepath.Join(dir, "lock.key"), os.O_RDWR|os.O_CREATE, 0o600)
			require.NoError(t, err)
			defer guard.Close()
			fd, version, late := int(guard.Fd()), "", map[time.Duration]bool{}
			for range 20 {
				require.NoError(t, syscall.Flock(fd, syscall.LOCK_EX))
				time.AfterFunc(wait, func() { _ = syscall.Flock(fd, syscall.LOCK_UN) })
				start := time.Now()
				version, err = store.Save(t.Context(), "key", []byte("data"), version, time.Hour)
				require.NoError(t, err)
				late[time.Since(start)-wait] = true
			}
			longest := slices.Max(slices.Collect(maps.Keys(late)))
			assert.Less(t, longest, 24*time.Millisecond)
			assert.Greater(t, longest, least)
			assert.Greater(t, len(late), 1)
		})
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

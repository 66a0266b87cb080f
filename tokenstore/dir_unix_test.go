//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestFileModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	store := tokenstore.NewFile(dir)
	useAll(t, store)
	requireTight(t, dir)
}

func TestFileLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runChild(t, "leave-open", dir)
	left, err := leftovers(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestFileTightensLaxModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	version, lease := useAll(t, tokenstore.NewFile(dir))
	for _, name := range names(t, dir) {
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0o666))
	}
	require.NoError(t, os.Chmod(dir, 0o755))

	store := tokenstore.NewFile(dir)
	_, loaded, err := store.Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, version, loaded)
	requireMode(t, dir, 0o700)
	requireMode(t, filepath.Join(dir, "record.key"), 0o600)
	require.NoError(t, store.Delete(t.Context(), "key", version))
	require.NoError(t, lease.Extend(t.Context()))
	requireMode(t, filepath.Join(dir, "lease.key"), 0o600)
	require.NoError(t, lease.Unlock(t.Context()))
	useAll(t, store)
	requireTight(t, dir)
}

// Each right of others is one too many, and what the owner has left out stays left out.
func TestFileTightensNothingButTheRightsOfOthers(t *testing.T) {
	t.Parallel()
	for _, rights := range []fs.FileMode{0o040, 0o020, 0o010, 0o004, 0o002, 0o001} {
		for _, owner := range []fs.FileMode{0o500, 0o700} {
			dir := t.TempDir()
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
			store, record := tokenstore.NewFile(dir), filepath.Join(dir, "record.key")
			good := tokenstore.EncodeRecord("key", []byte("data"), time.Now().Add(time.Hour))
			require.NoError(t, os.WriteFile(record, good, 0o600))
			require.NoError(t, os.Chmod(record, owner|rights))
			require.NoError(t, os.Chmod(dir, owner|rights&^0o022)) // a directory that others may write to is rejected
			_, _, err := store.Load(t.Context(), "key")
			require.NoError(t, err)
			requireMode(t, dir, owner)
			requireMode(t, record, owner)
		}
	}
}

// useAll makes a file of each kind.
func useAll(t *testing.T, store *tokenstore.File) (version string, lease vendorlogin.Lease) {
	t.Helper()
	version, err := store.Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	lease, err = store.TryLock(t.Context(), "key", time.Hour)
	require.NoError(t, err)
	t.Cleanup(func() { _ = lease.Unlock(context.Background()) })
	return version, lease
}

func requireTight(t *testing.T, dir string) {
	t.Helper()
	requireMode(t, dir, 0o700)
	files := names(t, dir)
	require.Len(t, files, 5, "record, lock, lease, turn and holder: %v", files)
	for _, name := range files {
		requireMode(t, filepath.Join(dir, name), 0o600)
	}
}

func requireMode(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, mode, info.Mode().Perm(), path)
}

// A link where one of our files belongs is neither followed nor removed.
func TestFileSymlinkInTheWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"record.key", "lock.key"} {
		for what, target := range map[string]string{"file": "target", "nothing": "nothing"} {
			t.Run(name+" to "+what, func(t *testing.T) {
				t.Parallel()
				dir, elsewhere := t.TempDir(), t.TempDir()
				good := tokenstore.EncodeRecord("key", []byte("data"), time.Now().Add(time.Hour))
				require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "target"), good, 0o644))
				require.NoError(t, os.Symlink(filepath.Join(elsewhere, target), filepath.Join(dir, name)))

				store := tokenstore.NewFile(dir)
				_, err := store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
				require.ErrorIs(t, err, vendorlogin.ErrStore)
				require.ErrorContains(t, err, name+": not a file but a symbolic link")
				if name == "record.key" {
					_, _, err = store.Load(t.Context(), "key")
					require.ErrorIs(t, err, vendorlogin.ErrStore)
					require.ErrorIs(t, store.Delete(t.Context(), "key", ""), vendorlogin.ErrStore)
				}
				requireUntouched(t, elsewhere, good, filepath.Join(dir, name))
			})
		}
	}
}

func TestFileSymlinkInTheWayOfTheLock(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lease.key", "turn.key"} {
		for what, target := range map[string]string{"file": "target", "nothing": "nothing"} {
			t.Run(name+" to "+what, func(t *testing.T) {
				t.Parallel()
				dir, elsewhere := t.TempDir(), t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "target"), []byte("mine"), 0o644))
				require.NoError(t, os.Symlink(filepath.Join(elsewhere, target), filepath.Join(dir, name)))
				_, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
				require.ErrorIs(t, err, vendorlogin.ErrStore)
				requireUntouched(t, elsewhere, []byte("mine"), filepath.Join(dir, name))
			})
		}
	}
}

// A link within the directory is no better.
func TestFileSymlinkToAnotherRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	_, err := store.Save(t.Context(), "other", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	for _, link := range []struct{ name, target string }{{"lock.key", "nothing"}, {"record.key", "record.other"}} {
		path := filepath.Join(dir, link.name)
		require.NoError(t, os.Symlink(link.target, path))
		_, err = store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		require.NoError(t, os.Remove(path))
	}
	require.NoFileExists(t, filepath.Join(dir, "nothing"))
}

func requireUntouched(t *testing.T, elsewhere string, content []byte, link string) {
	t.Helper()
	require.Equal(t, []string{"target"}, names(t, elsewhere), "something was written through the link")
	requireMode(t, filepath.Join(elsewhere, "target"), 0o644)
	now, err := os.ReadFile(filepath.Join(elsewhere, "target"))
	require.NoError(t, err)
	require.Equal(t, content, now)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink)
}

// Opening a named pipe would wait for its other end, without end.
func TestFileNamedPipeInTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"record.key", "lock.key", "lease.key", "turn.key", "directory"} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o600))
	}
	store := tokenstore.NewFile(dir)
	_, err := store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	_, _, err = store.Load(t.Context(), "key")
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	require.ErrorContains(t, err, "open record.key: not a file but something special")
	_, err = store.TryLock(t.Context(), "key", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	require.NoError(t, os.Remove(filepath.Join(dir, "turn.key")))
	_, err = store.TryLock(t.Context(), "key", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	path := filepath.Join(dir, "directory")
	requireStoreError(t, tokenstore.NewFile(path))
	_, _, err = tokenstore.NewFile(path).Load(t.Context(), "key")
	require.ErrorIs(t, err, syscall.ENOTDIR)
	require.ErrorContains(t, err, "open "+path+": ")
}

func TestFileDirectoryInTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "record.key"), 0o755))
	store := tokenstore.NewFile(dir)
	_, _, err := store.Load(t.Context(), "key")
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	require.ErrorContains(t, err, "not a file but a directory")
	_, err = store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	requireMode(t, filepath.Join(dir, "record.key"), 0o755)
}

// The directory may be a link, but then nothing is changed about what it leads to.
func TestFileDirectoryBehindALink(t *testing.T) {
	t.Parallel()
	target, link := filepath.Join(t.TempDir(), "target"), filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Mkdir(target, 0o755))
	require.NoError(t, os.Symlink(target, link))
	requireStoreError(t, tokenstore.NewFile(link))
	requireMode(t, target, 0o755)
	require.Empty(t, names(t, target))

	require.NoError(t, os.Chmod(target, 0o700))
	_, err := tokenstore.NewFile(link).Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
}

// A directory that is a link to nothing is none: nothing has been saved there.
func TestFileDirectoryBehindADanglingLink(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(filepath.Join(t.TempDir(), "nothing"), link))
	store := tokenstore.NewFile(link)
	_, _, err := store.Load(t.Context(), "key")
	require.Equal(t, vendorlogin.ErrNoRecord, err)
	require.NoError(t, store.Delete(t.Context(), "key", "any"))
}

// What has the name by the time it is opened may be another file, or another directory, than what was looked at before.
func TestFileReplacedWhileItIsOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"record.key", "another"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, os.Symlink("another", filepath.Join(dir, "link")))
	require.NoError(t, tokenstore.CheckOpen(dir, "record.key", "record.key"))
	for _, name := range []string{"another", "link"} {
		require.ErrorContains(t, tokenstore.CheckOpen(dir, "record.key", name), "was replaced", name)
	}
}

func TestFileDirectoryReplacedWhileItIsOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	require.ErrorContains(t, tokenstore.Tighten(dir), "use a directory below it")
	requireMode(t, dir, 0o777)
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, tokenstore.Tighten(dir))
	requireMode(t, dir, 0o700)
}

// Only a file that was replaced is opened again, and not without end.
func TestFileIsOpenedAgainOnlyWhenReplaced(t *testing.T) {
	t.Parallel()
	tries, err := tokenstore.Retry(syscall.EIO)
	require.Equal(t, syscall.EIO, err)
	require.Equal(t, 1, tries)
	tries, err = tokenstore.Retry(tokenstore.ErrMoved, tokenstore.ErrMoved, nil)
	require.NoError(t, err)
	require.Equal(t, 3, tries)
	tries, err = tokenstore.Retry(slices.Repeat([]error{tokenstore.ErrMoved}, 1000)...)
	require.Equal(t, tokenstore.ErrMoved, err)
	require.Equal(t, 100, tries)
}

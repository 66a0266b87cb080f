//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// A belonging is the information about a directory, as far as it is asked for.
type belonging struct {
	fs.FileInfo
	mode     fs.FileMode
	uid, gid uint32
	unknown  bool // whose it is
}

func (b belonging) Mode() fs.FileMode { return b.mode | fs.ModeDir }

func (b belonging) Sys() any {
	if b.unknown {
		return nil
	}
	return &syscall.Stat_t{Uid: b.uid, Gid: b.gid}
}

func TestCheckAccess(t *testing.T) {
	t.Parallel()
	const setgid, sticky = fs.ModeSetgid, fs.ModeSticky
	for what, c := range map[string]struct {
		is   belonging
		uid  int
		says string // "": it will do
	}{
		"ours":                           {belonging{mode: 0o700, uid: 1000, gid: 1000}, 1000, ""},
		"ours, others may read":          {belonging{mode: 0o755, uid: 1000, gid: 100}, 1000, ""},
		"ours, a user's private group":   {belonging{mode: 0o775, uid: 1000, gid: 1000}, 1000, ""},
		"below a volume's root":          {belonging{mode: 0o700 | setgid, uid: 1000, gid: 2000}, 1000, ""},
		"nobody knows whose":             {belonging{mode: 0o777, unknown: true}, 1000, ""},
		"root's":                         {belonging{mode: 0o700}, 0, ""},
		"ours, a group may write":        {belonging{mode: 0o770, uid: 1000, gid: 100}, 1000, "chmod go-w"},
		"ours, all may write":            {belonging{mode: 0o777, uid: 1000, gid: 1000}, 1000, "chmod go-w"},
		"ours, all may only write":       {belonging{mode: 0o702, uid: 1000, gid: 1000}, 1000, "chmod go-w"},
		"root's, its group may write":    {belonging{mode: 0o770}, 0, "chmod go-w"},
		"a volume's root with fsGroup":   {belonging{mode: 0o777 | setgid, gid: 2000}, 1000, "use a directory below it"},
		"the same, by root":              {belonging{mode: 0o777 | setgid, gid: 2000}, 0, "use a directory below it"},
		"/tmp":                           {belonging{mode: 0o777 | sticky}, 1000, "use a directory below it"},
		"a tool's, and root runs it":     {belonging{mode: 0o700, uid: 1000, gid: 1000}, 0, "run it as that user"},
		"root's, left by sudo":           {belonging{mode: 0o700}, 1000, "chown -R"},
		"another's who let us read":      {belonging{mode: 0o755, uid: 1001, gid: 1001}, 1000, "belongs to the user with id 1001"},
		"another's, his group may write": {belonging{mode: 0o770, uid: 1001, gid: 1001}, 1000, "user 1000"},
	} {
		err := tokenstore.CheckAccess(c.is, c.uid)
		if c.says == "" {
			assert.NoError(t, err, what)
		} else {
			assert.ErrorContains(t, err, c.says, what)
		}
	}
}

// Whose a file is matters only where a right is missing, and where it is another's.
func TestFileErrorNamesTheOwner(t *testing.T) {
	t.Parallel()
	info := belonging{mode: 0o600, uid: 1001}
	for _, err := range []error{syscall.EACCES, syscall.EPERM} {
		told := tokenstore.WithOwner(err, info, 1000)
		assert.ErrorIs(t, told, err)
		assert.ErrorContains(t, told, "belongs to the user with id 1001, and this process runs as user 1000")
		assert.Equal(t, err, tokenstore.WithOwner(err, info, 1001))
	}
	assert.Equal(t, syscall.EIO, tokenstore.WithOwner(syscall.EIO, info, 1000))
	assert.Equal(t, syscall.EPERM, tokenstore.WithOwner(syscall.EPERM, belonging{unknown: true}, 1000))
}

// A directory that checkAccess rejects is neither used nor changed.
func TestFileDirectoryOfOthers(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o777, 0o777 | fs.ModeSetgid, 0o777 | fs.ModeSticky, 0o702} {
		dir := filepath.Join(t.TempDir(), "volume")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.Chmod(dir, mode))
		requireRejected(t, dir, "use a directory below it")
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.Equal(t, mode|fs.ModeDir, info.Mode())
		require.Empty(t, names(t, dir))

		below := filepath.Join(dir, "tokens")
		_, err = tokenstore.NewFile(below).Save(t.Context(), "key", []byte("data"), "", time.Hour)
		require.NoError(t, err, "what the error says to do helps")
		requireMode(t, below, 0o700)
	}
	if os.Geteuid() != 0 {
		requireRejected(t, "/", "belongs to the user with id 0")
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.Chown(dir, 65534, 65534))
	requireRejected(t, dir, "belongs to the user with id 65534")
	require.Empty(t, names(t, dir))

	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	requireRejected(t, link, "belongs to the user with id 65534")
}

func requireRejected(t *testing.T, dir, reason string) {
	t.Helper()
	store := tokenstore.NewFile(dir)
	requireStoreError(t, store)
	_, _, err := store.Load(t.Context(), "key")
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, reason)
}

// A run under sudo of an earlier version left root's files in the user's directory.
func TestFileOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make another user's file")
	}
	dir, err := os.MkdirTemp("", "tokenstore") // where another user can get to it, unlike t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"record.", "lock."} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+childKey), []byte("root's"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "closed"), 0o700))
	require.NoError(t, os.Chown(dir, 65534, 65534))
	runChild(t, "others-file", dir, asNobody)
}

func childMeetsOthersFile(store *tokenstore.File) error {
	_, _, loaded := store.Load(context.Background(), childKey)
	_, saved := store.Save(context.Background(), childKey, []byte("data"), "", time.Hour)
	for _, err := range []error{loaded, saved} {
		if !errors.Is(err, vendorlogin.ErrStore) || !strings.Contains(err.Error(), "belongs to the user with id 0") ||
			!strings.Contains(err.Error(), "remove the file") {
			return fmt.Errorf("a call returned %w", err)
		}
	}
	for _, name := range []string{"record.", "lock."} {
		if err := os.Remove(filepath.Join(os.Getenv(childDir), name+childKey)); err != nil {
			return err
		}
	}
	_, _, err := tokenstore.NewFile(filepath.Join(os.Getenv(childDir), "closed")).Load(context.Background(), childKey)
	if !errors.Is(err, vendorlogin.ErrStore) || !strings.Contains(err.Error(), "belongs to the user with id 0") {
		return fmt.Errorf("of a directory that is another's Load says %w", err)
	}
	_, err = store.Save(context.Background(), childKey, []byte("data"), "", time.Hour)
	return err
}

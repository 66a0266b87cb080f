//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// A write that the system cuts off halfway, as it does on a full disk, is made to happen on any machine by a limit on the size of files.
func TestFileWriteCutOff(t *testing.T) {
	t.Parallel()
	runChild(t, "size-limit", t.TempDir())
}

func childHitsSizeLimit(store *tokenstore.File) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return failsWhile(store, os.Getenv(childDir), syscall.EFBIG, func(full bool) error {
		now := limit
		if full {
			now.Cur = 10
		}
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now)
	})
}

// failsWhile checks what becomes of a store in a directory while nothing can be written there, and afterwards.
func failsWhile(store *tokenstore.File, dir string, cause error, setFull func(bool) error) error {
	ctx := context.Background()
	old, newer := []byte("old"), bytes.Repeat([]byte("new"), 10_000)
	version, err := store.Save(ctx, childKey, old, "", time.Hour)
	if err != nil {
		return err
	}
	if err := setFull(true); err != nil {
		return err
	}
	_, saved := store.Save(ctx, childKey, newer, version, time.Hour)
	_, locked := store.TryLock(ctx, childKey, time.Hour)
	blob, current, loaded := store.Load(ctx, childKey)
	if err := setFull(false); err != nil {
		return err
	}
	switch {
	case !errors.Is(saved, vendorlogin.ErrStore) || !errors.Is(saved, cause):
		return fmt.Errorf("Save returned %v", saved)
	case !errors.Is(locked, vendorlogin.ErrStore):
		return fmt.Errorf("TryLock returned %v", locked)
	case loaded != nil || !bytes.Equal(blob, old) || current != version:
		return fmt.Errorf("the old record is lost: %v", loaded)
	}
	if left, err := leftovers(dir); len(left) > 0 || err != nil {
		return fmt.Errorf("left behind: %v %v", left, err)
	}
	if _, err := store.Save(ctx, childKey, newer, version, time.Hour); err != nil {
		return err
	}
	lease, err := store.TryLock(ctx, childKey, time.Hour)
	if err != nil {
		return err
	}
	return lease.Unlock(ctx)
}

// leftovers lists the files that only a call under way may have.
func leftovers(dir string) (left []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if strings.Contains(entry.Name(), ".tmp.") || strings.HasPrefix(entry.Name(), "holder.") {
			left = append(left, entry.Name())
		}
	}
	return left, err
}

// Root may write whatever a mode says, so root acts as another user.
func TestFileDirectoryWithoutPermission(t *testing.T) {
	t.Parallel()
	runChild(t, "no-permission", "", asNobody)
}

func childLacksPermission(*tokenstore.File) error {
	dir, err := os.MkdirTemp("", "tokenstore")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store := tokenstore.NewFile(dir)
	version, err := store.Save(context.Background(), childKey, []byte("data"), "", time.Hour)
	if err != nil {
		return err
	}
	lease, err := store.TryLock(context.Background(), childKey, time.Hour)
	if err := errors.Join(err, lease.Unlock(context.Background())); err != nil {
		return err
	}
	if err := checkReadOnly(store, dir, version); err != nil {
		return fmt.Errorf("read-only directory: %w", err)
	}
	return checkUnreadable(store, dir)
}

func checkReadOnly(store *tokenstore.File, dir, version string) error {
	if err := os.Chmod(dir, 0o500); err != nil {
		return err
	}
	defer func() { _ = os.Chmod(dir, 0o700) }()
	ctx := context.Background()
	if blob, _, err := store.Load(ctx, childKey); err != nil || string(blob) != "data" {
		return fmt.Errorf("Load: %w", err)
	}
	_, saved := store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	_, locked := store.TryLock(ctx, childKey, time.Hour)
	for _, err := range []error{saved, locked, store.Delete(ctx, childKey, version)} {
		if !errors.Is(err, vendorlogin.ErrStore) || !errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("a call returned %w", err)
		}
	}
	if err := store.Delete(ctx, "nothing", ""); err != nil {
		return fmt.Errorf("Delete where there is nothing: %w", err)
	}
	return nil
}

func checkUnreadable(store *tokenstore.File, dir string) error {
	record := dir + "/record." + childKey
	for _, path := range []string{record, dir} {
		if err := os.Chmod(path, 0); err != nil {
			return err
		}
		_, _, err := store.Load(context.Background(), childKey)
		_ = os.Chmod(path, 0o700)
		if !errors.Is(err, vendorlogin.ErrStore) || !errors.Is(err, os.ErrPermission) || errors.Is(err, vendorlogin.ErrNoRecord) {
			return fmt.Errorf("Load of what may not be read: %w", err)
		}
	}
	_, _, err := store.Load(context.Background(), childKey)
	return err
}

func runChild(t *testing.T, mode, dir string, change ...func(*exec.Cmd)) {
	t.Helper()
	c := startChild(t, mode, dir, "", change...)
	require.NoError(t, c.cmd.Wait(), "what went wrong is in the output above")
}

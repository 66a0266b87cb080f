//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestFileLockIsFreeWhenItsHolderIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	holder := startChild(t, "hold", dir, "3600000")
	require.Equal(t, "held", holder.line(t))
	_, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)

	holder.kill()
	lease, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err)
	require.NoError(t, lease.Unlock(t.Context()))
	for _, name := range names(t, dir) {
		assert.False(t, strings.HasPrefix(name, "holder."), "%s is left", name)
	}
}

// Nobody waits for a holder that is stopped, its lock is free when its lease has passed, and when it goes on it learns so.
func TestFileLockOfStoppedHolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	holder := startChild(t, "hold", dir, "1500")
	require.Equal(t, "held", holder.line(t))
	require.Equal(t, "<nil>", holder.tell(t, "extend"))
	start := time.Now()
	holder.signal(t, syscall.SIGSTOP)

	lease := takeWhenFree(t, store)
	took := time.Since(start)
	assert.Greater(t, took, 500*time.Millisecond, "the lock of a stopped holder was free before its lease had passed")
	holder.signal(t, syscall.SIGCONT)
	assert.Equal(t, vendorlogin.ErrLocked.Error(), holder.tell(t, "extend"))
	assert.Equal(t, vendorlogin.ErrLocked.Error(), holder.tell(t, "unlock"))
	_, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	require.NoError(t, lease.Extend(t.Context()))
	require.NoError(t, lease.Unlock(t.Context()))
}

func takeWhenFree(t *testing.T, store vendorlogin.Locker) (lease vendorlogin.Lease) {
	t.Helper()
	require.Eventually(t, func() bool {
		start := time.Now()
		var err error
		lease, err = store.TryLock(context.Background(), childKey, time.Hour)
		assert.Less(t, time.Since(start), testTimeout/3, "TryLock waited")
		if err != nil {
			assert.ErrorIs(t, err, vendorlogin.ErrLocked)
		}
		return err == nil
	}, testTimeout, 10*time.Millisecond)
	return lease
}

// A lease stands although a process is stopped while it reads it; others are rejected, and the holder can still let it go.
func TestFileLeaseBesideStoppedTaker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir).WithLockTimeout(50 * time.Millisecond)
	lease, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err)
	guard, err := os.OpenFile(dir+"/turn."+childKey, os.O_RDWR, 0)
	require.NoError(t, err)
	defer guard.Close()
	require.NoError(t, syscall.Flock(int(guard.Fd()), syscall.LOCK_EX))

	_, err = store.TryLock(t.Context(), childKey, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrStore)
	require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrStore)
	require.NoError(t, syscall.Flock(int(guard.Fd()), syscall.LOCK_UN))
	require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrLocked)
	next, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err, "Unlock left the lock with nobody")
	require.NoError(t, next.Unlock(t.Context()))
}

// Whoever wants to change a lease beside such a process waits no longer than the caller does.
func TestFileLeaseOfACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.NoError(t, err)
		guard, err := os.OpenFile(filepath.Join(dir, "turn.key"), os.O_RDWR, 0)
		require.NoError(t, err)
		defer guard.Close()
		require.NoError(t, syscall.Flock(int(guard.Fd()), syscall.LOCK_EX))
		for _, do := range []func(context.Context) error{lease.Extend, lease.Unlock} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			err := do(ctx)
			cancel()
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
		}
	})
}

// A lease that nobody unlocks stays taken to its end, though nobody remembers it, and leaves nothing open then.
func TestFileLeaseThatIsForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	_, err := store.TryLock(t.Context(), "long", time.Hour)
	require.NoError(t, err)
	for i := range 20 {
		_, err := store.TryLock(t.Context(), "short-"+strconv.Itoa(i), time.Millisecond)
		require.NoError(t, err)
	}
	runtime.GC()
	runtime.GC()
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(names(t, dir), func(name string) bool { return strings.HasPrefix(name, "holder.short") })
	}, testTimeout, time.Millisecond)
	_, err = store.TryLock(t.Context(), "long", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
}

// A link in the place of a holder's file is no holder that is gone: it is an error, and nothing becomes of the link.
func TestFileSymlinkInTheWayOfTheHolder(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"target", "nothing"} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "target"), []byte("mine"), 0o644))
		require.NoError(t, os.Symlink(filepath.Join(elsewhere, target), filepath.Join(dir, "holder.key.0123")))
		state := []byte(`{"holder":"0123","ends":"` + time.Now().Add(time.Minute).Format(time.RFC3339Nano) + `"}`)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "lease.key"), state, 0o600))
		_, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		require.ErrorContains(t, err, "symbolic link")
		requireUntouched(t, elsewhere, []byte("mine"), filepath.Join(dir, "holder.key.0123"))
	}
}

// Somebody who clears away may have a new holder's file for a moment. Then the holder takes another one.
func TestFileHolderWhoseFileIsTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := os.Create(filepath.Join(dir, "holder.key.taken"))
	require.NoError(t, err)
	defer taken.Close()
	require.NoError(t, syscall.Flock(int(taken.Fd()), syscall.LOCK_EX))
	names := slices.Repeat([]string{"taken"}, 99)
	name, err := tokenstore.HoldLiveness(dir, "key", append(names, "free"))
	require.NoError(t, err)
	require.Equal(t, "free", name)
	_, err = tokenstore.HoldLiveness(dir, "key", append(names, "taken", "free"))
	require.ErrorContains(t, err, "in use")
}

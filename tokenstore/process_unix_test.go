//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"context"
	mathrand "math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// Whoever is killed in whatever moment, readers see whole records, writers go on, and what was left is cleared away.
func TestFileSurvivesKilledWriters(t *testing.T) {
	t.Parallel()
	kills, lanes := 1000, 4
	if testing.Short() {
		kills = 100
	}
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	_, err := store.Save(t.Context(), childKey, wholeBlob(1), "", time.Hour)
	require.NoError(t, err)

	var killed, killedInSave, reads atomic.Int64
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for !isClosed(done) && readWhole(t, tokenstore.NewFile(dir)) {
				reads.Add(1)
				pause(3 * time.Millisecond) // leaves the processor to the writers
			}
		})
	}
	for range lanes {
		writers.Go(func() {
			for range kills / lanes {
				if killWriter(t, dir) {
					killedInSave.Add(1)
				}
				killed.Add(1)
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	t.Logf("%d writers killed, %d of them after a Save, %d reads", killed.Load(), killedInSave.Load(), reads.Load())

	require.EqualValues(t, kills, killed.Load())
	require.Greater(t, reads.Load(), int64(kills))
	require.Greater(t, killedInSave.Load(), int64(kills)/10, "most writers were killed before they wrote anything")
	requireClean(t, dir)
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func readWhole(t *testing.T, store vendorlogin.Store) bool {
	blob, _, err := store.Load(context.Background(), childKey)
	return assert.NoError(t, err) && assert.True(t, isWhole(blob), "a reader saw a record of %d bytes that nobody saved", len(blob))
}

// killWriter kills a writing process at a random instant after its first Save, and at times before it.
func killWriter(t *testing.T, dir string) (saved bool) {
	writer := startChild(t, "write", dir, "")
	if mathrand.N(10) > 0 {
		_, err := writer.out.ReadByte()
		saved = err == nil
		pause(time.Duration(mathrand.N(2_000_000)))
	} else {
		pause(time.Duration(mathrand.N(20_000_000)))
	}
	writer.kill()
	return saved
}

func pause(d time.Duration) { <-time.After(d) }

// requireClean saves once more and looks for what killed writers have left.
func requireClean(t *testing.T, dir string) {
	t.Helper()
	store := tokenstore.NewFile(dir)
	_, version, err := store.Load(t.Context(), childKey)
	require.NoError(t, err)
	_, err = store.Save(t.Context(), childKey, []byte("last"), version, time.Hour)
	require.NoError(t, err)
	for _, name := range names(t, dir) {
		assert.Contains(t, []string{"record." + childKey, "lock." + childKey}, name)
	}
}

func TestFileLosesNoUpdateOfProcesses(t *testing.T) {
	t.Parallel()
	const processes, times = 8, 25
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	_, err := store.Save(t.Context(), childKey, []byte("0"), "", time.Hour)
	require.NoError(t, err)
	var group sync.WaitGroup
	for range processes {
		counter := startChild(t, "count", dir, strconv.Itoa(times))
		group.Go(func() { assert.NoError(t, counter.cmd.Wait()) })
	}
	group.Wait()
	blob, _, err := store.Load(t.Context(), childKey)
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(processes*times), string(blob))
}

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

// Nobody waits for a holder that is stopped, its lock is free when its lease has passed, and when it goes on it is told so.
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
		assert.Less(t, time.Since(start), patience/3, "TryLock waited")
		if err != nil {
			assert.ErrorIs(t, err, vendorlogin.ErrLocked)
		}
		return err == nil
	}, patience, 10*time.Millisecond)
	return lease
}

// A process that is stopped in its turn to write makes others wait no longer than they want to.
func TestFileTurnOfStoppedWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	version, err := store.Save(t.Context(), childKey, []byte("old"), "", time.Hour)
	require.NoError(t, err)
	writer := startChild(t, "take-turn", dir, "")
	require.Equal(t, "locked", writer.line(t))
	writer.signal(t, syscall.SIGSTOP)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, vendorlogin.ErrStore)

	impatient := store.WithPatience(50 * time.Millisecond)
	_, err = impatient.Save(context.Background(), childKey, []byte("new"), version, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	require.ErrorContains(t, err, "stopped")
	require.ErrorIs(t, impatient.Delete(context.Background(), childKey, version), vendorlogin.ErrStore)

	blob, current, err := store.Load(t.Context(), childKey)
	require.NoError(t, err)
	require.Equal(t, "old", string(blob))
	require.Equal(t, version, current)
	lease, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err, "the lock has nothing to do with whose turn it is to write")
	require.NoError(t, lease.Unlock(t.Context()))

	writer.kill()
	_, err = store.Save(t.Context(), childKey, []byte("new"), version, time.Hour)
	require.NoError(t, err)
}

// A lease stands although a process is stopped in its turn to look at it; others are refused, and the holder can still let it go.
func TestFileLeaseBesideStoppedTaker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir).WithPatience(50 * time.Millisecond)
	lease, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err)
	turn, err := os.OpenFile(dir+"/turn."+childKey, os.O_RDWR, 0)
	require.NoError(t, err)
	defer turn.Close()
	require.NoError(t, syscall.Flock(int(turn.Fd()), syscall.LOCK_EX))

	_, err = store.TryLock(t.Context(), childKey, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrStore)
	require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrStore)
	require.NoError(t, syscall.Flock(int(turn.Fd()), syscall.LOCK_UN))
	require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrLocked)
	next, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err, "Unlock left the lock with nobody")
	require.NoError(t, next.Unlock(t.Context()))
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
	}, patience, time.Millisecond)
	_, err = store.TryLock(t.Context(), "long", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
}

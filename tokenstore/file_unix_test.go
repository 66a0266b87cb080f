//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"context"
	mathrand "math/rand/v2"
	"strconv"
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
	kills, lanes := 400, 4
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

// A process that is stopped while it changes a record makes others wait no longer than they want to.
func TestFileBesideStoppedWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	version, err := store.Save(t.Context(), childKey, []byte("old"), "", time.Hour)
	require.NoError(t, err)
	writer := startChild(t, "lock-record", dir, "")
	require.Equal(t, "locked", writer.line(t))
	writer.signal(t, syscall.SIGSTOP)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, vendorlogin.ErrStore)

	hasty := store.WithLockTimeout(50 * time.Millisecond)
	_, err = hasty.Save(context.Background(), childKey, []byte("new"), version, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	require.ErrorContains(t, err, "stopped")
	require.ErrorIs(t, hasty.Delete(context.Background(), childKey, version), vendorlogin.ErrStore)

	blob, current, err := store.Load(t.Context(), childKey)
	require.NoError(t, err)
	require.Equal(t, "old", string(blob))
	require.Equal(t, version, current)
	lease, err := store.TryLock(t.Context(), childKey, time.Hour)
	require.NoError(t, err, "the lock has nothing to do with who changes the record")
	require.NoError(t, lease.Unlock(t.Context()))

	writer.kill()
	_, err = store.Save(t.Context(), childKey, []byte("new"), version, time.Hour)
	require.NoError(t, err)
}

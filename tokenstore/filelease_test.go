package tokenstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestFileLockEndsWithItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		time.Sleep(40 * time.Second)
		require.NoError(t, lease.Extend(t.Context()))
		time.Sleep(time.Minute - 1)
		_, err = tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Minute)
		require.ErrorIs(t, err, vendorlogin.ErrLocked)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.ElementsMatch(t, []string{"lease.key", "turn.key"}, names(t, dir), "the holder's file is gone")
		require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
		next, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		require.NoError(t, next.Unlock(t.Context()))
	})
}

// A lease that was never extended leaves no holder either.
func TestFileHolderGoesWithItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		_, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		require.Len(t, names(t, dir), 3)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.ElementsMatch(t, []string{"lease.key", "turn.key"}, names(t, dir))
	})
}

// A clock that was wrong once must not keep a lock taken: what a lease's file says is bounded by how long the lease can be.
func TestFileLockFromAFalseClock(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		length string
		bound  time.Duration
	}{
		"length known":      {`,"length":60000000000`, time.Minute},
		"of earlier format": {``, time.Hour},
		"length negative":   {`,"length":-1`, time.Hour},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				store := tokenstore.NewFile(dir)
				lease, err := store.TryLock(t.Context(), "key", 3*time.Hour) // its holder is there all the time
				require.NoError(t, err)
				pretend(t, dir, time.Now().AddDate(2, 0, 0), c.length)

				for range 10 { // asking does not move the bound
					_, err = store.TryLock(t.Context(), "key", time.Minute)
					require.ErrorIs(t, err, vendorlogin.ErrLocked)
					time.Sleep(c.bound / 10)
				}
				require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
				next, err := store.TryLock(t.Context(), "key", time.Minute)
				require.NoError(t, err)
				require.NoError(t, next.Unlock(t.Context()))
				require.ErrorIs(t, lease.Unlock(t.Context()), vendorlogin.ErrLocked)
			})
		})
	}
}

// pretend makes the lease file of the holder that is there say something else.
func pretend(t *testing.T, dir string, ends time.Time, length string) {
	t.Helper()
	holders, err := filepath.Glob(filepath.Join(dir, "holder.key.*"))
	require.NoError(t, err)
	require.Len(t, holders, 1)
	state := fmt.Sprintf(`{"holder":%q,"ends":%q%s}`, filepath.Ext(holders[0])[1:], ends.Format(time.RFC3339Nano), length)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lease.key"), []byte(state), 0o600))
}

// A lease may be longer than what bounds one of unknown length.
func TestFileLockForHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := tokenstore.NewFile(t.TempDir())
		lease, err := store.TryLock(t.Context(), "key", 3*time.Hour)
		require.NoError(t, err)
		for range 3 { // asking does not make it shorter
			_, err = store.TryLock(t.Context(), "key", time.Minute)
			require.Equal(t, vendorlogin.ErrLocked, err)
			time.Sleep(50 * time.Minute)
		}
		require.NoError(t, lease.Unlock(t.Context()))
	})
}

// A lease file is written in place. While its size stays the same, a write that fails halfway leaves what was there before.
func TestFileLeaseKeepsItsSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
		for range 3 {
			time.Sleep(1234567 * time.Nanosecond) // the time has more digits each time
			require.NoError(t, lease.Extend(t.Context()))
			info, err := os.Stat(filepath.Join(dir, "lease.key"))
			require.NoError(t, err)
			assert.EqualValues(t, 256, info.Size())
		}
		require.NoError(t, lease.Unlock(t.Context()))
	})
}

// A lease is lost with its directory, and where its file names another holder, whatever the lease's own clock says.
func TestFileLeaseThatIsLost(t *testing.T) {
	t.Parallel()
	for what, lose := range map[string]func(dir string) error{
		"no directory": os.RemoveAll,
		"no file":      func(dir string) error { return os.Remove(filepath.Join(dir, "lease.key")) },
		"another holder": func(dir string) error {
			state := `{"holder":"0123456789abcdef0123456789abcdef","ends":"2999-01-01T00:00:00Z"}`
			return os.WriteFile(filepath.Join(dir, "lease.key"), []byte(state), 0o600)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "tokens")
			lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
			require.NoError(t, err)
			require.NoError(t, lose(dir))
			require.Equal(t, vendorlogin.ErrLocked, lease.Extend(t.Context()))
			require.Equal(t, vendorlogin.ErrLocked, lease.Unlock(t.Context()))
			if what == "no directory" {
				assert.NoDirExists(t, dir, "nobody wants it back")
			}
		})
	}
}

// What is no lease file is a lease that has ended.
func TestFileLockWithUnusableLeaseFile(t *testing.T) {
	t.Parallel()
	const ends = `"ends":"2999-01-01T00:00:00Z"}`
	for _, content := range []string{"", "{", `{"holder":"../../x",` + ends, `{"holder":"",` + ends, `{"holder":"\u0000",` + ends, "[]"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "lease.key"), []byte(content), 0o600))
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.NoError(t, err, content)
		assert.NoError(t, lease.Unlock(t.Context()))
	}
}

// Of a lease file that is only in part what it should be, or far longer, nothing counts.
func TestFileLeaseWithHalfUsableFile(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{`,"length":"long"`, `,"more":"` + strings.Repeat("x", 1<<10) + `"`} {
		dir := t.TempDir()
		lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.NoError(t, err)
		pretend(t, dir, time.Now().Add(time.Hour), rest)
		require.Equal(t, vendorlogin.ErrLocked, lease.Extend(t.Context()))
		next, err := tokenstore.NewFile(dir).TryLock(t.Context(), "key", time.Hour)
		require.NoError(t, err)
		require.Equal(t, vendorlogin.ErrLocked, lease.Unlock(t.Context()))
		require.NoError(t, next.Unlock(t.Context()))
	}
}

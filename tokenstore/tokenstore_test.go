package tokenstore_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return tokenstore.NewMemory() })
}

func TestFileStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store { return tokenstore.NewFile(t.TempDir()) })
}

func TestSealedMemoryStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store { return seal(t, tokenstore.NewMemory(), tokenstore.NewKey()) })
}

func TestSealedFileStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store {
		return seal(t, tokenstore.NewFile(t.TempDir()), tokenstore.NewKey())
	})
}

// Stores that know nothing of each other but the directory are one store.
func TestFilesOfOneDirectoryStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store { return newEach(t.TempDir()) })
}

func seal(t *testing.T, store vendorlogin.Store, keys ...tokenstore.Key) vendorlogin.Store {
	t.Helper()
	sealed, err := tokenstore.NewSealed(store, keys...)
	require.NoError(t, err)
	return sealed
}

// each makes a File of its own for each call.
type each struct{ dir string }

func newEach(dir string) each { return each{dir} }

func (e each) Load(ctx context.Context, key string) ([]byte, string, error) {
	return tokenstore.NewFile(e.dir).Load(ctx, key)
}

func (e each) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	return tokenstore.NewFile(e.dir).Save(ctx, key, data, version, ttl)
}

func (e each) Delete(ctx context.Context, key, version string) error {
	return tokenstore.NewFile(e.dir).Delete(ctx, key, version)
}

func (e each) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	return tokenstore.NewFile(e.dir).TryLock(ctx, key, lease)
}

// What comes after the end of its ctx changes nothing.
func TestLeaseOfACallerWhoHasLeft(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]vendorlogin.Locker{
		"memory": tokenstore.NewMemory(), "file": tokenstore.NewFile(t.TempDir()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, err := store.TryLock(t.Context(), "key", time.Hour)
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, lease.Extend(ctx), context.Canceled)
			err = lease.Unlock(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			_, err = store.TryLock(t.Context(), "key", time.Hour)
			require.Equal(t, vendorlogin.ErrLocked, err)
			require.NoError(t, lease.Unlock(t.Context()))
		})
	}
}

func TestStoresRejectBadArguments(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	for name, store := range map[string]interface {
		vendorlogin.Store
		vendorlogin.Locker
	}{"memory": tokenstore.NewMemory(), "file": tokenstore.NewFile(dir)} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"", "A", "a.b", "../a", "a/b", "é", "a\x00", strings.Repeat("a", 129)} {
				_, _, err := store.Load(t.Context(), key)
				assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "Load with key %q", key)
				_, err = store.Save(t.Context(), key, []byte("data"), "", time.Hour)
				assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "Save with key %q", key)
				assert.ErrorIs(t, store.Delete(t.Context(), key, ""), vendorlogin.ErrInvalidRequest, "Delete with key %q", key)
				_, err = store.TryLock(t.Context(), key, time.Hour)
				assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "TryLock with key %q", key)
			}
			for _, size := range []int{0, 65<<10 + 1} {
				_, err := store.Save(t.Context(), "key", make([]byte, size), "", time.Hour)
				assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "Save of %d bytes", size)
			}
			for _, lease := range []time.Duration{0, -1} {
				_, err := store.TryLock(t.Context(), "key", lease)
				assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "TryLock for %v", lease)
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			_, _, err := store.Load(over, "A")
			assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "what is wrong with the arguments comes first")
			_, err = store.Save(t.Context(), "key", make([]byte, 65<<10), "", time.Hour)
			assert.NoError(t, err)
		})
	}
	assert.ElementsMatch(t, []string{"lock.key", "record.key"}, names(t, dir))
}

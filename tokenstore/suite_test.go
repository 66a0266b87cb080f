package tokenstore_test

import (
	"testing"

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

// Stores that know nothing of each other but the folder are one store.
func TestFilesOfOneFolderStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) vendorlogin.Store { return newEach(t.TempDir()) })
}

func seal(t *testing.T, store vendorlogin.Store, keys ...tokenstore.Key) vendorlogin.Store {
	t.Helper()
	sealed, err := tokenstore.NewSealed(store, keys...)
	require.NoError(t, err)
	return sealed
}

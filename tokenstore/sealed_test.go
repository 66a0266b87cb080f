package tokenstore_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// onlyStore is a store that is no Locker.
type onlyStore struct{ vendorlogin.Store }

func TestSealedIsALockerIfTheStoreIsOne(t *testing.T) {
	t.Parallel()
	_, ok := seal(t, tokenstore.NewMemory(), tokenstore.NewKey()).(vendorlogin.Locker)
	require.True(t, ok)
	_, ok = seal(t, onlyStore{tokenstore.NewMemory()}, tokenstore.NewKey()).(vendorlogin.Locker)
	require.False(t, ok)
}

func TestSealedLocksTheStoreWithin(t *testing.T) {
	t.Parallel()
	inner := tokenstore.NewMemory()
	lease, err := seal(t, inner, tokenstore.NewKey()).(vendorlogin.Locker).TryLock(t.Context(), "key", time.Hour)
	require.NoError(t, err)
	_, err = inner.TryLock(t.Context(), "key", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	require.NoError(t, lease.Unlock(t.Context()))
}

func TestSealedRejectsKeys(t *testing.T) {
	t.Parallel()
	key := tokenstore.NewKey()
	same, err := tokenstore.ParseKey(key.ID() + ":" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	require.NoError(t, err)
	store := tokenstore.NewMemory()
	for name, build := range map[string]func() (vendorlogin.Store, error){
		"no store":    func() (vendorlogin.Store, error) { return tokenstore.NewSealed(nil, key) },
		"no key":      func() (vendorlogin.Store, error) { return tokenstore.NewSealed(store) },
		"zero key":    func() (vendorlogin.Store, error) { return tokenstore.NewSealed(store, tokenstore.Key{}) },
		"zero second": func() (vendorlogin.Store, error) { return tokenstore.NewSealed(store, key, tokenstore.Key{}) },
		"one id":      func() (vendorlogin.Store, error) { return tokenstore.NewSealed(store, key, same) },
	} {
		t.Run(name, func(t *testing.T) {
			sealed, err := build()
			require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
			require.Nil(t, sealed)
		})
	}
}

// Nothing that a record is about, and no account's name, can be read on the disk.
func TestSealedFileTellsNothing(t *testing.T) {
	t.Parallel()
	account := vendorlogin.Account{Vendor: "gcore", Endpoint: "https://api.gcore.com",
		Principal: "ops-canary@example.com", Scope: "scope-canary"}
	canaries := []string{"access-token-canary", "refresh-token-canary", account.Principal, account.Scope, "canary"}
	dir := t.TempDir()
	store := seal(t, tokenstore.NewFile(dir), tokenstore.NewKey())

	version := ""
	for range 3 {
		var err error
		version, err = store.Save(t.Context(), account.Key(), []byte(strings.Join(canaries, "\n")), version, time.Hour)
		require.NoError(t, err)
	}
	lease, err := store.(vendorlogin.Locker).TryLock(t.Context(), account.Key(), time.Hour)
	require.NoError(t, err)
	require.NotEmpty(t, found(t, tokenInPlain(t), canaries), "the search finds nothing")
	require.Empty(t, found(t, dir, canaries))
	require.NoError(t, lease.Unlock(t.Context()))
	require.Empty(t, found(t, dir, canaries))
}

// tokenInPlain is a directory in which the search must find something.
func tokenInPlain(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	_, err := tokenstore.NewFile(dir).Save(t.Context(), "key", []byte("a canary"), "", time.Hour)
	require.NoError(t, err)
	return dir
}

func found(t *testing.T, dir string, canaries []string) (where []string) {
	t.Helper()
	files := names(t, dir)
	require.NotEmpty(t, files)
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, canary := range canaries {
			for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:8], fmt.Sprintf("%x", canary)} {
				if strings.Contains(name, form) || bytes.Contains(content, []byte(form)) {
					where = append(where, name+": "+form)
				}
			}
		}
	}
	return where
}

// Processes can be given a new key one by one, and lose the old one in the end.
func TestSealedKeyRotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := tokenstore.NewKey(), tokenstore.NewKey()
	inner := tokenstore.NewMemory()
	version := ""
	for step, keys := range [][]tokenstore.Key{{oldKey}, {oldKey, newKey}, {newKey, oldKey}, {newKey}} {
		store := seal(t, inner, keys...)
		if step > 0 {
			blob, current, err := store.Load(t.Context(), "key")
			require.NoError(t, err, "step %d", step)
			require.Equal(t, fmt.Sprint("step ", step-1), string(blob))
			require.Equal(t, version, current)
		}
		var err error
		version, err = store.Save(t.Context(), "key", fmt.Append(nil, "step ", step), version, time.Hour)
		require.NoError(t, err)
		_, _, err = seal(t, inner, keys[0]).Load(t.Context(), "key")
		require.NoError(t, err, "it is not the first key that seals")
	}
	_, _, err := seal(t, inner, oldKey).Load(t.Context(), "key")
	require.ErrorIs(t, err, tokenstore.ErrSealed)
}

// A record that an earlier version sealed is opened.
func TestSealedByAnEarlierVersion(t *testing.T) {
	t.Parallel()
	key, err := tokenstore.ParseKey("fuzz:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
	require.NoError(t, err)
	blob, err := base64.StdEncoding.DecodeString("dmxzZWFsAQRmdXp6b8uqSk9qqL0EqwwL7xXAaXGRmDXnt5j6/CIDpg/ge+s=")
	require.NoError(t, err)
	data, err := tokenstore.OpenBlob(seal(t, tokenstore.NewMemory(), key), "key", blob)
	require.NoError(t, err)
	require.Equal(t, "data", string(data))
}

func TestSealedThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	key := tokenstore.NewKey()
	namesake, err := tokenstore.ParseKey(key.ID() + ":" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	require.NoError(t, err)
	blobOf := func(storeKey string) []byte {
		inner := tokenstore.NewMemory()
		_, err := seal(t, inner, key).Save(t.Context(), storeKey, []byte("a canary of a token"), "", time.Hour)
		require.NoError(t, err)
		blob, _, err := inner.Load(t.Context(), storeKey)
		require.NoError(t, err)
		return blob
	}
	good := blobOf("key")
	cases := map[string]struct {
		blob   []byte
		key    tokenstore.Key
		reason string
	}{
		"unknown key":     {good, tokenstore.NewKey(), "not among ours"},
		"key of same id":  {good, namesake, "not the one"},
		"other account's": {blobOf("other"), key, "another account's"},
		"never sealed":    {[]byte(`{"access":"a canary of a token"}`), key, "without encryption"},
		"cut to magic":    {good[:7], key, "without encryption"},
		"cut in id":       {good[:10], key, "without encryption"},
		"no magic":        {[]byte("\x03abc0123456789"), key, "without encryption"},
		"no id's letters": {[]byte("vlseal\x01\x03a b0123456789"), key, "without encryption"},
		"cut to id":       {good[:16], key, "damaged"},
		"cut in nonce":    {good[:20], key, "damaged"},
		"cut in tag":      {good[:len(good)-1], key, "damaged"},
		"longer":          {append(bytes.Clone(good), 0), key, "damaged"},
	}
	for at := range good {
		cases[fmt.Sprint("byte ", at, " changed")] = struct {
			blob   []byte
			key    tokenstore.Key
			reason string
		}{flip(good, at), key, ""}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := tokenstore.NewMemory()
			version, err := inner.Save(t.Context(), "key", c.blob, "", time.Hour)
			require.NoError(t, err)
			store := seal(t, inner, c.key)
			blob, current, err := store.Load(t.Context(), "key")
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			require.ErrorIs(t, err, tokenstore.ErrSealed)
			require.NotErrorIs(t, err, vendorlogin.ErrNoRecord)
			require.ErrorContains(t, err, c.reason)
			require.NotContains(t, err.Error(), "canary")
			require.Empty(t, blob)
			require.Empty(t, current)
			_, err = store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
			require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)

			kept, stillVersion, err := inner.Load(t.Context(), "key")
			require.NoError(t, err, "what could not be opened is gone")
			require.Equal(t, c.blob, kept)
			require.Equal(t, version, stillVersion)
		})
	}
}

func TestSealedCutOffAnywhere(t *testing.T) {
	t.Parallel()
	store := seal(t, tokenstore.NewMemory(), tokenstore.NewKey())
	good := tokenstore.SealBlob(store, "key", []byte("data"))
	for n := range good {
		_, err := tokenstore.OpenBlob(store, "key", good[:n:n])
		require.ErrorIs(t, err, tokenstore.ErrSealed, "%d bytes", n)
	}
}

func TestSealedIsNeverTheSameTwice(t *testing.T) {
	t.Parallel()
	store := seal(t, tokenstore.NewMemory(), tokenstore.NewKey())
	first, second := tokenstore.SealBlob(store, "key", []byte("data")), tokenstore.SealBlob(store, "key", []byte("data"))
	require.NotEqual(t, first, second)
	require.LessOrEqual(t, len(first)-len("data"), 68)
}

func TestSealedPassesOnWhatTheStoreSays(t *testing.T) {
	t.Parallel()
	store := seal(t, failing{}, tokenstore.NewKey())
	_, _, err := store.Load(t.Context(), "key")
	require.Equal(t, errFailing, err)
	_, err = store.Save(t.Context(), "key", []byte("data"), "v", time.Hour)
	require.Equal(t, errFailing, err)
	require.Equal(t, errFailing, store.Delete(t.Context(), "key", "v"))
	_, err = store.Save(t.Context(), "key", nil, "v", time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)

	_, _, err = seal(t, tokenstore.NewMemory(), tokenstore.NewKey()).Load(t.Context(), "key")
	require.Equal(t, vendorlogin.ErrNoRecord, err)
}

var errFailing = errors.New("failing")

type failing struct{}

func (failing) Load(context.Context, string) ([]byte, string, error) { return nil, "", errFailing }
func (failing) Save(context.Context, string, []byte, string, time.Duration) (string, error) {
	return "", errFailing
}
func (failing) Delete(context.Context, string, string) error { return errFailing }

// Whatever is in a sealed blob, it opens only where it was sealed with the key.
func FuzzSealedBlob(f *testing.F) {
	key, err := tokenstore.ParseKey("fuzz:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
	if err != nil {
		f.Fatal(err)
	}
	store, err := tokenstore.NewSealed(tokenstore.NewMemory(), key)
	if err != nil {
		f.Fatal(err)
	}
	good := tokenstore.SealBlob(store, "key", []byte("data"))
	for _, seed := range [][]byte{nil, good, good[:8], good[:20], flip(good, 8), []byte("vlseal\x01\xff")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		data, err := tokenstore.OpenBlob(store, "key", blob)
		switch {
		case err != nil && !errors.Is(err, tokenstore.ErrSealed):
			t.Fatal(err)
		case err == nil && string(data) != "data":
			t.Fatal("something opened that was never sealed")
		}
	})
}

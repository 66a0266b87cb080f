package tokenstore_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestFileKeepsRecordForTheNextProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	_, _, err := tokenstore.NewFile(dir).Load(t.Context(), "key")
	require.Equal(t, vendorlogin.ErrNoRecord, err)
	require.NoError(t, tokenstore.NewFile(dir).Delete(t.Context(), "key", ""))
	require.NoDirExists(t, filepath.Dir(dir), "reading made a directory")

	saved, err := tokenstore.NewFile(dir).Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	blob, version, err := tokenstore.NewFile(dir).Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, "data", string(blob))
	require.Equal(t, saved, version)
}

// What may be found in a record's place instead of a record.
func TestFileUnreadableRecord(t *testing.T) {
	t.Parallel()
	good := tokenstore.EncodeRecord("key", []byte("a good record"), time.Now().Add(time.Hour))
	cases := map[string]struct {
		content []byte
		reason  string
	}{
		"empty":           {nil, "empty"},
		"foreign":         {[]byte(`{"access_token":"..."}`), "not a token record"},
		"binary":          {bytes.Repeat([]byte{0}, 4096), "not a token record"},
		"large":           {bytes.Repeat([]byte("x"), 1<<20), "not a token record"},
		"other format":    {flip(good, len("vlrecord")), "format"},
		"format before":   {append([]byte("vlrecord\x00"), good[9:]...), "format 0, not 1"},
		"cut in magic":    {good[:5], "not a token record"},
		"cut in header":   {good[:40], "cut off"},
		"cut in blob":     {good[:len(good)-1], "cut off"},
		"longer":          {append(bytes.Clone(good), 0), "longer"},
		"longest longer":  {append(tokenstore.EncodeRecord("key", make([]byte, 65<<10), time.Now().Add(time.Hour)), 0), "longer"},
		"too long":        {tokenstore.EncodeRecord("key", make([]byte, 1<<20), time.Now().Add(time.Hour)), "cut off"},
		"version changed": {flip(good, 12), "damaged"},
		"expiry changed":  {flip(good, 30), "damaged"},
		"sum changed":     {flip(good, 40), "damaged"},
		"blob changed":    {flip(good, len(good)-1), "damaged"},
		"other account's": {tokenstore.EncodeRecord("other", []byte("data"), time.Now().Add(time.Hour)), "another account's"},
		"no blob":         {tokenstore.EncodeRecord("key", nil, time.Now().Add(time.Hour)), "empty"},
		"zeroes at end":   {append(bytes.Clone(good[:len(good)-4]), 0, 0, 0, 0), "damaged"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, use := range map[string]func(*testing.T, *tokenstore.File, string){
				"load first": loadUnreadable(c.reason),
				"save first": func(*testing.T, *tokenstore.File, string) {},
			} {
				t.Run(what, func(t *testing.T) {
					dir := t.TempDir()
					require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), c.content, 0o600))
					store := tokenstore.NewFile(dir)
					use(t, store, dir)
					replaceUnreadable(t, store)
					aside, err := os.ReadFile(filepath.Join(dir, "bad.key"))
					require.NoError(t, err, "the file is not in quarantine")
					require.True(t, bytes.Equal(c.content, aside), "the file in quarantine is another")
				})
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x10
	return b
}

func loadUnreadable(reason string) func(*testing.T, *tokenstore.File, string) {
	return func(t *testing.T, store *tokenstore.File, dir string) {
		_, _, err := store.Load(t.Context(), "key")
		require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
		require.NotErrorIs(t, err, vendorlogin.ErrStore)
		require.ErrorContains(t, err, reason)
		require.ErrorContains(t, err, vendorlogin.ErrNoRecord.Error())
		require.NoFileExists(t, filepath.Join(dir, "record.key"))
		_, _, err = store.Load(t.Context(), "key")
		require.Equal(t, vendorlogin.ErrNoRecord, err, "the reason is reported once")
	}
}

func replaceUnreadable(t *testing.T, store *tokenstore.File) {
	t.Helper()
	_, err := store.Save(t.Context(), "key", []byte("new"), strings.Repeat("0", 32), time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
	_, err = store.Save(t.Context(), "key", []byte("new"), "", time.Hour)
	require.NoError(t, err)
	blob, _, err := store.Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, "new", string(blob))
}

func TestFileQuarantinesNoMoreThanOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	for i := range 20 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), fmt.Append(nil, "junk ", i), 0o600))
		_, _, err := store.Load(t.Context(), "key")
		require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
	}
	require.ElementsMatch(t, []string{"bad.key", "lock.key"}, names(t, dir))
	require.NoError(t, store.Delete(t.Context(), "key", "any"))
}

func TestFileRemovesExpiredRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past := tokenstore.EncodeRecord("key", []byte("data"), time.Now().Add(-time.Second))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), past, 0o600))
	_, _, err := tokenstore.NewFile(dir).Load(t.Context(), "key")
	require.Equal(t, vendorlogin.ErrNoRecord, err)
	require.Equal(t, []string{"lock.key"}, names(t, dir))
}

// A renewal that is the first to write waits for few of many records; whoever comes later goes on with them.
func TestFileClearsAwayFewOfManyExpiredRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 300 {
		key := fmt.Sprint("past-", n)
		record := tokenstore.EncodeRecord(key, []byte("data"), time.Now().Add(-time.Second))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "record."+key), record, 0o600))
	}
	for n, left := range []float64{200, 100, 0} {
		_, err := tokenstore.NewFile(dir).Save(t.Context(), fmt.Sprint("key-", n), []byte("data"), "", time.Hour)
		require.NoError(t, err)
		past, err := filepath.Glob(filepath.Join(dir, "record.past-*"))
		require.NoError(t, err)
		assert.InDelta(t, left, len(past), 3, "those that are good were looked at, too")
	}
}

// Records of accounts that nobody asks for any more go, too.
func TestFileClearsAwayExpiredRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for key, ends := range map[string]time.Duration{"past": -time.Second, "No-Key": -time.Second, "good": time.Hour} {
		record := tokenstore.EncodeRecord(key, []byte("data"), time.Now().Add(ends))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "record."+key), record, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "record.bad"), []byte("damaged"), 0o600))
	_, err := tokenstore.NewFile(dir).Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	assert.Subset(t, names(t, dir), []string{"record.good", "record.key", "record.bad", "record.No-Key"})
	assert.NoFileExists(t, filepath.Join(dir, "record.past"))
}

// A writer that was killed leaves its temporary file; one that is at work has its own.
func TestFileClearsAwayWhatKilledWritersLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"record.key.tmp.0123", "record.other.tmp.4567", "holder.key.89ab", "somebody else's.tmp.file"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("half a rec"), 0o600))
	}
	lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), "third", time.Hour)
	require.NoError(t, err)
	before := names(t, dir)

	_, err = tokenstore.NewFile(dir).Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	for _, name := range names(t, dir) {
		assert.NotContains(t, name, "record.key.tmp")
		assert.NotContains(t, name, "record.other.tmp")
		assert.NotContains(t, name, "holder.key")
	}
	for _, name := range before {
		if strings.HasPrefix(name, "holder.third") || strings.HasPrefix(name, "somebody") {
			assert.FileExists(t, filepath.Join(dir, name))
		}
	}
	require.NoError(t, lease.Unlock(t.Context()))
}

// The directory is looked through by the first call that writes, and by no later one.
func TestFileClearsAwayOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, left := tokenstore.NewFile(dir), filepath.Join(dir, "record.key.tmp.0123")
	require.NoError(t, os.WriteFile(left, nil, 0o600))
	lease, err := store.TryLock(t.Context(), "key", time.Hour)
	require.NoError(t, err)
	require.NoFileExists(t, left)
	require.NoError(t, os.WriteFile(left, nil, 0o600))
	_, err = store.Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	require.FileExists(t, left)
	require.NoError(t, lease.Unlock(t.Context()))
}

// Looking for a record that is not there writes nothing.
func TestFileThatIsOnlyRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _, err := tokenstore.NewFile(dir).Load(t.Context(), "key")
	require.Equal(t, vendorlogin.ErrNoRecord, err)
	require.NoError(t, tokenstore.NewFile(dir).Delete(t.Context(), "key", ""))
	require.Empty(t, names(t, dir))
}

// What is to be removed may have been replaced since it was read.
func TestFileCleanUpLeavesAGoodRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := tokenstore.NewFile(dir)
	saved, err := store.Save(t.Context(), "key", []byte("data"), "", time.Hour)
	require.NoError(t, err)
	require.NoError(t, tokenstore.CleanUp(dir, "key"))
	_, version, err := store.Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, saved, version)
}

func TestFileDirectoryThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o644))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		requireStoreError(t, tokenstore.NewFile(dir))
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "mine", string(content))
	_, _, err = tokenstore.NewFile("").Load(t.Context(), "key")
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	require.NotErrorIs(t, err, vendorlogin.ErrStore)
}

// requireStoreError checks that nothing works, and says so.
func requireStoreError(t *testing.T, store *tokenstore.File) {
	t.Helper()
	_, _, err := store.Load(t.Context(), "key")
	assert.ErrorIs(t, err, vendorlogin.ErrStore)
	assert.NotErrorIs(t, err, vendorlogin.ErrNoRecord)
	_, err = store.Save(t.Context(), "key", []byte("data"), "", time.Hour)
	assert.ErrorIs(t, err, vendorlogin.ErrStore)
	assert.ErrorIs(t, store.Delete(t.Context(), "key", ""), vendorlogin.ErrStore)
	_, err = store.TryLock(t.Context(), "key", time.Hour)
	assert.ErrorIs(t, err, vendorlogin.ErrStore)
}

// Of several Deletes of one version all succeed: when the later ones come, there is none any more.
func TestFileDeletesAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 50 {
		key := fmt.Sprint("key-", round)
		version, err := tokenstore.NewFile(dir).Save(t.Context(), key, []byte("data"), "", time.Hour)
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { assert.NoError(t, tokenstore.NewFile(dir).Delete(t.Context(), key, version)) })
		}
		group.Wait()
		_, _, err = tokenstore.NewFile(dir).Load(t.Context(), key)
		require.Equal(t, vendorlogin.ErrNoRecord, err)
	}
}

// A Save and a Delete of one version: one of the two wins, and the other learns it.
func TestFileDeleteBesideSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 50 {
		key := fmt.Sprint("key-", round)
		version, err := tokenstore.NewFile(dir).Save(t.Context(), key, []byte("data"), "", time.Hour)
		require.NoError(t, err)
		var group sync.WaitGroup
		var saved, deleted error
		group.Go(func() { _, saved = tokenstore.NewFile(dir).Save(t.Context(), key, []byte("new"), version, time.Hour) })
		group.Go(func() { deleted = tokenstore.NewFile(dir).Delete(t.Context(), key, version) })
		group.Wait()
		if saved == nil {
			require.ErrorIs(t, deleted, vendorlogin.ErrRecordChanged)
		} else {
			require.ErrorIs(t, saved, vendorlogin.ErrRecordChanged)
			require.NoError(t, deleted)
		}
	}
}

func TestFileDefaultLockTimeout(t *testing.T) {
	t.Parallel()
	require.Equal(t, 10*time.Second, tokenstore.NewFile(t.TempDir()).LockTimeout(), "as documented")
}

func TestFilePrints(t *testing.T) {
	t.Parallel()
	store := tokenstore.NewFile("/some/directory")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Regexp(t, `^tokenstore\.File\(.*directory\)$`, fmt.Sprintf(verb, store))
	}
	directory, err := filepath.Abs("tokens")
	require.NoError(t, err)
	require.Equal(t, "tokenstore.File("+directory+")", tokenstore.NewFile("tokens").String(), "it stays where it is")
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

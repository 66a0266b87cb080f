package tokenstore_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// A record that an earlier version saved is read, and saved as it would be now.
func TestRecordFileOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	file, err := base64.StdEncoding.DecodeString("dmxyZWNvcmQBAAECAwQFBgcICQoLDA0ODwAQAAAAAAAA" +
		"AAAABNlCyAuQP+mktHvhfExdqAfU//8vjw5NEH4cNmOTIVGAZGF0YQ==")
	require.NoError(t, err)
	again, err := tokenstore.Recode("key", file)
	require.NoError(t, err)
	require.Equal(t, file, again)

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "record.key"), file, 0o600))
	blob, version, err := tokenstore.NewFile(dir).Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, "data", string(blob))
	require.Equal(t, "000102030405060708090a0b0c0d0e0f", version)
}

// Whatever is in a record's file, it is a record and says the same when it is written again, or it is no record.
func FuzzRecordFile(f *testing.F) {
	good := tokenstore.EncodeRecord("key", []byte("data"), time.UnixMicro(1<<50))
	for _, seed := range [][]byte{nil, good, good[:20], flip(good, 40), []byte("vlrecord"), tokenstore.EncodeRecord("key", nil, time.Now())} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		again, err := tokenstore.Recode("key", file)
		switch {
		case err != nil && !errors.Is(err, vendorlogin.ErrNoRecord):
			t.Fatal(err)
		case err == nil && !bytes.Equal(again, file):
			t.Fatal("the file says more than what was read from it")
		}
	})
}

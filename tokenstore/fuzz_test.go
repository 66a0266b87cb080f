package tokenstore_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

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

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

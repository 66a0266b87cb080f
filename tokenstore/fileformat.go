package tokenstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

// A recordHeader is how a record's file begins, integers in big-endian order; the blob is the rest of the file.
type recordHeader struct {
	Magic   [8]byte
	Format  uint8
	Version random
	Ends    int64  // microseconds since 1970: nanoseconds would overflow before the longest ttl has ended
	Length  uint32 // of the blob
	Sum     [sha256.Size]byte
}

const recordFormat = 1

var recordMagic = [8]byte([]byte("vlrecord"))

var (
	recordHeaderSize = binary.Size(recordHeader{})
	maxRecord        = recordHeaderSize + storekey.MaxBlob
)

// A record is what is in a record's file.
type record struct {
	version random
	ends    time.Time
	blob    []byte
}

// An unreadableError says why a file has no record in it.
type unreadableError struct{ reason string }

func (e *unreadableError) Error() string { return vendorlogin.ErrNoRecord.Error() + ": " + e.reason }
func (e *unreadableError) Unwrap() error { return vendorlogin.ErrNoRecord }

// errExpired is a record whose ttl has passed; to callers it is ErrNoRecord as such.
var errExpired = fmt.Errorf("%w: expired", vendorlogin.ErrNoRecord)

func encodeRecord(key string, r record) []byte {
	header := recordHeader{
		Magic:   recordMagic,
		Format:  recordFormat,
		Version: r.version,
		Ends:    r.ends.UnixMicro(),
		Length:  uint32(len(r.blob)),
	}
	header.Sum = header.sum(key, r.blob)
	return append(header.bytes(), r.blob...)
}

// decodeRecord reads what encodeRecord wrote for key; what else there may be in a file is an *unreadableError.
func decodeRecord(key string, file []byte) (record, error) {
	if len(file) == 0 {
		return record{}, &unreadableError{"the file is empty"}
	}
	if !bytes.HasPrefix(file, recordMagic[:]) {
		return record{}, &unreadableError{"the file is not a token record"}
	}
	var header recordHeader
	n, err := binary.Decode(file, binary.BigEndian, &header)
	if err != nil {
		return record{}, &unreadableError{"the file is cut off"}
	}
	blob := file[n:]
	if err := header.check(key, blob); err != nil {
		return record{}, err
	}
	return record{header.Version, time.UnixMicro(header.Ends), blob}, nil
}

func (h recordHeader) check(key string, blob []byte) error {
	switch {
	case h.Format != recordFormat:
		return &unreadableError{fmt.Sprintf("the file has format %d, not %d", h.Format, recordFormat)}
	case uint64(len(blob)) < uint64(h.Length):
		return &unreadableError{"the file is cut off"}
	case uint64(len(blob)) > uint64(h.Length):
		return &unreadableError{"the file is longer than it says"}
	case h.Sum != h.sum(key, blob):
		return &unreadableError{"the file is damaged, or another account's"}
	case len(blob) == 0:
		return &unreadableError{"the record is empty"}
	}
	return nil
}

// sum covers the key as well: a record under another account's name is as wrong as a damaged one. The blob's length is in the header,
// so where the blob ends and the key begins is no question.
func (h recordHeader) sum(key string, blob []byte) (sum [sha256.Size]byte) {
	h.Sum = [sha256.Size]byte{}
	hash := sha256.New()
	hash.Write(h.bytes())
	hash.Write(blob)
	hash.Write([]byte(key))
	return [sha256.Size]byte(hash.Sum(nil))
}

func (h recordHeader) bytes() []byte {
	// It cannot fail: every field has a fixed size.
	b, _ := binary.Append(nil, binary.BigEndian, h)
	return b
}

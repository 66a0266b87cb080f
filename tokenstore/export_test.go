package tokenstore

import (
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/vendorlogin/vendorlogin"
)

// Len tells how much a Memory keeps, expired or not.
func (m *Memory) Len() (records, leases int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records.entries), len(m.leases.entries)
}

// WithPatience is a File that waits for its turn no longer than d.
func (s *File) WithPatience(d time.Duration) *File { return &File{dir: s.dir, patience: d} }

// CheckLock locks the file at path, and tells what is wrong with that as a lock on name in dir.
func CheckLock(dir, path, name string) error {
	d, err := openFolder(dir, false)
	if err != nil {
		return err
	}
	defer d.Close()
	lock := kernelLock{flock.New(path, flock.SetFlag(os.O_RDWR))}
	if ok, err := lock.TryLock(); !ok || err != nil {
		return fmt.Errorf("not locked: %w", err)
	}
	defer lock.free()
	return d.sameFile(lock, name)
}

// EncodeRecord gives a record's file.
func EncodeRecord(key string, blob []byte, ends time.Time) []byte {
	return encodeRecord(key, record{newRandom(), ends, blob})
}

// Recode reads a record's file and writes it again.
func Recode(key string, file []byte) (again []byte, err error) {
	r, err := decodeRecord(key, file)
	if err != nil {
		return nil, err
	}
	return encodeRecord(key, r), nil
}

// SealBlob and OpenBlob are what a store of NewSealed does to a blob.
func SealBlob(store vendorlogin.Store, key string, data []byte) []byte {
	return ringOf(store).seal(key, data)
}

func OpenBlob(store vendorlogin.Store, key string, blob []byte) ([]byte, error) {
	return ringOf(store).open(key, blob)
}

func ringOf(store vendorlogin.Store) *sealed {
	if s, ok := store.(*sealedLocker); ok {
		return s.sealed
	}
	return store.(*sealed)
}

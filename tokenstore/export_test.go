package tokenstore

import (
	"fmt"
	"io/fs"
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

// WithLockTimeout is a File that waits for a lock no longer than d; LockTimeout is how long it waits.
func (s *File) WithLockTimeout(d time.Duration) *File { return &File{path: s.path, lockTimeout: d} }
func (s *File) LockTimeout() time.Duration            { return s.lockTimeout }

// CheckAccess is what the user uid is told about a directory.
func CheckAccess(info fs.FileInfo, uid int) error { return checkAccess(info, uid) }

// WithOwner is an error about a file, as the user uid is told it.
func WithOwner(err error, info fs.FileInfo, uid int) error { return withOwner(err, info, uid) }

// LockError is an error of a lock, as callers are told it.
func LockError(err error) error { return lockError(err) }

// SyncDir puts the names in the directory at path on the disk.
func SyncDir(path string) error {
	d, err := openDir(path, false)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.sync()
}

// CleanUp is what follows on a record that was found to have expired, or to be none.
func CleanUp(path, key string) error {
	d, err := openDir(path, false)
	if err != nil {
		return err
	}
	defer d.Close()
	d.cleanUp(key, errExpired)
	d.cleanUp(key, &unreadableError{"damaged"})
	return nil
}

// CheckLock locks the file at path, and tells what is wrong with that as a lock on name in dir.
func CheckLock(dirPath, path, name string) error {
	d, err := openDir(dirPath, false)
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

// CheckLockByPath locks the file of that name in dir, whatever it is by now.
func CheckLockByPath(dirPath, name string) error {
	d, err := openDir(dirPath, false)
	if err != nil {
		return err
	}
	defer d.Close()
	lock, err := d.lockByPath(name)
	if err == nil {
		lock.free()
	}
	return err
}

// HoldLiveness makes the holder's file of a lease in dir, and tells which of names it got.
func HoldLiveness(dirPath, key string, names []string) (name string, err error) {
	d, err := openDir(dirPath, false)
	if err != nil {
		return "", err
	}
	defer d.Close()
	name, lock, err := d.holdLiveness(key, func() string {
		next := names[0]
		names = names[1:]
		return next
	})
	if err != nil {
		return name, err
	}
	lock.free()
	return name, nil
}

// CheckOpen opens the file that has the name now, when another was looked at before.
func CheckOpen(dirPath, before, now string) error {
	d, err := openDir(dirPath, false)
	if err != nil {
		return err
	}
	defer d.Close()
	looked, err := d.regular(before)
	if err != nil {
		return err
	}
	f, err := d.openSame(now, os.O_RDONLY, looked)
	if err != nil {
		return err
	}
	return f.Close()
}

// Tighten is what is done to the directory at path once it is open.
func Tighten(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return dir{root}.tighten(true)
}

// ErrMoved is a file that was replaced, and Retry counts how often a call is made that ends with one after the other of errs.
var ErrMoved = errMoved

func Retry(errs ...error) (tries int, err error) {
	return retryMoved(func() (int, error) { tries++; return tries, errs[tries-1] })
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

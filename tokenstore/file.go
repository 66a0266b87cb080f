package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// File keeps records in files, one a record, so that a token survives the process and the processes of one machine share one login.
// It is a [vendorlogin.Store] and a [vendorlogin.Locker], safe for concurrent use by goroutines and processes, runs no goroutine, and
// needs no closing. Make one with [NewFile]; a File must not be copied.
//
// The folder belongs to File alone. It should be on a local disk, since not every network file system has working locks, and one
// that hangs makes calls outlast their ctx. File makes it when it first has to write, with mode 0700, and its files with 0600; where
// it finds modes that let others in, it takes those away. The blobs in it are as they were given, a Client's tokens among them:
// [NewSealed] encrypts them.
//
// A Save that was killed, or the machine with it, leaves the old record or the new one. What else may be found there:
//
//   - A file that is empty, cut off, damaged, or no record at all is [vendorlogin.ErrNoRecord] with the reason, once: it is moved
//     aside, to a name that begins with "bad.". One such file is kept for each key, the latest.
//   - A symbolic link, or anything else that is no file, in place of one of our files is [vendorlogin.ErrStore]. It is neither
//     followed nor written through nor removed. The folder itself may be a link, to a folder that is closed to others already.
//   - A file or folder that may not be read or written, a full disk, a read-only file system: [vendorlogin.ErrStore], and what was
//     there before is still there.
//
// Save and Delete take turns by a lock that the kernel frees when its holder ends. When a process is stopped, by SIGSTOP or in a
// debugger, in the very moment of its turn, they wait no longer than ctx allows, nor longer than 10 seconds, and then answer
// [vendorlogin.ErrStore]. Load never waits.
//
// A lock taken by TryLock is free when its lease has passed, or when its holder has ended, however that came about, whatever comes
// first. Leases and ttls go by the machine's clock.
type File struct {
	dir      string
	patience time.Duration
	swept    atomic.Bool
}

// NewFile gives the File for the folder dir. It does not look at the folder: what is wrong with it, the calls will say. A relative
// path counts from where the program is now.
func NewFile(dir string) *File {
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		dir = abs
	}
	return &File{dir: dir, patience: 10 * time.Second}
}

// String names the folder.
func (s *File) String() string { return "tokenstore.File(" + s.dir + ")" }

// GoString is String.
func (s *File) GoString() string { return s.String() }

// The files of a key. The key comes last, because on Windows a name that begins with "con." or the like is not a file's.
func recordName(key string) string { return "record." + key }
func badName(key string) string    { return "bad." + key }
func lockName(key string) string   { return "lock." + key } // whose turn it is to change the record

// errExpired is a record whose ttl has passed; to callers it is ErrNoRecord as such.
var errExpired = fmt.Errorf("%w: expired", vendorlogin.ErrNoRecord)

// Load implements [vendorlogin.Store].
func (s *File) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := check(ctx, key); err != nil {
		return nil, "", err
	}
	d, err := s.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", vendorlogin.ErrNoRecord
	}
	if err != nil {
		return nil, "", s.failed(err)
	}
	defer d.Close()
	r, err := d.record(key)
	if err != nil {
		if mustGo(err) {
			d.tidy(key)
		}
		return nil, "", s.failed(err)
	}
	return r.blob, r.version.String(), nil
}

// Save implements [vendorlogin.Store].
func (s *File) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if err := checkSave(ctx, key, data, ttl); err != nil {
		return "", err
	}
	d, err := s.open(true)
	if err != nil {
		return "", s.failed(err)
	}
	defer d.Close()
	s.sweepOnce(d)
	r := record{version: newRandom(), blob: data}
	err = d.change(ctx, key, version, s.patience, func() error {
		r.ends = time.Now().Add(ttl)
		return d.replace(recordName(key), encodeRecord(key, r))
	})
	if err != nil {
		return "", s.failed(err)
	}
	return r.version.String(), nil
}

// Delete implements [vendorlogin.Store].
func (s *File) Delete(ctx context.Context, key, version string) error {
	if _, _, err := s.Load(ctx, key); errors.Is(err, vendorlogin.ErrNoRecord) {
		return nil
	} else if err != nil {
		return err
	}
	d, err := s.open(false)
	if err != nil {
		return s.failed(err)
	}
	defer d.Close()
	return s.failed(d.change(ctx, key, version, s.patience, func() error {
		return d.discard(key)
	}))
}

func (s *File) open(create bool) (folder, error) {
	if s.dir == "" {
		return folder{}, invalid("the folder has no name")
	}
	return openFolder(s.dir, create)
}

// failed makes an error the contract's.
func (s *File) failed(err error) error {
	if errors.Is(err, errExpired) {
		return vendorlogin.ErrNoRecord
	}
	for _, named := range []error{vendorlogin.ErrNoRecord, vendorlogin.ErrRecordChanged, vendorlogin.ErrLocked, vendorlogin.ErrInvalidRequest} {
		if errors.Is(err, named) {
			return err
		}
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: folder %s: %w", vendorlogin.ErrStore, s.dir, err)
}

// record gives the record of key that is there now. It takes no lock: a record's file is only ever replaced as a whole.
func (d folder) record(key string) (record, error) {
	content, err := d.read(recordName(key), maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, vendorlogin.ErrNoRecord
	}
	if err != nil {
		return record{}, err
	}
	r, err := decodeRecord(key, content)
	if err != nil {
		return record{}, err
	}
	if !time.Now().Before(r.ends) {
		return record{}, errExpired
	}
	return r, nil
}

// change runs do when the record's version is the given one, "" being that of none, and makes sure that it stays so meanwhile.
func (d folder) change(ctx context.Context, key, version string, patience time.Duration, do func() error) error {
	turn, err := d.lock(ctx, lockName(key), patience)
	if err != nil {
		return err
	}
	defer turn.free()
	current := ""
	r, err := d.record(key)
	switch {
	case err == nil:
		current = r.version.String()
	case !errors.Is(err, vendorlogin.ErrNoRecord):
		return err
	}
	if current != version {
		return vendorlogin.ErrRecordChanged
	}
	d.moveAside(key, err)
	return do()
}

// discard removes the record's file, which may be gone already.
func (d folder) discard(key string) error {
	if err := d.Remove(recordName(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.sync()
}

// mustGo tells whether a file in a record's place is to be taken away.
func mustGo(err error) bool {
	var unreadable *unreadableError
	return errors.As(err, &unreadable) || errors.Is(err, errExpired)
}

// tidy takes away what record found to be no record, and is free to fail: the next Save replaces it anyway. It looks again under the
// lock, since a good record may have taken its place, and leaves things to others where they have that lock.
func (d folder) tidy(key string) {
	turn, ok, err := d.tryLock(lockName(key))
	if err != nil || !ok {
		return
	}
	defer turn.free()
	_, err = d.record(key)
	d.moveAside(key, err)
	if errors.Is(err, errExpired) {
		_ = d.discard(key)
	}
}

// moveAside keeps an unreadable file for whoever wants to know what happened to it.
func (d folder) moveAside(key string, err error) {
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		_ = d.Rename(recordName(key), badName(key))
	}
}

// sweepOnce removes, once in the life of s, what writers and holders that were killed have left in the folder. It is free to fail.
func (s *File) sweepOnce(d folder) {
	if !s.swept.CompareAndSwap(false, true) {
		return
	}
	names, err := d.names()
	if err != nil {
		return
	}
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, recordName("")):
			d.sweepTemporary(name)
		case strings.HasPrefix(name, holderPrefix):
			_, _ = d.reap(name)
		}
	}
}

// sweepTemporary removes a file that was to become a record. Only who has the record's lock has such a file in use: with the lock in
// hand, any that is there is nobody's.
func (d folder) sweepTemporary(name string) {
	target, _, found := strings.Cut(name, temporary)
	key := strings.TrimPrefix(target, recordName(""))
	if !found || !validKey(key) {
		return
	}
	turn, ok, err := d.tryLock(lockName(key))
	if err != nil || !ok {
		return
	}
	defer turn.free()
	_ = d.Remove(name)
}

var (
	_ vendorlogin.Store  = (*File)(nil)
	_ vendorlogin.Locker = (*File)(nil)
)

package tokenstore

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// File keeps records in files, one per key, so that a token survives the process and the processes of one machine share one login.
// It is a [vendorlogin.Store] and a [vendorlogin.Locker], safe for concurrent use by goroutines and processes. It runs no goroutine and
// needs no closing. Make one with [NewFile]; a File must not be copied.
//
// # The directory
//
// The directory belongs to File alone, and to the user that the program runs as. It should be on a local disk: not every network file
// system has working locks, and one that hangs makes calls outlast their ctx.
//
// File makes the directory when it first has to write, with mode 0700, and its files with 0600. It removes the read permission of others
// where it finds one. The blobs are kept as they were given, a Client's tokens among them: [NewSealed] encrypts them.
//
// A directory that belongs to another user, or that others may write to, is [vendorlogin.ErrStore] with words that say what to do.
// Three such directories are frequent: one of a tool's user while root runs the tool, one left by a run under sudo, and the root of a
// container's volume. In a volume, use a directory below the root.
//
// # Failures
//
// A Save that was killed, or the machine with it, leaves the old record or the new one. What else may be found there:
//
//   - A file that is empty, cut off, damaged, or no record at all is put in quarantine: its name then begins with "bad.", and the latest
//     such file of each key is kept. The call that finds it returns [vendorlogin.ErrNoRecord] with the reason. Later calls find no file,
//     and return ErrNoRecord without a reason.
//   - A symbolic link, or anything else that is no file, in place of one of our files is [vendorlogin.ErrStore]. It is neither
//     followed nor written through nor removed. The directory itself may be a link, to a directory that is closed to others already.
//   - A file or directory that may not be read or written, a full disk, a read-only file system, a file system without locks:
//     [vendorlogin.ErrStore], and what was there before is still there.
//
// # Locks
//
// Save and Delete exclude each other by a lock that the kernel frees when its holder ends. A process may be stopped, by SIGSTOP or in a
// debugger, while it has this lock. Then Save and Delete of other processes wait until ctx ends, or for 10 seconds, and return
// [vendorlogin.ErrStore]. Load never waits.
//
// A lock taken by TryLock is free when its lease has passed, or when its holder has ended, whatever comes first. Leases and ttls go by the
// machine's clock. If the clock was set back, a lease seems to end too late; it then lasts its full length from when somebody finds it.
type File struct {
	path        string
	lockTimeout time.Duration
	swept       atomic.Bool
}

// NewFile returns the File for the directory at path. It does not open the directory: what is wrong with it, the calls will say. A
// relative path counts from the working directory that the program has now. The path "" is [vendorlogin.ErrInvalidRequest] in each call.
func NewFile(path string) *File {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		path = abs
	}
	return &File{path: path, lockTimeout: 10 * time.Second}
}

// String names the directory.
func (s *File) String() string { return "tokenstore.File(" + s.path + ")" }

// GoString is String.
func (s *File) GoString() string { return s.String() }

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
		return nil, "", storeError(s.path, err)
	}
	defer d.Close()
	r, err := d.readRecord(key)
	if err != nil {
		d.cleanUp(key, err)
		return nil, "", storeError(s.path, err)
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
		return "", storeError(s.path, err)
	}
	defer d.Close()
	s.sweepOnce(d)
	r := record{version: newRandom(), blob: data}
	err = d.guarded(ctx, key, s.lockTimeout, func(current string) error {
		if current != version {
			return vendorlogin.ErrRecordChanged
		}
		r.ends = time.Now().Add(ttl)
		return d.replace(recordName(key), encodeRecord(key, r))
	})
	if err != nil {
		return "", storeError(s.path, err)
	}
	return r.version.String(), nil
}

// Delete implements [vendorlogin.Store].
func (s *File) Delete(ctx context.Context, key, version string) error {
	if _, _, err := s.Load(ctx, key); errors.Is(err, vendorlogin.ErrNoRecord) {
		return nil // where there is nothing to write, nothing is written
	} else if err != nil {
		return err
	}
	d, err := s.open(false)
	if err != nil {
		return storeError(s.path, err)
	}
	defer d.Close()
	err = d.guarded(ctx, key, s.lockTimeout, func(current string) error {
		if current == "" {
			return nil // somebody else has deleted it since
		}
		if current != version {
			return vendorlogin.ErrRecordChanged
		}
		return d.removeRecord(key)
	})
	return storeError(s.path, err)
}

// TryLock implements [vendorlogin.Locker].
func (s *File) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	if err := checkLock(ctx, key, lease); err != nil {
		return nil, err
	}
	d, err := s.open(true)
	if err != nil {
		return nil, storeError(s.path, err)
	}
	defer d.Close()
	s.sweepOnce(d)
	l, err := takeLease(d, s.path, key, lease, s.lockTimeout)
	if err != nil {
		return nil, storeError(s.path, err)
	}
	return l, nil
}

func (s *File) open(create bool) (dir, error) {
	if s.path == "" {
		return dir{}, invalid("the directory has no name")
	}
	return openDir(s.path, create)
}

// mostSwept is how many records a sweep looks at: a renewal waits for it.
const mostSwept = 100

// sweepOnce removes, with the first call of s that writes, what writers and holders that were killed have left in the directory, and
// records that have expired: nobody may ever ask for them again, and a token in one may still be good. It may fail. Of many records it
// looks at some, each time at others.
func (s *File) sweepOnce(d dir) {
	if !s.swept.CompareAndSwap(false, true) {
		return
	}
	names, records := d.names(), 0
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, recordPrefix):
			d.cleanUpTemporary(name)
			if records++; records <= mostSwept {
				d.cleanUpExpired(name)
			}
		case strings.HasPrefix(name, holderPrefix):
			_, _ = d.reap(name)
		}
	}
}

var (
	_ vendorlogin.Store  = (*File)(nil)
	_ vendorlogin.Locker = (*File)(nil)
)

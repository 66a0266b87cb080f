package vendorlogin

import (
	"context"
	"time"
)

// A Store keeps small blobs by key, each with a version. What is in a blob is none of its business: a Client writes a record of the
// token and of holds there, so that programs that share a Store share one login.
//
// Keys are what [Account.Key] gives: 1 to 128 characters of a–z, 0–9, "_" and "-". Blobs are 1 byte to 64 KiB.
//
// A Store is safe for concurrent use by any number of goroutines and, where its medium is shared, processes. Every method honours
// ctx: when it ends, the method returns soon with an error that errors.Is ctx.Err(); when it is over already, the method changes
// nothing. A caller may change data after Save, or after Load, without changing what is kept. An error that is none of those named
// below wraps [ErrStore]; none holds a part of a blob.
//
// A Store that is also a [Locker] lets its users take turns.
type Store interface {
	// Load returns the blob under key and its version, which is never "". [ErrNoRecord] means that there is none: never saved,
	// deleted, or past its ttl; where something is there that cannot be read as a blob, ErrNoRecord is wrapped with the reason, and
	// the next Save with version "" replaces it.
	Load(ctx context.Context, key string) (data []byte, version string, err error)

	// Save replaces the blob under key, in one step that no reader ever sees half of, if version is the current one; "" means that
	// there must be none. Otherwise it changes nothing and answers [ErrRecordChanged]. Of several Saves with the same version,
	// one wins. next is the new version: no blob under this key has had it before, not even before a delete or the end of a
	// ttl. The blob goes away ttl from now; a ttl of 0 or less is refused with [ErrInvalidRequest], since it could be taken for
	// "never". After an error that is neither ErrRecordChanged nor ErrInvalidRequest the blob may have been saved or not.
	Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error)

	// Delete removes the blob under key if version is the current one, else it answers [ErrRecordChanged]. Where there is none it
	// does nothing and answers nil.
	Delete(ctx context.Context, key, version string) error
}

// A Locker gives at most one holder at a time the lock on a key. It only saves work: a holder may be paused past the end of its
// lease, and what keeps that safe is compare-and-set. Locks and blobs of the same key do not touch each other.
type Locker interface {
	// TryLock takes the lock or answers [ErrLocked] at once; it never waits for a holder. The lock frees itself when lease, which
	// is more than 0, has passed, or as soon as the holder is known to be gone. A second TryLock by the same process is refused
	// like a stranger's.
	TryLock(ctx context.Context, key string, lease time.Duration) (Lease, error)
}

// A Lease is a lock that is held. Both methods answer [ErrLocked] when the lock is no longer ours, and then change nothing for
// whoever has it now.
type Lease interface {
	// Extend makes the lease last as long again from now on as TryLock was asked for.
	Extend(ctx context.Context) error

	// Unlock frees the lock. A second call answers ErrLocked.
	Unlock(ctx context.Context) error
}

package vendorlogin

import (
	"context"
	"time"
)

// A Store shares what Clients know about accounts: whoever shares a Store and names an account gets that account's token. Give each
// tenant a namespace of its own: see [Options.Namespace].
//
// It keeps small blobs by key, each with a version. What is in a blob is none of its business: a Client keeps a record of the token,
// of holds and of attempts there. Keys are what [Account.KeyIn] returns: 1 to 128 characters of a–z, 0–9, "_" and "-". Blobs are
// 1 byte to 64 KiB.
//
// A Store is safe for concurrent use by any number of goroutines and, where its medium is shared, processes. Every method honours
// ctx. When ctx ends, the method returns soon, with an error that matches ctx.Err(). If it has ended before, the method changes
// nothing. A caller may change data after Save, or after Load, without changing what is kept.
//
// An error is one of those that the methods name, or it wraps [ErrStore]. None holds a part of a blob.
//
// A Store that is also a [Locker] saves its users work.
type Store interface {
	// Load returns the blob under key and its version, which is never "". [ErrNoRecord] means that there is none: never saved,
	// deleted, or past its ttl. Where something is there that cannot be read as a blob, ErrNoRecord is wrapped with the reason. The
	// next Save with version "" then replaces it.
	Load(ctx context.Context, key string) (data []byte, version string, err error)

	// Save replaces the blob under key if version is the current one; "" means that there must be none. It does so in one step: no
	// reader ever sees half of it. Otherwise it changes nothing and returns [ErrRecordChanged]. Of several Saves with the same version,
	// one wins.
	//
	// next is the new version. It differs from every version that the key has had, also from those before a delete or the end of a ttl.
	//
	// The blob expires ttl from now. A ttl of 0 or less is [ErrInvalidRequest], since it could be taken for "never". After an error
	// that is neither ErrRecordChanged nor ErrInvalidRequest the blob may have been saved or not.
	Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error)

	// Delete removes the blob under key if version is the current one, else it returns [ErrRecordChanged]. Where there is none it
	// does nothing and returns nil.
	Delete(ctx context.Context, key, version string) error
}

// A Locker has one lock per key, which at most one holder has at a time. A lock only saves work: its holder may be paused past the end
// of the lease, and compare-and-set keeps that safe. Locks and blobs of the same key do not touch each other.
type Locker interface {
	// TryLock takes the lock, or returns [ErrLocked] at once; it never waits for a holder. The lock is free again when lease has
	// passed, or as soon as the holder is known to be gone. A lease is more than 0. A second TryLock by the same process is
	// ErrLocked too.
	TryLock(ctx context.Context, key string, lease time.Duration) (Lease, error)
}

// A Lease is a lock that was taken. Both methods return [ErrLocked] when somebody else may have the lock by now, and then change
// nothing for that holder.
type Lease interface {
	// Extend begins the lease anew: from now on it lasts as long as TryLock was asked for.
	Extend(ctx context.Context) error

	// Unlock frees the lock. A second call returns ErrLocked.
	Unlock(ctx context.Context) error
}

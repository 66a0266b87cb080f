package authtest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A storeCase checks one rule of the contract.
type storeCase struct {
	name  string
	rule  string
	check func(t *storeTrial)
}

func (c storeCase) run(t *testing.T, open func(t *testing.T) vendorlogin.Store) {
	t.Run(c.name, func(t *testing.T) {
		for _, failure := range c.try(open(t)) {
			t.Errorf("%s\n\trule: %s", failure, c.rule)
		}
	})
}

func (c storeCase) try(store vendorlogin.Store) []string {
	failures, _ := try(minute, func(t *trial) {
		locker, _ := store.(vendorlogin.Locker)
		st := &storeTrial{trial: t, store: store, locker: locker, key: "authtest-" + random()}
		defer st.unlockAll()
		c.check(st)
	})
	return failures
}

// A storeTrial is a trial with a store and a key that nobody has used.
type storeTrial struct {
	*trial
	store  vendorlogin.Store
	locker vendorlogin.Locker
	key    string
	leases []vendorlogin.Lease // what lock gave
}

// save saves for a minute what must be accepted.
func (t *storeTrial) save(key string, data []byte, version string) (next string) {
	next, err := t.store.Save(t.ctx, key, data, version, minute)
	t.worked("Save with the current version", err)
	if next == "" {
		t.fatalf("Save gave the version \"\"")
	}
	return next
}

// changed ends the case unless Save rejects version.
func (t *storeTrial) changed(what, key, version string) {
	_, err := t.store.Save(t.ctx, key, []byte("not to be kept"), version, minute)
	t.returned("Save with "+what, err, vendorlogin.ErrRecordChanged)
}

// remove deletes what must be there.
func (t *storeTrial) remove(key, version string) {
	t.worked("Delete with the current version", t.store.Delete(t.ctx, key, version))
}

// holds ends the case unless data is under key with that version.
func (t *storeTrial) holds(when, key string, data []byte, version string) {
	got, gotVersion, err := t.store.Load(t.ctx, key)
	switch {
	case err != nil:
		t.fatalf("%s, Load failed: %v", when, err)
	case !bytes.Equal(got, data):
		t.fatalf("%s, Load gave another blob (%d bytes) than was saved (%d bytes)", when, len(got), len(data))
	case gotVersion != version:
		t.fatalf("%s, Load gave version %q, Save had given %q", when, gotVersion, version)
	}
}

// empty ends the case unless nothing is under key.
func (t *storeTrial) empty(when, key string) {
	_, _, err := t.store.Load(t.ctx, key)
	t.returned(when+", Load", err, vendorlogin.ErrNoRecord)
}

// ended waits until nothing is under key any more.
func (t *storeTrial) ended(key string) {
	t.until("a blob is still there, long past its ttl", func() bool {
		_, _, err := t.store.Load(t.ctx, key)
		if err != nil && !errors.Is(err, vendorlogin.ErrNoRecord) {
			t.fatalf("Load around the end of a ttl returned %s", quote(err))
		}
		return err != nil
	})
}

// passed waits until the store's own clock has gone on by d.
func (t *storeTrial) passed(d time.Duration) {
	witness := t.key + "-" + random()
	_, err := t.store.Save(t.ctx, witness, []byte("witness"), "", d)
	t.worked("Save under a new key", err)
	t.ended(witness)
}

// lock takes a lock that must be free.
func (t *storeTrial) lock(key string, span time.Duration) vendorlogin.Lease {
	lease, err := t.locker.TryLock(t.ctx, key, span)
	t.worked("TryLock of a lock that is free", err)
	t.leases = append(t.leases, lease)
	return lease
}

// locked ends the case unless TryLock returns ErrLocked.
func (t *storeTrial) locked(when, key string) {
	_, err := t.locker.TryLock(t.ctx, key, minute)
	t.returned(when+", TryLock", err, vendorlogin.ErrLocked)
}

// freed waits until the lock is free, and takes it.
func (t *storeTrial) freed(key string) (lease vendorlogin.Lease) {
	t.until("a lock is still held, long past its lease", func() bool {
		var err error
		lease, err = t.locker.TryLock(t.ctx, key, minute)
		if err != nil && !errors.Is(err, vendorlogin.ErrLocked) {
			t.fatalf("TryLock around the end of a lease returned %s", quote(err))
		}
		return err == nil
	})
	t.leases = append(t.leases, lease)
	return lease
}

// unlockAll frees what a case has left locked, since a lock may be a file that is open.
func (t *storeTrial) unlockAll() {
	for _, lease := range t.leases {
		_ = lease.Unlock(t.ctx)
	}
}

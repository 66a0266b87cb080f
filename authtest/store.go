package authtest

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// TestStore checks that the stores that open gives keep the contract of [vendorlogin.Store] and, where they are one, of
// [vendorlogin.Locker]: there is a case for each of its sentences that one process can check.
//
// open is called for each case, by the subtest of that case, and gives a store that is empty. A store on a server that others use as
// well will do: the keys are random ("x", for the one case about the shortest key, excepted), and what the suite leaves there goes
// away within a few minutes. open closes what it opened with t.Cleanup.
//
// A ttl and a lease run on the real clock. The suite waits for their ends by looking again and again, so it takes a second or two;
// a store with a clock of its own has to let that clock run.
func TestStore(t *testing.T, open func(t *testing.T) vendorlogin.Store, options ...StoreOption) {
	for _, c := range slices.Concat(blobCases, versionCases, ttlCases, contextCases) {
		c.run(t, open)
	}
	t.Run("lock", func(t *testing.T) {
		if _, ok := open(t).(vendorlogin.Locker); !ok {
			t.Skip("the store is no vendorlogin.Locker")
		}
		for _, c := range lockCases {
			if !c.needsLease || !slices.Contains(options, LeaseByProcess) {
				c.run(t, open)
			}
		}
	})
}

// A StoreOption tells [TestStore] what is different about a store, within the contract.
type StoreOption int

const (
	// LeaseByProcess is for a store whose locks end when they are unlocked or when the process that holds them ends, but may outlast
	// their lease: the kernel's locks on files are like that. It leaves out the cases that wait for the end of a lease.
	LeaseByProcess StoreOption = iota + 1
)

// A storeCase checks one rule of the contract.
type storeCase struct {
	name  string
	rule  string
	check func(t *storeTrial)

	needsLease bool // only where a lock ends with its lease
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

// changed ends the case unless Save refuses version.
func (t *storeTrial) changed(what, key, version string) {
	_, err := t.store.Save(t.ctx, key, []byte("not to be kept"), version, minute)
	t.answered("Save with "+what, err, vendorlogin.ErrRecordChanged)
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
	t.answered(when+", Load", err, vendorlogin.ErrNoRecord)
}

// ended waits until nothing is under key any more.
func (t *storeTrial) ended(key string) {
	t.until("a blob is still there, long past its ttl", func() bool {
		_, _, err := t.store.Load(t.ctx, key)
		if err != nil && !errors.Is(err, vendorlogin.ErrNoRecord) {
			t.fatalf("Load around the end of a ttl answered %s", quote(err))
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

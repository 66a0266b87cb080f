package authtest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
)

func TestStoreOfItsOwn(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return newMemory(faults{}) })
}

func TestStoreShared(t *testing.T) {
	t.Parallel()
	shared := sharedMemory{newMemory(faults{})}
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return shared })
}

// TestStoreRight: the suite finds nothing wrong with a right store, in a bubble as outside of it.
func TestStoreRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		assert.Empty(t, authtest.StoreCases(func() vendorlogin.Store { return newMemory(faults{}) }))
	})
}

// TestStoreWrong: a store that is wrong in one way is caught by the cases for the rule that it breaks.
func TestStoreWrong(t *testing.T) {
	t.Parallel()
	idle := authtest.StoreCaseNames()
	for _, wrong := range wrongStores {
		name := nameOf(wrong.faults)
		caught := strings.Fields(wrong.caught)
		failed := storeFailures(t, wrong.faults, caught)
		for _, c := range caught {
			assert.Contains(t, failed, c, "%s: this case finds nothing", name)
		}
		assert.Contains(t, strings.Join(failed[caught[0]], "\n"), wrong.says, name)
		idle = slices.DeleteFunc(idle, func(c string) bool { return len(failed[c]) > 0 })
	}
	assert.Empty(t, idle, "no wrong store is caught by these cases")
}

// storeFailures runs the suite in a bubble, where the ends of ttls and leases cost no time.
func storeFailures(t *testing.T, f faults, cases []string) (failed map[string][]string) {
	synctest.Test(t, func(*testing.T) {
		failed = authtest.StoreCases(func() vendorlogin.Store { return newMemory(f) }, cases...)
	})
	return failed
}

var wrongStores = []struct {
	faults faults
	caught string // cases that have to fail
	says   string // a part of what the first of them says
}{
	{
		faults{lostUpdate: true},
		"no-lost-update save-stale save-missing create-existing one-creates one-replaces one-saves-or-deletes delete-stale ttl-ends",
		"Saves that counted up were accepted, but the count is",
	},
	{
		faults{checkThenAct: true}, "one-replaces one-creates one-saves-or-deletes no-lost-update",
		"two Saves with the same version were both accepted",
	},
	{faults{createsOver: true}, "create-existing one-creates", `Save with version "" over a blob returned no error, not "record changed"`},
	{faults{versionByPrefix: true}, "save-stale", "Save with a part of the version returned no error"},
	{faults{staleIsStoreError: true}, "save-stale create-existing save-missing", `returned "store failure", not "record changed"`},
	{faults{savesBeforeRefusal: true}, "save-stale create-existing save-missing", "after rejected Saves, Load gave another blob"},
	{faults{staleAfterEnd: true}, "save-missing ttl-ends", "Save with a version where nothing was ever saved returned no error"},
	{faults{missingIsNil: true}, "load-missing", `Load returned no error, not "no record"`},
	{faults{tornBlob: true}, "never-half", "gave a blob ("},
	{faults{tornVersion: true}, "never-half", "Load gave the blob of one Save with the version of another"},
	{faults{emptyVersion: true}, "round-trip", `Save gave the version ""`},
	{faults{counter: true}, "versions-after-delete versions-after-ttl", `Save gave the version "v1" for a second time`},
	{faults{counterAfterTTL: true}, "versions-after-ttl", `Save gave the version "v1" for a second time`},
	{faults{versionOfContent: true}, "versions-new versions-after-delete versions-after-ttl", "for a second time"},
	{faults{ttlZeroWithoutEnd: true}, "ttl-rejected", `Save with a ttl of 0s returned no error, not "invalid request"`},
	{faults{ttlInMillis: true}, "ttl-smallest", "a blob is still there, long past its ttl"},
	{faults{ttlInNanos: true}, "ttl-longest", "after Save with the longest ttl, Load failed: no record"},
	{faults{ttlOfFirstSave: true}, "ttl-longer ttl-shorter", "after the end of the first ttl, of two, Load failed"},
	{faults{ttlOnlyGrows: true}, "ttl-shorter", "a blob is still there, long past its ttl"},
	{faults{ttlSlides: true}, "ttl-ends ttl-shorter", "a blob is still there, long past its ttl"},
	{faults{ttlRefused: true}, "ttl-of-a-rejected-save", "a blob is still there, long past its ttl"},
	{faults{ttlTimer: true}, "ttl-of-a-deleted-blob ttl-longer", "after the end of the ttl of a deleted blob, Load failed"},
	{faults{ttlIgnored: true}, "ttl-ends ttl-smallest ttl-shorter", "a blob is still there, long past its ttl"},
	{faults{ttlHalved: true}, "ttl-ends", "a blob with a ttl of 60ms was gone after "},
	{faults{aliasesSaved: true}, "data-not-shared", "after the caller changed what it had given to Save"},
	{faults{aliasesLoaded: true}, "data-not-shared", "after the caller changed what Load had given"},
	{faults{writesBehind: true}, "data-not-shared", "Save changed the caller's slice, or what lies behind it"},
	{faults{deletesAny: true}, "delete-stale one-saves-or-deletes", `returned no error, not "record changed"`},
	{faults{deletesWithEmpty: true}, "delete-stale", `Delete with the version "" returned no error`},
	{faults{deleteThenLook: true}, "deletes-at-once one-saves-or-deletes", "one of two Deletes at once failed: record changed"},
	{faults{revivesByHalves: true}, "one-creates-after-ttl", "two Saves with the same version were both accepted"},
	{faults{wildcards: true}, "keys-apart", "Load failed: no record"},
	{faults{ctxIsMissing: true}, "ctx-is-no-outcome", `Load whose ctx ended returned "no record"`},
	{faults{takesOverByHalves: true}, "lock/one-takes-over", "two TryLocks at once both took the lock"},
	{faults{deleteMissingFails: true}, "delete-missing ttl-ends", `Delete of what was never saved, version "", failed: no record`},
	{faults{deletesNothing: true}, "delete delete-missing any-key keys-apart", "after Delete, Load returned no error"},
	{faults{ctxIgnored: true}, "ctx-over lock/ctx-over", `Load returned no error, not "context canceled"`},
	{faults{ctxWrapped: true}, "ctx-over lock/ctx-over ctx-ends", `Load returned "store failure: context canceled", not`},
	{faults{ctxAfterwards: true}, "ctx-over", `Delete returned "record changed", not "context canceled"`},
	{faults{errorHoldsBlob: true}, "errors-tell-nothing", "an error holds the blob"},
	{faults{cutsLargeBlobs: true}, "sizes", "Load gave another blob (61440 bytes) than was saved (65536 bytes)"},
	{faults{trimsSpace: true}, "any-bytes", "gave another blob"},
	{faults{cutsKeys: true}, "keys-apart", "record changed"},
	{faults{firstBlobStays: true}, "round-trip", "Load gave another blob"},
	{faults{unlockByStranger: true}, "lock/stranger lock/lease-ends", "after Unlock by a former holder, TryLock returned no error"},
	{faults{extendByStranger: true}, "lock/stranger lock/lease-ends", "Extend by a former holder returned no error"},
	{faults{unlockTwice: true}, "lock/unlock-twice lock/stranger lock/lease-ended", "the second Unlock returned no error"},
	{faults{unlockNothing: true}, "lock/unlock lock/extend-held", "TryLock of a lock that is free failed: locked"},
	{faults{reentrant: true}, "lock/held lock/one-holder", "while the lock is held, TryLock returned no error"},
	{faults{waitsForHolder: true}, "lock/never-waits", "TryLock waited"},
	{faults{leaseWithoutEnd: true}, "lock/lease-ends lock/lease-ended lock/lease-smallest", "a lock is still held, long past its lease"},
	{faults{leaseInMillis: true}, "lock/lease-smallest", "a lock is still held, long past its lease"},
	{faults{extendNothing: true}, "lock/extend", `Extend before the end of the lease returned "locked"`},
	{faults{extendWithoutEnd: true}, "lock/extend", "a lock is still held, long past its lease"},
	{faults{extendRevives: true}, "lock/lease-ended", "Extend after the end of the lease returned no error"},
	{faults{lockUnderBlobKey: true}, "lock/beside-blob", "under a key that is locked, Load returned no error"},
	{faults{deleteFreesLock: true}, "lock/beside-blob", "after Delete, TryLock returned no error"},
	{faults{oneLockForAll: true}, "lock/keys-apart", "TryLock of a lock that is free failed: locked"},
	{faults{tryLockThenAct: true}, "lock/one-holder lock/turns", "two TryLocks at once both took the lock"},
	{faults{ctxTakesLock: true}, "lock/ctx-over", "TryLock of a lock that is free failed: locked"},
	{faults{refusalIsStoreError: true}, "lock/held lock/never-waits", `returned "store failure", not "locked"`},
}

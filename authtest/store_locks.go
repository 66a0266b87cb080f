package authtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var lockCases = []storeCase{
	{
		name: "held",
		rule: "TryLock takes the lock or returns ErrLocked; a second one by the same process is rejected like a stranger's",
		check: func(t *storeTrial) {
			lease := t.lock(t.key, minute)
			t.locked("while the lock is held", t.key)
			t.locked("after a rejected TryLock", t.key)
			t.worked("Unlock", lease.Unlock(t.ctx))
		},
	},
	{
		name: "never-waits",
		rule: "TryLock returns ErrLocked at once; it never waits for a holder",
		check: func(t *storeTrial) {
			const tries, allowed = 20, 2 * time.Second
			lease := t.lock(t.key, minute)
			start := time.Now()
			for range tries {
				t.locked("while the lock is held", t.key)
				if took := time.Since(start); took > allowed {
					t.fatalf("TryLock waited: the lock was held, and it took more than %v to say so up to %d times", allowed, tries)
				}
			}
			t.worked("Unlock", lease.Unlock(t.ctx))
		},
	},
	{
		name: "unlock",
		rule: "Unlock frees the lock",
		check: func(t *storeTrial) {
			for range 5 {
				t.worked("Unlock", t.lock(t.key, minute).Unlock(t.ctx))
			}
		},
	},
	{
		name: "unlock-twice",
		rule: "a second Unlock returns ErrLocked, and so does Extend after Unlock",
		check: func(t *storeTrial) {
			lease := t.lock(t.key, minute)
			t.worked("Unlock", lease.Unlock(t.ctx))
			t.returned("the second Unlock", lease.Unlock(t.ctx), vendorlogin.ErrLocked)
			t.returned("Extend after Unlock", lease.Extend(t.ctx), vendorlogin.ErrLocked)
			t.worked("Unlock of the next holder", t.lock(t.key, minute).Unlock(t.ctx))
		},
	},
	{
		name: "stranger",
		rule: "Unlock and Extend of a lock that is no longer ours return ErrLocked and change nothing for whoever has it now",
		check: func(t *storeTrial) {
			former := t.lock(t.key, minute)
			t.worked("Unlock", former.Unlock(t.ctx))
			t.strange(former, t.lock(t.key, minute))
		},
	},
	{
		name: "lease-ends",
		rule: "the lock frees itself when lease has passed; the former holder's Unlock and Extend change nothing for the next",
		check: func(t *storeTrial) {
			start := time.Now()
			former := t.lock(t.key, shortest)
			next := t.freed(t.key)
			if took := time.Since(start); took < shortest-shortest/8 {
				t.fatalf("a lock with a lease of %v was free after %v", shortest, took)
			}
			t.strange(former, next)
		},
	},
	{
		name: "lease-ended",
		rule: "Unlock and Extend return ErrLocked when the lease has passed, though nobody has taken the lock since",
		check: func(t *storeTrial) {
			first, second := t.lock(t.key, shortest), t.lock(t.key+"-2", shortest)
			t.lock(t.key+"-witness", shortest)
			t.freed(t.key + "-witness")
			t.returned("Extend after the end of the lease", first.Extend(t.ctx), vendorlogin.ErrLocked)
			t.returned("Unlock after the end of the lease", second.Unlock(t.ctx), vendorlogin.ErrLocked)
			t.lock(t.key, minute)
		},
	},
	{
		name: "lease-smallest",
		rule: "the lock frees itself when lease has passed, though that is less than any clock can tell",
		check: func(t *storeTrial) {
			for _, span := range []time.Duration{1, time.Microsecond, 1500 * time.Microsecond} {
				key := t.key + "-" + random()
				t.lock(key, span)
				t.freed(key)
			}
		},
	},
	{
		name: "extend",
		rule: "Extend makes the lease last as long again from now on as TryLock was asked for",
		check: func(t *storeTrial) {
			t.inTime(t.extend)
		},
	},
	{
		name: "extend-held",
		rule: "Extend keeps the lock",
		check: func(t *storeTrial) {
			lease := t.lock(t.key, minute)
			for range 3 {
				t.worked("Extend", lease.Extend(t.ctx))
				t.locked("after Extend", t.key)
			}
			t.worked("Unlock after Extend", lease.Unlock(t.ctx))
			t.lock(t.key, minute)
		},
	},
	{
		name: "one-holder",
		rule: "of several TryLocks at once, one takes the lock",
		check: func(t *storeTrial) {
			for range 5 {
				t.worked("Unlock", t.oneTakes(t.key).Unlock(t.ctx))
			}
		},
	},
	{
		name: "one-takes-over",
		rule: "of several TryLocks at once after the end of a lease, one takes the lock",
		check: func(t *storeTrial) {
			for round := range 3 {
				key := t.key + "-" + strconv.Itoa(round)
				t.lock(key, shortest)
				t.lock(key+"-witness", shortest)
				t.freed(key + "-witness")
				t.worked("Unlock", t.oneTakes(key).Unlock(t.ctx))
			}
		},
	},
	{
		name: "turns",
		rule: "there is at most one holder at a time",
		check: func(t *storeTrial) {
			t.takeTurns()
		},
	},
	{
		name: "keys-apart",
		rule: "locks on different keys are independent",
		check: func(t *storeTrial) {
			first, second := t.lock(t.key, minute), t.lock(t.key+"-2", minute)
			t.worked("Unlock", first.Unlock(t.ctx))
			t.locked("after Unlock under another key", t.key+"-2")
			t.worked("Unlock", second.Unlock(t.ctx))
		},
	},
	{
		name: "beside-blob",
		rule: "locks and blobs of the same key do not touch each other",
		check: func(t *storeTrial) {
			lease := t.lock(t.key, minute)
			t.empty("under a key that is locked", t.key)
			version := t.save(t.key, []byte("data"), "")
			t.holds("under a key that is locked", t.key, []byte("data"), version)
			t.locked("after Save", t.key)
			t.worked("Extend", lease.Extend(t.ctx))
			t.worked("Unlock after Save", lease.Unlock(t.ctx))
			t.holds("after Unlock", t.key, []byte("data"), version)
			lease = t.lock(t.key, minute)
			t.remove(t.key, version)
			t.locked("after Delete", t.key)
			t.empty("after Delete, under a key that is locked", t.key)
			t.worked("Unlock after Delete", lease.Unlock(t.ctx))
		},
	},
	{
		name: "ctx-over",
		rule: "TryLock whose ctx is over returns an error that matches ctx.Err(), and takes nothing",
		check: func(t *storeTrial) {
			over, cancel := context.WithCancel(t.ctx)
			cancel()
			_, err := t.locker.TryLock(over, t.key, minute)
			t.returned("TryLock", err, context.Canceled)
			lease := t.lock(t.key, minute)
			if err := lease.Extend(over); err != nil {
				t.returned("Extend whose ctx is over", err, context.Canceled)
			}
			if err := lease.Unlock(over); err != nil {
				t.returned("Unlock whose ctx is over", err, context.Canceled)
			}
		},
	},
}

// strange ends the case unless former can do nothing to the lock that holder has.
func (t *storeTrial) strange(former, holder vendorlogin.Lease) {
	t.returned("Unlock by a former holder", former.Unlock(t.ctx), vendorlogin.ErrLocked)
	t.locked("after Unlock by a former holder", t.key)
	t.returned("Extend by a former holder", former.Extend(t.ctx), vendorlogin.ErrLocked)
	t.locked("after Extend by a former holder", t.key)
	t.worked("Extend by the holder", holder.Extend(t.ctx))
	t.worked("Unlock by the holder", holder.Unlock(t.ctx))
}

// extend holds a lock for longer than its lease by extending it, and then lets it go.
func (t *storeTrial) extend(span time.Duration) (failure string) {
	key := t.key + "-" + random()
	lease, witness := t.lock(key, span), key+"-witness"
	t.lock(witness, span)
	deadline := time.Now().Add(waitLimit)
	for {
		if err := lease.Extend(t.ctx); err != nil {
			return fmt.Sprintf("Extend before the end of the lease returned %s", quote(err))
		}
		if _, err := t.locker.TryLock(t.ctx, witness, minute); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.fatalf("a lock is still held, long past its lease")
		}
		t.pause(span / 16)
	}
	if _, err := t.locker.TryLock(t.ctx, key, minute); !errors.Is(err, vendorlogin.ErrLocked) {
		return fmt.Sprintf("after Extend, TryLock returned %s when the first lease had passed, not %q", quote(err), vendorlogin.ErrLocked)
	}
	t.freed(key)
	return ""
}

// oneTakes lets many TryLocks race and gives the lease of the one that won.
func (t *storeTrial) oneTakes(key string) (lease vendorlogin.Lease) {
	const takers = 12
	var leases [takers]vendorlogin.Lease
	var errs [takers]error
	together(takers, func(i int) {
		leases[i], errs[i] = t.locker.TryLock(t.ctx, key, minute)
	})
	for i, err := range errs {
		switch {
		case err == nil && lease == nil:
			lease = leases[i]
		case err == nil:
			t.fatalf("two TryLocks at once both took the lock")
		default:
			t.returned("TryLock beside others", err, vendorlogin.ErrLocked)
		}
	}
	if lease == nil {
		t.fatalf("of %d TryLocks at once none took the lock", takers)
	}
	return lease
}

// takeTurns lets many take and free the lock, and looks for two who have it.
func (t *storeTrial) takeTurns() {
	const takers, tries = 6, 20
	var holders, turns atomic.Int64
	together(takers, func(int) {
		for range tries {
			lease, err := t.locker.TryLock(t.ctx, t.key, minute)
			if errors.Is(err, vendorlogin.ErrLocked) {
				continue
			}
			if err != nil {
				t.errorf("TryLock beside others failed: %v", err)
				return
			}
			if holders.Add(1) > 1 {
				t.errorf("two had the lock at the same time")
			}
			turns.Add(1)
			t.pause(100 * time.Microsecond) // room for a second holder to show
			holders.Add(-1)
			if err := lease.Unlock(t.ctx); err != nil {
				t.errorf("Unlock by the holder failed: %v", err)
				return
			}
		}
	})
	if turns.Load() == 0 {
		t.errorf("nobody ever got the lock")
	}
}

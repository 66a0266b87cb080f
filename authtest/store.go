package authtest

import (
	"slices"
	"testing"

	"github.com/vendorlogin/vendorlogin"
)

// TestStore checks that a store keeps the contract of [vendorlogin.Store] and, where it is one, of [vendorlogin.Locker]. It has a case
// for each sentence of the contract that one process can check.
//
// open is called once per case, by that case's subtest. It may return the same store each time, on a server that others use as well.
// Keys are random, except "x" in the case of the shortest key. What the suite leaves behind expires within a few minutes. What open
// opens it closes with t.Cleanup.
//
// The ends of ttls and leases come on the real clock, so the suite takes one or two seconds. A store with a simulated clock has to let
// that clock run.
func TestStore(t *testing.T, open func(t *testing.T) vendorlogin.Store) {
	for _, c := range slices.Concat(blobCases, versionCases, ttlCases, contextCases) {
		c.run(t, open)
	}
	t.Run("lock", func(t *testing.T) {
		if _, ok := open(t).(vendorlogin.Locker); !ok {
			t.Skip("the store is no vendorlogin.Locker")
		}
		for _, c := range lockCases {
			c.run(t, open)
		}
	})
}

package authtest

import (
	"testing"
	"testing/synctest"
	"time"
)

// An authCase checks one rule of the contract.
type authCase struct {
	name  string
	rule  string
	check func(t *authTrial)
}

// run runs a case in a bubble of its own, and gives the reason where it does not apply.
func (c authCase) run(t *testing.T, open func(t *testing.T) Vendor) (skipped string) {
	synctest.Test(t, func(t *testing.T) {
		var failures []string
		failures, skipped = c.try(func() Vendor { return open(t) })
		for _, failure := range failures {
			t.Errorf("%s\n\trule: %s", failure, c.rule)
		}
	})
	return skipped
}

// In a bubble an hour is nothing; a login that has no limit of its own reaches it.
const authLimit = time.Hour

func (c authCase) try(open func() Vendor) (failures []string, skipped string) {
	return try(authLimit, func(t *trial) { c.check(&authTrial{trial: t, vendor: open}) })
}

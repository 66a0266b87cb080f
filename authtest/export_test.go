package authtest

import (
	"maps"
	"slices"

	"github.com/vendorlogin/vendorlogin"
)

// StoreCases runs cases of TestStore, each against a store of its own, and gives the sentences of those that failed. No names: all.
func StoreCases(open func() vendorlogin.Store, names ...string) map[string][]string {
	failed := map[string][]string{}
	for name, c := range storeCases() {
		if names != nil && !slices.Contains(names, name) {
			continue
		}
		if failures := c.try(open()); len(failures) > 0 {
			failed[name] = failures
		}
	}
	return failed
}

// StoreCaseNames are the cases of TestStore.
func StoreCaseNames() []string { return slices.Sorted(maps.Keys(storeCases())) }

func storeCases() map[string]storeCase {
	cases := map[string]storeCase{}
	for _, c := range slices.Concat(blobCases, versionCases, ttlCases, contextCases) {
		cases[c.name] = c
	}
	for _, c := range lockCases {
		cases["lock/"+c.name] = c
	}
	return cases
}

// AuthenticatorCases runs cases of TestAuthenticator and gives the sentences of those that failed, and why others did not apply. No
// names: all. It runs in the caller's bubble.
func AuthenticatorCases(open func() Vendor, names ...string) (failed map[string][]string, skipped map[string]string) {
	failed, skipped = map[string][]string{}, map[string]string{}
	for name, c := range authCases() {
		if names != nil && !slices.Contains(names, name) {
			continue
		}
		failures, why := c.try(open)
		if len(failures) > 0 {
			failed[name] = failures
		}
		if why != "" {
			skipped[name] = why
		}
	}
	return failed, skipped
}

// AuthenticatorCaseNames are the cases of TestAuthenticator.
func AuthenticatorCaseNames() []string { return slices.Sorted(maps.Keys(authCases())) }

func authCases() map[string]authCase {
	cases := map[string]authCase{}
	for _, g := range authGroups() {
		for _, c := range g.cases {
			cases[g.name+"/"+c.name] = c
		}
	}
	return cases
}

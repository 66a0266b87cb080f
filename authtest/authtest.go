// Package authtest has the test suites that every implementation passes. [TestStore] is for a [vendorlogin.Store],
// [TestAuthenticator] for a [vendorlogin.Authenticator]. Whoever brings a store or a vendor of their own calls them in their tests,
// as the ones in this module do.
//
// # Bringing a store
//
// A Store keeps what a [vendorlogin.Client] shares with other processes. A store that is wrong about compare-and-set costs refresh
// tokens and locks accounts, and does so rarely enough to be missed. TestStore has a case for each sentence of the contract that one
// process can check, those about two callers at once included.
//
// What one process cannot check is a holder that is killed, and a medium that fails over: test those with processes.
//
// # Bringing a vendor
//
// TestAuthenticator needs a server that behaves like the vendor when all is well, as an [http.Handler]. It is called in memory. The
// suite itself simulates outages, rate limits, redirects and broken responses; see [Vendor] for what it has to know.
//
// # Reading a failure
//
// A suite is a list of named cases, and each is a subtest: go test -run 'TestStore/delete' picks those about Delete. A failure says in
// a sentence what happened and which rule that breaks. A case that does not apply is skipped with the reason.
package authtest

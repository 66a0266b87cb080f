// Package authtest has the test suites that every implementation passes: [TestStore] for a vendorlogin.Store, [TestAuthenticator]
// for a vendorlogin.Authenticator. They are for the tests of those who write a store or a vendor of their own, as much as for the
// ones that come with this module: each is one call.
//
// A suite is a list of named cases. Each runs as a subtest of its own, so that one can be picked with go test -run, and a failure
// says in a sentence what happened and which rule that breaks.
//
// The package imports the root package and the standard library, nothing else.
package authtest

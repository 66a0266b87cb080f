package authtest

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// TestAuthenticator checks that an authenticator keeps the contract of [vendorlogin.Authenticator], and that of each optional
// interface it implements. It plays the outages, redirects, rate limits and broken answers itself; all it is given is how to make
// the authenticator and a server that behaves like the vendor when all is well.
//
//	authtest.TestAuthenticator(t, func(t *testing.T) authtest.Vendor {
//		srv := vendortest.NewGcore(nil)
//		return authtest.Vendor{
//			Server:   srv,
//			BaseURL:  srv.URL,
//			Password: vendortest.DefaultPassword,
//			New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
//				return gcore.New(gcore.Config{
//					Username: vendortest.DefaultEmail, Password: s.Password, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
//				})
//			},
//		}
//	})
//
// open is called many times and gives a server of its own each time, so that wrong passwords in one case lock nobody out in the
// next.
//
// Each case runs in a bubble of testing/synctest, where time passes only while everybody waits, and the server is called in memory:
// nothing is slept, and no socket is opened, by the suite. So the server must not use one either, nor wait for a goroutine that
// was started outside of open. Its clock is time.Now.
func TestAuthenticator(t *testing.T, open func(t *testing.T) Vendor) {
	for _, g := range authGroups() {
		t.Run(g.name, func(t *testing.T) {
			if why := g.applies().run(t, open); why != "" {
				t.Skip(why)
			}
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					if why := c.run(t, open); why != "" {
						t.Skip(why)
					}
				})
			}
		})
	}
}

// A Vendor is what [TestAuthenticator] has to know. New, Server and Password are required.
type Vendor struct {
	// New makes the authenticator of an account that Server knows. It passes on what [New] of the vendor's package answers.
	New func(s Setup) (vendorlogin.Authenticator, error)

	// Server behaves like the vendor. Answers that go wrong are not its business.
	Server http.Handler

	// BaseURL is where the authenticator is told that Server is; its host need not exist. Empty: "https://vendor.example".
	BaseURL string

	// Password is the one that Server accepts. The suite looks for it in everything that is printed, so it should be a string
	// that nothing else holds.
	Password string

	// OTP gives the one-time passwords that Server wants. Nil: it wants none.
	OTP vendorlogin.OTPSource

	// API is the URL of a resource at Server that answers GET with a 2xx when the request carries a token, and refuses a wrong
	// one. Empty: there is none, and what needs it is left out.
	API string

	// Secrets are further ones that New configures, such as an API key. The suite looks for them in everything that is printed.
	Secrets []string
}

// A Setup is what an authenticator is to be made with.
type Setup struct {
	BaseURL    string
	HTTPClient *http.Client // must be used: one of its own makes the run end in "fatal error: … synctest channel"
	Password   vendorlogin.SecretFunc
	OTP        vendorlogin.OTPSource // nil when Vendor.OTP is, and in the case that leaves it out
}

// An authCase checks one rule of the contract.
type authCase struct {
	name  string
	rule  string
	check func(t *authTrial)
}

// An authGroup is cases that have something in common, and may have to be left out for it.
type authGroup struct {
	name  string
	cases []authCase
	needs func(t *authTrial) // skips where the group does not apply; nil: it always does
}

func authGroups() []authGroup {
	needs := func(op operation) func(t *authTrial) { return func(t *authTrial) { t.openFor(op) } }
	return []authGroup{
		{name: "account", cases: accountCases},
		{name: "new", cases: newCases},
		{name: "login", cases: slices.Concat(loginCases, failuresOf(logins))},
		{name: "password", cases: passwordCases},
		{name: "otp", cases: otpCases, needs: func(t *authTrial) { t.openWithOTP() }},
		{name: "client", cases: clientCases},
		{name: "refresh", cases: slices.Concat(refreshCases, failuresOf(refreshes)), needs: needs(refreshes)},
		{name: "authorize", cases: authorizeCases},
		{name: "revoke", cases: slices.Concat(revokeCases, failuresOf(revokes)), needs: needs(revokes)},
		{name: "fingerprint", cases: fingerprintCases, needs: func(t *authTrial) { s := t.open(); s.fingerprint(s.auth) }},
	}
}

// applies is a case that only says whether the others apply.
func (g authGroup) applies() authCase {
	needs := g.needs
	if needs == nil {
		needs = func(*authTrial) {}
	}
	return authCase{rule: "what the group needs must work", check: needs}
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

// An authTrial is a trial with vendors to try things on.
type authTrial struct {
	*trial
	vendor func() Vendor
}

package authtest

import (
	"slices"
	"testing"
)

// TestAuthenticator checks that an authenticator keeps the contract of [vendorlogin.Authenticator], and that of each optional
// interface it implements. It simulates outages, redirects, rate limits and broken responses itself. It is given how to make the
// authenticator, and a server that behaves like the vendor when all is well.
//
// open is called several times per case. It makes a server each time, so that wrong passwords in one case lock out nobody in the next.
//
// Each case runs in a bubble of [testing/synctest], and the server is called in memory. The suite opens no socket, and its waits take
// no time. The server must not open a socket either, nor wait for a goroutine that was started outside of open. Its clock is time.Now.
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
		{name: "renewal", cases: renewalCases},
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

// failuresOf makes the failures cases of one operation.
func failuresOf(op operation) (cases []authCase) {
	for _, c := range slices.Concat(connectionCases, responseCases) {
		if !c.forTokens || op.givesToken {
			cases = append(cases, authCase{c.name, c.rule, func(t *authTrial) { c.check(t, op) }})
		}
	}
	return cases
}

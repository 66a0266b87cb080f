package authtest

import (
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var refreshCases = []authCase{
	{
		name: "token",
		rule: "Refresh gives a new token without the password and leaves the old one as it is; what the vendor does not say again is kept",
		check: func(t *authTrial) {
			s := t.openFor(refreshes)
			old, reads := s.token, s.passwordReads()
			s.wire.delay = 5 * time.Second
			for range 2 {
				time.Sleep(time.Minute)
				s.refresh(old)
				old = s.token
			}
			if s.passwordReads() != reads {
				t.fatalf("Refresh read the password")
			}
			s.wire.delay = 0
			s.accepted(s.token)
		},
	},
	{
		name: "rejected",
		rule: "a refresh token that the vendor does not take is ErrRefreshRejected, and is sent once",
		check: func(t *authTrial) {
			s := t.openFor(refreshes)
			bad := clone(s.token)
			bad.Refresh = vendorlogin.NewSecret("garbage-" + random())
			s.add("the refresh token", bad.Refresh.Reveal())
			before := clone(bad)
			token, err := s.auth.(vendorlogin.Refresher).Refresh(t.ctx, bad)
			e := s.failed("a refresh token that is garbage", err, vendorlogin.ErrRefreshRejected)
			switch {
			case token != nil:
				t.fatalf("Refresh gave a token beside an error")
			case e.Op != "refresh":
				t.fatalf("the error after a rejected refresh token has Op %q, not \"refresh\"", e.Op)
			case e.Status == 0:
				t.fatalf("the error after a rejected refresh token has no Status")
			case !same(bad, before):
				t.fatalf("Refresh changed the token that it was given")
			}
			s.once("after a rejected refresh token")
			s.sentAtMost("after a rejected refresh token", t.steps(refreshes))
		},
	},
	{
		name: "not-rejected",
		rule: "only a rejection by the vendor is ErrRefreshRejected: an outage, a rate limit or a broken response is not",
		check: func(t *authTrial) {
			for what, f := range map[string]fault{
				"a 500":                respond(500, "", ""),
				"a 429":                respond(429, "", "", "Retry-After", "300"),
				"a refused connection": refuse,
				"a broken connection":  drop,
				"an HTML page":         respond(200, "text/html", "<html></html>"),
				"a redirect":           respond(307, "", "", "Location", "https://elsewhere.example/"),
			} {
				s := t.openFor(refreshes)
				before := clone(s.token)
				_, err := refreshes.run(s, 0, f)
				s.failed(what, err, kinds...)
				t.not(what, err, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidCredentials)
				if !same(s.token, before) {
					t.fatalf("Refresh changed the token that it was given, at %s", what)
				}
			}
		},
	},
}

var revokeCases = []authCase{
	{
		name: "session",
		rule: "Revoke ends a session at the vendor and leaves the token as it is",
		check: func(t *authTrial) {
			s := t.openFor(revokes)
			before := clone(s.token)
			t.worked("Revoke", s.auth.(vendorlogin.Revoker).Revoke(t.ctx, s.token))
			if !same(s.token, before) {
				t.fatalf("Revoke changed the token")
			}
		},
	},
	{
		name: "unknown",
		rule: "that the vendor does not know a session any more is no error of Revoke",
		check: func(t *authTrial) {
			s := t.openFor(revokes)
			t.worked("Revoke", s.auth.(vendorlogin.Revoker).Revoke(t.ctx, s.token))
			t.worked("Revoke of what was revoked", s.auth.(vendorlogin.Revoker).Revoke(t.ctx, s.token))
		},
	},
}

// rotates reports whether a refresh gives another refresh token.
func (t *authTrial) rotates() bool {
	s := t.openFor(refreshes)
	old := s.token
	s.refresh(old)
	return s.token.Refresh.Reveal() != old.Refresh.Reveal()
}

// refresh refreshes, which must work, and keeps the new token.
func (s *stage) refresh(old *vendorlogin.Token) {
	s.wire.clear()
	before, start := clone(old), time.Now()
	token, err := s.auth.(vendorlogin.Refresher).Refresh(s.ctx, old)
	s.worked("Refresh", err)
	requests := s.wire.requests()
	switch {
	case token == nil:
		s.fatalf("Refresh gave no token and no error")
	case token == old:
		s.fatalf("Refresh gave the very *Token that it was given")
	case !same(old, before):
		s.fatalf("Refresh changed the token that it was given")
	case token.Refresh.IsZero():
		s.fatalf("the new token has no Refresh: where the vendor gives none, the old one stays")
	case token.Subject != old.Subject:
		s.fatalf("the new token has Subject %q, the old one %q", token.Subject, old.Subject)
	case token.Type != old.Type:
		s.fatalf("the new token has Type %q, the old one %q", token.Type, old.Type)
	case len(requests) == 0:
		s.fatalf("Refresh sent no request")
	}
	s.sound(token, start, requests[len(requests)-1].at)
	s.keep(token)
	s.silent("the Token of a Refresh", token)
}

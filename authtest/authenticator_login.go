package authtest

import (
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var loginCases = []authCase{
	{
		name: "token",
		rule: "Login exchanges the credentials for a token with Access set, and with local times that make sense",
		check: func(t *authTrial) {
			s := t.open()
			s.wire.delay = 5 * time.Second
			start := time.Now()
			token := s.login()
			requests := s.wire.requests()
			if len(requests) == 0 {
				t.fatalf("Login sent no request")
			}
			s.sound(token, start, requests[len(requests)-1].at)
		},
	},
	{
		name: "each-time",
		rule: "every Login is a login of its own: nothing is cached, and a token that was handed out is left alone",
		check: func(t *authTrial) {
			s := t.open()
			first := s.login()
			before := clone(first)
			requests := len(s.wire.requests())
			s.wire.clear()
			second := s.login()
			if first == second {
				t.fatalf("a second Login gave the very same *Token")
			}
			if n := len(s.wire.requests()); n != requests {
				t.fatalf("the first Login took %d requests, the second %d", requests, n)
			}
			if !same(first, before) {
				t.fatalf("a second Login changed the token of the first")
			}
		},
	},
	{
		name: "at-once",
		rule: "an Authenticator is safe for concurrent use",
		check: func(t *authTrial) {
			s := t.open()
			if s.vendor.OTP != nil {
				t.skip("the vendor wants one-time passwords, one after the other")
			}
			const callers = 8
			s.wire.delay = time.Second // they are all under way at the same time
			tokens := make([]*vendorlogin.Token, callers)
			together(callers, func(i int) {
				token, err := s.auth.Login(t.ctx)
				if err != nil {
					t.errorf("one of several Logins at once failed: %v", err)
				}
				tokens[i] = token
				_ = s.auth.Account()
			})
			for i, token := range tokens {
				if token == nil || slices.Contains(tokens[:i], token) {
					t.fatalf("of several Logins at once not each gave a *Token of its own")
				}
			}
		},
	},
	{
		name: "tells-nothing",
		rule: "a Token prints no secret, whatever prints, logs or marshals it",
		check: func(t *authTrial) {
			s := t.open()
			token := s.login()
			s.silent("the Token", token)
			s.silent("the Token's fields", *token)
			s.silent("Token.Extra", token.Extra)
			s.silent("the rest of the Token", []string{token.Type, token.Subject})
		},
	},
	{
		name: "stays-here",
		rule: "credentials go to the configured endpoint and nowhere else",
		check: func(t *authTrial) {
			s := t.open()
			s.login()
			for _, r := range s.wire.requests() {
				if !sameHost(r.url, s.setup.BaseURL) {
					t.fatalf("Login sent a request elsewhere: %s %s", r.method, r.url)
				}
			}
		},
	},
}

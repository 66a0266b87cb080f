package authtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
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
			s.secret("the refresh token", bad.Refresh.Reveal())
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
		rule: "only the vendor's refusal is ErrRefreshRejected: an outage, a rate limit or a broken answer is not",
		check: func(t *authTrial) {
			for what, f := range map[string]fault{
				"a 500":                answer(500, "", ""),
				"a 429":                answer(429, "", "", "Retry-After", "300"),
				"a refused connection": refuse,
				"a broken connection":  drop,
				"an HTML page":         answer(200, "text/html", "<html></html>"),
				"a redirect":           answer(307, "", "", "Location", "https://elsewhere.example/"),
			} {
				s := t.openFor(refreshes)
				before := clone(s.token)
				_, err := s.run(0, f)
				s.failed(what, err, kinds...)
				t.not(what, err, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidCredentials)
				if !same(s.token, before) {
					t.fatalf("Refresh changed the token that it was given, at %s", what)
				}
			}
		},
	},
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

var authorizeCases = []authCase{
	{
		name: "header",
		rule: "Authorize sets headers on the request and does nothing else to it",
		check: func(t *authTrial) {
			s := t.open()
			token := s.login()
			before := clone(token)
			body := &untouched{}
			req, err := http.NewRequestWithContext(t.ctx, http.MethodPut, s.setup.BaseURL+"/some/path?b=2&a=1", body)
			t.worked("http.NewRequest", err)
			req.ContentLength = 7
			req.Header.Set("X-Of-The-Caller", "kept")
			method, url, host, header := req.Method, req.URL.String(), req.Host, req.Header.Clone()
			s.wire.clear()
			t.worked("Authorize", s.authorize(req, token))
			switch {
			case req.Method != method, req.URL.String() != url, req.Host != host, req.ContentLength != 7, req.Body != io.ReadCloser(body):
				t.fatalf("Authorize changed more of the request than its header")
			case body.used:
				t.fatalf("Authorize read or closed the body of the request")
			case !headerKept(req.Header, header):
				t.fatalf("Authorize changed a header of the caller's")
			case len(req.Header) == len(header):
				t.fatalf("Authorize set no header")
			case !same(token, before):
				t.fatalf("Authorize changed the token")
			case len(s.wire.requests()) > 0:
				t.fatalf("Authorize sent a request of its own")
			}
		},
	},
	{
		name: "again",
		rule: "a request that is authorized again carries the new token only",
		check: func(t *authTrial) {
			s := t.open()
			first := s.login()
			second := clone(first)
			second.Access = vendorlogin.NewSecret("another-access-token")
			twice, once := s.request(), s.request()
			t.worked("Authorize", s.authorize(twice, first))
			t.worked("Authorize", s.authorize(twice, second))
			t.worked("Authorize", s.authorize(once, second))
			if !maps.EqualFunc(twice.Header, once.Header, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }) {
				t.fatalf("Authorize left something of the first token on the request")
			}
		},
	},
	{
		name: "control-characters",
		rule: "a token with a control character is refused with ErrBadResponse, and nothing is set",
		check: func(t *authTrial) {
			s := t.open()
			bad := clone(s.login())
			bad.Access = vendorlogin.NewSecret("canary-access\r\nX-Injected: 1")
			s.secret("the access token", "canary-access")
			req := s.request()
			err := s.authorize(req, bad)
			t.answered("Authorize with a token that cannot stand in a header", err, vendorlogin.ErrBadResponse)
			s.silent("the error of Authorize", err)
			if text := fmt.Sprint(req.Header); strings.Contains(text, "canary-access") {
				t.fatalf("Authorize set the header all the same")
			}
		},
	},
	{
		name: "api",
		rule: "the vendor's API takes a request that carries the token, and a refusal is recognised as one",
		check: func(t *authTrial) {
			s := t.open()
			if s.vendor.API == "" {
				t.skip("there is no API to call: Vendor.API is empty")
			}
			good := s.login()
			s.accepted(good)
			garbage := clone(good)
			garbage.Access = vendorlogin.NewSecret("garbage")
			resp := s.callAPI(garbage)
			if resp.StatusCode < 300 {
				t.fatalf("the server at Vendor.API takes any token: it answered %d to garbage", resp.StatusCode)
			}
			if !s.rejected(resp, garbage) {
				t.fatalf("the API refused a token with %d, and that is not seen as a refusal of the token", resp.StatusCode)
			}
		},
	},
	{
		name: "rejected",
		rule: "401 means that the token is not accepted any more, 2xx, 404 and 5xx do not; the body is neither read nor closed",
		check: func(t *authTrial) {
			s := t.open()
			token := s.login()
			for status, want := range map[int]bool{401: true, 200: false, 204: false, 404: false, 500: false, 503: false} {
				body := &untouched{}
				resp := response(s.request(), status, "application/json", nil)
				resp.Body = body
				if s.rejected(resp, token) != want {
					t.fatalf("Rejected says %v to a %d", !want, status)
				}
				if body.used {
					t.fatalf("Rejected read or closed the body")
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
}

// authorize puts a token on a request as a Client does.
func (s *stage) authorize(req *http.Request, token *vendorlogin.Token) error {
	if own, ok := s.auth.(vendorlogin.Authorizer); ok {
		return own.Authorize(req, token)
	}
	return token.SetAuthHeader(req)
}

// rejected judges an answer as a Client does.
func (s *stage) rejected(resp *http.Response, token *vendorlogin.Token) bool {
	if own, ok := s.auth.(vendorlogin.Rejecter); ok {
		return own.Rejected(resp, token)
	}
	return resp.StatusCode == http.StatusUnauthorized
}

// request is one to the API, without a token.
func (s *stage) request() *http.Request {
	target := s.vendor.API
	if target == "" {
		target = s.setup.BaseURL
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, target, nil)
	s.worked("http.NewRequest with Vendor.API", err)
	return req
}

func (s *stage) callAPI(token *vendorlogin.Token) *http.Response {
	req := s.request()
	s.worked("Authorize", s.authorize(req, token))
	resp, err := s.wire.RoundTrip(req)
	s.worked("the request to Vendor.API", err)
	return resp
}

// accepted ends the case unless the API, where there is one, takes the token.
func (s *stage) accepted(token *vendorlogin.Token) {
	if s.vendor.API == "" {
		return
	}
	resp := s.callAPI(token)
	if resp.StatusCode > 299 {
		s.fatalf("the API answered %d to a request that carries the token", resp.StatusCode)
	}
	if s.rejected(resp, token) {
		s.fatalf("a %d of the API is seen as a refusal of the token", resp.StatusCode)
	}
}

// headerKept reports whether all that was in before is in h.
func headerKept(h, before http.Header) bool {
	for name, values := range before {
		if strings.Join(h[name], "\n") != strings.Join(values, "\n") {
			return false
		}
	}
	return true
}

// An untouched body notes that somebody touched it.
type untouched struct{ used bool }

func (u *untouched) Read([]byte) (int, error) {
	u.used = true
	return 0, io.EOF
}

func (u *untouched) Close() error {
	u.used = true
	return nil
}

// clone is a copy that shares nothing with t.
func clone(t *vendorlogin.Token) *vendorlogin.Token {
	c := *t
	c.Extra = maps.Clone(t.Extra)
	return &c
}

// same reports whether two tokens say the same.
func same(a, b *vendorlogin.Token) bool {
	return a.Access.Reveal() == b.Access.Reveal() && a.Refresh.Reveal() == b.Refresh.Reveal() && a.Type == b.Type &&
		a.IssuedAt.Equal(b.IssuedAt) && a.ExpiresAt.Equal(b.ExpiresAt) && a.RefreshExpiresAt.Equal(b.RefreshExpiresAt) &&
		a.Subject == b.Subject && maps.Equal(a.Extra, b.Extra)
}

package authtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

var authorizeCases = []authCase{
	{
		name: "header",
		rule: "Authorize adds headers, or parameters to the query, and does nothing else to the request",
		check: func(t *authTrial) {
			s := t.open()
			token := s.login()
			before := clone(token)
			body := &untouched{rest: strings.NewReader("")}
			req, err := http.NewRequestWithContext(t.ctx, http.MethodPut, s.setup.BaseURL+"/some/path?b=2&a=1", body)
			t.worked("http.NewRequest", err)
			req.ContentLength = 7
			req.Header.Set("X-Of-The-Caller", "kept")
			was := req.Clone(t.ctx)
			s.wire.clear()
			t.worked("Authorize", s.authorize(req, token))
			switch {
			case req.Method != was.Method, withoutQuery(req) != withoutQuery(was), req.Host != was.Host,
				req.ContentLength != 7, req.Body != was.Body:
				t.fatalf("Authorize changed more of the request than its header and query")
			case body.used, body.closed:
				t.fatalf("Authorize read or closed the body of the request")
			case !kept(req.Header, was.Header):
				t.fatalf("Authorize changed a header of the caller's")
			case !kept(req.URL.Query(), was.URL.Query()):
				t.fatalf("Authorize changed a parameter of the caller's")
			case len(req.Header) == len(was.Header) && req.URL.RawQuery == was.URL.RawQuery:
				t.fatalf("Authorize put no token on the request")
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
			if !maps.EqualFunc(twice.Header, once.Header, slices.Equal) || twice.URL.String() != once.URL.String() {
				t.fatalf("Authorize left something of the first token on the request")
			}
		},
	},
	{
		name: "scheme",
		rule: "where the scheme is Bearer it goes out as Bearer, once, whatever the vendor's spelling",
		check: func(t *authTrial) {
			s := t.open()
			token, plain := s.login(), s.request()
			t.worked("Authorize", s.authorize(plain, token))
			if plain.Header.Get("Authorization") != "Bearer "+token.Access.Reveal() {
				t.skip("the token does not go out as Authorization: Bearer")
			}
			for _, spelling := range []string{"", "Bearer", "bearer", "BEARER", " Bearer", "bearer "} {
				for _, before := range []string{"", "Bearer ", "bearer "} {
					odd, req := clone(token), s.request()
					odd.Type, odd.Access = spelling, vendorlogin.NewSecret(before+token.Access.Reveal())
					t.worked("Authorize", s.authorize(req, odd))
					if !slices.Equal(req.Header["Authorization"], plain.Header["Authorization"]) {
						t.fatalf("a token of type %q that begins with %q does not go out as \"Bearer\" and the rest", spelling, before)
					}
				}
			}
		},
	},
	{
		name: "control-characters",
		rule: "a token with a control character is rejected with ErrBadResponse, and nothing is set",
		check: func(t *authTrial) {
			s := t.open()
			bad := clone(s.login())
			bad.Access = vendorlogin.NewSecret("canary-access\r\nX-Injected: 1")
			s.add("the access token", "canary-access")
			req := s.request()
			err := s.authorize(req, bad)
			t.returned("Authorize with a token that cannot stand in a header", err, vendorlogin.ErrBadResponse)
			s.silent("the error of Authorize", err)
			if text := fmt.Sprint(req.Header); strings.Contains(text, "canary-access") {
				t.fatalf("Authorize set the header all the same")
			}
		},
	},
	{
		name: "api",
		rule: "the vendor's API takes a request that carries the token, and a rejection is recognised as one",
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
				t.fatalf("the server at Vendor.API takes any token: it responded with %d to garbage", resp.StatusCode)
			}
			if !s.rejected(resp, garbage) {
				t.fatalf("the API rejected a token with %d, and that is not seen as a rejection of the token", resp.StatusCode)
			}
		},
	},
	{
		name: "rejected",
		rule: "401 means that the token is not accepted any more, 2xx, 404 and 5xx do not; the caller still reads the whole body",
		check: func(t *authTrial) {
			s := t.open()
			token := s.login()
			for status, want := range map[int]bool{401: true, 200: false, 204: false, 404: false, 500: false, 503: false} {
				body := &untouched{rest: strings.NewReader(notForRejected)}
				resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: body, ContentLength: -1, Request: s.request()}
				if s.rejected(resp, token) != want {
					t.fatalf("Rejected says %v to a %d", !want, status)
				}
				if body.closed || status < 400 && body.used {
					t.fatalf("Rejected closed the body of a %d, or read that of a stream", status)
				}
				if rest, _ := io.ReadAll(resp.Body); string(rest) != notForRejected {
					t.fatalf("Rejected read the body of a %d: that is for PeekBody, which leaves it to the caller", status)
				}
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

// rejected judges a response as a Client does.
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
		s.fatalf("the API responded with %d to a request that carries the token", resp.StatusCode)
	}
	if s.rejected(resp, token) {
		s.fatalf("a %d of the API is seen as a rejection of the token", resp.StatusCode)
	}
}

const notForRejected = `{"message": "for the caller"}`

// kept reports whether all that was in before is in now.
func kept(now, before map[string][]string) bool {
	for name, values := range before {
		if !slices.Equal(now[name], values) {
			return false
		}
	}
	return true
}

func withoutQuery(req *http.Request) string {
	u := *req.URL
	u.RawQuery = ""
	return u.String()
}

// An untouched body notes what was done to it.
type untouched struct {
	rest         *strings.Reader
	used, closed bool
}

func (u *untouched) Read(b []byte) (int, error) {
	u.used = true
	return u.rest.Read(b)
}

func (u *untouched) Close() error {
	u.closed = true
	return nil
}

package loginspec

import (
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
)

// Authorize puts on a request what use says: all of it, or nothing.
func (f authorizer) Authorize(req *http.Request, t *vendorlogin.Token) error {
	if err := t.SetAuthHeader(&http.Request{Header: http.Header{}}); err != nil { // for its check of the token
		return err
	}
	r := f.a.newRun("authorize", t)
	return r.asError("authorize", place.Carry(*f.a.spec.Use).Apply(req, r))
}

// tokenType is what stands before the access token in an Authorization header: what the response said, or what use does.
func (s *Spec) tokenType(said string) string {
	if said != "" {
		return said
	}
	if s.Use == nil {
		return "Bearer"
	}
	for name, template := range s.Use.Header {
		scheme, rest, _ := strings.Cut(template, " ")
		if http.CanonicalHeaderKey(name) == "Authorization" && rest == "${access}" && !strings.Contains(scheme, "$") {
			return scheme
		}
	}
	return ""
}

package loginhttp

import (
	"bytes"
	"cmp"
	"errors"
	"net/url"

	"github.com/vendorlogin/vendorlogin"
)

// maxFields is how many rejected fields an error keeps.
const maxFields = 16

var (
	errHTML    = errors.New("an HTML page")
	errForeign = errors.New("not in the vendor's format")
)

// classify is nil for a response that means success.
func (x *exchange) classify(a *Answer) *vendorlogin.Error {
	if isRedirect(a.Status) && !x.succeeds(a) {
		return x.redirected(a)
	}
	said := x.vendorsFailure(a)
	if said == nil && x.succeeds(a) {
		return nil
	}
	failure := x.fail(nil, nil)
	if said != nil {
		x.sanitize(failure, said)
	} else if a.IsHTML() {
		failure.Err = errHTML
	}
	if failure.Kind == nil {
		readable := x.isVendors(a)
		failure.Kind = statusKind(a.Status, x.Op, readable)
		if !readable && a.Status < 500 && failure.Kind == vendorlogin.ErrUnavailable {
			failure.Err = cmp.Or(failure.Err, errForeign)
		}
	}
	x.addStatus(failure, a)
	return failure
}

// vendorsFailure is what Classify makes of a response and, where that names no Kind, what OAuth's words do; nil: neither knows of a
// failure.
func (x *exchange) vendorsFailure(a *Answer) *vendorlogin.Error {
	var said *vendorlogin.Error
	if x.Classify != nil {
		said = x.Classify(a)
	}
	if said != nil && said.Kind != nil {
		return said
	}
	oauth := x.oauthFailure(a)
	if said == nil || oauth == nil {
		return cmp.Or(said, oauth)
	}
	both := *said // what Classify returned is not ours to change
	both.Kind = oauth.Kind
	return &both
}

// isVendors reports whether a failure's body is of the vendor's format, which the call's Accept names. A page, an empty body and
// the texts of proxies are not.
func (x *exchange) isVendors(a *Answer) bool {
	return len(bytes.TrimSpace(a.Body)) > 0 && !a.IsHTML() && isOfAccepted(x.request.Header.Get("Accept"), a.Body)
}

// sanitize takes over what Classify made of the vendor's words, without what was sent.
func (x *exchange) sanitize(failure, said *vendorlogin.Error) {
	s := x.scrubber()
	if said.Op != "" {
		failure.Op = said.Op
	}
	failure.Kind, failure.RetryAt, failure.Unprocessed = said.Kind, said.RetryAt, said.Unprocessed
	failure.Code, failure.Message = s.clean(said.Code, maxName), s.clean(said.Message, maxMessage)
	for _, f := range said.Fields[:min(len(said.Fields), maxFields)] {
		failure.Fields = append(failure.Fields, vendorlogin.FieldError{
			Field: s.clean(f.Field, maxName), Reason: s.clean(f.Reason, maxMessage),
		})
	}
	if said.Err != nil {
		failure.Err = safeCause(said.Err, s)
	}
}

// redirected says where to, as far as that can be told: the rest of a Location may repeat what was sent.
func (x *exchange) redirected(a *Answer) *vendorlogin.Error {
	failure := x.fail(vendorlogin.ErrBadResponse, errors.New("a redirect, which is not followed"))
	if to, err := x.url.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		shown := url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path, RawPath: to.RawPath}
		failure.Err = errors.New("redirects to " + x.scrubber().clean(shown.String(), maxMessage))
	}
	x.addStatus(failure, a)
	return failure
}

package loginspec

import (
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
)

// authorize puts on a request what use says: all of it, or nothing.
func (a *account) authorize(req *http.Request, t *vendorlogin.Token) error {
	ctx, r := req.Context(), a.newRun("authorize", t)
	header := req.Header.Clone()
	if err := t.SetAuthHeader(&http.Request{Header: http.Header{}}); err != nil { // for its check of the token
		return err
	}
	fields, err := place.Fields(ctx, a.spec.Use.Header, r)
	for name, values := range fields {
		if !validHeader(values[0]) {
			return r.unfit(name)
		}
		if http.CanonicalHeaderKey(name) == "Authorization" && strings.Contains(a.spec.Use.Header[name], "${access}") {
			values[0] = onceScheme(values[0])
		}
		header.Set(name, values[0])
	}
	if err != nil {
		return r.asError("authorize", err)
	}
	cookies, err := place.Fields(ctx, a.spec.Use.Cookies, r)
	if err == nil {
		err = place.AddCookies(header, cookies)
	}
	if err != nil {
		return r.asError("authorize", err)
	}
	query, err := place.Fields(ctx, a.spec.Use.Query, r)
	if err != nil {
		return r.asError("authorize", err)
	}
	body, err := place.Fields(ctx, a.spec.Use.Body, r)
	if err != nil {
		return r.asError("authorize", err)
	}
	if len(body) > 0 {
		if err := place.AddToBody(req, header, body); err != nil {
			return r.asError("authorize", err)
		}
	}
	req.Header = header
	place.AddQuery(req, query)
	return nil
}

func (r *run) unfit(name string) error {
	return &vendorlogin.Error{Account: r.endpoint.Account, Op: "authorize", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
		Fields: []vendorlogin.FieldError{{Field: name, Reason: "holds a control character"}}}
}

func validHeader(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// onceScheme takes out the scheme that a token begins with where the description says it too.
func onceScheme(value string) string {
	scheme, token, _ := strings.Cut(value, " ")
	if rest := strings.TrimPrefix(token, token[:min(len(token), len(scheme))]); strings.HasPrefix(rest, " ") &&
		strings.EqualFold(token[:min(len(token), len(scheme))], scheme) {
		return scheme + rest
	}
	return value
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

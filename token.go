package vendorlogin

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
	"github.com/vendorlogin/vendorlogin/internal/record"
)

// A Token is what a vendor returned for the credentials, whatever shape its response had. Once handed out it is shared by all
// callers and read-only. Times are local times, without a monotonic reading.
type Token struct {
	Access  Secret
	Refresh Secret // zero: the vendor gave none

	// Type is the scheme in front of the access token in an Authorization header; empty means "Bearer".
	Type string

	IssuedAt         time.Time // when the request was sent
	ExpiresAt        time.Time // zero: the vendor did not say
	RefreshExpiresAt time.Time // zero: unknown

	Subject string            // the vendor's id of the user or customer
	Extra   map[string]string // what else the vendor told; no secrets
	Secrets map[string]Secret // what else API requests need and nobody may see: a CSRF token, a session id

	// The finished header value, and the access token that it was built from. Pointers to strings, which fmt prints as addresses:
	// a pointer to a struct it would follow.
	header, headerOf *string
}

// SetAuthHeader sets "Authorization: <Type> <Access>" on req. A Type that is "bearer" in any case goes out as "Bearer", and an access
// token that begins with its own scheme is not given it twice. A token that is empty, or has a character that no header may hold,
// is [ErrBadResponse], and req stays as it was.
func (t *Token) SetAuthHeader(req *http.Request) error {
	value, err := t.authHeader()
	if err != nil {
		return err
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header["Authorization"] = []string{value}
	return nil
}

// SetHeader sets a header of the vendor's own, such as "X-Auth-Token", to the access token alone: for an [Authorizer]. A leading
// "Bearer" is taken off. The error is that of [Token.SetAuthHeader].
func (t *Token) SetHeader(req *http.Request, name string) error {
	access := withoutScheme("Bearer", t.Access.Reveal())
	if isBlank(access) || !httpheader.ValidValue(access) {
		return unfit()
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set(name, access)
	return nil
}

// withoutScheme is an access token without the scheme that some vendors return it with.
func withoutScheme(scheme, access string) string {
	if first, rest, found := strings.Cut(access, " "); found && strings.EqualFold(first, scheme) {
		return strings.TrimLeft(rest, " ")
	}
	return access
}

// isBlank reports whether there is nothing to see in an access token.
func isBlank(access string) bool { return strings.TrimSpace(access) == "" }

// unfit is the error of a token that no header can hold.
func unfit() error {
	return &Error{Op: "authorize", Kind: ErrBadResponse, Fields: []FieldError{{Field: "access token", Reason: "cannot stand in a header"}}}
}

// withHeader is a copy of t that knows its header value.
func (t *Token) withHeader() *Token {
	value, _ := t.authHeader() // one that is none says so at each use
	c := *t
	c.header, c.headerOf = &value, t.Access.value
	return &c
}

// authHeader is the value of the Authorization header.
func (t *Token) authHeader() (string, error) {
	scheme, access := t.scheme(), t.Access.Reveal()
	if t.header != nil && t.headerOf == t.Access.value && strings.HasPrefix(*t.header, scheme+" ") {
		return *t.header, nil
	}
	access = withoutScheme(scheme, access)
	if isBlank(access) || !httpheader.ValidValue(access) || !httpheader.ValidValue(scheme) {
		return "", unfit()
	}
	return scheme + " " + access, nil
}

// scheme is Type as it goes out.
func (t *Token) scheme() string {
	scheme := strings.Trim(t.Type, " \t")
	if scheme == "" || strings.EqualFold(scheme, "Bearer") {
		return "Bearer"
	}
	return scheme
}

// toRecord is t as it is stored.
func toRecord(t *Token) *record.Token {
	return &record.Token{
		Access: t.Access.Reveal(), Refresh: t.Refresh.Reveal(), Type: t.Type,
		IssuedAt: t.IssuedAt, ExpiresAt: recordable(t.ExpiresAt), RefreshExpiresAt: recordable(t.RefreshExpiresAt),
		Subject: t.Subject, Extra: maps.Clone(t.Extra), Secrets: converted(t.Secrets, Secret.Reveal),
	}
}

// isUTF8 reports whether a Store can hold t: records are JSON.
func (t *Token) isUTF8() bool {
	all := []string{t.Access.Reveal(), t.Refresh.Reveal(), t.Type, t.Subject}
	for name, value := range t.Extra {
		all = append(all, name, value)
	}
	for name, value := range t.Secrets {
		all = append(all, name, value.Reveal())
	}
	return !slices.ContainsFunc(all, func(s string) bool { return !utf8.ValidString(s) })
}

// converted is m with each value as f makes it; nil where m is empty.
func converted[A, B any](m map[string]A, f func(A) B) map[string]B {
	var all map[string]B
	for name, value := range m {
		if all == nil {
			all = make(map[string]B, len(m))
		}
		all[name] = f(value)
	}
	return all
}

// recordable is t, or the last time that JSON can hold: "never" is often the last second of 9999, which east of Greenwich is in 10000.
func recordable(t time.Time) time.Time {
	if last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC); t.After(last) {
		return last
	}
	return t.UTC()
}

// fromRecord is the stored token at the time now. It is valid no longer from now than its whole lifetime: the clock of whoever wrote
// it may have been wrong.
func fromRecord(r *record.Token, now time.Time) *Token {
	t := &Token{
		Access: NewSecret(r.Access), Refresh: NewSecret(r.Refresh), Type: r.Type,
		IssuedAt: r.IssuedAt, ExpiresAt: r.ExpiresAt, RefreshExpiresAt: r.RefreshExpiresAt,
		Subject: r.Subject, Extra: maps.Clone(r.Extra), Secrets: converted(r.Secrets, NewSecret),
	}
	if t.IssuedAt.After(now) && !t.ExpiresAt.IsZero() {
		t.ExpiresAt = now.Add(t.ExpiresAt.Sub(t.IssuedAt))
		t.IssuedAt = now
	}
	return t
}

// local is a copy of t that shares nothing that can change, with times of the wall clock alone.
func (t *Token) local() *Token {
	c := *t
	c.Extra, c.Secrets = maps.Clone(t.Extra), maps.Clone(t.Secrets)
	c.IssuedAt, c.ExpiresAt, c.RefreshExpiresAt = c.IssuedAt.Round(0), c.ExpiresAt.Round(0), c.RefreshExpiresAt.Round(0)
	return &c
}

package vendorlogin

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
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

// authHeader is the value of the Authorization header.
func (t *Token) authHeader() (string, error) {
	scheme, access := strings.Trim(t.Type, " \t"), t.Access.Reveal()
	if scheme == "" || strings.EqualFold(scheme, "Bearer") {
		scheme = "Bearer"
	}
	if first, rest, found := strings.Cut(access, " "); found && strings.EqualFold(first, scheme) {
		access = strings.TrimLeft(rest, " ")
	}
	if access == "" || !httpheader.ValidValue(access) || !httpheader.ValidValue(scheme) {
		return "", &Error{Op: "authorize", Kind: ErrBadResponse,
			Fields: []FieldError{{Field: "access token", Reason: "cannot stand in a header"}}}
	}
	return scheme + " " + access, nil
}

// clone is a copy of t that shares nothing that can change.
func (t *Token) clone() *Token {
	c := *t
	c.Extra, c.Secrets = maps.Clone(t.Extra), maps.Clone(t.Secrets)
	return &c
}

package vendorlogin

import (
	"net/http"
	"time"
)

// A Token is what a vendor gave for the credentials, whatever shape its answer had. Once handed out it is shared by all callers and
// read-only.
type Token struct {
	Access  Secret
	Refresh Secret // zero: the vendor gave none

	// Type is the scheme in front of the access token in an Authorization header; empty means "Bearer".
	Type string

	IssuedAt         time.Time // by our clock, when the request was sent
	ExpiresAt        time.Time // by our clock; zero: the vendor did not say
	RefreshExpiresAt time.Time // by our clock; zero: unknown

	Subject string            // the vendor's id of the user or customer
	Extra   map[string]string // facts the vendor told that are no secrets
}

// SetAuthHeader sets "Authorization: <Type> <Access>" on req. A token that is empty, or has a character that no header may hold, is
// [ErrBadResponse], and req stays as it was.
func (t *Token) SetAuthHeader(req *http.Request) error {
	value := t.Access.Reveal()
	if value == "" || !validHeaderValue(value) || !validHeaderValue(t.Type) {
		return &Error{Op: "authorize", Kind: ErrBadResponse, Fields: []FieldError{{Field: "access token", Reason: "cannot stand in a header"}}}
	}
	scheme := t.Type
	if scheme == "" {
		scheme = "Bearer"
	}
	req.Header.Set("Authorization", scheme+" "+value)
	return nil
}

// validHeaderValue refuses control characters, which would end the header line early.
func validHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

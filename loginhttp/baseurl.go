package loginhttp

import (
	"cmp"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vendorlogin/vendorlogin"
)

// BaseURL returns given, or def where given is empty, in the one form that Account.Endpoint holds. So equal configurations are equal
// Accounts. Scheme and host are in lower case, without the scheme's own port and without slashes at the end. The path stays.
//
// Its error is ErrInvalidRequest, with the field "BaseURL". It rejects what is empty, does not parse, or has no host, and a query, a
// fragment or user information. The scheme is https. http is valid where allowPlain is set, and to 127.0.0.0/8, ::1 and localhost.
func BaseURL(given, def string, allowPlain bool) (string, error) {
	if given == "" {
		given = def
	}
	if given == "" {
		return "", Invalid("", "BaseURL", "is required")
	}
	u, err := url.Parse(given)
	if err != nil {
		return "", Invalid("", "BaseURL", "is not a URL") // err quotes it, a password in it too
	}
	if reason := cmp.Or(badBase(u, true), badHost(u), badBase(u, allowPlain)); reason != "" {
		return "", Invalid("", "BaseURL", reason)
	}
	if strings.Contains(given, "#") {
		return "", Invalid("", "BaseURL", "has a fragment")
	}
	canonical := u.Scheme + "://" + canonicalHost(u) + strings.TrimRight(u.EscapedPath(), "/")
	if canonical == given {
		return given, nil // many accounts share it
	}
	return canonical, nil
}

// badBase says why credentials cannot go to u, if they cannot.
func badBase(u *url.URL, allowPlain bool) string {
	switch {
	case u.User != nil:
		return "holds a user name or a password"
	case u.RawQuery != "" || u.ForceQuery:
		return "has a query"
	case u.Scheme != "https" && u.Scheme != "http":
		return `does not begin with "https://"`
	case u.Host == "":
		return "has no valid host"
	case u.Scheme == "http" && !allowPlain && !isLoopback(u.Hostname()):
		return "is plain http: credentials go over https only, unless AllowPlainHTTP is set"
	}
	return ""
}

// badHost says what is wrong with the host of u, if anything is.
func badHost(u *url.URL) string {
	switch {
	case u.Hostname() == "" || !validPort(u):
		return "has no valid host"
	case !isPlainHost(u.Host):
		return "has a host that is not ASCII" // the name that DNS knows is, and it has one spelling only
	}
	return ""
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// isPlainHost rejects what is not ASCII, and the zone of a link-local address.
func isPlainHost(host string) bool {
	return strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf || r == '%' }) < 0
}

// canonicalHost is the host in lower case, with the port where it is not the scheme's own.
func canonicalHost(u *url.URL) string {
	own := ":443"
	if u.Scheme == "http" {
		own = ":80"
	}
	return strings.TrimSuffix(strings.ToLower(u.Host), own)
}

// isLoopback reports whether host is this machine, by its name alone: what a resolver says is not asked.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, _ := netip.ParseAddr(host)
	return addr.IsLoopback()
}

// Invalid is the error for a configuration that a vendor's New rejects: the field of its Config, and why, without the value.
func Invalid(vendor, field, reason string) *vendorlogin.Error {
	return &vendorlogin.Error{
		Account: vendorlogin.Account{Vendor: vendor}, Op: "new", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
		Fields: []vendorlogin.FieldError{{Field: field, Reason: reason}},
	}
}

package place

import (
	"net/url"
	"slices"
	"strings"
)

// Hosts is where a URL that a response gave may lead: to the origins that the description or the configuration names, and to
// the hosts that it lists.
type Hosts struct {
	Origins  []string // scheme, host and port
	Patterns []string // of hosts: "api.vendor.example", "*.vendor.example"
}

// Allows reports whether u may carry the token and secrets.
func (a Hosts) Allows(u *url.URL) bool {
	if u.User != nil || u.Scheme != "https" && u.Scheme != "http" || !ValidHost(u.Host) {
		return false
	}
	return slices.Contains(a.Origins, Origin(u)) ||
		slices.ContainsFunc(a.Patterns, func(p string) bool { return matchesHost(p, u) })
}

// matchesHost reports whether a pattern means the host of u. A pattern without a port means any.
func matchesHost(pattern string, u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	if strings.Contains(strings.TrimPrefix(pattern, "*."), ":") {
		host = strings.ToLower(u.Host)
	}
	if suffix, wild := strings.CutPrefix(pattern, "*"); wild {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == pattern
}

// BadPattern says what is wrong with an entry of hosts.
func BadPattern(pattern string) string {
	suffix, wild := strings.CutPrefix(pattern, "*.")
	switch {
	case !ValidHost(suffix):
		return `must be a host such as "api.vendor.example" or "*.vendor.example"`
	case wild && !strings.Contains(suffix, "."):
		return "allows every host below ." + suffix
	}
	return ""
}

// Origin is scheme, host and port, without the scheme's own port.
func Origin(u *url.URL) string {
	port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), port)
}

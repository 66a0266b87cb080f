package vendorlogin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An origin is scheme, host and port of a URL.
type origin struct{ scheme, host, port string }

func parseOrigin(s string) (origin, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" {
		return origin{}, plainError("has an entry that is not like https://api.example.com")
	}
	return originOf(u), nil
}

func originOf(u *url.URL) origin {
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	switch {
	case o.port != "":
	case o.scheme == "https":
		o.port = "443"
	default:
		o.port = "80"
	}
	return o
}

// parseOrigins are those of the list that are well formed.
func parseOrigins(list []string) []origin {
	var all []origin
	for _, s := range list {
		if o, err := parseOrigin(s); err == nil {
			all = append(all, o)
		}
	}
	return all
}

// endpointOrigin is the origin of an Account's Endpoint, if it has one.
func endpointOrigin(endpoint string) []origin {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil
	}
	return []origin{originOf(u)}
}

// cameBy reports whether redirects led req here by way of an origin that is not among the allowed: it then chose what is asked here.
func cameBy(req *http.Request, allowed []origin) bool {
	for resp := req.Response; resp != nil && resp.Request != nil; resp = resp.Request.Response {
		if !slices.Contains(allowed, originOf(resp.Request.URL)) {
			return true
		}
	}
	return false
}

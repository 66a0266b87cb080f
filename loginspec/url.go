package loginspec

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// A urlForm is a URL with names in it, taken apart: a value goes into one of its places and never changes the others.
type urlForm struct {
	lead   string // the name of a URL that it begins with
	scheme string
	host   string // a template
	path   string // a template, empty or beginning with "/"
	query  map[string]string
}

var (
	literalHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]*$`)
	literalPath = regexp.MustCompile(`^([A-Za-z0-9/._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*$`)
	hostName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
	hostLabel   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	portNumber  = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
	ipv6        = regexp.MustCompile(`^\[[0-9A-Fa-f:.]+\]$`)
)

// parseURL takes a URL of a description apart.
func parseURL(template string) (u urlForm, err error) {
	if _, err := parseTemplate(template); err != nil {
		return u, err
	}
	if strings.Contains(template, "#") {
		return u, errors.New("has a fragment")
	}
	rest, query, _ := strings.Cut(template, "?")
	if u.query, err = parseQuery(query); err != nil {
		return u, err
	}
	if strings.HasPrefix(rest, "${") {
		u.lead, u.path, _ = strings.Cut(rest[2:], "}")
		if u.path != "" && u.path[0] != '/' {
			return u, errors.New(`goes on without "/" after ${` + u.lead + "}")
		}
		return u, u.checkPath()
	}
	var found bool
	if u.scheme, u.host, found = strings.Cut(rest, "://"); !found || u.scheme != "https" && u.scheme != "http" {
		return u, errors.New(`does not begin with "https://" or with a name such as ${base_url}`)
	}
	if i := strings.IndexByte(u.host, '/'); i >= 0 {
		u.host, u.path = u.host[:i], u.host[i:]
	}
	parts, _ := parseTemplate(u.host)
	for _, p := range parts {
		if !literalHost.MatchString(p.text) {
			return u, errors.New("has a host that is none")
		}
	}
	if len(parts) == 0 || len(namesIn(u.host)) == 0 && !validHost(u.host) {
		return u, errors.New("has a host that is none")
	}
	return u, u.checkPath()
}

func (u urlForm) checkPath() error {
	parts, _ := parseTemplate(u.path)
	for _, p := range parts {
		if !literalPath.MatchString(p.text) {
			return errors.New("has a character in its path that no path has")
		}
	}
	if leadsElsewhere(u.path) {
		return errors.New(`has "." or ".." in its path`)
	}
	return nil
}

// leadsElsewhere reports whether a segment of an escaped path is one that servers resolve.
func leadsElsewhere(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if s, err := url.PathUnescape(segment); err != nil || s == "." || s == ".." {
			return !strings.Contains(segment, "${")
		}
	}
	return false
}

// parseQuery reads a query whose values may hold names.
func parseQuery(query string) (map[string]string, error) {
	fields := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if _, twice := fields[name]; err != nil || twice || strings.Contains(name, "${") {
			return nil, errors.New("has a parameter that comes twice, or whose name is none")
		}
		parts, _ := parseTemplate(value)
		fields[name] = ""
		for _, p := range parts {
			text, err := url.QueryUnescape(p.text)
			if err != nil {
				return nil, errors.New("has a query that is none")
			}
			if fields[name] += strings.ReplaceAll(text, "${", "$${"); p.name != "" {
				fields[name] += "${" + p.name + "}"
			}
		}
	}
	return fields, nil
}

// validHost reports whether h is the name of a host, with or without a port.
func validHost(h string) bool {
	name, port := h, ""
	if i := strings.LastIndexByte(h, ':'); i > strings.LastIndexByte(h, ']') {
		if name, port = h[:i], h[i+1:]; !portNumber.MatchString(port) {
			return false
		}
	}
	return len(name) <= 253 && (hostName.MatchString(name) || ipv6.MatchString(name))
}

// fillHost puts values into a host. One that stands beside other text is one label, unless it is said to be a host, or a port.
func (u urlForm) fillHost(ctx context.Context, get lookup, isHost func(name string) bool) (string, bool, error) {
	parts, _ := parseTemplate(u.host)
	host := ""
	for _, p := range parts {
		if p.name == "" {
			host += p.text
			continue
		}
		value, ok, err := get.value(ctx, p.name)
		if err != nil || !ok {
			return "", false, err
		}
		switch {
		case len(parts) == 1 && validHost(value):
		case strings.HasSuffix(host, ":") && portNumber.MatchString(value):
		case isHost(p.name) && hostName.MatchString(value), hostLabel.MatchString(value):
		default:
			return "", false, invalidValue{p.name, "is no part of a host's name"}
		}
		host += value
	}
	if !validHost(host) {
		return "", false, invalidValue{u.host, "is not the name of a host"}
	}
	return strings.ToLower(host), true, nil
}

// fillPath puts values into a path: each is part of one segment.
func (u urlForm) fillPath(ctx context.Context, get lookup) (string, bool, error) {
	path, ok, err := fill(ctx, u.path, get, func(value string) (string, error) { return url.PathEscape(value), nil })
	if ok && leadsElsewhere(path) {
		return "", false, invalidValue{u.path, `is "." or ".." in a path`}
	}
	return path, ok, err
}

// invalidValue is a value that cannot stand where it should.
type invalidValue struct{ name, reason string }

func (v invalidValue) Error() string { return v.name + " " + v.reason }

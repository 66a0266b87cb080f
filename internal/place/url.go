package place

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// A URL is a URL with names in it, taken apart: a value goes into one of its places and never changes the others.
type URL struct {
	Lead  string // the name of a URL that it begins with
	Host  string // a template
	Path  string // a template, empty or beginning with "/"
	Query map[string]string

	Scheme string
}

var (
	literalHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]*$`)
	literalPath = regexp.MustCompile(`^([A-Za-z0-9/._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*$`)
	hostName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
	hostLabel   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	portNumber  = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
	ipv6        = regexp.MustCompile(`^\[[0-9A-Fa-f:.]+\]$`)
)

// ParseURL takes a URL of a description apart.
func ParseURL(template string) (u URL, err error) {
	if _, err := Parse(template); err != nil {
		return u, err
	}
	if strings.Contains(template, "#") {
		return u, errors.New("has a fragment")
	}
	rest, query, _ := strings.Cut(template, "?")
	if u.Query, err = parseQuery(query); err != nil {
		return u, err
	}
	if strings.HasPrefix(rest, "${") {
		u.Lead, u.Path, _ = strings.Cut(rest[2:], "}")
		if u.Path != "" && u.Path[0] != '/' {
			return u, errors.New(`goes on without "/" after ${` + u.Lead + "}")
		}
		return u, u.checkPath()
	}
	var found bool
	if u.Scheme, u.Host, found = strings.Cut(rest, "://"); !found || u.Scheme != "https" && u.Scheme != "http" {
		return u, errors.New(`does not begin with "https://" or with a name such as ${base_url}`)
	}
	if i := strings.IndexByte(u.Host, '/'); i >= 0 {
		u.Host, u.Path = u.Host[:i], u.Host[i:]
	}
	parts, _ := Parse(u.Host)
	for _, p := range parts {
		if !literalHost.MatchString(p.Text) {
			return u, errors.New("has a host that is none; the value of a name is written ${name}")
		}
	}
	if len(parts) == 0 || len(Names(u.Host)) == 0 && !ValidHost(u.Host) {
		return u, errors.New("has a host that is none")
	}
	return u, u.checkPath()
}

func (u URL) checkPath() error {
	parts, _ := Parse(u.Path)
	for _, p := range parts {
		if !literalPath.MatchString(p.Text) {
			return errors.New("has a character in its path that no path has; the value of a name is written ${name}")
		}
	}
	if LeadsElsewhere(u.Path) {
		return errors.New(`has "." or ".." in its path`)
	}
	return nil
}

// LeadsElsewhere reports whether a segment of an escaped path is one that servers resolve.
func LeadsElsewhere(path string) bool {
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
		parts, _ := Parse(value)
		fields[name] = ""
		for _, p := range parts {
			text, err := url.QueryUnescape(p.Text)
			if err != nil {
				return nil, errors.New("has a query that is none")
			}
			if fields[name] += strings.ReplaceAll(text, "${", "$${"); p.Name != "" {
				fields[name] += "${" + p.Name + "}"
			}
		}
	}
	return fields, nil
}

// ValidHost reports whether h is the name of a host, with or without a port.
func ValidHost(h string) bool {
	name, port := h, ""
	if i := strings.LastIndexByte(h, ':'); i > strings.LastIndexByte(h, ']') {
		if name, port = h[:i], h[i+1:]; !portNumber.MatchString(port) {
			return false
		}
	}
	return len(name) <= 253 && (hostName.MatchString(name) || ipv6.MatchString(name))
}

// FillHost puts values into a host. One that stands beside other text is one label, unless it is said to be a host, or a port.
func (u URL) FillHost(ctx context.Context, get Values, isHost func(name string) bool) (string, bool, error) {
	parts, _ := Parse(u.Host)
	host := ""
	for _, p := range parts {
		if p.Name == "" {
			host += p.Text
			continue
		}
		value, ok, err := get.Value(ctx, p.Name)
		if err != nil || !ok {
			return "", false, err
		}
		switch {
		case len(parts) == 1 && ValidHost(value):
		case strings.HasSuffix(host, ":") && portNumber.MatchString(value):
		case isHost(p.Name) && hostName.MatchString(value), hostLabel.MatchString(value):
		default:
			return "", false, Invalid{Name: p.Name, Reason: "is no part of a host's name"}
		}
		host += value
	}
	if !ValidHost(host) {
		return "", false, Invalid{Name: u.Host, Reason: "is not the name of a host"}
	}
	return strings.ToLower(host), true, nil
}

// FillPath puts values into a path: each is part of one segment.
func (u URL) FillPath(ctx context.Context, get Values) (string, bool, error) {
	path, ok, err := Fill(ctx, u.Path, get, func(value string) (string, error) { return url.PathEscape(value), nil })
	if ok && LeadsElsewhere(path) {
		return "", false, Invalid{Name: u.Path, Reason: `is "." or ".." in a path`}
	}
	return path, ok, err
}

// Invalid is a value that cannot stand where it should.
type Invalid struct{ Name, Reason string }

func (v Invalid) Error() string { return v.Name + " " + v.Reason }

// HasDomain reports whether the host ends in a domain that the description names: what stands before it is one label.
func (u URL) HasDomain() bool {
	parts, _ := Parse(u.Host)
	end := parts[len(parts)-1].Text
	return strings.HasPrefix(end, ".") && strings.Contains(end[1:], ".")
}

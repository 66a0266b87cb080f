package loginspec

import (
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/reading"
)

// find returns what is at a source. It is not there where it is null, empty, an object or a list.
func (s *Source) find(r *reading.Response) (string, bool) {
	value := s.locate(r)
	if s.Match == "" || value == "" {
		return value, value != ""
	}
	re, err := regexp.Compile(s.Match)
	if err != nil {
		return "", false
	}
	groups := re.FindStringSubmatch(value)
	if len(groups) != 2 {
		return "", false
	}
	if strings.Contains(strings.ToLower(r.Header.Get("Content-Type")), "html") {
		groups[1] = html.UnescapeString(groups[1])
	}
	return groups[1], groups[1] != ""
}

func (s *Source) locate(r *reading.Response) string {
	switch {
	case s.JSON != "":
		return r.JSON(s.JSON)
	case s.XML != "":
		return r.XML(s.XML)
	case s.Header != "":
		return strings.TrimSpace(r.Header.Get(s.Header))
	case s.Cookie != "":
		if c := r.Cookie(s.Cookie); c != nil {
			return c.Value
		}
	case len(s.Cookies) > 0:
		return r.CookieHeader(s.Cookies)
	case s.Text:
		return r.Text()
	}
	return ""
}

// names are the names beside a source that is missing: of keys, elements, headers, cookies.
func (s *Source) names(r *reading.Response) (names []string) {
	switch {
	case s.JSON != "":
		return r.JSONNames(s.JSON)
	case s.XML != "":
		return r.XMLNames()
	case s.Header != "":
		return slices.Sorted(maps.Keys(r.Header))
	case s.Cookie != "" || len(s.Cookies) > 0:
		for _, c := range (&http.Response{Header: r.Header}).Cookies() {
			names = append(names, c.Name)
		}
	}
	return names
}

// readsBody reports whether the source is in the body.
func (s *Source) readsBody() bool { return s.JSON != "" || s.XML != "" || s.Text }

// place is where in a response a single value is.
func (s *Source) place() string {
	switch {
	case s.JSON != "":
		return "json " + s.JSON
	case s.XML != "":
		return "xml " + s.XML
	case s.Header != "":
		return "header " + strings.ToLower(s.Header)
	case s.Cookie != "":
		return "cookie " + s.Cookie
	}
	return ""
}

// where names a source in errors and explanations.
func (s *Source) where() string {
	switch {
	case len(s.Cookies) > 0:
		return "cookies " + strings.Join(s.Cookies, ", ")
	case s.Text:
		return strings.TrimSpace("text " + s.Match)
	}
	return strings.TrimSpace(s.place() + " " + s.Match)
}

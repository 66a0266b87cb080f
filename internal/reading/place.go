package reading

import (
	"errors"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// A Place is one place in a response: a loginspec.Source.
type Place struct {
	JSON, XML, Header, Cookie string
	Cookies                   []string
	Text                      bool
	Unescape                  bool
	Match, As                 string
	Maybe, Public             bool
}

// Find returns what is at a place. It is not there where it is null, empty, an object or a list, or where s is nil.
func (s *Place) Find(r *Response) (string, bool) {
	if s == nil {
		return "", false
	}
	found := append(s.all(r), "")[0]
	return found, found != ""
}

// all is everything that is at a place: a header may come several times.
func (s *Place) all(r *Response) (found []string) {
	values := []string{s.locate(r)}
	if s.Header != "" {
		values = r.headers(s.Header)
	}
	for _, value := range values {
		if s.Header != "" {
			value = strings.TrimSpace(value)
		}
		if value, ok := s.read(r, value); ok {
			found = append(found, value)
		}
	}
	return found
}

// read is what of a value is wanted.
func (s *Place) read(r *Response, value string) (string, bool) {
	if s.Unescape {
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
	}
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

func (s *Place) locate(r *Response) string {
	switch {
	case s.JSON != "":
		return r.JSON(s.JSON)
	case s.XML != "":
		return r.XML(s.XML)
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

// Names are the names beside a place that is missing: of keys, elements, headers, cookies.
func (s *Place) Names(r *Response) (names []string) {
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

// ReadsBody reports whether the place is in the body.
func (s *Place) ReadsBody() bool { return s.JSON != "" || s.XML != "" || s.Text }

// Key is where in a response a value is.
func (s *Place) Key() string {
	switch {
	case s.JSON != "":
		return "json " + s.JSON
	case s.XML != "":
		return "xml " + s.XML
	case s.Header != "":
		return "header " + strings.ToLower(s.Header)
	case s.Cookie != "":
		return "cookie " + s.Cookie
	case len(s.Cookies) > 0:
		return "cookies " + strings.Join(s.Cookies, ", ")
	}
	return "text"
}

// Overlaps reports whether two places have the same in them, or one has the other.
func (s *Place) Overlaps(o *Place) bool {
	parts := func(path string) string { return "." + strings.ReplaceAll(strings.Trim(path, "/"), "/", ".") }
	allCookies := func(p *Place) bool { return strings.EqualFold(p.Header, "Set-Cookie") && p.Match == "" }
	switch mine, theirs := s.CookieNames(), o.CookieNames(); {
	case s.XML != "" && o.XML != "": // with the root element, or without
		return strings.HasSuffix(parts(s.XML), parts(o.XML)) || strings.HasSuffix(parts(o.XML), parts(s.XML))
	case len(mine) > 0 && len(theirs) > 0:
		return slices.ContainsFunc(mine, func(name string) bool { return slices.Contains(theirs, name) })
	case len(mine) > 0 && allCookies(o), len(theirs) > 0 && allCookies(s):
		return true
	}
	return s.Key() == o.Key()
}

// CookieNames are those of the cookies that the place is made of.
func (s *Place) CookieNames() []string {
	if s.Cookie != "" {
		return []string{s.Cookie}
	}
	return s.Cookies
}

// Where names a place in errors and explanations.
func (s *Place) Where() string { return strings.TrimSpace(s.Key() + " " + s.Match) }

// Check says what is wrong with a place, at which of its keys.
func (s *Place) Check() (key, reason string) {
	count := 0
	for _, is := range []bool{s.JSON != "", s.XML != "", s.Header != "", s.Cookie != "", len(s.Cookies) > 0, s.Text} {
		if is {
			count++
		}
	}
	re, err := regexp.Compile(s.Match)
	switch path := s.JSON + s.XML; {
	case count != 1 || slices.Contains(s.Cookies, ""):
		return "", "must have one of json, xml, header, cookie, cookies and text"
	case strings.HasPrefix(s.JSON, "/"):
		return ".json", "is no path; did you mean " + strings.ReplaceAll(strings.Trim(s.JSON, "/"), "/", ".") + "?"
	case path != "" && slices.Contains(SplitPath(path), ""), strings.HasPrefix(path, "$"), strings.Contains(path, "["):
		return "", `is no path: names and numbers with dots between them, such as "data.0.token"`
	case s.Header != "" && !httpheader.ValidName(s.Header):
		return ".header", "is no name of a header"
	case err != nil:
		return ".match", badPattern(err)
	case s.Match != "" && re.NumSubexp() != 1:
		return ".match", "must have one group, which is what is kept"
	}
	return "", ""
}

// badPattern says why a pattern is no regular expression.
func badPattern(err error) string {
	reason := "is no regular expression"
	if why, ok := errors.AsType[*syntax.Error](err); ok {
		reason += ": " + why.Code.String()
	}
	return reason
}

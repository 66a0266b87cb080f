package loginspec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/xmltree"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A response is a vendor's response as sources read it. Its body is parsed when the first one asks.
type response struct {
	*loginhttp.Answer
	json    any
	xml     *xmltree.Tree
	parsed  bool
	invalid error // why the body is not what was asked for
}

// find returns what is at a source. It is not there where it is null, empty, an object or a list.
func (r *response) find(s *Source) (string, bool) {
	value := r.locate(s)
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

func (r *response) locate(s *Source) string {
	switch {
	case s.JSON != "":
		return jsonText(walkJSON(r.asJSON(), splitPath(s.JSON)))
	case s.XML != "":
		return r.asXML().Find(splitPath(strings.ReplaceAll(strings.Trim(s.XML, "/"), "/", ".")))
	case s.Header != "":
		return strings.TrimSpace(r.Header.Get(s.Header))
	case s.Cookie != "":
		if c := r.cookie(s.Cookie); c != nil {
			return c.Value
		}
	case len(s.Cookies) > 0:
		return r.cookieHeader(s.Cookies)
	case s.Text:
		return strings.TrimSpace(string(bytes.TrimPrefix(r.Body, []byte("\ufeff"))))
	}
	return ""
}

// cookie is the last of that name, unless it deletes one.
func (r *response) cookie(name string) *http.Cookie {
	cookies := (&http.Response{Header: r.Header}).Cookies()
	slices.Reverse(cookies)
	i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name })
	if i < 0 || cookies[i].Value == "" || cookies[i].MaxAge < 0 {
		return nil
	}
	if c := cookies[i]; c.MaxAge == 0 && !c.Expires.IsZero() && c.Expires.Before(r.now()) {
		return nil
	}
	return cookies[i]
}

// now is the vendor's clock, or else ours.
func (r *response) now() time.Time {
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return date
	}
	return r.SentAt
}

func (r *response) cookieHeader(names []string) string {
	var pairs []string
	for _, name := range names {
		c := r.cookie(name)
		if c == nil {
			return ""
		}
		pairs = append(pairs, name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}

// names are the names beside a source that is missing: of keys, elements, headers, cookies.
func (r *response) names(s *Source) (names []string) {
	switch {
	case s.JSON != "":
		path := splitPath(s.JSON)
		for n := len(path) - 1; n >= 0 && names == nil; n-- {
			object, _ := walkJSON(r.asJSON(), path[:n]).(map[string]any)
			names = slices.Collect(maps.Keys(object))
		}
	case s.XML != "":
		names = r.asXML().Names()
	case s.Header != "":
		names = slices.Collect(maps.Keys(r.Header))
	case s.Cookie != "" || len(s.Cookies) > 0:
		for _, c := range (&http.Response{Header: r.Header}).Cookies() {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *response) asJSON() any {
	if !r.parsed {
		d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(r.Body, []byte("\ufeff"))))
		d.UseNumber()
		err := d.Decode(&r.json)
		if _, rest := d.Token(); err == nil && rest != io.EOF {
			err, r.json = errors.New("goes on"), nil
		}
		r.parsed = true
		if err != nil {
			r.invalid = errors.New("the body is not JSON")
		}
	}
	return r.json
}

func (r *response) asXML() *xmltree.Tree {
	if r.xml == nil {
		var err error
		if r.xml, err = xmltree.Parse(r.Body); err != nil {
			r.xml, r.invalid = &xmltree.Tree{}, errors.New("the body is not XML")
		}
	}
	return r.xml
}

// splitPath splits at dots; "\." is a dot in a name.
func splitPath(path string) []string {
	keys := strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".")
	for i := range keys {
		keys[i] = strings.ReplaceAll(keys[i], "\x00", ".")
	}
	return keys
}

func walkJSON(v any, path []string) any {
	for _, key := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// jsonText is a text, a number as it was written, true or false.
func jsonText(v any) string {
	switch v := v.(type) {
	case string, json.Number, bool:
		return fmt.Sprint(v)
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

// Package reading reads single values out of a vendor's response: of JSON, XML, headers, cookies and text.
package reading

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/httpcookie"
	"github.com/vendorlogin/vendorlogin/internal/xmltree"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A Response is a vendor's response. Its body is parsed when it is first asked for.
type Response struct {
	*loginhttp.Answer

	// Invalid says why the body is not what it was read as.
	Invalid error

	json   any
	xml    *xmltree.Tree
	parsed bool
}

// JSON returns the text, number or boolean at a path; nothing for null, an object and a list.
func (r *Response) JSON(path string) string {
	switch v := walk(r.asJSON(), SplitPath(path)).(type) {
	case string, json.Number, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// Holds says what is at a path of JSON that is no single value: "an object" or "a list" with something in it, or nothing.
func (r *Response) Holds(path string) string {
	switch v := walk(r.asJSON(), SplitPath(path)).(type) {
	case map[string]any:
		if len(v) > 0 {
			return "an object"
		}
	case []any:
		if len(v) > 0 {
			return "a list"
		}
	}
	return ""
}

// XML returns the text at a path, whose parts are separated by dots or slashes.
func (r *Response) XML(path string) string { return r.asXML().Find(splitXML(path)) }

func splitXML(path string) []string {
	return SplitPath(strings.ReplaceAll(strings.Trim(path, "/"), "/", "."))
}

// isNested reports whether there is more than a single value at a place.
func (r *Response) isNested(s *Place) bool {
	return s.JSON != "" && r.Holds(s.JSON) != "" || s.XML != "" && r.asXML().Holds(splitXML(s.XML))
}

// Text is the whole body, without surrounding blanks. A body that is one JSON text is that text.
func (r *Response) Text() string {
	text := strings.TrimSpace(string(bytes.TrimPrefix(r.Body, []byte("\ufeff"))))
	var quoted string
	if strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &quoted) == nil {
		return quoted
	}
	return text
}

// Cookie is the last of that name, unless it deletes one.
func (r *Response) Cookie(name string) *http.Cookie {
	cookies := (&http.Response{Header: r.Header}).Cookies()
	slices.Reverse(cookies)
	i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name })
	if i < 0 || httpcookie.IsDeletion(cookies[i], r.now()) {
		return nil
	}
	return cookies[i]
}

// headers are the values of a header, without cookies that are there to be deleted.
func (r *Response) headers(name string) []string {
	if !strings.EqualFold(name, "Set-Cookie") {
		return r.Header.Values(name)
	}
	return slices.DeleteFunc(slices.Clone(r.Header.Values(name)), func(value string) bool {
		c, err := http.ParseSetCookie(value)
		return err == nil && httpcookie.IsDeletion(c, r.now())
	})
}

// now is the vendor's clock, or else the local one.
func (r *Response) now() time.Time {
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return date
	}
	return r.SentAt
}

// CookieHeader is the value of a Cookie header with all of these; nothing where one is missing.
func (r *Response) CookieHeader(names []string) string {
	var pairs []string
	for _, name := range names {
		c := r.Cookie(name)
		if c == nil {
			return ""
		}
		value := c.Value
		if c.Quoted {
			value = `"` + value + `"`
		}
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

// CookieExpiry is the end of cookies, which is that of the first that ends, as an expiry field; nil: none says it.
func (r *Response) CookieExpiry(names []string) (field json.RawMessage) {
	first := time.Duration(math.MaxInt64)
	for _, name := range names {
		c := r.Cookie(name)
		switch {
		case c == nil:
		case c.MaxAge > 0:
			if life := time.Duration(min(c.MaxAge, 1e9)) * time.Second; life < first {
				first, field = life, json.RawMessage(strconv.Itoa(c.MaxAge))
			}
		case !c.Expires.IsZero():
			if life := c.Expires.Sub(r.now()); life < first {
				first, field = life, quoted(c.Expires.UTC().Format(time.RFC3339))
			}
		}
	}
	return field
}

// JSONNames are the names in the object at a path of JSON, or else those beside it, where it leads nowhere.
func (r *Response) JSONNames(path string) (names []string) {
	keys := SplitPath(path)
	for n := len(keys); n >= 0 && names == nil; n-- {
		object, _ := walk(r.asJSON(), keys[:n]).(map[string]any)
		names = slices.Sorted(maps.Keys(object))
	}
	return names
}

// XMLNames are the names of the root element and what is in it.
func (r *Response) XMLNames() []string { return r.asXML().Names() }

// IsData reports whether the body is JSON or XML, as an empty one and a page are not.
func (r *Response) IsData() bool {
	return !r.IsHTML() && r.Text() != "" && (r.asJSON() != nil || len(r.XMLNames()) > 0)
}

func (r *Response) asJSON() any {
	if r.parsed {
		return r.json
	}
	r.parsed = true
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(r.Body, []byte("\ufeff"))))
	d.UseNumber()
	err := d.Decode(&r.json)
	if _, rest := d.Token(); err != nil || rest != io.EOF {
		r.json, r.Invalid = nil, errors.New("the body is not JSON")
	}
	return r.json
}

func (r *Response) asXML() *xmltree.Tree {
	if r.xml == nil {
		var err error
		if r.xml, err = xmltree.Parse(r.Body); err != nil {
			r.xml, r.Invalid = &xmltree.Tree{}, errors.New("the body is not XML")
			if errors.Is(err, xmltree.ErrCharset) { // any other error may quote the body
				r.Invalid = fmt.Errorf("the body is XML that is not read: %w", xmltree.ErrCharset)
			}
		}
	}
	return r.xml
}

// SplitPath splits at dots; "\." is a dot in a name.
func SplitPath(path string) []string {
	keys := strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".")
	for i := range keys {
		keys[i] = strings.ReplaceAll(keys[i], "\x00", ".")
	}
	return keys
}

func walk(v any, path []string) any {
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

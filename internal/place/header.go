package place

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// Basic is a user and a password for HTTP's Basic authentication: a loginspec.Basic.
type Basic struct {
	User, Password string
	Encoded        bool
}

// Header fills in a header, with cookies and an Authorization of a user and a password. What uses something that is not there is left
// out.
func Header(ctx context.Context, fields, cookies map[string]string, basic *Basic, get Values) (http.Header, error) {
	header := http.Header{}
	filled, err := Fields(ctx, fields, get)
	if err != nil {
		return nil, err
	}
	for name, values := range filled {
		if !httpheader.ValidValue(values[0]) {
			return nil, Invalid{Name: name, Reason: "holds a control character"}
		}
		header.Set(name, onceScheme(fields[name], values[0]))
	}
	if filled, err = Fields(ctx, cookies, get); err != nil {
		return nil, err
	}
	if err := addCookies(header, filled); err != nil || basic == nil {
		return header, err
	}
	user, ok, err := Fill(ctx, basic.User, get, basic.escape)
	if err != nil || !ok {
		return header, err
	}
	password, ok, err := Fill(ctx, basic.Password, get, basic.escape)
	if err != nil || !ok {
		return header, err
	}
	if strings.Contains(user, ":") {
		return nil, Invalid{Name: "the user of basic", Reason: "has a colon"}
	}
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return header, nil
}

func (b *Basic) escape(value string) (string, error) {
	if b.Encoded {
		return url.QueryEscape(value), nil
	}
	return value, nil
}

// onceScheme takes out the scheme that a token begins with where the template says it too, as in "Bearer ${access}".
func onceScheme(template, value string) string {
	scheme, rest, _ := strings.Cut(template, " ")
	if OnlyName(rest) == "" || len(Names(scheme)) > 0 {
		return value
	}
	said, token, _ := strings.Cut(value, " ")
	if again, bare, found := strings.Cut(token, " "); found && strings.EqualFold(again, said) {
		return said + " " + bare
	}
	return value
}

// addCookies adds cookies to a header, in place of those of the same name.
func addCookies(h http.Header, cookies url.Values) error {
	if len(cookies) == 0 {
		return nil
	}
	before := (&http.Request{Header: http.Header{"Cookie": h["Cookie"]}}).Cookies()
	var pairs []string
	for _, c := range before {
		if !cookies.Has(c.Name) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		if (&http.Cookie{Name: name, Value: cookies.Get(name)}).Valid() != nil { // its error quotes the value
			return Invalid{Name: name, Reason: "cannot stand in a cookie"}
		}
		pairs = append(pairs, name+"="+cookies.Get(name))
	}
	h.Set("Cookie", strings.Join(pairs, "; "))
	return nil
}

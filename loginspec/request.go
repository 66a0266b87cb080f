package loginspec

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/xmltree"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A filledCall is the request of a step with its values in it.
type filledCall struct {
	loginhttp.Call
	hidden bool // there is a secret in its path
}

// call fills in the request of a step.
func (r *run) call(ctx context.Context, op string, s *Step) (*filledCall, error) {
	u, err := place.ParseURL(s.URL)
	if err != nil {
		return nil, err
	}
	c := &filledCall{Call: loginhttp.Call{Op: op, Method: s.method(), Success: s.Status, Once: op == "refresh" || r.code != ""}}
	if err := r.fillURL(ctx, c, u); err != nil {
		return nil, err
	}
	maps.Copy(u.Query, s.Query)
	query, err := place.Fields(ctx, u.Query, r)
	if err != nil {
		return nil, err
	}
	maps.Copy(c.Query, query)
	if c.Header, err = place.Header(ctx, s.Header, s.Cookies, (*place.Basic)(s.Basic), r); err != nil {
		return nil, err
	}
	isNoJSON := func(source Source) bool { return source.XML != "" || source.Text }
	if c.Header.Get("Accept") == "" && slices.ContainsFunc(slices.Collect(maps.Values(s.Keep)), isNoJSON) {
		c.Header.Set("Accept", "application/xml, text/xml, */*")
	}
	if err := r.fillBody(ctx, c, s); err != nil {
		return nil, err
	}
	c.Secrets = r.known()
	literal := func(key, template string) {
		if isWord.MatchString(template) && !isOfSecret.MatchString(key) {
			c.Public = append(c.Public, template)
		}
	}
	place.EachScalar(s.JSON, func(text string) { c.Public = append(c.Public, text) })
	place.EachField("query", u.Query, literal)
	s.templates(literal)
	return c, nil
}

// Words of a protocol, such as the value of a grant_type, are told from a key that somebody wrote into a description by what they look
// like, and by where they stand.
var (
	isWord     = regexp.MustCompile(`^[A-Za-z]+([_.:/-][A-Za-z]+)*$`)
	isOfSecret = regexp.MustCompile(`(?i)^basic\.|^cookies\.|key|secret|token|pass|auth|cred|sign`)
)

// fillURL sets where the request goes.
func (r *run) fillURL(ctx context.Context, c *filledCall, u place.URL) error {
	base, ok, err := r.resolve(ctx, u)
	if err != nil {
		return err
	}
	path, there, err := u.FillPath(ctx, r)
	if err != nil {
		return err
	}
	if !ok || !there {
		return place.Invalid{Name: "a value in the URL", Reason: "is not there"}
	}
	c.Base = place.Origin(base)
	c.Path, c.Query = base.EscapedPath(), base.Query()
	if path != "" {
		c.Path = strings.TrimRight(c.Path, "/") + path
	}
	c.hidden = r.keeps[u.Lead] != nil && r.isSecret(u.Lead) || slices.ContainsFunc(place.Names(u.Path), r.isSecret)
	return nil
}

// resolve finds the URL that u begins with, as far as its host and, where it is the value of a name, the path and query in that.
func (r *run) resolve(ctx context.Context, u place.URL) (*url.URL, bool, error) {
	if u.Lead != "" {
		value, ok, err := r.Value(ctx, u.Lead)
		if err != nil || !ok {
			return nil, false, err
		}
		base, err := url.Parse(value)
		if err != nil || r.keeps[u.Lead] != nil && !r.allowed.Allows(base) {
			return nil, false, place.Invalid{Name: u.Lead, Reason: "is no URL that the description allows"}
		}
		return base, true, nil
	}
	host, ok, err := u.FillHost(ctx, r, func(name string) bool { return r.inputs[name] != nil && r.inputs[name].Host })
	if err != nil || !ok {
		return nil, false, err
	}
	base := &url.URL{Scheme: u.Scheme, Host: host}
	fromResponse := slices.ContainsFunc(place.Names(u.Host), func(name string) bool { return r.keeps[name] != nil })
	if fromResponse && !u.HasDomain() && !r.allowed.Allows(base) {
		return nil, false, place.Invalid{Name: u.Host, Reason: "is no host that the description allows"}
	}
	return base, true, nil
}

// absolute makes a URL of what a response to c says, if it leads to a host that is allowed. That of the API is none that depends on c.
func (r *run) absolute(c *filledCall, name, value string) (string, bool) {
	if slices.Contains(place.Names(r.spec.Base), name) && !strings.Contains(value, "://") {
		return "", false
	}
	from, err := url.Parse(c.Base + c.Path)
	if err != nil {
		return "", false
	}
	to, err := from.Parse(value)
	if err != nil || !r.allowed.Allows(to) || place.LeadsElsewhere(to.EscapedPath()) {
		return "", false
	}
	to.Fragment = ""
	return to.String(), true
}

// base is the origin of the vendor's API.
func (r *run) base(ctx context.Context) (string, error) {
	if r.isFixed(r.spec.Base) {
		u, err := url.Parse(r.endpoint.Account.Endpoint)
		if err != nil {
			return "", err
		}
		return place.Origin(u), nil
	}
	u, err := place.ParseURL(r.spec.Base)
	if err != nil {
		return "", err
	}
	base, ok, err := r.resolve(ctx, u)
	if err != nil || !ok {
		return "", errors.Join(err, errors.New("base: the host of the API is not known"))
	}
	return loginhttp.BaseURL(place.Origin(base), "", r.endpoint.AllowPlainHTTP)
}

// fillXML fills the texts of elements. An element that uses what is not there is left out.
func fillXML(ctx context.Context, x XML, get place.Values) (filled xmltree.Elements, err error) {
	for _, e := range x {
		text, ok, err := place.Fill(ctx, e.Text, get, place.InText(e.Text))
		if err != nil {
			return nil, err
		}
		content, err := fillXML(ctx, e.Content, get)
		if err != nil {
			return nil, err
		}
		if ok {
			filled = append(filled, xmltree.Element{Name: e.Name, Text: text, Content: content})
		}
	}
	return filled, nil
}

func (r *run) fillBody(ctx context.Context, c *filledCall, s *Step) (err error) {
	switch {
	case s.JSON != nil:
		c.Body, _, err = place.JSON(ctx, s.JSON, r)
	case s.Form != nil:
		c.Form, err = place.Fields(ctx, s.Form, r)
	case s.XML != nil:
		filled, err := fillXML(ctx, s.XML, r)
		if err != nil {
			return err
		}
		body, err := xmltree.Marshal(filled)
		if err != nil {
			return place.Invalid{Name: "xml", Reason: err.Error()}
		}
		if c.Header.Get("Content-Type") == "" {
			c.Header.Set("Content-Type", "application/xml")
		}
		c.Body = body
	}
	return err
}

func (s *Step) method() string {
	switch {
	case s.Method != "":
		return s.Method
	case s.JSON != nil, s.Form != nil, s.XML != nil:
		return http.MethodPost
	}
	return http.MethodGet
}

// line is how errors show the request.
func (c *filledCall) line() string {
	_, host, _ := strings.Cut(c.Base, "://")
	if c.hidden {
		return c.Method + " " + host + "/[redacted]"
	}
	return c.Method + " " + host + c.Path
}

// hide takes a path with a secret in it out of an error.
func (c *filledCall) hide(err error) error {
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && c.hidden && e.Request != "" {
		e.Request = c.line()
	}
	return err
}

// asError is err as an error of this account, where nothing was sent.
func (r *run) asError(op string, err error) error {
	if _, ok := errors.AsType[*vendorlogin.Error](err); ok || err == nil {
		return err
	}
	e := &vendorlogin.Error{Account: r.endpoint.Account, Op: op, Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true}
	if v, ok := errors.AsType[place.Invalid](err); ok {
		e.Fields = []vendorlogin.FieldError{{Field: v.Name, Reason: v.Reason}}
	} else {
		e.Err = err
	}
	return e
}

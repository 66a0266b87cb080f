package loginspec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Explain says what the description does: each request as it would be sent, with [redacted] for secrets, and in a text that is itself JSON
// or XML, values as they are before they are escaped for it; what is kept, and what each error rule means. Values that c lacks stand as
// ${name}. Nothing is sent and no secret is read. Its error is that of [New], except that missing values are no error here.
func (s *Spec) Explain(c Config) (string, error) {
	a, err := newAccount(s, c, true)
	if err != nil {
		return "", err
	}
	e := &explainer{account: a, values: a.values}
	e.printf("%s: the account is %s at %s\n", s.Name, e.show("${"+s.User+"}"), e.show(s.base()))
	s.allSteps(func(op, path string, step *Step) {
		e.printf("\n%s\n", path)
		e.request(step)
		e.expectations(op, step)
	})
	e.life("the token", "expires", s.Life)
	e.life("the refresh token", "refresh_expires", s.RefreshLife)
	e.usage()
	return e.b.String(), nil
}

// base is Base, or what stands for it: the origin of the first login step.
func (s *Spec) base() string {
	if s.Base != "" || len(s.Login) == 0 {
		return s.Base
	}
	u, _ := place.ParseURL(s.Login[0].URL)
	if u.Lead != "" {
		return "${" + u.Lead + "}"
	}
	return u.Scheme + "://" + u.Host
}

// Trace logs in once, really. It says what each step sent, with [redacted] for secrets, and which error rule matched. Of what came back it
// says the names; as values only the status, the lifetime, the subject, the vendor's error code, and what is public. Its error is that of
// New or Login; what happened before it is in the text.
func Trace(ctx context.Context, s *Spec, c Config) (string, error) {
	a, err := newAccount(s, c, false)
	if err != nil {
		return "", err
	}
	e := &explainer{account: a}
	traced := *a
	traced.trace = func(r *run, step *Step, answer *loginhttp.Answer, err error) {
		e.values = maps.Clone(a.values)
		for name, value := range r.kept {
			if !a.isSecret(name) {
				e.values[name] = value
			}
		}
		e.printf("sent\n")
		e.request(step)
		e.response(r, step, answer, err)
	}
	token, err := traced.Login(ctx)
	if err != nil {
		e.printf("no token: %v\n", err)
		return e.b.String(), err
	}
	expires := "at a time that is not known"
	if !token.ExpiresAt.IsZero() {
		expires = "in " + token.ExpiresAt.Sub(token.IssuedAt).String()
	}
	e.printf("token: expires %s, refresh token %t, subject %q\n", expires, !token.Refresh.IsZero(), token.Subject)
	return e.b.String(), nil
}

// An explainer writes what a step does.
type explainer struct {
	*account
	values map[string]string // what may be shown, by name
	b      strings.Builder
}

func (e *explainer) printf(format string, args ...any) { fmt.Fprintf(&e.b, format, args...) }

// shown is what may be shown of a name.
func (e *explainer) shown(name string) string {
	value, ok := e.values[name]
	switch {
	case e.isSecret(name):
		return "[redacted]"
	case ok:
		return value
	}
	return "${" + name + "}"
}

// show is a template with the values that may be shown.
func (e *explainer) show(template string) string { return place.Show(template, e.shown) }

func (e *explainer) request(s *Step) {
	u, _ := place.ParseURL(s.URL)
	address, _, _ := strings.Cut(s.URL, "?")
	maps.Copy(u.Query, s.Query)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(u.Query)) {
		pairs = append(pairs, url.QueryEscape(name)+"="+e.show(u.Query[name]))
	}
	e.printf("  %s %s\n", s.method(), strings.TrimSuffix(e.show(address)+"?"+strings.Join(pairs, "&"), "?"))
	for _, name := range slices.Sorted(maps.Keys(s.Header)) {
		e.printf("  %s: %s\n", name, e.show(s.Header[name]))
	}
	if s.Basic != nil {
		e.printf("  Authorization: Basic [redacted]\n")
	}
	if len(s.Cookies) > 0 {
		e.printf("  Cookie: %s\n", strings.Join(e.fields(s.Cookies), "; "))
	}
	switch {
	case s.JSON != nil:
		body, _ := json.MarshalIndent(place.ShowJSON(s.JSON, e.shown), "  ", "  ")
		e.printf("  json %s\n", body)
	case s.Form != nil:
		e.printf("  form %s\n", strings.Join(e.fields(s.Form), "&"))
	case s.XML != nil:
		e.elements("  ", s.XML)
	}
	e.warn("path", u.Path)
	place.EachField("", u.Query, func(_, template string) { e.warn("query", template) })
}

// warn says where a secret is in a URL: servers and proxies log these.
func (e *explainer) warn(where, template string) {
	for _, name := range place.Names(template) {
		if e.isSecret(name) {
			e.printf("  note: ${%s} is in the URL's %s, which proxies and servers log\n", name, where)
		}
	}
}

func (e *explainer) fields(fields map[string]string) (shown []string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		shown = append(shown, name+"="+e.show(fields[name]))
	}
	return shown
}

func (e *explainer) elements(indent string, x XML) {
	for _, element := range x {
		e.printf("%s%s: %s\n", indent, element.Name, e.show(element.Text))
		e.elements(indent+"  ", element.Content)
	}
}

// expectations says what is kept, and what failures mean.
func (e *explainer) expectations(op string, s *Step) {
	if method, optional := s.codeMethod(); method != "" {
		e.printf("  asks for a code: %s%s\n", method, map[bool]string{true: ", if Config.OTP is set"}[optional])
	}
	for _, when := range [][2]string{{"only if", s.Only}, {"unless", s.Unless}} {
		if when[1] != "" {
			e.printf("  runs %s there is %s\n", when[0], when[1])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Keep)) {
		source := s.Keep[name]
		e.printf("  keeps %s: %s", name, source.reads().Where())
		if source.As != "" {
			e.printf(", as %s", source.As)
		}
		e.printf("%s\n", map[bool]string{true: ", which may be missing"}[source.Maybe])
	}
	if len(s.Status) > 0 {
		e.printf("  succeeds with status %s\n", strings.Trim(fmt.Sprint(s.Status), "[]"))
	}
	for _, rule := range e.spec.rulesOf(s) {
		kind := kindOf(rule.Kind, op, s.Code != "")
		means := kind.Error()
		if op == "logout" && isRejection(kind) {
			means = "the session has ended already, which is no failure"
		}
		e.printf("  %s: %s\n", rule.reads().Describe(), means)
	}
}

// life says how long a token is used for if no response says it.
func (e *explainer) life(what, field string, life time.Duration) {
	switch {
	case life == 0:
	case e.keeps[field] != nil:
		e.printf("\n%s lives %v where %s is missing\n", what, life, field)
	default:
		e.printf("\n%s lives %v, unless it or its cookie says otherwise\n", what, life)
	}
}

func (e *explainer) usage() {
	u := e.spec.Use
	if u == nil {
		u = &Use{Header: map[string]string{"Authorization": "Bearer ${access}"}}
	}
	e.printf("\nAPI requests carry\n")
	u.templates(func(key, template string) { e.printf("  %s: %s\n", key, e.show(template)) })
	e.printf("  status 401: the token is not valid any more\n")
	for i := range e.spec.Rejected {
		e.printf("  %s: the same\n", e.spec.Rejected[i].reads().Describe())
	}
}

// response says what came back.
func (e *explainer) response(r *run, s *Step, answer *loginhttp.Answer, err error) {
	if answer == nil {
		e.printf("  no response\n")
		return
	}
	resp := &reading.Response{Answer: answer}
	e.printf("came back\n  status %d, %d bytes, %s\n", answer.Status, len(answer.Body), e.contentType(answer))
	for _, name := range slices.Sorted(maps.Keys(s.Keep)) {
		source := s.Keep[name]
		found := "is there"
		if _, ok := source.find(name, resp); !ok {
			found = r.instead(resp, &source)
		}
		e.printf("  %s at %s: %s\n", name, source.reads().Where(), found)
	}
	if r.matched != "" {
		e.printf("  matched %s\n", r.matched)
	}
	if failure, ok := errors.AsType[*vendorlogin.Error](err); ok {
		e.printf("  means: %v\n", failure.Kind)
	}
}

// contentType is the kind of body without what a server may add to it.
func (e *explainer) contentType(answer *loginhttp.Answer) string {
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if !place.ValidName.MatchString(strings.NewReplacer("/", "", "+", "", ".", "").Replace(kind)) {
		return "no Content-Type"
	}
	return kind
}

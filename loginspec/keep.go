package loginspec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
)

// keep reads what a step keeps, all of it or nothing.
func (r *run) keep(call *filledCall, s *Step, keep map[string]Source, resp *reading.Response) error {
	if len(s.Status) > 0 && !slices.Contains(s.Status, resp.Status) {
		return r.unusable(call, resp, fmt.Errorf("only these statuses mean success: %v", s.Status))
	}
	got := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(keep)) {
		source := keep[name]
		value, ok := source.find(name, resp)
		if ok && isToken(name) && source.isDocument(resp) {
			return r.unusable(call, resp, fmt.Errorf("%s: the body is a page or a document, and no token", name))
		}
		if ok && r.leads[name] {
			value, ok = r.absolute(call, name, value)
			if !ok {
				return r.unusable(call, resp, fmt.Errorf("%s leads to a host that the description does not allow", name))
			}
		}
		switch {
		case ok:
			got[name] = value
		case source.Maybe:
		default:
			return r.missing(name, &source, call, resp)
		}
	}
	for name, token := range map[string]string{"expires": "access", "type": "access", "refresh_expires": "refresh"} {
		if got[token] != "" && r.from[token].in != nil && r.from[name].in != nil { // of an earlier token: it does not hold for this one
			delete(r.kept, name)
			delete(r.from, name)
		}
	}
	for name := range keep {
		if r.op != "refresh" || got[name] != "" {
			r.kept[name], r.from[name] = got[name], found{resp, keep[name]}
			r.forgetMadeOf(name)
		}
	}
	return nil
}

// isDocument reports whether a whole body is what stands there in place of a token: a page of a proxy or a login wall, or JSON or XML.
func (s *Source) isDocument(resp *reading.Response) bool {
	return s.Text && s.Match == "" && strings.ContainsAny(resp.Text()[:1], "<{[") && (resp.IsHTML() || resp.IsData())
}

// missing is the failure of a response that lacks what is to be kept. It says what is there in its place.
func (r *run) missing(name string, source *Source, call *filledCall, resp *reading.Response) error {
	reason := r.instead(resp, source)
	if resp.Invalid != nil {
		reason = resp.Invalid.Error()
	}
	failure := r.unusable(call, resp, errors.New(reason))
	failure.Fields = []vendorlogin.FieldError{{Field: name + " at " + source.reads().Where(), Reason: "is missing"}}
	return failure
}

// instead says what a response has where a source is missing.
func (r *run) instead(resp *reading.Response, source *Source) string {
	names := r.names(resp, source)
	holds := ""
	if source.JSON != "" {
		holds = resp.Holds(source.JSON)
	}
	switch {
	case holds == "an object" && len(names) > 0:
		return "is an object, in which there is: " + strings.Join(names, ", ")
	case holds != "":
		return "is " + holds
	case len(names) > 0:
		return "is missing; there is: " + strings.Join(names, ", ")
	case source.Text && source.Match != "" && len(resp.Body) > 0:
		return "is missing; the body has no match"
	}
	return "is missing; there is nothing like it"
}

// names are the names in a response where a source is missing, never values: what looks like one is left out.
func (r *run) names(resp *reading.Response, source *Source) []string {
	secrets := r.known()
	there := slices.DeleteFunc(source.reads().Names(resp), func(n string) bool {
		return !place.ValidName.MatchString(strings.ReplaceAll(n, ".", "")) || len(n) > 40 || slices.ContainsFunc(secrets, func(s string) bool {
			return strings.Contains(strings.ToLower(n), strings.ToLower(s))
		})
	})
	return there[:min(len(there), 16)]
}

// unusable is a response that means success and is none: a counted attempt, never a token.
func (r *run) unusable(call *filledCall, resp *reading.Response, err error) *vendorlogin.Error {
	return &vendorlogin.Error{
		Account: r.endpoint.Account, Op: call.Op, Kind: vendorlogin.ErrBadResponse, Err: err,
		Status: resp.Status, Request: call.line(),
	}
}

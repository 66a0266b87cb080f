package loginspec

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// kinds are what a rule may say.
var kinds = map[string]error{
	"credentials":      vendorlogin.ErrInvalidCredentials,
	"forbidden":        vendorlogin.ErrForbidden,
	"otp_required":     vendorlogin.ErrOTPRequired,
	"otp_rejected":     vendorlogin.ErrOTPRejected,
	"rate_limited":     vendorlogin.ErrRateLimited,
	"refresh_rejected": vendorlogin.ErrRefreshRejected,
	"invalid_request":  vendorlogin.ErrInvalidRequest,
	"unavailable":      vendorlogin.ErrUnavailable,
}

// rulesOf are the rules for a step: its own, then the description's.
func (s *Spec) rulesOf(step *Step) []Rule { return slices.Concat(step.Errors, s.Errors) }

// classify is what the first rule that matches makes of a response; nil where none does: then the status decides, and OAuth's words.
func (r *run) classify(op string, s *Step, resp *response) *vendorlogin.Error {
	for i, rule := range r.spec.rulesOf(s) {
		if !rule.matches(resp) || rule.At == nil && resp.Status != 401 && resp.isPage() && !r.readsText(s) {
			continue // a page is nobody's decision about credentials, unless the vendor speaks in pages
		}
		r.matched = fmt.Sprintf("errors[%d] (%s)", i, rule.Kind)
		e := &vendorlogin.Error{Kind: r.kind(op, rule.Kind)}
		if rule.Code != nil {
			e.Code, _ = resp.find(rule.Code)
		}
		if rule.Message != nil {
			e.Message, _ = resp.find(rule.Message)
		}
		if rule.RetryAt != nil {
			if value, ok := resp.find(rule.RetryAt); ok {
				e.RetryAt = resp.Expiry(expiryField(value, rule.RetryAt.As), "", 0)
			}
		}
		return e
	}
	if resp.Status >= 400 && !r.readsText(s) && !resp.isOurs() {
		return resp.Foreign()
	}
	return nil
}

// isOurs reports whether a body is in a format that vendors speak, as an empty one and a page are not.
func (r *response) isOurs() bool {
	return !r.isPage() && len(bytes.TrimSpace(r.Body)) > 0 && (r.asJSON() != nil || len(r.asXML().Names()) > 0)
}

// kind is what a rule's kind means in an operation: a refresh has no other credentials than the refresh token, and a code that was
// not sent cannot be rejected.
func (r *run) kind(op, kind string) error {
	switch {
	case op == "refresh" && kind == "credentials":
		return vendorlogin.ErrRefreshRejected
	case op == "login" && kind == "refresh_rejected":
		return vendorlogin.ErrInvalidCredentials
	case kind == "otp_rejected" && r.code == "":
		return vendorlogin.ErrOTPRequired
	}
	return kinds[kind]
}

// readsText reports whether the step reads its responses as text.
func (r *run) readsText(s *Step) bool {
	for source := range maps.Values(s.Keep) {
		if source.Text {
			return true
		}
	}
	return slices.ContainsFunc(r.spec.rulesOf(s), func(rule Rule) bool { return rule.At != nil && rule.At.Text })
}

// isPage reports whether the body is an HTML page, as proxies and login walls send.
func (r *response) isPage() bool {
	start := strings.ToLower(strings.TrimSpace(string(r.Body[:min(len(r.Body), 64)])))
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "text/html") ||
		strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

func (c *Condition) hasStatus(status int) bool {
	return len(c.Status) == 0 || slices.Contains(c.Status, status)
}

// matches reports whether a response meets the condition.
func (c *Condition) matches(resp *response) bool {
	if !c.hasStatus(resp.Status) {
		return false
	}
	if c.At == nil {
		return true
	}
	value, ok := resp.find(c.At)
	if !ok {
		ok = c.At.JSON != "" && len(c.Is) == 0 && len(c.Not) == 0 && c.Match == "" && resp.holds(c.At.JSON)
		return ok
	}
	same := func(want string) bool { return strings.EqualFold(strings.TrimSpace(want), value) }
	switch {
	case len(c.Is) > 0 && !slices.ContainsFunc(c.Is, same), len(c.Not) > 0 && slices.ContainsFunc(c.Not, same):
		return false
	case c.Match != "":
		re, err := regexp.Compile(c.Match)
		return err == nil && re.MatchString(value)
	case len(c.Is) == 0 && len(c.Not) == 0:
		return value != "false"
	}
	return true
}

// holds reports whether there is an object or a list with something in it.
func (r *response) holds(path string) bool {
	switch v := walkJSON(r.asJSON(), splitPath(path)).(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}

// readsBody reports whether the source is in the body.
func (s *Source) readsBody() bool { return s.JSON != "" || s.XML != "" || s.Text }

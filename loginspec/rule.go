package loginspec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/reading"
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
func (r *run) classify(op string, s *Step, resp *reading.Response) *vendorlogin.Error {
	for i, rule := range r.spec.rulesOf(s) {
		if !rule.matches(resp) || rule.At == nil && resp.Status != 401 && resp.IsPage() && !r.readsText(s) {
			continue // a page is nobody's decision about credentials, unless the vendor speaks in pages
		}
		r.matched = fmt.Sprintf("errors[%d] (%s)", i, rule.Kind)
		e := &vendorlogin.Error{Kind: r.kind(op, rule.Kind)}
		if rule.Code != nil {
			e.Code, _ = rule.Code.find(resp)
		}
		if rule.Message != nil {
			e.Message, _ = rule.Message.find(resp)
		}
		if rule.RetryAt != nil {
			if value, ok := rule.RetryAt.find(resp); ok {
				e.RetryAt = resp.Expiry(reading.ExpiryField(value, rule.RetryAt.As), "", 0)
			}
		}
		return e
	}
	if resp.Status >= 400 && !r.readsText(s) && !resp.IsData() {
		return resp.Foreign()
	}
	return nil
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

func (c *Condition) hasStatus(status int) bool {
	return len(c.Status) == 0 || slices.Contains(c.Status, status)
}

// matches reports whether a response meets the condition.
func (c *Condition) matches(resp *reading.Response) bool {
	if !c.hasStatus(resp.Status) {
		return false
	}
	if c.At == nil {
		return true
	}
	value, ok := c.At.find(resp)
	if !ok {
		ok = c.At.JSON != "" && len(c.Is) == 0 && len(c.Not) == 0 && c.Match == "" && resp.HoldsJSON(c.At.JSON)
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

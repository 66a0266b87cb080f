package loginspec

import (
	"fmt"
	"maps"
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
		if !rule.reads().Matches(resp) || rule.At == nil && resp.Status != 401 && resp.IsHTML() && !r.readsText(s) {
			continue // a page is nobody's decision about credentials, unless the vendor speaks in pages
		}
		r.matched = fmt.Sprintf("errors[%d] (%s)", i, rule.Kind)
		e := &vendorlogin.Error{Kind: kindOf(rule.Kind, op, r.code != "")}
		e.Code, _ = rule.Code.reads().Find(resp)
		e.Message, _ = rule.Message.reads().Find(resp)
		if value, ok := rule.RetryAt.reads().Find(resp); ok {
			e.RetryAt = resp.Expiry(reading.ExpiryField(value, rule.RetryAt.As), "", 0)
		}
		return e
	}
	switch listed := slices.Contains(s.Status, resp.Status); {
	case listed && resp.Status == 401 && r.lacks(s, resp):
		return &vendorlogin.Error{Kind: kindOf("credentials", op, false)}
	case resp.Status >= 400 && !listed && !r.readsText(s) && !resp.IsData():
		return resp.Foreign()
	}
	return nil
}

// kindOf is what a rule's kind means in an operation: a refresh has no other credentials than the refresh token, and a code that was
// not sent cannot be rejected.
func kindOf(kind, op string, withCode bool) error {
	switch {
	case op == "refresh" && kind == "credentials":
		return vendorlogin.ErrRefreshRejected
	case op == "login" && kind == "refresh_rejected":
		return vendorlogin.ErrInvalidCredentials
	case kind == "otp_rejected" && !withCode:
		return vendorlogin.ErrOTPRequired
	}
	return kinds[kind]
}

func isRedirect(status int) bool { return status >= 300 && status <= 399 }

// readsText reports whether the step reads its responses as text.
func (r *run) readsText(s *Step) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(s.Keep)), func(source Source) bool { return source.Text }) ||
		slices.ContainsFunc(r.spec.rulesOf(s), func(rule Rule) bool { return rule.At != nil && rule.At.Text })
}

// reads is the source as it is read.
func (s *Source) reads() *reading.Place { return (*reading.Place)(s) }

// find is what a response has for a name. Nothing and true are no token.
func (s *Source) find(name string, resp *reading.Response) (string, bool) {
	value, ok := s.reads().Find(resp)
	return value, ok && !(isToken(name) && (isNothing(value) || strings.EqualFold(value, "true")))
}

// isNothing reports whether a value is what vendors say where there is none.
func isNothing(value string) bool {
	return slices.Contains([]string{"", "null", "false", "0", "-1"}, strings.ToLower(strings.TrimSpace(value)))
}

// lacks reports whether a response has not all that the step keeps without maybe, or where that is nothing, none that decides.
func (r *run) lacks(s *Step, resp *reading.Response) bool {
	decided := false
	for name, source := range s.Keep {
		value, ok := source.find(name, resp)
		switch there := ok && !isNothing(value); {
		case there:
			decided = decided || r.spec.decides(r.op, name, &source)
		case !source.Maybe:
			return true
		}
	}
	return !decided
}

// decides reports whether a response that has what a step keeps is one that the step is for: it must be there, or a step of the same
// operation runs only with it.
func (s *Spec) decides(op, name string, kept *Source) bool {
	found := !kept.Maybe
	s.allSteps(func(other, _ string, step *Step) { found = found || other == op && step.Only == name })
	return found
}

// reads is the condition as it is decided.
func (c *Condition) reads() *reading.Condition {
	return &reading.Condition{Status: c.Status, At: c.At.reads(), Is: c.Is, Not: c.Not, Match: c.Match}
}

package reading

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// A Condition is one for a response: a loginspec.Condition.
type Condition struct {
	Status  []int
	At      *Place
	Is, Not []string
	Match   string
}

// HasStatus reports whether a status is one of those that count.
func (c *Condition) HasStatus(status int) bool {
	return len(c.Status) == 0 || slices.Contains(c.Status, status)
}

// Matches reports whether a response meets the condition.
func (c *Condition) Matches(resp *Response) bool {
	if !c.HasStatus(resp.Status) {
		return false
	}
	if c.At == nil {
		return true
	}
	found := c.At.all(resp)
	if len(found) == 0 {
		return len(c.Is) == 0 && len(c.Not) == 0 && c.Match == "" && c.At.Match == "" && resp.isNested(c.At)
	}
	excluded := func(value string) bool { return lists(c.Not, value) }
	return slices.ContainsFunc(found, c.accepts) && !slices.ContainsFunc(found, excluded)
}

// lists reports whether a value is one of texts, without regard to case.
func lists(texts []string, value string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.EqualFold(strings.TrimSpace(text), value) })
}

// accepts reports whether what was found is what is and match want.
func (c *Condition) accepts(value string) bool {
	switch {
	case len(c.Is) > 0 && !lists(c.Is, value):
		return false
	case c.Match != "":
		re, err := regexp.Compile(c.Match)
		return err == nil && re.MatchString(value)
	case len(c.Is) == 0 && len(c.Not) == 0:
		return !isFalse(value)
	}
	return true
}

func isFalse(value string) bool { return strings.EqualFold(strings.TrimSpace(value), "false") }

// Covers reports whether c matches whatever other does.
func (c *Condition) Covers(other *Condition) bool {
	for _, status := range other.Status {
		if !c.HasStatus(status) {
			return false
		}
	}
	switch {
	case len(other.Status) == 0 && len(c.Status) > 0:
		return false
	case c.At == nil:
		return true
	case other.At == nil || !reflect.DeepEqual(c.At, other.At):
		return false
	case len(c.Is)+len(c.Not)+len(c.Match) == 0:
		return !slices.ContainsFunc(other.Is, isFalse) && len(other.Not) == 0 && other.Match == ""
	}
	return reflect.DeepEqual([]any{c.Is, c.Not, c.Match}, []any{other.Is, other.Not, other.Match})
}

// Check reports what is wrong with a condition, at which of its keys.
func (c *Condition) Check(report func(key, reason string)) {
	for i, status := range c.Status {
		if status < 200 || status > 599 {
			report(fmt.Sprintf(".status[%d]", i), "is no status of a response")
		}
	}
	re, err := regexp.Compile(c.Match)
	excluded := func(is string) bool {
		return slices.ContainsFunc(c.Not, func(not string) bool { return strings.EqualFold(is, not) })
	}
	if slices.ContainsFunc(c.Is, func(is string) bool { return strings.TrimSpace(is) == "" }) {
		report(".is", "has an empty text: what is empty is never found")
	}
	switch all := func(f func(string) bool) bool {
		return len(c.Is) > 0 && !slices.ContainsFunc(c.Is, func(s string) bool { return !f(s) })
	}; {
	case c.At == nil && len(c.Is)+len(c.Not)+len(c.Match) > 0:
		report("", "has is, not or match without at")
	case c.At == nil && len(c.Status) == 0:
		report("", "matches every response: it needs status or at")
	case c.Status != nil && len(c.Status) == 0, c.Is != nil && len(c.Is) == 0:
		report("", "can never match: a list is empty")
	case all(excluded):
		report("", "can never match: not excludes all of is")
	case err != nil:
		report(".match", badPattern(err))
	case c.Match != "" && all(func(is string) bool { return !re.MatchString(is) }):
		report("", "can never match: match excludes all of is")
	}
}

// Describe is the condition in words.
func (c *Condition) Describe() string {
	text := "any status"
	if len(c.Status) > 0 {
		text = "status " + strings.Trim(fmt.Sprint(c.Status), "[]")
	}
	if c.At == nil {
		return text
	}
	text += " and " + c.At.Where()
	if len(c.Is) == 0 && len(c.Not) == 0 && c.Match == "" {
		return text + " is there"
	}
	if len(c.Is) > 0 {
		text += " is " + strings.Join(c.Is, " or ")
	}
	if len(c.Not) > 0 {
		text += " is not " + strings.Join(c.Not, " or ")
	}
	if c.Match != "" {
		text += " matches " + c.Match
	}
	return text
}

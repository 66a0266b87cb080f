package loginspec

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
	"github.com/vendorlogin/vendorlogin/internal/made"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// checkRules checks rules. One that never matches is a mistake in it or in one before it.
func (k *checker) checkRules(path string, rules []Rule, s *Step) {
	for i := range rules {
		rule, at := &rules[i], item(path, i)
		k.checkCondition(at, &rule.Condition)
		if kinds[rule.Kind] == nil {
			k.add(at+".kind", "is unknown%s", strictjson.Nearest(rule.Kind, slices.Collect(maps.Keys(kinds))))
		}
		for _, status := range rule.Status {
			if isRedirect(status) && (s == nil || !slices.Contains(s.Status, status)) {
				k.add(at, "can never match: a redirect is a failure of its own, unless the step's status lists it")
			}
		}
		if rule.At == nil && (s == nil || len(s.Status) == 0) && (len(rule.Status) == 0 || slices.ContainsFunc(rule.Status, isSuccess)) {
			k.add(at, "matches every success: it needs at, or a status that is none")
		}
		for key, source := range map[string]*Source{"code": rule.Code, "message": rule.Message, "retry_at": rule.RetryAt} {
			if source != nil {
				k.checkSource(join(at, key), key, source)
				k.checkShown(join(at, key), source)
			}
		}
		if j := slices.IndexFunc(rules[:i], func(before Rule) bool { return before.covers(&rule.Condition) }); j >= 0 {
			k.add(at, "can never match: %s matches first", item(path, j))
		}
	}
}

func isSuccess(status int) bool { return status >= 200 && status <= 299 }

// checkShown checks that what an error shows is nothing that is kept as a secret.
func (k *checker) checkShown(path string, source *Source) {
	for name, kept := range k.keeps {
		if k.isSecret(name) && kept.place() == source.place() && source.place() != "" {
			k.add(path, "is where ${%s} is, a secret that errors would show", name)
		}
	}
}

func (k *checker) checkCondition(path string, c *Condition) {
	for i, status := range c.Status {
		if status < 200 || status > 599 {
			k.add(item(path+".status", i), "is no status of a response")
		}
	}
	overlap := func(is string) bool {
		return !slices.ContainsFunc(c.Not, func(not string) bool { return strings.EqualFold(is, not) })
	}
	switch {
	case c.At == nil && len(c.Is)+len(c.Not)+len(c.Match) > 0:
		k.add(path, "has is, not or match without at")
	case c.At == nil && len(c.Status) == 0:
		k.add(path, "matches every response: it needs status or at")
	case len(c.Is) > 0 && len(c.Not) > 0 && !slices.ContainsFunc(c.Is, overlap):
		k.add(path, "can never match: not excludes all of is")
	}
	if re, err := regexp.Compile(c.Match); err != nil {
		k.add(path+".match", "is no regular expression")
	} else if c.Match != "" && len(c.Is) > 0 && !slices.ContainsFunc(c.Is, re.MatchString) {
		k.add(path, "can never match: match excludes all of is")
	}
	if c.At != nil {
		k.checkSource(path+".at", "at", c.At)
	}
}

// covers reports whether c matches whatever other does.
func (c *Condition) covers(other *Condition) bool {
	for _, status := range other.Status {
		if !c.hasStatus(status) {
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
		return !slices.Contains(other.Is, "false") && len(other.Not) == 0 && other.Match == ""
	}
	return reflect.DeepEqual([]any{c.Is, c.Not, c.Match}, []any{other.Is, other.Not, other.Match})
}

func (k *checker) checkSource(path, name string, s *Source) {
	places := 0
	for _, is := range []bool{s.JSON != "", s.XML != "", s.Header != "", s.Cookie != "", len(s.Cookies) > 0, s.Text} {
		if is {
			places++
		}
	}
	isTime := name == "expires" || name == "refresh_expires" || name == "retry_at"
	kept := strings.Contains(path, ".keep.")
	switch {
	case places != 1:
		k.add(path, "must have one of json, xml, header, cookie, cookies and text")
	case slices.Contains(reading.SplitPath(s.JSON+s.XML), "") && s.JSON+s.XML != "", strings.HasPrefix(s.JSON, "$"), strings.Contains(s.JSON, "["):
		k.add(path, `is no path: names and numbers with dots between them, such as "data.0.token"`)
	case s.Header != "" && !httpheader.ValidName(s.Header):
		k.add(path+".header", "is no name of a header")
	case s.As != "" && !isTime:
		k.add(path+".as", "is for times only")
	case !reading.IsTimeForm(s.As):
		k.add(path+".as", "is unknown%s", strictjson.Nearest(s.As, []string{"seconds", "ms", "unix", "unix_ms", "d:h:m", "rfc3339", "http_date"}))
	case !kept && (s.Maybe || s.Public):
		k.add(path, "is kept nowhere: maybe and public mean nothing")
	case s.Public && (name == "access" || name == "refresh"):
		k.add(path+".public", "would show the token in logs")
	}
	for i, cookie := range s.Cookies {
		if cookie == "" {
			k.add(item(path+".cookies", i), "is empty")
		}
	}
	if re, err := regexp.Compile(s.Match); err != nil {
		k.add(path+".match", "is no regular expression")
	} else if s.Match != "" && re.NumSubexp() != 1 {
		k.add(path+".match", "must have one group, which is what is kept")
	}
}

// checkMake checks a made value. What it is made of is checked where it is used.
func (k *checker) checkMake(path, name string, m *Make, s *Step) {
	count := 0
	for _, is := range []bool{m.Base64 != "", m.SHA256 != "", m.UUID, m.Random != 0, m.Time != "", m.JWT != nil} {
		if is {
			count++
		}
	}
	forms := []string{"", "hex", "base64"}
	if m.Base64 != "" {
		forms = []string{"", "url"}
	}
	switch {
	case count != 1:
		k.add(path, "must have one of base64, sha256, uuid, random, time and jwt")
	case m.As != "" && (m.UUID || m.Time != "" || m.JWT != nil), !slices.Contains(forms, m.As):
		k.add(path+".as", "is no form of this value")
	case m.Random < 0 || m.Random > 1024:
		k.add(path+".random", "must be 1 to 1024 bytes")
	case m.Offset != 0 && m.Time == "":
		k.add(path+".offset", "belongs to time")
	case m.Time != "" && !slices.Contains([]string{"unix", "unix_ms", "rfc3339", "http_date"}, m.Time) && !reading.IsLayout(m.Time):
		k.add(path+".time", "is no form of a time")
	}
	if m.JWT != nil {
		k.checkJWT(path+".jwt", m.JWT)
	}
	local := map[string]Make{}
	if s != nil {
		local = s.Make
	}
	m.templates(func(_, template string) {
		for _, in := range place.Names(template) {
			next, ok := local[in]
			if !ok {
				next = k.spec.Make[in]
			}
			if in == name || k.spec.uses(&next, local)[name] {
				k.add(path, "is made of itself")
				k.cyclic[name] = true
			}
		}
	})
}

func (k *checker) checkJWT(path string, j *JWT) {
	key := j.keyName()
	k.keys[key] = true
	switch {
	case !slices.Contains(made.Algorithms, j.Alg):
		k.add(path+".alg", "is unknown%s", strictjson.Nearest(j.Alg, made.Algorithms))
	case k.made[key] == nil && (k.inputs[key] == nil || !k.inputs[key].Secret):
		k.add(path+".key", "must be the name of a secret input")
	case j.Life < 0 || j.Life > 24*time.Hour:
		k.add(path+".life", "must be at most 24h")
	case j.Header["alg"] != nil:
		k.add(path+".header.alg", "is said by alg")
	}
}

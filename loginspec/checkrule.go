package loginspec

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/made"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// checkRules checks rules. One that never matches is a mistake in it or in one before it.
func (k *checker) checkRules(path string, rules []Rule, s *Step) {
	for i := range rules {
		rule, at := &rules[i], item(path, i)
		k.checkCondition(at, &rule.Condition, s)
		k.bad(kinds[rule.Kind] == nil, at+".kind", "is unknown%s", strictjson.Nearest(rule.Kind, slices.Collect(maps.Keys(kinds))))
		for _, status := range rule.Status {
			k.bad(isRedirect(status) && (s == nil || !slices.Contains(s.Status, status)), at,
				"can never match: a redirect is a failure of its own, unless the step's status lists it")
		}
		for key, source := range map[string]*Source{"code": rule.Code, "message": rule.Message, "retry_at": rule.RetryAt} {
			if source != nil {
				k.checkSource(join(at, key), key, source)
				k.checkShown(join(at, key), source, s)
			}
		}
		j := slices.IndexFunc(rules[:i], func(before Rule) bool { return before.reads().Covers(rule.reads()) })
		k.bad(j >= 0, at, "can never match: %s matches first", item(path, j))
	}
}

// checkCovered checks that a rule of the description is not behind one in every step.
func (k *checker) checkCovered() {
	for i := range k.spec.Errors {
		covered := true
		k.spec.allSteps(func(_, _ string, s *Step) {
			covered = covered && slices.ContainsFunc(s.Errors, func(own Rule) bool { return own.reads().Covers(k.spec.Errors[i].reads()) })
		})
		k.bad(covered, item("errors", i), "can never match: in each step a rule of its own matches first")
	}
}

// succeeds reports whether a condition holds for whatever means success: one of 2xx, or all that the step lists.
func (c *Condition) succeeds(s *Step) bool {
	switch {
	case c.At != nil:
		return false
	case s == nil || len(s.Status) == 0:
		return slices.ContainsFunc(c.Status, func(status int) bool { return status >= 200 && status <= 299 })
	}
	return !slices.ContainsFunc(s.Status, func(status int) bool { return !slices.Contains(c.Status, status) })
}

// checkShown checks that what an error or a Token shows is nothing that is kept as a secret of the same response: of s, or of any step.
func (k *checker) checkShown(path string, source *Source, s *Step) {
	k.spec.allSteps(func(op, _ string, step *Step) {
		keep := step.Keep
		if keep == nil && op == "refresh" {
			keep = k.spec.tokenKeep()
		}
		for name, kept := range keep {
			another := source.Match != "" && kept.Match != "" && source.Match != kept.Match // part of what is there
			ofFailure := source.Text && !strings.Contains(path, ".keep.")                   // it is another text
			same := source.reads().Overlaps(kept.reads()) && !ofFailure && !another && (s == nil || s == step)
			k.bad(same && k.isSecret(name), path, "is where ${%s} is, a secret that would be shown", name)
		}
	})
}

func (k *checker) checkCondition(path string, c *Condition, s *Step) {
	k.bad(c.succeeds(s), path, "matches every success: it needs at, or a status that is none")
	c.reads().Check(func(key, reason string) { k.add(path+key, "%s", reason) })
	if c.At != nil {
		k.checkSource(path+".at", "at", c.At)
	}
}

func (k *checker) checkSource(path, name string, s *Source) {
	key, reason := s.reads().Check()
	k.bad(reason != "", path+key, "%s", reason)
	isTime := name == "expires" || name == "refresh_expires" || name == "retry_at"
	k.bad(s.As != "" && !isTime, path+".as", "is for times only")
	k.bad(!reading.IsTimeForm(s.As), path+".as", "is unknown%s", meantForm(s.As))
	k.bad(!strings.Contains(path, ".keep.") && (s.Maybe || s.Public), path, "is kept nowhere: maybe and public mean nothing")
	k.bad(s.Public && isToken(name), path+".public", "would show the token in logs")
}

// otherForms are how the names begin that the forms of a time have elsewhere.
var otherForms = map[string]string{
	"mil": "ms", "mse": "ms", "s": "seconds", "sec": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days",
	"epo": "unix or unix_ms", "tim": "unix or unix_ms", "iso": "rfc3339",
}

// meantForm says which form of a time was probably meant.
func meantForm(as string) string {
	if form := otherForms[strings.ToLower(as[:min(len(as), 3)])]; form != "" {
		return "; did you mean " + form + "?"
	}
	return strictjson.Nearest(as, append(slices.Clone(reading.TimeForms), "a layout such as 2006-01-02 15:04:05"))
}

// checkMake checks a made value. Whether what it is made of is there in time is checked where it is used.
func (k *checker) checkMake(path, name string, m *Make, local map[string]Make) {
	is := map[bool]int{}
	for _, one := range []bool{m.Base64 != "", m.SHA256 != "", m.UUID, m.Random != 0, m.Time != "", m.JWT != nil} {
		is[one]++
	}
	forms := []string{"", "hex", "base64"}
	if m.Base64 != "" {
		forms = []string{"", "url"}
	}
	formless := m.UUID || m.Time != "" || m.JWT != nil
	named := slices.Contains([]string{"", "unix", "unix_ms", "rfc3339", "http_date"}, m.Time)
	k.bad(is[true] != 1, path, "must have one of base64, sha256, uuid, random, time and jwt")
	k.bad(m.As != "" && formless || !slices.Contains(forms, m.As), path+".as", "is no form of this value")
	k.bad(m.Random < 0 || m.Random > 1024, path+".random", "must be 1 to 1024 bytes")
	k.bad(m.Offset != 0 && m.Time == "", path+".offset", "belongs to time")
	k.bad(!named && !reading.IsLayout(m.Time), path+".time", "is no form of a time")
	if m.JWT != nil {
		k.checkJWT(path+".jwt", m.JWT)
	}
	text := m.Base64 + m.SHA256
	k.bad(text != "" && k.given[text] != "", path, "is made of the word %s; did you mean ${%s}?", text, text)
	m.templates(func(key, template string) {
		_, err := place.Parse(template)
		k.bad(err != nil, join(path, key), "%v", err)
		for _, in := range place.Names(template) {
			next, _ := k.spec.makes(in, local)
			switch {
			case in == name || k.spec.uses(&next, local)[name]:
				k.add(path, "is made of itself")
				k.said[name] = true
			case k.given[in] == "" && key != "jwt.key":
				k.unknown(join(path, key), in, slices.Collect(maps.Keys(k.keeps)))
				k.said[in] = true
			}
		}
	})
}

func (k *checker) checkJWT(path string, j *JWT) {
	key := j.keyName()
	k.pems[key] = !strings.HasPrefix(j.Alg, "HS")
	secret := k.inputs[key] != nil && k.inputs[key].Secret
	k.bad(!slices.Contains(made.Algorithms, j.Alg), path+".alg", "is unknown%s", strictjson.Nearest(j.Alg, made.Algorithms))
	k.bad(k.made[key] == nil && !secret, path+".key", "must be the name of a secret input")
	k.bad(j.Life < 0 || j.Life > 24*time.Hour, path+".life", "must be at most 24h")
	k.bad(j.Header["alg"] != nil, path+".header.alg", "is said by alg")
}

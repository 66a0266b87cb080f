package loginspec

import (
	"iter"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// maxLife bounds a documented lifetime.
const maxLife = 10 * 365 * 24 * time.Hour

// checkSteps checks the steps in their order, each with the names that are there by then.
func (k *checker) checkSteps() {
	s := k.spec
	k.bad(s.tokenKeep() == nil, "login", "has no step that keeps access")
	k.bad(s.Life < 0 || s.Life > maxLife || s.RefreshLife < 0 || s.RefreshLife > maxLife, "life", "must be between 0 and ten years")
	there := map[string]bool{}
	k.checkList("login", s.Login, there)
	k.checkList("refresh", s.Refresh, maps.Clone(there))
	k.checkList("logout", s.Logout, maps.Clone(there))
	last := len(s.Refresh) - 1
	k.bad(last >= 0 && s.Refresh[last].Keep != nil && !slices.ContainsFunc(s.Refresh, keepsAccess), "refresh", "has no step that keeps access")
	k.checkRules("errors", s.Errors, nil)
	k.checkCovered()
	k.checkTemplate("base", s.Base, there, &Step{})
	k.checkURL("base", s.Base, "", false)
	for i, pattern := range s.Hosts {
		k.checkTemplate(item("hosts", i), pattern, nil, &Step{})
		k.bad(!k.isFixed(pattern), item("hosts", i), "must be known before the login: only inputs that are not secret may stand in it")
	}
	k.carry(place.Names(s.Base))
	for i := range s.Rejected {
		k.checkCondition(item("rejected", i), &s.Rejected[i], nil)
	}
}

func (k *checker) checkList(op string, steps []Step, there map[string]bool) {
	for i := range steps {
		step, path := &steps[i], item(op, i)
		k.checkStep(path, op, step, there)
		for name := range step.Keep {
			there[name] = true
		}
		if step.Resend != nil {
			k.checkStep(path+".resend", op, step.Resend, there)
			plain := step.Resend.Code+step.Resend.Only+step.Resend.Unless == "" && step.Resend.Resend == nil
			k.bad(step.Code == "" || !plain, path+".resend", "belongs to a step with code, and is a plain request")
		}
	}
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

func (k *checker) checkStep(path, op string, s *Step, there map[string]bool) {
	for name, m := range s.Make {
		k.checkMake(join(path, "make."+name), name, &m, s.Make)
	}
	names := k.spec.uses(s, s.Make)
	s.templates(func(key, template string) { k.checkTemplate(join(path, key), template, there, s) })
	k.checkURL(join(path, "url"), s.URL, s.Only, true)
	for key, name := range map[string]string{"only": s.Only, "unless": s.Unless} {
		if _, isMade := k.spec.makes(name, s.Make); isMade || k.made[name] != nil {
			k.add(join(path, key), "is made, and always there: it must be an input or something kept")
		} else if name != "" {
			k.checkName(join(path, key), name, there, &Step{})
		}
	}
	meant := meantBy(s.Code, []string{"when_configured"}) // any other word may be how a vendor sends its codes
	k.bad(strings.ContainsAny(s.Code, "${} "), path+".code", "is how the code reaches the user, such as totp, email or sms")
	k.bad(s.Code != "when_configured" && meant != "", path+".code", "is unknown%s", meant)
	k.bad(s.JSON != nil && s.Form != nil || s.XML != nil && (s.JSON != nil || s.Form != nil), path, "has more than one of json, form and xml")
	k.bad(s.Method != "" && !slices.Contains(methods, s.Method), path+".method", "is unknown%s", strictjson.Nearest(s.Method, methods))
	k.bad(s.Code == "" && s.WhenConfigured, path+".when_configured", "belongs to a step with code")
	k.bad(s.Code != "" && !names["code"], path+".code", "is asked for and never sent: ${code} is nowhere in the step")
	k.bad(s.Only != "" && s.Only == s.Unless, path+".only", "is what unless is: the step never runs")
	k.bad(s.XML != nil && (len(s.XML) != 1 || strings.HasPrefix(s.XML[0].Name, "@")), path+".xml", "must have one root element")
	decided := false
	for name, kept := range s.Keep {
		decided = decided || k.spec.decides(op, name, &kept)
	}
	for n, status := range s.Status {
		k.bad(status < 200 || status > 499 || status == 429, item(path+".status", n), "means no success")
		k.bad(status == 401 && !decided, item(path+".status", n),
			"means no success where the step keeps nothing without maybe and nothing that an only names")
	}
	k.checkPlaces(path, s)
	k.checkRules(path+".errors", s.Errors, s)
	for i := range k.spec.Errors {
		k.bad(len(s.Status) > 0 && k.spec.Errors[i].succeeds(s), item("errors", i), "matches every success of %s", path)
	}
	for name, source := range s.Keep {
		k.checkSource(join(path, "keep."+name), name, &source)
		if source.Public || name == "subject" || name == "type" {
			k.checkShown(join(path, "keep."+name), &source, s)
		}
	}
	for name := range names {
		if k.inputs[name] != nil && k.inputs[name].Secret && k.config.Secrets[name] != nil && !slices.Contains(k.reads[op], name) {
			k.reads[op] = append(k.reads[op], name)
		}
	}
	slices.Sort(k.reads[op])
	if op != "login" {
		k.carry(slices.Concat(slices.Collect(maps.Keys(names)), []string{s.Only, s.Unless}))
	}
}

// carry notes what is used after a login.
func (k *checker) carry(names []string) {
	for _, name := range names {
		k.carried[name] = true
	}
}

// checkURL checks a URL, and that what a host or a whole URL is made of is known to all.
func (k *checker) checkURL(path, template, only string, required bool) {
	if template == "" {
		k.bad(required, path, "is required")
		return
	}
	u, err := place.ParseURL(template)
	if err != nil {
		k.add(path, "%s", err)
		return
	}
	k.bad(len(u.Query) > 0 && !required, path, "has a query")
	for segment := range strings.SplitSeq(u.Path, "/") {
		k.checkText(path, segment)
	}
	hosts := place.Names(u.Host)
	if u.Lead != "" {
		hosts, k.leads[u.Lead] = []string{u.Lead}, true
	}
	for _, name := range hosts {
		in := k.inputs[name]
		k.bad(k.keeps[name] == nil && (in == nil || in.Secret), path,
			"has ${%s} in its host, which errors and logs show: that must be a public input or something kept", name)
	}
	for _, name := range append(place.Names(u.Path), hosts...) {
		in := k.inputs[name]
		k.bad(in != nil && in.Optional && in.Default == "" && name != only, path, "needs ${%s}, which is optional", name)
	}
}

// checkPlaces checks the names of fields, and that no place is filled twice.
func (k *checker) checkPlaces(path string, s *Step) {
	k.invalid(path+".header", place.CheckHeader(s.Header))
	k.invalid(path+".cookies", place.CheckCookies(s.Cookies))
	k.invalid(path+".query", place.CheckFields(s.Query))
	k.invalid(path+".form", place.CheckFields(s.Form))
	k.invalid("", place.CheckJSON(path+".json", s.JSON, k.given))
	k.checkXML(path+".xml", s.XML)
	header := http.Header{}
	for name, value := range s.Header {
		k.bad(has(header, name), path+".header."+name, "is there twice")
		header.Set(name, strings.ToLower(value))
	}
	u, _ := place.ParseURL(s.URL)
	for name := range u.Query {
		_, twice := s.Query[name]
		k.bad(twice, path+".query."+name, "is in the url too")
	}
	kind := header.Get("Content-Type")
	want := map[bool]string{s.JSON != nil: "json", s.Form != nil: "x-www-form-urlencoded", s.XML != nil: "xml"}[true]
	k.bad(!strings.Contains(kind, "${") && kind != "" && !strings.Contains(kind, want), path+".header.Content-Type", "contradicts the body")
	k.bad(s.Basic != nil && has(header, "Authorization"), path+".header.Authorization", "is there beside basic")
	k.bad(len(s.Cookies) > 0 && has(header, "Cookie"), path+".header.Cookie", "is there beside cookies")
}

func has(header http.Header, name string) bool { return len(header.Values(name)) > 0 }

func (k *checker) invalid(path string, wrong []place.Invalid) {
	for _, w := range wrong {
		k.add(join(path, w.Name), "%s", w.Reason)
	}
}

var xmlName = regexp.MustCompile(`^(#text|@?[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?)$`)

func (k *checker) checkXML(path string, x XML) {
	for _, e := range x {
		isText := strings.HasPrefix(e.Name, "@") || e.Name == "#text" || e.Text != ""
		k.bad(!xmlName.MatchString(e.Name) || isText && e.Content != nil, join(path, e.Name), "is no XML element, attribute or text")
		k.checkXML(join(path, e.Name), e.Content)
	}
}

// checkUse checks what API requests carry.
func (k *checker) checkUse() {
	u := k.spec.Use
	if u == nil {
		return
	}
	there := map[string]bool{}
	for name := range k.keeps {
		there[name] = true
	}
	u.templates(func(key, template string) { k.checkTemplate("use."+key, template, there, &Step{}) })
	k.checkPlaces("use", &Step{Header: u.Header, Cookies: u.Cookies, Query: u.Query, Form: u.Body})
	names := k.spec.uses(u, nil)
	k.carry(slices.Collect(maps.Keys(names)))
	k.bad(!names["access"], "use", "does not use ${access}")
}

// checkUnused finds what is there for nothing.
func (k *checker) checkUnused() {
	user := k.inputs[k.spec.User]
	k.bad(k.spec.User != "" && user == nil, "user", "is no input%s", strictjson.Nearest(k.spec.User, slices.Collect(maps.Keys(k.inputs))))
	k.bad(user != nil && user.Secret, "user", "is a secret, and errors and logs show it")
	for i, in := range k.spec.Inputs {
		at := item("inputs", i)
		k.bad(!k.used[in.Name] && in.Name != k.spec.User, at, "%s is never used", in.Name)
		k.bad(in.Secret && in.Default != "", at+".default", "is a secret in a description")
		k.bad(in.Once && !in.Secret || in.Secret && (in.URL || in.Host) || in.Number && in.Bool || in.URL && in.Host, at,
			"says two things that exclude each other")
	}
	unused := func(path string, names iter.Seq[string]) {
		for name := range names {
			k.bad(!k.used[name], path+"."+name, "is never used")
		}
	}
	unused("make", maps.Keys(k.spec.Make))
	unused("Made", maps.Keys(k.made))
	k.spec.allSteps(func(_, path string, s *Step) {
		for name, source := range s.Keep {
			k.bad(!k.used[name] && !isTokenField(name) && !source.Public, join(path, "keep."+name), "is secret and never used%s",
				meantBy(name, tokenFields))
		}
		unused(path+".make", maps.Keys(s.Make))
	})
}

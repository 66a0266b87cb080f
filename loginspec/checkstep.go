package loginspec

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// maxLife bounds a documented lifetime.
const maxLife = 10 * 365 * 24 * time.Hour

// checkSteps checks the steps in their order, each with the names that are there by then.
func (k *checker) checkSteps() {
	s := k.spec
	if len(s.Login) == 0 {
		k.add("login", "has no step")
	}
	if s.keepsAccess() == nil {
		k.add("login", "has no step that keeps access")
	}
	if s.Life < 0 || s.Life > maxLife || s.RefreshLife < 0 || s.RefreshLife > maxLife {
		k.add("life", "must be between 0 and ten years")
	}
	there := map[string]bool{}
	k.checkList("login", s.Login, there)
	for _, op := range []string{"refresh", "logout"} {
		k.checkList(op, map[string][]Step{"refresh": s.Refresh, "logout": s.Logout}[op], maps.Clone(there))
	}
	if last := len(s.Refresh) - 1; last >= 0 && s.Refresh[last].Keep != nil && !slices.ContainsFunc(s.Refresh, keepsAccess) {
		k.add("refresh", "has no step that keeps access")
	}
	k.checkRules("errors", s.Errors, nil)
	k.checkTemplate("base", s.Base, there, nil)
	k.checkURL("base", s.Base, "", false)
	k.carry(place.Names(s.Base))
	for i := range s.Rejected {
		k.checkCondition(item("rejected", i), &s.Rejected[i])
	}
}

func keepsAccess(s Step) bool { _, ok := s.Keep["access"]; return ok }

func (k *checker) checkList(op string, steps []Step, there map[string]bool) {
	for i := range steps {
		step, path := &steps[i], item(op, i)
		k.checkStep(path, op, step, there, i)
		for name := range step.Keep {
			there[name] = true
		}
		if step.Resend != nil {
			k.checkStep(path+".resend", op, step.Resend, there, i)
			if step.Code == "" || step.Resend.Code+step.Resend.Only+step.Resend.Unless != "" || step.Resend.Resend != nil {
				k.add(path+".resend", "belongs to a step with code, and is a plain request")
			}
		}
	}
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

func (k *checker) checkStep(path, op string, s *Step, there map[string]bool, i int) {
	for name, m := range s.Make {
		k.checkMake(join(path, "make."+name), name, &m, s)
	}
	names := k.spec.uses(s, s.Make)
	s.templates(func(key, template string) { k.checkTemplate(join(path, key), template, there, s) })
	k.checkURL(join(path, "url"), s.URL, s.Only, true)
	for key, name := range map[string]string{"only": s.Only, "unless": s.Unless} {
		if name != "" {
			k.checkName(join(path, key), name, there, nil)
		}
	}
	bodies := 0
	for _, is := range []bool{s.JSON != nil, s.Form != nil, s.XML != nil} {
		if is {
			bodies++
		}
	}
	switch {
	case bodies > 1:
		k.add(path, "has more than one of json, form and xml")
	case s.Method != "" && !slices.Contains(methods, s.Method):
		k.add(path+".method", "is unknown%s", strictjson.Nearest(s.Method, methods))
	case s.Code == "" && s.WhenConfigured:
		k.add(path+".when_configured", "belongs to a step with code")
	case s.Code != "" && !names["code"]:
		k.add(path+".code", "is asked for and never sent: ${code} is nowhere in the step")
	case s.Only != "" && s.Only == s.Unless:
		k.add(path+".only", "is what unless is: the step never runs")
	case s.XML != nil && (len(s.XML) != 1 || strings.HasPrefix(s.XML[0].Name, "@")):
		k.add(path+".xml", "must have one root element")
	}
	for n, status := range s.Status {
		if status < 200 || status > 399 {
			k.add(item(path+".status", n), "means no success")
		}
	}
	k.checkPlaces(path, s)
	k.checkRules(path+".errors", s.Errors, s)
	for name, source := range s.Keep {
		k.checkSource(join(path, "keep."+name), name, &source)
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
		if required {
			k.add(path, "is required")
		}
		return
	}
	u, err := place.ParseURL(template)
	if err != nil {
		k.add(path, "%s", err)
		return
	}
	if len(u.Query) > 0 && !required {
		k.add(path, "has a query")
	}
	hosts := place.Names(u.Host)
	if u.Lead != "" {
		hosts, k.leads[u.Lead] = []string{u.Lead}, true
	}
	for _, name := range hosts {
		if in := k.inputs[name]; k.keeps[name] == nil && (in == nil || in.Secret) {
			k.add(path, "has ${%s} in its host, which errors and logs show: that must be a public input or something kept", name)
		}
	}
	for _, name := range append(place.Names(u.Path), hosts...) {
		if in := k.inputs[name]; in != nil && in.Optional && in.Default == "" && name != only {
			k.add(path, "needs ${%s}, which is optional", name)
		}
	}
}

// checkPlaces checks the names of fields.
func (k *checker) checkPlaces(path string, s *Step) {
	k.checkFields(path, s.Header, s.Cookies, s.Query, s.Form)
	eachKey(path+".json", s.JSON, func(at, key string) {
		if strings.Contains(key, "${") {
			k.add(at, "has ${} in a name: values go into values only")
		}
	})
	k.checkXML(path+".xml", s.XML)
	header := http.Header{}
	for name, value := range s.Header {
		header.Set(name, strings.ToLower(value))
	}
	kind := header.Get("Content-Type")
	want := map[bool]string{s.JSON != nil: "json", s.Form != nil: "x-www-form-urlencoded", s.XML != nil: "xml"}[true]
	switch {
	case kind != "" && !strings.Contains(kind, "${") && !strings.Contains(kind, want):
		k.add(path+".header.Content-Type", "contradicts the body")
	case s.Basic != nil && header.Get("Authorization") != "":
		k.add(path+".header.Authorization", "is there beside basic")
	case len(s.Cookies) > 0 && header.Get("Cookie") != "":
		k.add(path+".header.Cookie", "is there beside cookies")
	}
}

// ours are headers that net/http sets.
var ours = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Te"}

func (k *checker) checkFields(path string, header, cookies map[string]string, others ...map[string]string) {
	for name := range header {
		if !httpheader.ValidName(name) || slices.Contains(ours, http.CanonicalHeaderKey(name)) {
			k.add(join(path, "header."+name), "is no header that can be set")
		}
	}
	for name := range cookies {
		if (&http.Cookie{Name: name, Value: "x"}).Valid() != nil {
			k.add(join(path, "cookies."+name), "is no name of a cookie")
		}
	}
	for _, fields := range others {
		for name := range fields {
			if name == "" || strings.Contains(name, "${") {
				k.add(join(path, name), "is no name of a field: values go into values only")
			}
		}
	}
}

var xmlName = regexp.MustCompile(`^(#text|@?[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?)$`)

func (k *checker) checkXML(path string, x XML) {
	for _, e := range x {
		at := join(path, e.Name)
		attribute := strings.HasPrefix(e.Name, "@") || e.Name == "#text"
		if !xmlName.MatchString(e.Name) || attribute && e.Content != nil || e.Text != "" && e.Content != nil {
			k.add(at, "is no XML element, attribute or text")
		}
		k.checkXML(at, e.Content)
	}
}

func eachKey(path string, v any, visit func(path, key string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, in := range v {
			visit(join(path, key), key)
			eachKey(join(path, key), in, visit)
		}
	case []any:
		for _, in := range v {
			eachKey(path, in, visit)
		}
	}
}

// checkTemplate checks the names in a template.
func (k *checker) checkTemplate(path, template string, there map[string]bool, s *Step) {
	parts, err := place.Parse(template)
	if err != nil {
		k.add(path, "%s", err)
		return
	}
	for _, p := range parts {
		if p.Name != "" {
			k.checkName(path, p.Name, there, s)
		}
	}
}

// checkName checks that a name is known, and there by then.
func (k *checker) checkName(path, name string, there map[string]bool, s *Step) {
	k.used[name] = true
	local, isLocal := Make{}, false
	if s != nil {
		local, isLocal = s.Make[name]
	}
	shared, isShared := k.spec.Make[name]
	switch {
	case name == "code":
		if s == nil || s.Code == "" {
			k.add(path, "has ${code}, and the step has no code")
		}
	case k.inputs[name] != nil, k.made[name] != nil, there[name]:
	case isLocal:
		local.templates(func(_, template string) { k.checkMade(path, name, template, there, s) })
	case isShared:
		shared.templates(func(_, template string) { k.checkMade(path, name, template, there, s) })
	case k.keeps[name] != nil:
		k.add(path, "has ${%s} before a step has kept it", name)
	default:
		k.add(path, "has ${%s}, which is unknown%s", name, strictjson.Nearest(name, k.known(there)))
	}
}

// checkMade checks what a made value is made of. That it is not made of itself has been checked.
func (k *checker) checkMade(path, name, template string, there map[string]bool, s *Step) {
	if k.cyclic[name] {
		return
	}
	k.checkTemplate(path, template, there, s)
}

func (k *checker) known(there map[string]bool) []string {
	names := slices.Concat(slices.Collect(maps.Keys(k.inputs)), slices.Collect(maps.Keys(there)), slices.Collect(maps.Keys(k.spec.Make)))
	return append(names, "code")
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
	u.templates(func(key, template string) { k.checkTemplate("use."+key, template, there, nil) })
	k.checkFields("use", u.Header, u.Cookies, u.Query, u.Body)
	names := k.spec.uses(u, nil)
	k.carry(slices.Collect(maps.Keys(names)))
	if !names["access"] {
		k.add("use", "does not use ${access}")
	}
	for name := range u.Header {
		if len(u.Cookies) > 0 && http.CanonicalHeaderKey(name) == "Cookie" {
			k.add("use.header.Cookie", "is there beside cookies")
		}
	}
}

// checkUnused finds what is there for nothing.
func (k *checker) checkUnused() {
	user := k.inputs[k.spec.User]
	switch {
	case k.spec.User == "":
	case user == nil:
		k.add("user", "is no input%s", strictjson.Nearest(k.spec.User, slices.Collect(maps.Keys(k.inputs))))
	case user.Secret:
		k.add("user", "is a secret, and errors and logs show it")
	}
	for i, in := range k.spec.Inputs {
		switch {
		case !k.used[in.Name] && in.Name != k.spec.User:
			k.add(item("inputs", i), "%s is never used", in.Name)
		case in.Secret && in.Default != "":
			k.add(item("inputs", i)+".default", "is a secret in a description")
		case in.Once && !in.Secret, in.Secret && (in.URL || in.Host), in.Number && in.Bool, in.URL && in.Host:
			k.add(item("inputs", i), "says two things that exclude each other")
		}
	}
	for name := range k.spec.Make {
		if !k.used[name] {
			k.add(join("make", name), "is never used")
		}
	}
	for name := range k.made {
		if !k.used[name] {
			k.add("Made."+name, "is never used")
		}
	}
	k.spec.allSteps(func(_, path string, s *Step) {
		for name, source := range s.Keep {
			if !k.used[name] && !isTokenField(name) && !source.Public {
				k.add(join(path, "keep."+name), "is secret and never used")
			}
		}
		for name := range s.Make {
			if !k.used[name] {
				k.add(join(path, "make."+name), "is never used")
			}
		}
	})
}

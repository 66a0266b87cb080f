package loginspec

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// newAccount checks everything that can be known before the first login. A partial configuration may lack values.
func newAccount(s *Spec, c Config, partial bool) (*account, error) {
	p := &problems{op: "new"}
	if s == nil {
		p.add("", "there is no description")
		return nil, p.failure()
	}
	p.vendor, p.lines = s.Name, s.lines
	if s.wrong != "" {
		p.add("ClientAuth", "%s", s.wrong)
		return nil, p.failure()
	}
	a := &account{
		spec: s, config: c,
		inputs: map[string]*Input{}, values: map[string]string{}, leads: map[string]bool{}, carried: map[string]bool{},
		secrets: map[string]vendorlogin.SecretFunc{}, made: map[string]vendorlogin.SecretFunc{},
		keeps: map[string]*Source{}, reads: map[string][]string{}, public: map[string]bool{}, pems: map[string]bool{},
	}
	k := &checker{account: a, problems: p, given: map[string]string{"code": "code"}, used: map[string]bool{}, said: map[string]bool{}}
	k.checkNames()
	k.checkSteps()
	k.checkDefaults()
	k.checkUse()
	k.checkUnused()
	if len(k.found) == 0 {
		k.checkInputs(partial)
	}
	if len(k.found) == 0 {
		k.checkHosts()
	}
	return k.account, k.failure()
}

// A checker finds what is wrong with a description and its configuration.
type checker struct {
	*account
	*problems
	given map[string]string // what each name is of
	used  map[string]bool
	said  map[string]bool // names that are wrong in a made value, which is said there
}

// checkNames collects every name that the description gives, each once.
func (k *checker) checkNames() {
	s := k.spec
	give := func(path, name, what string, public bool) {
		before := k.given[name]
		switch {
		case !place.ValidName.MatchString(name):
			k.add(path, "is no name: a letter, then letters, digits, \"_\" and \"-\"")
		case before != "" && before != what || what == "input" && (before != "" || isToken(name)):
			k.add(path, "is the name of something else too")
		}
		k.given[name], k.public[name] = what, public && (before == "" || k.public[name])
	}
	odd := strings.Contains(s.Name, "${") || strings.ContainsFunc(s.Name, unicode.IsControl)
	k.bad(odd || strings.TrimSpace(s.Name) == "", "name", "is required, and is the plain name of the vendor")
	for i := range s.Inputs {
		in := &s.Inputs[i]
		give(item("inputs", i)+".name", in.Name, "input", !in.Secret)
		k.inputs[in.Name] = in
	}
	for name, m := range s.Make {
		give(join("make", name), name, "made", m.isPlain())
	}
	for name, f := range k.config.Made {
		if f != nil {
			give("Made."+name, name, "Config.Made", false)
			k.made[name] = f.OncePerLogin()
		}
	}
	s.allSteps(func(_, path string, step *Step) {
		for name, m := range step.Make {
			give(join(path, "make."+name), name, "made", m.isPlain())
		}
		for name, source := range step.Keep {
			give(join(path, "keep."+name), name, "kept", source.Public || isTokenField(name) && !isToken(name))
			before := k.keeps[name]
			k.bad(before != nil && before.Public != source.Public, join(path, "keep."+name), "is public in one step and secret in another")
			k.keeps[name] = &source
		}
	})
	for name, m := range s.Make {
		k.checkMake(join("make", name), name, &m, nil)
	}
}

// checkInputs takes over the configuration. In a partial one values may be missing.
func (k *checker) checkInputs(partial bool) {
	known := slices.Collect(maps.Keys(k.inputs))
	for _, name := range slices.Concat(slices.Collect(maps.Keys(k.config.Values)), slices.Collect(maps.Keys(k.config.Secrets))) {
		if k.inputs[name] == nil {
			k.addInput(name, "is configured and is no input%s", strictjson.Nearest(name, known))
		}
	}
	for i := range k.spec.Inputs {
		in := &k.spec.Inputs[i]
		secret, value := k.config.Secrets[in.Name], k.config.Values[in.Name]
		if value == "" {
			value = in.Default
		}
		switch {
		case in.Secret && value != "":
			k.addInput(in.Name, "is secret: it belongs in Config.Secrets, and has no default")
		case !in.Secret && secret != nil:
			k.addInput(in.Name, "is not secret: it belongs in Config.Values, or %s lacks secret: true", k.place(item("inputs", i)))
		case in.Secret && secret != nil:
			k.secrets[in.Name] = secret.OncePerLogin()
		case value == "" && !in.Optional && !partial:
			k.addInput(in.Name, "is required: it belongs in Config.%s", map[bool]string{true: "Secrets", false: "Values"}[in.Secret])
		case value != "":
			normalized, reason := k.normalized(in, value)
			if reason != "" {
				k.addInput(in.Name, "%s", reason)
			}
			k.values[in.Name] = normalized
		}
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// checkDefaults checks what stands in the description for an input that is left out.
func (k *checker) checkDefaults() {
	for i := range k.spec.Inputs {
		in := &k.spec.Inputs[i]
		if in.Default == "" || in.Secret {
			continue
		}
		_, reason := k.normalized(in, in.Default)
		k.bad(reason != "", item("inputs", i)+".default", "%s", reason)
	}
}

// normalized is a value as it will be sent, or what is wrong with it. The reason never quotes it.
func (k *checker) normalized(in *Input, value string) (normalized, reason string) {
	switch {
	case strings.ContainsFunc(value, unicode.IsControl):
		reason = "holds a control character"
	case in.URL || k.leads[in.Name]:
		base, err := loginhttp.BaseURL(value, "", k.config.AllowPlainHTTP)
		if reason = reasonOf(err); reason == "" {
			value = base
		}
	case in.Host && !place.ValidHost(value):
		reason = "is not the name of a host"
	case in.Number && !jsonNumber.MatchString(value):
		reason = "is not a number"
	case in.Bool && value != "true" && value != "false":
		reason = "is not true or false"
	case in.Name == k.spec.User && strings.TrimSpace(value) != value:
		reason = "has blanks around it"
	}
	return value, reason
}

// reasonOf is what BaseURL says is wrong.
func reasonOf(err error) string {
	e, _ := err.(*vendorlogin.Error)
	if e == nil || len(e.Fields) == 0 {
		return ""
	}
	return e.Fields[0].Reason
}

// checkHosts finds where requests go, as far as that is known, and names the account.
func (k *checker) checkHosts() {
	s := k.spec
	for i, pattern := range s.Hosts {
		filled, ok, err := place.Fill(context.Background(), pattern, k.newRun("new", nil), place.AsItIs)
		if err != nil || !ok { // an input that is left out
			continue
		}
		filled = strings.ToLower(filled)
		k.bad(place.BadPattern(filled) != "", item("hosts", i), "%s", place.BadPattern(filled))
		k.allowed.Patterns = append(k.allowed.Patterns, filled)
	}
	base := ""
	s.allSteps(func(_, path string, step *Step) {
		if origin := k.fixedURL(join(path, "url"), step.URL, false); base == "" {
			base = origin
		}
	})
	if s.Base != "" && k.isFixed(s.Base) {
		base = k.fixedURL("base", s.Base, true)
	}
	scope := url.Values{}
	inBase := place.Names(s.Base)
	for name, value := range k.values {
		if name != s.User && !(len(inBase) == 1 && inBase[0] == name) {
			scope.Set(name, value)
		}
	}
	k.endpoint = loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: s.Name, Endpoint: base, Principal: k.values[s.User], Scope: scope.Encode()},
		HTTPClient: k.config.HTTPClient, AllowPlainHTTP: k.config.AllowPlainHTTP,
	}
}

// fixedURL checks a URL that no response has a part in and returns its origin, or all of it. It may be gone to from then on.
func (k *checker) fixedURL(path, template string, whole bool) string {
	u, err := place.ParseURL(template)
	if err != nil || !k.isFixed(u.Host) || u.Lead != "" && !k.isFixed("${"+u.Lead+"}") {
		return ""
	}
	r := k.newRun("new", nil)
	base, ok, err := r.resolve(context.Background(), u)
	k.bad(err != nil, path, "%v", err)
	if !ok { // a step that does not run
		return ""
	}
	origin := place.Origin(base)
	_, err = loginhttp.BaseURL(origin, "", k.config.AllowPlainHTTP)
	k.bad(err != nil, path, "%s", reasonOf(err))
	k.allowed.Origins = append(k.allowed.Origins, origin)
	tail := ""
	if k.isFixed(u.Path) {
		tail, _, err = u.FillPath(context.Background(), r)
		k.bad(err != nil, path, "%v", err)
	}
	if !whole {
		return origin
	}
	return origin + strings.TrimRight(base.EscapedPath()+tail, "/")
}

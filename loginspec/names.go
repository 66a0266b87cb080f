package loginspec

import (
	"fmt"
	"slices"

	"github.com/vendorlogin/vendorlogin/internal/place"
)

// templates calls visit with every template in the request of a step, and the key that it is at.
func (s *Step) templates(visit func(key, template string)) {
	visit("url", s.URL)
	for _, fields := range []struct {
		key string
		all map[string]string
	}{{"query", s.Query}, {"header", s.Header}, {"cookies", s.Cookies}, {"form", s.Form}} {
		place.EachField(fields.key, fields.all, visit)
	}
	if s.Basic != nil {
		visit("basic.user", s.Basic.User)
		visit("basic.password", s.Basic.Password)
	}
	place.EachLeaf("json", s.JSON, visit)
	s.XML.each("xml", visit)
}

func (u *Use) templates(visit func(key, template string)) {
	place.EachField("header", u.Header, visit)
	place.EachField("query", u.Query, visit)
	place.EachField("cookies", u.Cookies, visit)
	place.EachField("body", u.Body, visit)
}

func (m *Make) templates(visit func(key, template string)) {
	visit("base64", m.Base64)
	visit("sha256", m.SHA256)
	if m.JWT != nil {
		visit("jwt.key", "${"+m.JWT.keyName()+"}")
		place.EachLeaf("jwt.claims", m.JWT.Claims, visit)
		place.EachLeaf("jwt.header", m.JWT.Header, visit)
	}
}

func (x XML) each(key string, visit func(key, template string)) {
	for _, e := range x {
		visit(join(key, e.Name), e.Text)
		e.Content.each(join(key, e.Name), visit)
	}
}

// A templated thing has templates in it.
type templated interface {
	templates(visit func(key, template string))
}

// uses are the names that something uses, with those that made ones among them are made of.
func (s *Spec) uses(t templated, local map[string]Make) map[string]bool {
	names := map[string]bool{}
	var add func(key, template string)
	add = func(_, template string) {
		for _, name := range place.Names(template) {
			if names[name] {
				continue
			}
			names[name] = true
			m, _ := s.makes(name, local)
			m.templates(add)
		}
	}
	t.templates(add)
	return names
}

// makes is how a name is made: in the step, or else for all.
func (s *Spec) makes(name string, local map[string]Make) (Make, bool) {
	if m, ok := local[name]; ok {
		return m, true
	}
	m, ok := s.Make[name]
	return m, ok
}

// allSteps are all steps, with what they are called in messages.
func (s *Spec) allSteps(visit func(op, path string, step *Step)) {
	for _, list := range []struct {
		op    string
		steps []Step
	}{{"login", s.Login}, {"refresh", s.Refresh}, {"logout", s.Logout}} {
		for i := range list.steps {
			path := item(list.op, i)
			visit(list.op, path, &list.steps[i])
			if resend := list.steps[i].Resend; resend != nil {
				visit(list.op, path+".resend", resend)
			}
		}
	}
}

func keepsAccess(s Step) bool { _, ok := s.Keep["access"]; return ok }

// isToken reports whether what is kept under a name is a token.
func isToken(name string) bool { return name == "access" || name == "refresh" }

// tokenKeep is what the last step of login that keeps access keeps.
func (s *Spec) tokenKeep() map[string]Source {
	for _, step := range slices.Backward(s.Login) {
		if keepsAccess(step) {
			return step.Keep
		}
	}
	return nil
}

// tokenFields are the names of what becomes a field of the Token.
var tokenFields = []string{"access", "refresh", "type", "expires", "refresh_expires", "subject"}

// isTokenField reports whether what is kept under a name is a field of the Token.
func isTokenField(name string) bool { return slices.Contains(tokenFields, name) }

// isSecret reports whether nobody may see the value of a name.
func (a *account) isSecret(name string) bool { return !a.public[name] }

// isFixed reports whether a template has nothing in it but public inputs.
func (a *account) isFixed(template string) bool {
	return !slices.ContainsFunc(place.Names(template), func(name string) bool {
		return a.inputs[name] == nil || a.inputs[name].Secret
	})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

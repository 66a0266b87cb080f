package loginspec

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// lookalike is how other notations write the value of a name.
var lookalike = regexp.MustCompile(`^(?:[A-Za-z]+ )?(?:[:$]|\$?\{\{? ?|\$\(|%\{?|<)([A-Za-z_][A-Za-z0-9_-]*)(?: ?\}\}?|\)|%|>)?$`)

// checkTemplate checks the names in a template.
func (k *checker) checkTemplate(path, template string, there map[string]bool, s *Step) {
	_, err := place.Parse(template)
	k.bad(err != nil, path, "%v", err)
	k.bad(strings.Contains(template, "<![CDATA[") && len(place.Names(template)) > 0, path, "has CDATA: leave it out, since values are escaped")
	k.checkText(path, template)
	for _, name := range place.Names(template) {
		k.checkName(path, name, there, s)
	}
}

// checkText finds a text that looks like the value of a name.
func (k *checker) checkText(path, text string) {
	if found := lookalike.FindStringSubmatch(text); found != nil && k.given[found[1]] != "" && len(place.Names(text)) == 0 {
		k.add(path, "has %s as a plain text; did you mean ${%s}?", text, found[1])
	}
}

// checkName checks that a name is known, and there by then.
func (k *checker) checkName(path, name string, there map[string]bool, s *Step) {
	k.used[name] = true
	m, isMade := k.spec.makes(name, s.Make)
	switch {
	case name == "code":
		k.bad(s.Code == "", path, "has ${code}, and the step has no code")
	case k.inputs[name] != nil, k.made[name] != nil, there[name], k.said[name]:
	case isMade:
		m.templates(func(_, template string) {
			for _, in := range place.Names(template) {
				k.checkName(path, in, there, s)
			}
		})
	case k.keeps[name] != nil:
		k.add(path, "has ${%s} before a step has kept it", name)
	default:
		k.unknown(path, name, slices.Collect(maps.Keys(there)))
	}
}

// unknown notes that nothing has the name, and which of the others was probably meant.
func (k *checker) unknown(path, name string, kept []string) {
	known := slices.Concat([]string{"code"}, slices.Collect(maps.Keys(k.inputs)), kept, slices.Collect(maps.Keys(k.spec.Make)))
	meant := cmp.Or(meantBy(name, known), strictjson.Nearest(name, known)+"; Config.Made lacks it")
	k.add(path, "has ${%s}, which is unknown%s", name, meant)
}

// meantBy says which of the known names was probably meant, if one was.
func meantBy(name string, known []string) string {
	if meant := strictjson.Nearest(name, known); strings.Contains(meant, "did you mean") {
		return meant
	}
	return ""
}

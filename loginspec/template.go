package loginspec

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// A part of a template is literal text or the name of a value.
type part struct{ text, name string }

var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// parseTemplate reads the one notation there is: ${name}, and "$${" for a literal "${".
func parseTemplate(s string) (parts []part, err error) {
	literal := ""
	for s != "" {
		i := strings.Index(s, "${")
		if i < 0 {
			break
		}
		if i > 0 && s[i-1] == '$' {
			literal, s = literal+s[:i-1]+"${", s[i+2:]
			continue
		}
		name, rest, found := strings.Cut(s[i+2:], "}")
		if !found || !validName.MatchString(name) {
			return nil, errors.New(`has "${" without a name and "}" after it`)
		}
		if literal += s[:i]; literal != "" {
			parts = append(parts, part{text: literal})
		}
		parts = append(parts, part{name: name})
		literal, s = "", rest
	}
	if literal += s; literal != "" {
		parts = append(parts, part{text: literal})
	}
	return parts, nil
}

// namesIn are the names in a template that is known to be one.
func namesIn(template string) (names []string) {
	parts, _ := parseTemplate(template)
	for _, p := range parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}

// onlyName is the name that a template consists of, if it does.
func onlyName(template string) string {
	if parts, _ := parseTemplate(template); len(parts) == 1 {
		return parts[0].name
	}
	return ""
}

// A lookup knows values by name.
type lookup interface {
	// value returns a value; ok is false for one that is not there.
	value(ctx context.Context, name string) (value string, ok bool, err error)

	// typed reports whether a value is a JSON number or boolean.
	typed(name string) bool
}

// fill puts values into a template, each as escape writes it. Where one of them is not there, nothing is.
func fill(ctx context.Context, template string, get lookup, escape func(string) (string, error)) (filled string, ok bool, err error) {
	parts, err := parseTemplate(template)
	if err != nil {
		return "", false, err
	}
	var b strings.Builder
	for _, p := range parts {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		value, ok, err := get.value(ctx, p.name)
		if err != nil || !ok {
			return "", false, err
		}
		if value, err = escape(value); err != nil {
			return "", false, err
		}
		b.WriteString(value)
	}
	return b.String(), true, nil
}

// asItIs is the escape of places that are escaped as a whole afterwards.
func asItIs(value string) (string, error) { return value, nil }

// Package place puts values into the places of a request: parts of a URL, fields, leaves of JSON, headers, cookies. A value is escaped
// for its place, and never becomes structure.
package place

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// A Part of a template is literal text or the name of a value.
type Part struct{ Text, Name string }

// ValidName is what the name of a value may be.
var ValidName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// Parse reads the one notation there is: ${name}, and "$${" for a literal "${".
func Parse(s string) (parts []Part, err error) {
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
		if !found || !ValidName.MatchString(name) {
			return nil, errors.New(`has "${" without a name and "}" after it`)
		}
		if literal += s[:i]; literal != "" {
			parts = append(parts, Part{Text: literal})
		}
		parts = append(parts, Part{Name: name})
		literal, s = "", rest
	}
	if literal += s; literal != "" {
		parts = append(parts, Part{Text: literal})
	}
	return parts, nil
}

// Names are the names in a template that is known to be one.
func Names(template string) (names []string) {
	parts, _ := Parse(template)
	for _, p := range parts {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	return names
}

// OnlyName is the name that a template consists of, if it does.
func OnlyName(template string) string {
	if parts, _ := Parse(template); len(parts) == 1 {
		return parts[0].Name
	}
	return ""
}

// Show is a template with what show makes of each name.
func Show(template string, show func(name string) string) string {
	parts, _ := Parse(template)
	var b strings.Builder
	for _, p := range parts {
		if p.Name == "" {
			b.WriteString(p.Text)
		} else {
			b.WriteString(show(p.Name))
		}
	}
	return b.String()
}

// A Values knows values by name.
type Values interface {
	// Value returns a value; ok is false for one that is not there.
	Value(ctx context.Context, name string) (value string, ok bool, err error)

	// Typed reports whether a value is a JSON number or boolean.
	Typed(name string) bool
}

// Fill puts values into a template, each as escape writes it. Where one of them is not there, nothing is.
func Fill(ctx context.Context, template string, get Values, escape func(string) (string, error)) (filled string, ok bool, err error) {
	parts, err := Parse(template)
	if err != nil {
		return "", false, err
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Name == "" {
			b.WriteString(p.Text)
			continue
		}
		value, ok, err := get.Value(ctx, p.Name)
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

// AsItIs is the escape of places that are escaped as a whole afterwards.
func AsItIs(value string) (string, error) { return value, nil }

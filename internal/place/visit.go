package place

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// EachField calls visit with each template of fields, and its key below path.
func EachField(path string, fields map[string]string, visit func(path, template string)) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		visit(path+"."+name, fields[name])
	}
}

// EachLeaf calls visit with each text of a JSON value, and its key below path.
func EachLeaf(path string, v any, visit func(path, template string)) {
	switch v := v.(type) {
	case string:
		visit(path, v)
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			EachLeaf(path+"."+name, v[name], visit)
		}
	case []any:
		for i, item := range v {
			EachLeaf(fmt.Sprintf("%s[%d]", path, i), item, visit)
		}
	}
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

// ShowJSON is a JSON value with its texts as [Show] has them.
func ShowJSON(v any, show func(name string) string) any {
	switch v := v.(type) {
	case string:
		return Show(v, show)
	case map[string]any:
		shown := map[string]any{}
		for key, in := range v {
			shown[key] = ShowJSON(in, show)
		}
		return shown
	case []any:
		shown := []any{}
		for _, in := range v {
			shown = append(shown, ShowJSON(in, show))
		}
		return shown
	}
	return v
}

package place

import (
	"maps"
	"slices"
)

// EachField calls visit with each template of fields, and its key below path.
func EachField(path string, fields map[string]string, visit func(path, template string)) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		visit(path+"."+name, fields[name])
	}
}

// EachLeaf calls visit with each text of a JSON value, and its key below path.
func EachLeaf(path string, v any, visit func(path, template string)) {
	_, _, _ = walk(path, v, onTexts(func(path, template string) (any, bool, error) {
		visit(path, template)
		return nil, false, nil
	}))
}

// ShowJSON is a JSON value with its texts as [Show] has them.
func ShowJSON(v any, show func(name string) string) any {
	shown, _, _ := walk("", v, onTexts(func(_, template string) (any, bool, error) { return Show(template, show), true, nil }))
	return shown
}

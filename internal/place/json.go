package place

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Fields fills fields by name. One that uses what is not there is left out.
func Fields(ctx context.Context, fields map[string]string, get Values) (url.Values, error) {
	filled := url.Values{}
	for name, template := range fields {
		value, ok, err := Fill(ctx, template, get, InText(template))
		if err != nil {
			return nil, err
		}
		if ok {
			filled.Set(name, value)
		}
	}
	return filled, nil
}

// JSON fills the texts of a JSON value. A field or an element that uses what is not there is left out.
func JSON(ctx context.Context, v any, get Values) (filled any, ok bool, err error) {
	return walk("", v, onTexts(func(_, template string) (any, bool, error) { return fillLeaf(ctx, template, get) }))
}

// EachScalar visits the numbers and booleans in a JSON value, as they are written.
func EachScalar(v any, visit func(text string)) {
	_, _, _ = walk("", v, func(_ string, leaf any) (any, bool, error) {
		if _, isText := leaf.(string); !isText && leaf != nil {
			visit(fmt.Sprint(leaf))
		}
		return nil, false, nil
	})
}

// A leafFunc makes another leaf of the one at path; ok is false for one that is left out.
type leafFunc func(path string, leaf any) (made any, ok bool, err error)

// onTexts makes other texts, and leaves numbers, booleans and null as they are.
func onTexts(f func(path, text string) (any, bool, error)) leafFunc {
	return func(path string, leaf any) (any, bool, error) {
		if text, ok := leaf.(string); ok {
			return f(path, text)
		}
		return leaf, true, nil
	}
}

// walk is a copy of a JSON value with other leaves, which it makes in their order.
func walk(path string, v any, leaf leafFunc) (any, bool, error) {
	switch v := v.(type) {
	case map[string]any:
		object := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			item, ok, err := walk(path+"."+key, v[key], leaf)
			if err != nil {
				return nil, false, err
			}
			if ok {
				object[key] = item
			}
		}
		return object, true, nil
	case []any:
		list := []any{}
		for i, item := range v {
			item, ok, err := walk(fmt.Sprintf("%s[%d]", path, i), item, leaf)
			if err != nil {
				return nil, false, err
			}
			if ok {
				list = append(list, item)
			}
		}
		return list, true, nil
	}
	return leaf(path, v)
}

// fillLeaf keeps the type of a number or boolean input that is the whole leaf.
func fillLeaf(ctx context.Context, template string, get Values) (any, bool, error) {
	value, ok, err := Fill(ctx, template, get, InText(template))
	if err != nil || !ok {
		return nil, false, err
	}
	if name := OnlyName(template); name != "" && get.Typed(name) {
		return json.RawMessage(value), true, nil
	}
	return value, true, nil
}

var xmlText = regexp.MustCompile(`(?s)^<[A-Za-z?!].*(/|</.*)>$`)

// InText is the escape of a text, which may be JSON or XML of its own: a form's field that is a document, say.
func InText(template string) func(string) (string, error) {
	text := strings.TrimSpace(Show(template, func(string) string { return "0" }))
	switch {
	case xmlText.MatchString(text):
		return func(value string) (string, error) {
			var b strings.Builder
			err := xml.EscapeText(&b, []byte(value))
			return b.String(), err
		}
	case strings.ContainsAny(text[:min(len(text), 1)], "{[") && json.Valid([]byte(text)):
		return func(value string) (string, error) {
			quoted, err := json.Marshal(value)
			return string(quoted[1 : len(quoted)-1]), err
		}
	}
	return AsItIs
}

package place

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// Fields fills fields by name. One that uses what is not there is left out.
func Fields(ctx context.Context, fields map[string]string, get Values) (url.Values, error) {
	filled := url.Values{}
	for name, template := range fields {
		value, ok, err := Fill(ctx, template, get, AsItIs)
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
	switch v := v.(type) {
	case string:
		return fillLeaf(ctx, v, get)
	case map[string]any:
		object := map[string]any{}
		for key, item := range v {
			item, ok, err := JSON(ctx, item, get)
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
		for _, item := range v {
			item, ok, err := JSON(ctx, item, get)
			if err != nil {
				return nil, false, err
			}
			if ok {
				list = append(list, item)
			}
		}
		return list, true, nil
	}
	return v, true, nil
}

// EachScalar visits the numbers and booleans in a JSON value, as they are written.
func EachScalar(v any, visit func(text string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			EachScalar(item, visit)
		}
	case []any:
		for _, item := range v {
			EachScalar(item, visit)
		}
	case nil, string:
	default:
		visit(fmt.Sprint(v))
	}
}

// fillLeaf keeps the type of a number or boolean input that is the whole leaf.
func fillLeaf(ctx context.Context, template string, get Values) (any, bool, error) {
	value, ok, err := Fill(ctx, template, get, AsItIs)
	if err != nil || !ok {
		return nil, false, err
	}
	if name := OnlyName(template); name != "" && get.Typed(name) {
		return json.RawMessage(value), true, nil
	}
	return value, true, nil
}

package loginspec

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/vendorlogin/vendorlogin/internal/xmltree"
)

// fillFields fills fields by name. One that uses what is not there is left out.
func fillFields(ctx context.Context, fields map[string]string, get lookup) (url.Values, error) {
	filled := url.Values{}
	for name, template := range fields {
		value, ok, err := fill(ctx, template, get, asItIs)
		if err != nil {
			return nil, err
		}
		if ok {
			filled.Set(name, value)
		}
	}
	return filled, nil
}

// fillJSON fills the texts of a JSON value. A field or an element that uses what is not there is left out.
func fillJSON(ctx context.Context, v any, get lookup) (filled any, ok bool, err error) {
	switch v := v.(type) {
	case string:
		return fillLeaf(ctx, v, get)
	case map[string]any:
		object := map[string]any{}
		for key, item := range v {
			item, ok, err := fillJSON(ctx, item, get)
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
			item, ok, err := fillJSON(ctx, item, get)
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

// fillLeaf keeps the type of a number or boolean input that is the whole leaf.
func fillLeaf(ctx context.Context, template string, get lookup) (any, bool, error) {
	value, ok, err := fill(ctx, template, get, asItIs)
	if err != nil || !ok {
		return nil, false, err
	}
	if name := onlyName(template); name != "" && get.typed(name) {
		return json.RawMessage(value), true, nil
	}
	return value, true, nil
}

// fillXML fills the texts of elements. An element that uses what is not there is left out.
func fillXML(ctx context.Context, x XML, get lookup) (filled xmltree.Elements, err error) {
	for _, e := range x {
		text, ok, err := fill(ctx, e.Text, get, asItIs)
		if err != nil {
			return nil, err
		}
		content, err := fillXML(ctx, e.Content, get)
		if err != nil {
			return nil, err
		}
		if ok {
			filled = append(filled, xmltree.Element{Name: e.Name, Text: text, Content: content})
		}
	}
	return filled, nil
}

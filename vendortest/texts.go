package vendortest

import (
	"encoding/json"
	"slices"
)

// A flaw is what is wrong with one field of a body of strings.
type flaw struct {
	field string
	is    kind            // absent, null or other; text: it is empty
	raw   json.RawMessage // as it was sent
	extra bool            // the call knows no such field, or it came twice
}

// texts takes a body of strings apart, and notes what breaks the contract.
// Optional fields may also be null or empty, which counts as absent.
func (c *call) texts(o object, required []string, optional ...string) (values map[string]string, flaws []flaw) {
	values = map[string]string{}
	for _, name := range slices.Concat(required, optional) {
		value, is := o.text(name)
		switch {
		case is == text && value != "":
			values[name] = value
			continue
		case is != other && slices.Contains(optional, name):
			continue
		}
		c.broke("%s is %s", c.safe(name), map[kind]string{absent: "missing", null: "null", text: "empty", other: "not a string"}[is])
		flaws = append(flaws, flaw{field: name, is: is, raw: o.fields[name].raw})
	}
	for _, name := range slices.Concat(o.extra, o.twice) {
		flaws = append(flaws, flaw{field: name, raw: o.fields[name].raw, extra: true})
	}
	return values, flaws
}

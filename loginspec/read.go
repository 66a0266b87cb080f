package loginspec

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// maxFile bounds a description.
const maxFile = 1 << 20

// Read reads a description from JSON, strictly. A key that is unknown or comes twice, and a value of another type, are errors. They
// name the line and the nearest known key. Whether the description makes sense, [New] says. The error is ErrInvalidRequest.
func Read(r io.Reader) (*Spec, error) {
	p := &problems{op: "read"}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		p.err = err
		return nil, p.failure()
	}
	if len(data) > maxFile {
		p.add("", "is larger than 1 MiB")
		return nil, p.failure()
	}
	s := &Spec{}
	lines, mistakes := strictjson.Decode(data, s)
	s.lines, p.lines = lines, lines
	for _, m := range mistakes {
		p.add(m.Path, "%s", m.Reason)
	}
	if err := p.failure(); err != nil {
		return nil, err
	}
	return s, nil
}

// Single is for [Read] and specyaml.Read: one condition may stand for a list of them. Programs do not call it.
func (*Condition) Single() {}

// ReadNode is for [Read] and specyaml.Read: a map would lose the order of elements. Programs do not call it.
func (x *XML) ReadNode(n *strictjson.Node) (ok bool, want string) {
	if !n.IsObject() {
		return false, "an object of elements"
	}
	for i, key := range n.Keys {
		items := []*strictjson.Node{n.Items[i]}
		if items[0].IsList() {
			items = items[0].Items
		}
		for _, item := range items {
			e := Element{Name: key}
			if _, nested := item.Value.(json.Delim); nested {
				if ok, want := e.Content.ReadNode(item); !ok {
					return false, want
				}
			} else if item.Value != nil {
				e.Text = fmt.Sprint(item.Value)
			}
			*x = append(*x, e)
		}
	}
	return true, ""
}

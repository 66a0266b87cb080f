package strictjson

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxDepth is how deep values may be nested.
const maxDepth = 64

// A Node is a JSON value, with its line and the order of its keys.
type Node struct {
	Line  int      // of a value in an object, that of its key
	Value any      // nil, bool, string, json.Number; for an object json.Delim('{'), for a list json.Delim('[')
	Keys  []string // of an object
	Items []*Node  // of an object or a list
}

// IsObject and IsList tell the kind of a Node.
func (n *Node) IsObject() bool { return n.Value == json.Delim('{') }

// IsList reports whether n is a list.
func (n *Node) IsList() bool { return n.Value == json.Delim('[') }

// Kind names the kind of value in an error.
func (n *Node) Kind() string {
	switch n.Value.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	}
	if n.IsObject() {
		return "an object"
	}
	return "a list"
}

// Scalar is n, with a number, true and false as texts: where a text is wanted, they need no quotes.
func (n *Node) Scalar() *Node {
	scalar := *n
	switch value := n.Value.(type) {
	case bool:
		scalar.Value = strconv.FormatBool(value)
	case json.Number:
		scalar.Value = value.String()
	}
	return &scalar
}

// Plain is n as encoding/json decodes it with UseNumber.
func (n *Node) Plain() any {
	switch {
	case n.IsObject():
		object := map[string]any{}
		for i, key := range n.Keys {
			object[key] = n.Items[i].Plain()
		}
		return object
	case n.IsList():
		list := []any{}
		for _, item := range n.Items {
			list = append(list, item.Plain())
		}
		return list
	}
	return n.Value
}

// parse reads the tree. On an error it says in which line.
func parse(data []byte) (*Node, int, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	lineAt := func(offset int64) int { return 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n")) }
	root, err := parseNode(d, lineAt, 0)
	if err == nil {
		if _, rest := d.Token(); rest != io.EOF {
			err = errors.New("goes on after its end")
		}
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, lineAt(syntax.Offset), errors.New("is not JSON")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("ends too early")
	}
	return root, lineAt(d.InputOffset()), err
}

func parseNode(d *json.Decoder, lineAt func(int64) int, depth int) (*Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("is nested too deeply")
	}
	n := &Node{Line: lineAt(d.InputOffset()), Value: token}
	delim, ok := token.(json.Delim)
	if !ok {
		return n, nil
	}
	for d.More() {
		line := 0
		if delim == '{' {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.Keys, line = append(n.Keys, fmt.Sprint(key)), lineAt(d.InputOffset())
		}
		item, err := parseNode(d, lineAt, depth+1)
		if err != nil {
			return nil, err
		}
		item.Line = cmp.Or(line, item.Line)
		n.Items = append(n.Items, item)
	}
	_, err = d.Token()
	return n, err
}

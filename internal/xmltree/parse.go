// Package xmltree reads and writes small XML documents as trees, without types for them.
package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxElements bounds what is kept of an XML document.
const maxElements = 100_000

// A Tree is a document or an element of it that was read, with the local names of what is in it.
type Tree struct {
	name  string
	attrs []xml.Attr
	text  strings.Builder
	in    []*Tree
}

// Parse reads a whole document. It knows no entities but XML's own, and reads nothing else than the document.
func Parse(data []byte) (*Tree, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = decoded
	document := &Tree{}
	open, count := []*Tree{document}, 0
	for {
		token, err := d.Token()
		if err == io.EOF && len(document.in) == 1 && len(open) == 1 {
			return document, nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(open) == 1 && len(document.in) > 0 {
				return nil, errors.New("too many elements")
			}
			e := &Tree{name: t.Name.Local, attrs: t.Attr}
			top.in, open = append(top.in, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text.Write(t)
		}
	}
}

// Find returns the text at a path of names, beginning with the root element or with a child of it. A number after a name chooses among
// elements of that name, "@name" is an attribute.
func (e *Tree) Find(path []string) string {
	text, _ := e.at(path)
	return text
}

// Holds reports whether there is an element at a path that has other elements in it.
func (e *Tree) Holds(path []string) bool {
	_, holds := e.at(path)
	return holds
}

func (e *Tree) at(path []string) (text string, holds bool) {
	if len(e.in) == 1 && len(path) > 0 && local(path[0]) != e.in[0].name {
		e = e.in[0]
	}
	for len(path) > 0 {
		key, n := local(path[0]), 0
		if path = path[1:]; len(path) > 0 {
			if i, err := strconv.Atoi(path[0]); err == nil {
				n, path = i, path[1:]
			}
		}
		if name, isAttr := strings.CutPrefix(key, "@"); isAttr {
			return e.attr(name), false
		}
		if e = e.child(key, n); e == nil {
			return "", false
		}
	}
	return strings.TrimSpace(e.text.String()), len(e.in) > 0
}

func (e *Tree) child(name string, n int) *Tree {
	for _, in := range e.in {
		if in.name == name {
			if n == 0 {
				return in
			}
			n--
		}
	}
	return nil
}

func (e *Tree) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// Names are those of the root element and what is in it.
func (e *Tree) Names() (names []string) {
	for _, root := range e.in {
		names = append(names, root.name)
		for _, in := range root.in {
			names = append(names, root.name+"."+in.name)
		}
	}
	return names
}

// local is a name without its prefix.
func local(name string) string {
	at, rest, isAttr := "", name, strings.HasPrefix(name, "@")
	if isAttr {
		at, rest = "@", name[1:]
	}
	return at + rest[strings.LastIndexByte(rest, ':')+1:]
}

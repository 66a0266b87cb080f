// Package specyaml reads descriptions of logins from YAML. It is a package of its own, so that who reads JSON links no YAML library.
package specyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// maxFile bounds a description.
const maxFile = 1 << 20

// Read reads a description from YAML as strictly as [loginspec.Read] reads JSON, with the same errors: they name the line of the YAML.
// Anchors, aliases, merge keys and a second document are errors. The error is ErrInvalidRequest.
func Read(r io.Reader) (*loginspec.Spec, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, failure(err)
	}
	if len(data) > maxFile {
		return nil, failure(errors.New("is larger than 1 MiB"))
	}
	found, err := documents(data)
	switch {
	case err != nil:
		return nil, failure(syntax(err, data))
	case len(found) == 0:
		return nil, failure(errors.New("is empty"))
	case len(found) > 1:
		return nil, failure(fmt.Errorf("line %d: has more than one document", found[1].Line))
	}
	w := &writer{line: 1}
	if err := w.node(found[0], 0); err != nil {
		return nil, failure(err)
	}
	return loginspec.Read(&w.out)
}

// documents are all that a file has.
func documents(data []byte) (found []*yaml.Node, err error) {
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		document := &yaml.Node{}
		if err := d.Decode(document); err == io.EOF {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		found = append(found, document)
	}
}

// mayBeBefore is what is found in the line after one that lacks a colon, or is the first of its kind and indented otherwise.
var mayBeBefore = regexp.MustCompile(`expected (key|'-')|: mapping values|<document start>`)

// hints say what an error of the library mostly comes from.
var hints = map[string]string{
	"',' or":                       `inside { } and [ ] a value needs quotes, as in "${name}"`,
	"tab character":                "YAML is indented with blanks",
	"cannot start any token":       "YAML is indented with blanks, not tabs, and a value that begins with @, % or ` needs quotes",
	"mapping values are not allow": `a value with ": " in it needs quotes, and keys of one mapping are indented alike`,
	"did not find expected key":    `keys of one mapping are indented alike, each with a ": "`,
	"expected '-' indicator":       "the keys of a list's item are indented alike, and the items too",
}

var lineOfError = regexp.MustCompile(`^yaml: (line \d+: )?`)

// syntax is a syntax error with its line: the library names the one where what cannot be read begins, or none. The usual mistakes are
// named.
func syntax(err error, data []byte) error {
	line, before := brokenLine(data, err)
	text := fmt.Sprintf("line %d: %s", line, lineOfError.ReplaceAllString(err.Error(), ""))
	if before > 0 && mayBeBefore.MatchString(text) {
		text += fmt.Sprintf(", or line %d is wrong", before)
	}
	for part, hint := range hints {
		if strings.Contains(text, part) {
			text += "; " + hint
		}
	}
	return errors.New(text)
}

// brokenLine is the first line with which a file fails as the whole does, and the last before it that says something.
func brokenLine(data []byte, whole error) (line, before int) {
	lines := bytes.SplitAfter(data, []byte("\n"))
	line = 1 + sort.Search(len(lines)-1, func(i int) bool {
		_, err := documents(bytes.Join(lines[:i+1], nil))
		return fmt.Sprint(err) == whole.Error()
	})
	for before = line - 1; before > 0; before-- {
		if text := bytes.TrimSpace(lines[before-1]); len(text) > 0 && text[0] != '#' {
			break
		}
	}
	return line, before
}

func failure(err error) error {
	return &vendorlogin.Error{Op: "read", Kind: vendorlogin.ErrInvalidRequest, Err: err, Unprocessed: true}
}

// A writer writes the nodes as JSON in which each stands in the line that it has in the YAML.
type writer struct {
	out  bytes.Buffer
	line int
}

func (w *writer) node(n *yaml.Node, depth int) error {
	if depth > 100 {
		return fmt.Errorf("line %d: is nested too deeply", n.Line)
	}
	for ; w.line < n.Line; w.line++ {
		w.out.WriteByte('\n')
	}
	switch {
	case n.Anchor != "" || n.Kind == yaml.AliasNode:
		return fmt.Errorf("line %d: anchors and aliases are not read", n.Line)
	case n.Kind == yaml.DocumentNode:
		return w.node(n.Content[0], depth+1)
	case n.Kind == yaml.MappingNode:
		return w.list(n, "{}", depth)
	case n.Kind == yaml.SequenceNode:
		return w.list(n, "[]", depth)
	}
	return w.scalar(n)
}

// list writes the items of a list, or the keys and values of a mapping.
func (w *writer) list(n *yaml.Node, brackets string, depth int) error {
	w.out.WriteByte(brackets[0])
	for i, item := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0
		if isKey && (item.Kind != yaml.ScalarNode || item.Tag == "!!merge") {
			return fmt.Errorf(`line %d: a key must be a text; the value of a name is written "${name}"`, item.Line)
		}
		if separator := map[bool]string{true: ":", false: ","}[n.Kind == yaml.MappingNode && !isKey]; i > 0 {
			w.out.WriteString(separator)
		}
		if isKey {
			item.Tag = "!!str"
		}
		if err := w.node(item, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte(brackets[1])
	return nil
}

// scalar writes null, booleans and numbers as such where JSON writes them in the same way, and everything else as a text.
func (w *writer) scalar(n *yaml.Node) error {
	plain := n.Value
	switch n.ShortTag() {
	case "!!null":
		plain = "null"
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return fmt.Errorf("line %d: is neither true nor false", n.Line)
		}
		plain = fmt.Sprint(b)
	case "!!int", "!!float":
	default:
		plain = ""
	}
	if !json.Valid([]byte(plain)) {
		text, err := json.Marshal(n.Value)
		if err != nil {
			return fmt.Errorf("line %d: is no text", n.Line)
		}
		plain = string(text)
	}
	w.out.WriteString(plain)
	return nil
}

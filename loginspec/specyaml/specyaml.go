// Package specyaml reads descriptions of logins from YAML. It is a package of its own, so that who reads JSON links no YAML library.
package specyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
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
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&document); err != nil && err != io.EOF {
		return nil, failure(syntax(err, data))
	}
	switch err := d.Decode(&second); {
	case err == nil:
		return nil, failure(fmt.Errorf("line %d: has more than one document", second.Line))
	case err != io.EOF:
		return nil, failure(syntax(err, data))
	}
	if document.IsZero() {
		return nil, failure(errors.New("is empty"))
	}
	w := &writer{line: 1}
	if err := w.node(&document, 0); err != nil {
		return nil, failure(err)
	}
	return loginspec.Read(&w.out)
}

var parserError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// mayBeBefore is what is found in the line after one that lacks a colon, or is the first of its kind and indented otherwise.
var mayBeBefore = regexp.MustCompile(`expected (key|'-')|^mapping values|<document start>`)

// maxLines and maxSearch bound the files in which the line of a syntax error is looked for: each line is read with all before it.
const (
	maxLines  = 1000
	maxSearch = 64 << 10
)

// hints say what an error of the library mostly comes from.
var hints = map[string]string{
	"',' or":                       `inside { } and [ ] a value needs quotes, as in "${name}"`,
	"tab character":                "YAML is indented with blanks",
	"cannot start any token":       "YAML is indented with blanks, not tabs, and a value that begins with @, % or ` needs quotes",
	"mapping values are not allow": `a value with ": " in it needs quotes, and keys of one mapping are indented alike`,
	"did not find expected key":    `keys of one mapping are indented alike, each with a ": "`,
	"expected '-' indicator":       "the keys of a list's item are indented alike, and the items too",
}

// syntax is a syntax error with its line: the library names the one where what cannot be read begins, or none. The usual mistakes are
// named.
func syntax(err error, data []byte) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if said := reason(err); said != "" {
		if line := brokenLine(data, said); line > 0 {
			text = fmt.Sprintf("line %d: %s", line, said)
			if before := lineBefore(data, line); before > 0 && mayBeBefore.MatchString(said) {
				text += fmt.Sprintf(", or line %d is wrong", before)
			}
		}
	}
	for part, hint := range hints {
		if strings.Contains(text, part) {
			text += "; " + hint
		}
	}
	return errors.New(text)
}

// reason is what a syntax error says beside its line.
func reason(err error) string {
	if found := parserError.FindStringSubmatch(err.Error()); found != nil {
		return found[2]
	}
	return ""
}

// brokenLine is the first line from which on a file cannot be read for a reason, however it goes on.
func brokenLine(data []byte, said string) (line int) {
	ends := bytes.Count(data, []byte("\n")) + 1
	if ends > maxLines || len(data) > maxSearch {
		return 0
	}
	for n, end := 1, 0; end < len(data); n++ {
		if i := bytes.IndexByte(data[end:], '\n'); i >= 0 {
			end += i + 1
		} else {
			end = len(data)
		}
		switch err := readAll(data[:end]); {
		case err == nil || reason(err) != said:
			line = 0
		case line == 0:
			line = n
		}
	}
	return line
}

// lineBefore is the last line before one that says something.
func lineBefore(data []byte, line int) int {
	lines := strings.Split(string(data), "\n")
	for line--; line > 0; line-- {
		if text := strings.TrimSpace(lines[line-1]); text != "" && text[0] != '#' {
			return line
		}
	}
	return 0
}

// readAll reads every document.
func readAll(data []byte) error {
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var document yaml.Node
		if err := d.Decode(&document); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
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

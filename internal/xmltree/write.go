package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"unicode/utf8"
)

// Elements are elements to write, in their order.
type Elements []Element

// An Element is an XML element with either text or content, or an attribute if its name begins with "@". "#text" among its
// content is its text.
type Element struct {
	Name    string
	Text    string
	Content Elements
}

// Marshal is a whole document.
func Marshal(x Elements) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	if err := x.write(e); err != nil {
		return nil, err
	}
	err := e.Close()
	return b.Bytes(), err
}

func (x Elements) write(to *xml.Encoder) error {
	for _, e := range x {
		start := xml.StartElement{Name: xml.Name{Local: e.Name}}
		text := e.Text
		var content Elements
		for _, in := range e.Content {
			switch {
			case strings.HasPrefix(in.Name, "@"):
				start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: in.Name[1:]}, Value: in.Text})
			case in.Name == "#text":
				text = in.Text
			default:
				content = append(content, in)
			}
		}
		if !validXML(start, text) {
			return errors.New("holds a character that XML has no place for")
		}
		for _, err := range []error{to.EncodeToken(start), to.EncodeToken(xml.CharData(text)), content.write(to), to.EncodeToken(start.End())} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// validXML reports whether encoding/xml writes the texts as they are: it replaces what XML cannot carry, a password's byte too.
func validXML(start xml.StartElement, text string) bool {
	texts := []string{text}
	for _, a := range start.Attr {
		texts = append(texts, a.Value)
	}
	for _, t := range texts {
		bad := strings.ContainsFunc(t, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff })
		if bad || !utf8.ValidString(t) {
			return false
		}
	}
	return true
}

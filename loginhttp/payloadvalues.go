package loginhttp

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/url"
)

// payloadValues are the values in a request's body, each of which may be a secret. What is in a body of unknown type is one value.
func payloadValues(payload []byte, mediaType string) []string {
	switch {
	case isJSON(mediaType):
		return jsonValues(payload)
	case mediaType == formType:
		return formValues(payload)
	case isXML(mediaType):
		return append(xmlValues(payload), string(payload))
	}
	return []string{string(payload)}
}

func formValues(payload []byte) (found []string) {
	form, _ := url.ParseQuery(string(payload))
	for _, values := range form {
		found = append(found, values...)
	}
	return found
}

func xmlValues(payload []byte) (found []string) {
	decoder := xml.NewDecoder(bytes.NewReader(payload))
	decoder.Strict = false
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		switch token := token.(type) {
		case xml.CharData:
			found = append(found, string(token))
		case xml.StartElement:
			for _, attr := range token.Attr {
				found = append(found, attr.Value)
			}
		}
	}
}

func jsonValues(payload []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	var root any
	_ = decoder.Decode(&root) // it is JSON, or it is not sent
	return leaves(nil, root)
}

// leaves are the strings and numbers in node.
func leaves(found []string, node any) []string {
	switch node := node.(type) {
	case string:
		return append(found, node)
	case json.Number:
		return append(found, node.String())
	case []any:
		for _, child := range node {
			found = leaves(found, child)
		}
	case map[string]any:
		for _, child := range node {
			found = leaves(found, child)
		}
	}
	return found
}

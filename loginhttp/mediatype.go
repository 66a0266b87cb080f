package loginhttp

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

func isJSON(mediaType string) bool { return strings.Contains(mediaType, "json") }

func isXML(mediaType string) bool { return strings.Contains(mediaType, "xml") }

// givenType is the Content-Type in h without its parameters, or what is wrong with it.
func givenType(h http.Header) (mediaType, reason string) {
	var given []string
	for name, values := range h {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			given = append(given, values...)
		}
	}
	if len(given) == 0 {
		return "", ""
	}
	mediaType, _, err := mime.ParseMediaType(given[0])
	if err != nil || len(given) > 1 {
		return "", "is not one media type"
	}
	return mediaType, ""
}

// contradicts reports whether body is certainly not of the media type.
func contradicts(mediaType string, body []byte) bool {
	switch {
	case isJSON(mediaType):
		return !json.Valid(body)
	case isXML(mediaType):
		return !beginsWith(body, "<")
	case mediaType == formType: // a parser of forms would take JSON or XML for the name of a field
		_, err := url.ParseQuery(string(body))
		return err != nil || beginsWith(body, `{["<`)
	}
	return false
}

// isOfAccepted reports whether body is of a format that accept, the value of an Accept field, names.
func isOfAccepted(accept string, body []byte) bool {
	switch {
	case isJSON(accept) && beginsWith(body, `{["`) && json.Valid(body), isXML(accept) && beginsWith(body, "<"):
		return true
	}
	return !isJSON(accept) && !isXML(accept)
}

// utf8BOM is the byte order mark that some Windows programs put before a text.
var utf8BOM = []byte("\ufeff")

// beginsWith reports whether the first character of body that is no blank is one of chars.
func beginsWith(body []byte, chars string) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, utf8BOM))
	return len(body) > 0 && strings.IndexByte(chars, body[0]) >= 0
}

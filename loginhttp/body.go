package loginhttp

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// encodeBody makes the payload of Body or Form. A Content-Type that says otherwise is found here: the vendor would not find the
// credentials in such a body, and might count that as an attempt.
func (x *exchange) encodeBody() *vendorlogin.Error {
	given, reason := givenType(x.Header)
	if reason != "" {
		return x.invalid("Content-Type", reason)
	}
	if x.Body != nil && x.Form != nil {
		return x.invalid("Form", "excludes Body")
	}
	if x.Form != nil {
		return x.encodeForm(given)
	}
	switch body := x.Body.(type) {
	case nil:
		return nil
	case []byte:
		return x.takeBytes(body, given)
	case url.Values:
		return x.invalid("Body", "is a form, which goes into Form")
	case string, io.Reader:
		return x.invalid("Body", "is neither a []byte nor a value to encode as JSON")
	}
	return x.encodeJSON(given)
}

func (x *exchange) encodeForm(given string) *vendorlogin.Error {
	if given != "" && given != formType {
		return x.invalid("Content-Type", "is not "+formType)
	}
	if name := revealsNothing(x.Form); name != "" {
		return x.invalid(name, unrevealed)
	}
	x.payload, x.payloadType = []byte(x.Form.Encode()), formType
	return nil
}

func (x *exchange) encodeJSON(given string) *vendorlogin.Error {
	if given != "" && !isJSON(given) {
		return x.invalid("Content-Type", "is not JSON's")
	}
	payload, err := json.Marshal(x.Body)
	switch {
	case err != nil:
		return x.invalid("Body", "cannot be encoded as JSON")
	case replacedBytes(payload):
		return x.invalid("Body", "holds a value that is not UTF-8") // JSON would carry another password than the one given
	case bytes.Contains(payload, []byte(printedSecret)):
		return x.invalid("Body", "holds a Secret that is not revealed")
	}
	x.payload, x.payloadType = payload, jsonType
	return nil
}

// takeBytes takes a body that the caller has encoded.
func (x *exchange) takeBytes(body []byte, given string) *vendorlogin.Error {
	switch {
	case given == "":
		return x.invalid("Content-Type", "is required with a Body of bytes")
	case isJSON(given) && !json.Valid(body), given == formType && !looksLikeForm(body), isXML(given) && !beginsWith(body, "<"):
		return x.invalid("Content-Type", "is not that of Body")
	case bytes.Contains(body, []byte(printedSecret)):
		return x.invalid("Body", "holds a Secret that is not revealed")
	}
	x.payload, x.payloadType = body, given
	return nil
}

// givenType is the caller's Content-Type without its parameters, or what is wrong with it.
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

func isJSON(mediaType string) bool { return strings.Contains(mediaType, "json") }

func isXML(mediaType string) bool { return strings.HasSuffix(mediaType, "xml") }

// looksLikeForm reports whether body is a form and not JSON or XML, which a parser of forms would take for the name of a field.
func looksLikeForm(body []byte) bool {
	_, err := url.ParseQuery(string(body))
	return err == nil && !beginsWith(body, `{["<`)
}

// beginsWith reports whether the first character of body that is no blank is one of chars.
func beginsWith(body []byte, chars string) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, utf8BOM))
	return len(body) > 0 && strings.IndexByte(chars, body[0]) >= 0
}

// utf8BOM is the mark that some Windows programs put before a text.
var utf8BOM = []byte("\ufeff")

// replacedBytes reports whether encoding/json put its escape for bytes that are not UTF-8 into payload. A U+FFFD that was there
// before is not escaped.
func replacedBytes(payload []byte) bool {
	escape := []byte(`\ufffd`)
	for {
		i := bytes.Index(payload, escape)
		if i < 0 {
			return false
		}
		before := payload[:i]
		if (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 0 {
			return true
		}
		payload = payload[i+len(escape):]
	}
}

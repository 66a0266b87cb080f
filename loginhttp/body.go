package loginhttp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"

	"github.com/vendorlogin/vendorlogin"
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
	if name := unrevealedIn(x.Form); name != "" {
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
	case isUnrevealed(string(payload)):
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
	case contradicts(given, body):
		return x.invalid("Content-Type", "is not that of Body")
	case isUnrevealed(string(body)):
		return x.invalid("Body", "holds a Secret that is not revealed")
	}
	x.payload, x.payloadType = body, given
	return nil
}

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

package loginhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// prepare makes the request. What is wrong with it is found here, before anything is sent.
func (x *exchange) prepare(ctx context.Context) *vendorlogin.Error {
	if x.Path != "" && x.Path[0] != '/' {
		return x.invalid("Path", `does not begin with "/"`) // it would change the host
	}
	req, err := http.NewRequestWithContext(ctx, x.Method, strings.TrimRight(x.Account.Endpoint, "/")+x.Path, nil)
	if err != nil {
		return x.badURL("Account.Endpoint, Method or Path", "does not make a request")
	}
	if reason := badBase(req.URL, x.AllowPlainHTTP); reason != "" {
		return x.badURL("Account.Endpoint", reason)
	}
	x.url, x.request.Request = req.URL, req
	if failure := x.encodeBody(); failure != nil {
		return failure
	}
	if failure := x.setHeader(req.Header); failure != nil {
		return failure
	}
	return x.setQuery(req.URL)
}

// badURL is invalid without the URL, which may hold a password.
func (x *exchange) badURL(field, reason string) *vendorlogin.Error {
	failure := x.invalid(field, reason)
	failure.Account.Endpoint = ""
	return failure
}

// encodeBody encodes Body so that go-retryablehttp can send it twice.
func (x *exchange) encodeBody() *vendorlogin.Error {
	if x.Body == nil {
		return nil
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
	x.payload = payload
	if err := x.request.SetBody(payload); err != nil {
		return x.invalid("Body", "cannot be sent")
	}
	return nil
}

// setHeader sets our header fields, and the caller's over them.
func (x *exchange) setHeader(h http.Header) *vendorlogin.Error {
	ours := []string{"application/json", "vendorlogin", "application/json"}
	h["Accept"], h["User-Agent"] = ours[0:1:1], ours[1:2:2]
	if x.payload != nil {
		h["Content-Type"] = ours[2:3:3]
	}
	for name, values := range x.Header {
		if !validHeaderName(name) {
			return x.invalid("Header", "has a name that is none")
		}
		for _, value := range values {
			if reason := badValue(value); reason != "" {
				return x.invalid(name, reason)
			}
		}
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return nil
}

// setQuery sets the encoded Query on u.
func (x *exchange) setQuery(u *url.URL) *vendorlogin.Error {
	for name, values := range x.Query {
		if slices.ContainsFunc(values, isPrintedSecret) {
			return x.invalid(name, "is a Secret that is not revealed")
		}
	}
	u.RawQuery = x.Query.Encode()
	return nil
}

// printedSecret is what a vendorlogin.Secret becomes where it is printed or encoded. Sent as a password, it would cost the account
// an attempt.
const printedSecret = "[redacted]"

func isPrintedSecret(s string) bool { return strings.Contains(s, printedSecret) }

// badValue says why a header cannot hold value, if it cannot: control characters would end the line early.
func badValue(value string) string {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return "holds a control character"
		}
	}
	if isPrintedSecret(value) {
		return "is a Secret that is not revealed"
	}
	return ""
}

// validHeaderName reports whether name is a token, as HTTP calls it.
func validHeaderName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
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

package loginhttp

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// prepare makes the request. What is wrong with it is found here, before anything is sent.
func (x *exchange) prepare(ctx context.Context) *vendorlogin.Error {
	if x.Path != "" && x.Path[0] != '/' {
		return x.invalid("Path", `does not begin with "/"`) // it would change the host
	}
	base, field := x.Account.Endpoint, "Account.Endpoint"
	if x.Base != "" {
		base, field = x.Base, "Base"
	}
	req, err := http.NewRequestWithContext(ctx, x.Method, strings.TrimRight(base, "/")+x.Path, nil)
	if err != nil {
		return x.badURL(field+", Method or Path", "does not make a request")
	}
	if reason := badBase(req.URL, x.AllowPlainHTTP); reason != "" {
		return x.badURL(field, reason)
	}
	x.url, x.request.Request = req.URL, req
	if failure := x.encodeBody(); failure != nil {
		return failure
	}
	if x.payload != nil && x.request.SetBody(x.payload) != nil { // so that go-retryablehttp can send it twice
		return x.invalid("Body", "cannot be sent")
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

// setHeader sets our header fields, and the caller's over them.
func (x *exchange) setHeader(h http.Header) *vendorlogin.Error {
	ours := []string{jsonType, "vendorlogin", x.payloadType}
	h["Accept"], h["User-Agent"] = ours[0:1:1], ours[1:2:2]
	if x.payload != nil {
		h["Content-Type"] = ours[2:3:3]
	}
	for name, values := range x.Header {
		if !httpheader.ValidName(name) {
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
	if name := revealsNothing(x.Query); name != "" {
		return x.invalid(name, unrevealed)
	}
	u.RawQuery = x.Query.Encode()
	return nil
}

// printedSecret is what a vendorlogin.Secret becomes where it is printed or encoded. Sent as a password, it would cost the account
// an attempt.
const printedSecret = "[redacted]"

func isPrintedSecret(s string) bool { return strings.Contains(s, printedSecret) }

const unrevealed = "is a Secret that is not revealed"

// revealsNothing is the name of a value that is a printed Secret, if there is one.
func revealsNothing(values url.Values) string {
	for name, list := range values {
		if slices.ContainsFunc(list, isPrintedSecret) {
			return name
		}
	}
	return ""
}

// badValue says why a header cannot hold value, if it cannot.
func badValue(value string) string {
	switch {
	case !httpheader.ValidValue(value):
		return "holds a control character"
	case isPrintedSecret(value):
		return unrevealed
	}
	return ""
}

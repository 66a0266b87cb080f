package loginhttp

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// prepare makes the request. What is wrong with it is found here, before anything is sent.
func (x *exchange) prepare(ctx context.Context) *vendorlogin.Error {
	if x.Path != "" && x.Path[0] != '/' {
		return x.invalid("Path", `does not begin with "/"`) // it would change the host
	}
	target, field := x.urlOf(x.Call)
	req, err := http.NewRequestWithContext(x.attempts.witness.watching(ctx), x.Method, target, emptyBody{})
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
	if len(x.payload) > 0 {
		_ = x.request.SetBody(x.payload) // so that go-retryablehttp can send it twice; of bytes it never fails
	}
	req.GetBody = nil // or net/http sends it again and again, where HTTP/2 resets the stream
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
	ours := []string{jsonType, userAgent(), x.payloadType}
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

// badValue says why a header cannot hold value, if it cannot.
func badValue(value string) string {
	switch {
	case !httpheader.ValidValue(value):
		return "holds a control character"
	case isUnrevealed(value):
		return unrevealed
	}
	return ""
}

// setQuery sets the encoded Query on u.
func (x *exchange) setQuery(u *url.URL) *vendorlogin.Error {
	if name := unrevealedIn(x.Query); name != "" {
		return x.invalid(name, unrevealed)
	}
	u.RawQuery = x.Query.Encode()
	return nil
}

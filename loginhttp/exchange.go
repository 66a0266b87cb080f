package loginhttp

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/vendorlogin/vendorlogin"
)

// An exchange is one Do: a request, perhaps sent twice, and its response. One allocation holds all that it needs.
type exchange struct {
	Endpoint
	Call

	payload     []byte // the encoded Body or Form; nil: none
	payloadType string // its media type
	url         *url.URL
	request     retryablehttp.Request
	attempts    attempts

	retrying retryablehttp.Client
	client   http.Client
}

// requestLine is "POST host/path". There is no query in it.
func requestLine(method string, u *url.URL) string {
	return method + " " + u.Host + u.EscapedPath()
}

// succeeds reports whether the status means success.
func (x *exchange) succeeds(a *Answer) bool { return a.ok() || slices.Contains(x.Success, a.Status) }

// fail is the failure of this exchange with what is known of every one.
func (x *exchange) fail(kind, cause error) *vendorlogin.Error {
	failure := &vendorlogin.Error{Account: x.Account, Op: x.Op, Kind: kind, Err: cause}
	if x.url != nil {
		failure.Request = requestLine(x.request.Method, x.url)
	}
	return failure
}

// unsent is a failure before anything was sent.
func (x *exchange) unsent(kind, cause error) *vendorlogin.Error {
	failure := x.fail(kind, cause)
	failure.Unprocessed = true
	return failure
}

// invalid is a request that must not be sent as it is.
func (x *exchange) invalid(field, reason string) *vendorlogin.Error {
	failure := x.unsent(vendorlogin.ErrInvalidRequest, nil)
	failure.Fields = []vendorlogin.FieldError{{Field: field, Reason: reason}}
	return failure
}

package loginhttp

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/vendorlogin/vendorlogin"
)

// Missing is the error for a response that means success and lacks the field that matters. It is ErrBadResponse, with the Account,
// Op, Request and Status that an error of Do for c and a would have.
func (e Endpoint) Missing(c Call, a *Answer, field string) *vendorlogin.Error {
	failure := &vendorlogin.Error{
		Account: e.Account, Op: c.Op, Kind: vendorlogin.ErrBadResponse, Status: a.Status,
		Fields: []vendorlogin.FieldError{{Field: field, Reason: "is missing"}}, Err: errors.New("is missing"),
	}
	if after, ok := retryAfter(a.Header, a.received()); ok {
		failure.RetryAt = a.received().Add(after)
	}
	target, _ := e.urlOf(c)
	if u, err := url.Parse(target); err == nil {
		failure.Request = requestLine(cmp.Or(c.Method, http.MethodGet), u)
	}
	return failure
}

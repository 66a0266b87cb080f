package loginhttp

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// How much of the vendor's words an error keeps.
const (
	maxMessage = 256 // characters
	maxName    = 64  // characters of a code or the name of a field
	maxFields  = 16
)

// fail is the failure of this exchange with what is known of every one.
func (x *exchange) fail(kind, cause error) *vendorlogin.Error {
	return &vendorlogin.Error{Account: x.Account, Op: x.Op, Kind: kind, Err: cause, Request: x.line()}
}

// Missing is the error for a response that means success and lacks the field that matters: ErrBadResponse, with what Do would say
// of c and a.
func (e Endpoint) Missing(c Call, a *Answer, field string) *vendorlogin.Error {
	_, base, _ := strings.Cut(cmp.Or(c.Base, e.Account.Endpoint), "://")
	return &vendorlogin.Error{
		Account: e.Account, Op: c.Op, Kind: vendorlogin.ErrBadResponse, Status: a.Status,
		Request: cmp.Or(c.Method, http.MethodGet) + " " + strings.TrimRight(base, "/") + c.Path,
		Fields:  []vendorlogin.FieldError{{Field: field, Reason: "is missing"}},
	}
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

// line is "POST host/path", or empty as long as there is no request. There is no query in it.
func (x *exchange) line() string {
	if x.url == nil {
		return ""
	}
	return x.request.Method + " " + x.url.Host + x.url.EscapedPath()
}

// noAnswer is the failure of a request that err is all we have of.
func (x *exchange) noAnswer(ctx context.Context, err error) *vendorlogin.Error {
	kind := vendorlogin.ErrUnavailable
	cause := ctx.Err()
	if cause == nil {
		cause = safeCause(err, x.scrubber())
		if isGarbled(cause) {
			kind = vendorlogin.ErrBadResponse
		}
	}
	failure := x.fail(kind, cause)
	failure.Unprocessed = x.tries.count == 0 || x.tries.unprocessed
	return failure
}

// cutShort is the failure of an answer whose body could not be read to its end; err says why. Where the status says that the
// request failed, it failed: a rejected password must not look as if trying again could help.
func (x *exchange) cutShort(ctx context.Context, a *Answer, err error) *vendorlogin.Error {
	kind, cause := vendorlogin.ErrBadResponse, safeCause(err, x.scrubber())
	if ctx.Err() != nil {
		kind, cause = vendorlogin.ErrUnavailable, ctx.Err()
	}
	if !a.ok() {
		kind = x.kind(a.Status)
	}
	failure := x.fail(kind, cause)
	x.addStatus(failure, a)
	return failure
}

// judge is nil for an answer that means success.
func (x *exchange) judge(a *Answer) *vendorlogin.Error {
	if isRedirect(a.Status) {
		return x.redirected(a)
	}
	own := x.classified(a)
	if own == nil && a.ok() {
		return nil
	}
	failure := x.fail(nil, nil)
	if own != nil {
		x.adopt(failure, own)
	} else if a.isHTML() {
		failure.Err = errHTML
	}
	if failure.Kind == nil {
		failure.Kind = x.kind(a.Status)
	}
	x.addStatus(failure, a)
	return failure
}

// classified is what Classify makes of a response and, where that names no Kind, what OAuth does; nil: neither knows of a failure.
func (x *exchange) classified(a *Answer) *vendorlogin.Error {
	var own *vendorlogin.Error
	if x.Classify != nil {
		own = x.Classify(a)
	}
	if own != nil && own.Kind != nil {
		return own
	}
	oauth := x.oauthFailure(a)
	if own == nil || oauth == nil {
		return cmp.Or(own, oauth)
	}
	both := *own // what Classify returned is not ours to change
	both.Kind = oauth.Kind
	return &both
}

// adopt takes over what Classify made of the vendor's words, less what was sent.
func (x *exchange) adopt(failure, own *vendorlogin.Error) {
	s := x.scrubber()
	if own.Op != "" {
		failure.Op = own.Op
	}
	failure.Kind, failure.RetryAt, failure.Unprocessed = own.Kind, own.RetryAt, own.Unprocessed
	failure.Code, failure.Message = s.clean(own.Code, maxName), s.clean(own.Message, maxMessage)
	for _, f := range own.Fields[:min(len(own.Fields), maxFields)] {
		failure.Fields = append(failure.Fields, vendorlogin.FieldError{
			Field: s.clean(f.Field, maxName), Reason: s.clean(f.Reason, maxMessage),
		})
	}
	if own.Err != nil {
		failure.Err = safeCause(own.Err, s)
	}
}

// addStatus adds what status and header say.
func (x *exchange) addStatus(failure *vendorlogin.Error, a *Answer) {
	received := a.received()
	after, told := retryAfter(a.Header, received)
	failure.Status = a.Status
	failure.Unprocessed = failure.Unprocessed || turnedAway(a.Status, told)
	throttled := turnedAway(a.Status, told) || errors.Is(failure.Kind, vendorlogin.ErrRateLimited)
	if told && throttled && failure.RetryAt.IsZero() {
		failure.RetryAt = received.Add(after)
	}
}

// kind is what a status means where the vendor's words say no more.
func (x *exchange) kind(status int) error {
	switch {
	case status == http.StatusUnauthorized && x.Op == "refresh":
		return vendorlogin.ErrRefreshRejected
	case status == http.StatusUnauthorized:
		return vendorlogin.ErrInvalidCredentials
	case status == http.StatusForbidden:
		return vendorlogin.ErrForbidden
	case status == http.StatusTooManyRequests:
		return vendorlogin.ErrRateLimited
	case isUndecided(status), status >= 500 && status <= 599:
		return vendorlogin.ErrUnavailable
	case status >= 400 && status <= 499:
		return vendorlogin.ErrInvalidRequest
	}
	return vendorlogin.ErrBadResponse
}

// isUndecided reports whether a 4xx says that nobody has decided about the request.
func isUndecided(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, statusClientClosed:
		return true
	}
	return false
}

// statusClientClosed is what some proxies answer when the client has gone.
const statusClientClosed = 499

func isRedirect(status int) bool { return status >= 300 && status <= 399 }

// redirected says where to, as far as that can be told: the rest of a Location may repeat what was sent.
func (x *exchange) redirected(a *Answer) *vendorlogin.Error {
	failure := x.fail(vendorlogin.ErrBadResponse, errors.New("a redirect, which is not followed"))
	if to, err := x.url.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		shown := url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path, RawPath: to.RawPath}
		failure.Err = errors.New("redirects to " + x.scrubber().clean(shown.String(), maxMessage))
	}
	failure.Status = a.Status
	return failure
}

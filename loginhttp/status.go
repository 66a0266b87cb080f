package loginhttp

import (
	"net/http"

	"github.com/vendorlogin/vendorlogin"
)

// statusClientClosed is what some proxies respond when the client has gone.
const statusClientClosed = 499

// statusKind is what a status means where the vendor's words say no more. readable says that the body is of the vendor's format:
// otherwise the response may be that of a proxy, which rejects no credentials.
func statusKind(status int, op string, readable bool) error {
	switch {
	case status == http.StatusUnauthorized && op == "refresh":
		return vendorlogin.ErrRefreshRejected
	case status == http.StatusUnauthorized:
		return vendorlogin.ErrInvalidCredentials
	case status == http.StatusTooManyRequests:
		return vendorlogin.ErrRateLimited
	case status < 400 || status > 599:
		return vendorlogin.ErrBadResponse
	case status >= 500 || isUndecided(status) || !readable:
		return vendorlogin.ErrUnavailable
	case status == http.StatusForbidden:
		return vendorlogin.ErrForbidden
	}
	return vendorlogin.ErrInvalidRequest
}

// isUndecided reports whether a 4xx says that nobody has decided about the request.
func isUndecided(status int) bool {
	return status == http.StatusRequestTimeout || status == statusClientClosed || isMisrouted(status)
}

// isMisrouted reports whether a status says that the request did not get as far as a server that could act on it.
func isMisrouted(status int) bool {
	return status == http.StatusProxyAuthRequired || status == http.StatusMisdirectedRequest || status == http.StatusTooEarly
}

// notProcessed reports whether a status, with a Retry-After or without, says that the request was not processed.
func notProcessed(status int, hasRetryAfter bool) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && hasRetryAfter || isMisrouted(status)
}

func isRedirect(status int) bool { return status >= 300 && status <= 399 }

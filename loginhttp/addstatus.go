package loginhttp

import "github.com/vendorlogin/vendorlogin"

// addStatus adds what a response's status and header say. Whatever the status, nothing is sent before its Retry-After.
func (x *exchange) addStatus(failure *vendorlogin.Error, a *Answer) {
	received := a.received()
	after, ok := retryAfter(a.Header, received)
	failure.Status = a.Status
	failure.Unprocessed = failure.Unprocessed || notProcessed(a.Status, ok)
	if at := received.Add(after); ok && at.After(failure.RetryAt) {
		failure.RetryAt = at
	}
}

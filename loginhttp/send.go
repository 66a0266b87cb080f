package loginhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/sent"
)

// send sends the request and reads the response. bounded is the caller's ctx with the time that a Do may take.
func (x *exchange) send(caller, bounded context.Context) (*Answer, *vendorlogin.Error) {
	if err := caller.Err(); err != nil {
		return nil, x.unsent(err, nil)
	}
	resp, err := x.roundTrips()
	if err != nil {
		return nil, x.noResponse(caller, bounded, err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		dropBody(resp) // it is the connection itself, which no ctx ends
	}
	defer resp.Body.Close()

	answer := &Answer{
		Status:     resp.StatusCode,
		Header:     x.attempts.restoreLocation(resp.Header),
		SentAt:     x.attempts.sentAt.Round(0),
		receivedAt: time.Now().Round(0),
	}
	answer.Body, err = readBody(bounded, resp)
	if err != nil {
		return answer, x.truncated(caller, bounded, answer, err)
	}
	return answer, nil
}

// roundTrips leaves the sending to go-retryablehttp, and every decision to x.attempts: its own policy repeats rejected logins, and
// its own reading of Retry-After sleeps for hours, or overflows.
func (x *exchange) roundTrips() (*http.Response, error) {
	x.attempts.base, x.attempts.once = x.transport(), x.Once || sent.Once(x.request.Context())
	x.client = http.Client{Transport: &x.attempts}
	x.retrying.HTTPClient = &x.client
	x.retrying.RetryMax = maxAttempts - 1
	x.retrying.CheckRetry = x.attempts.again
	x.retrying.Backoff = x.attempts.backoff
	return x.retrying.Do(&x.request)
}

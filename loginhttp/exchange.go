package loginhttp

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/vendorlogin/vendorlogin"
)

// An exchange is one Do: a request, perhaps sent twice, and its answer. One allocation holds all that it needs.
type exchange struct {
	Endpoint
	Call

	payload     []byte // the encoded Body or Form; nil: none
	payloadType string // its media type
	url         *url.URL
	request     retryablehttp.Request
	tries       tries

	retrying retryablehttp.Client
	client   http.Client
}

// send sends the request and reads the answer.
func (x *exchange) send(ctx context.Context) (*Answer, *vendorlogin.Error) {
	if err := ctx.Err(); err != nil {
		return nil, x.unsent(vendorlogin.ErrUnavailable, err)
	}
	resp, err := x.roundTrips()
	if err != nil {
		return nil, x.noAnswer(ctx, err)
	}
	defer resp.Body.Close()

	answer := &Answer{
		Status:     resp.StatusCode,
		Header:     x.tries.restoreLocation(resp.Header),
		SentAt:     x.tries.sentAt.Round(0),
		receivedAt: time.Now().Round(0),
	}
	answer.Body, err = readBody(ctx, resp)
	if err != nil {
		return answer, x.cutShort(ctx, answer, err)
	}
	return answer, nil
}

// roundTrips leaves the sending to go-retryablehttp, and every decision to x.tries: its own policy repeats rejected logins, and its
// own reading of Retry-After sleeps for hours, or overflows.
func (x *exchange) roundTrips() (*http.Response, error) {
	caller := x.httpClient()
	x.tries.base = caller.Transport
	if x.tries.base == nil {
		x.tries.base = http.DefaultTransport
	}
	x.tries.once = x.Once

	x.client = http.Client{Transport: &x.tries, CheckRedirect: noRedirects}
	x.retrying.HTTPClient = &x.client
	x.retrying.RetryMax = maxTries - 1
	x.retrying.CheckRetry = x.tries.again
	x.retrying.Backoff = x.tries.backoff
	x.retrying.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return x.retrying.Do(&x.request)
}

// noRedirects hands back a redirect as the answer it is: following it would send the credentials to wherever it points.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

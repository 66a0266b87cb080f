package loginhttp

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

const (
	maxTries = 2
	maxPause = 2 * time.Second // nothing here sleeps longer
)

// tries is the http.RoundTripper of one exchange. It stands between go-retryablehttp and the caller's transport, and knows what
// became of each request. It has no CloseIdleConnections: go-retryablehttp calls that after a failure, and the pool is the caller's.
type tries struct {
	base http.RoundTripper
	once bool

	count       int
	sentAt      time.Time     // when the last request went out
	pause       time.Duration // before the next request; 0: there will be none
	unprocessed bool          // the vendor surely did not act on the last request
	location    []string      // of a redirect, kept from net/http
}

// RoundTrip sends one request, and decides whether there will be another.
func (t *tries) RoundTrip(req *http.Request) (*http.Response, error) {
	t.count++
	t.sentAt = time.Now()
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.failed(req.Context(), err)
		return nil, err
	}
	if resp != nil {
		t.answered(req.Context(), resp)
	}
	return resp, nil
}

// failed judges a request without an answer: only one that had no connection to go over was surely not processed.
func (t *tries) failed(ctx context.Context, err error) {
	t.pause, t.unprocessed = 0, notSent(err)
	if isDialError(err) {
		t.plan(ctx, jitter(100*time.Millisecond, 400*time.Millisecond))
	}
}

// answered judges a request by its answer, whose body is still to be read.
func (t *tries) answered(ctx context.Context, resp *http.Response) {
	t.pause, t.unprocessed = 0, false
	switch {
	case isRedirect(resp.StatusCode):
		t.hideLocation(resp)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable:
		t.throttled(ctx, resp)
	}
}

// throttled plans another request if the vendor says when, and that is soon.
func (t *tries) throttled(ctx context.Context, resp *http.Response) {
	after, told := retryAfter(resp.Header, time.Now())
	t.unprocessed = turnedAway(resp.StatusCode, told)
	if told && after <= maxPause {
		t.plan(ctx, jitter(after, min(after+after/4, maxPause)))
	}
	if t.pause > 0 {
		dropBody(resp)
	}
}

// plan sets the pause before a further request, if there may be one and ctx lasts that long.
func (t *tries) plan(ctx context.Context, pause time.Duration) {
	if t.once || t.count >= maxTries || ctx.Err() != nil {
		return
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return
	}
	t.pause = pause
}

// again is the CheckRetry, and backoff the Backoff, of go-retryablehttp.
func (t *tries) again(context.Context, *http.Response, error) (bool, error) { return t.pause > 0, nil }

func (t *tries) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return t.pause }

// hideLocation keeps the Location from net/http, which would parse it before it asks whether to follow, and quote it in an error.
func (t *tries) hideLocation(resp *http.Response) {
	if t.location = resp.Header["Location"]; t.location == nil {
		return
	}
	resp.Header = resp.Header.Clone()
	delete(resp.Header, "Location")
}

func (t *tries) restoreLocation(h http.Header) http.Header {
	if t.location != nil {
		h["Location"] = t.location
	}
	return h
}

// turnedAway reports whether a status, told with a Retry-After or not, means that the request was not processed.
func turnedAway(status int, retryAfter bool) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter
}

// dropBody closes a body that nobody will read. Reading it to its end would keep the connection, but may take for ever.
func dropBody(resp *http.Response) {
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	resp.Body = http.NoBody
}

// isDialError reports whether err is that no connection came about.
func isDialError(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	for op, ok := errors.AsType[*net.OpError](err); ok; op, ok = errors.AsType[*net.OpError](op.Err) {
		if op.Op == "dial" || op.Op == "proxyconnect" {
			return true
		}
	}
	return false
}

// jitter is a random duration from lo to hi.
func jitter(lo, hi time.Duration) time.Duration {
	return lo + rand.N(hi-lo+1)
}

package loginhttp

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	maxAttempts = 2
	maxPause    = 2 * time.Second // nothing here sleeps longer
)

// attempts is the http.RoundTripper of one exchange. It stands between go-retryablehttp and the caller's transport, and knows what
// became of each request. It has no CloseIdleConnections: go-retryablehttp calls that after a failure, and the pool is the caller's.
type attempts struct {
	base http.RoundTripper
	once bool

	count       int
	sentAt      time.Time     // when the last request was sent
	pause       time.Duration // before the next request; 0: there will be none
	unprocessed bool          // the vendor certainly did not act on the last request
	location    []string      // of a redirect, kept from net/http
	witness     witness
}

// RoundTrip sends one request, and decides whether there will be another.
func (t *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	t.count++
	t.sentAt = time.Now()
	t.pause, t.unprocessed = 0, false
	t.witness.begin(t.base, req)
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.failed(req.Context())
		return nil, err
	}
	if resp != nil {
		t.responded(req.Context(), resp)
	}
	return resp, nil
}

// failed decides after a request without a response: only one that had no connection to go over was certainly not processed.
func (t *attempts) failed(ctx context.Context) {
	t.unprocessed = t.witness.unsent()
	if t.unprocessed && t.witness.askedForConn.Load() { // a transport that fails by itself would fail again
		t.plan(ctx, jitter(100*time.Millisecond, 400*time.Millisecond))
	}
}

// responded decides by a response whose body is still to be read.
func (t *attempts) responded(ctx context.Context, resp *http.Response) {
	switch {
	case isRedirect(resp.StatusCode):
		t.hideLocation(resp)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable:
		t.rateLimited(ctx, resp)
	}
}

// rateLimited plans another request if the vendor says when, and that is soon.
func (t *attempts) rateLimited(ctx context.Context, resp *http.Response) {
	after, ok := retryAfter(resp.Header, time.Now())
	t.unprocessed = notProcessed(resp.StatusCode, ok)
	if ok && after <= maxPause {
		t.plan(ctx, jitter(after, min(after+after/4, maxPause)))
	}
	if t.pause > 0 {
		dropBody(resp)
	}
}

// plan sets the pause before a further request, if there may be one and ctx lasts that long.
func (t *attempts) plan(ctx context.Context, pause time.Duration) {
	if t.once || t.count >= maxAttempts || ctx.Err() != nil {
		return
	}
	if deadline, _ := ctx.Deadline(); time.Until(deadline) <= pause { // Do sets one
		return
	}
	t.pause = pause
}

// again is the CheckRetry, and backoff the Backoff, of go-retryablehttp.
func (t *attempts) again(context.Context, *http.Response, error) (bool, error) {
	return t.pause > 0, nil
}

func (t *attempts) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return t.pause }

// hideLocation keeps the Location from net/http. So that follows no redirect, which would take the credentials wherever it points, and
// quotes none in an error.
func (t *attempts) hideLocation(resp *http.Response) {
	t.location = resp.Header["Location"]
	resp.Header = resp.Header.Clone()
	delete(resp.Header, "Location")
}

func (t *attempts) restoreLocation(h http.Header) http.Header {
	if t.location != nil {
		h["Location"] = t.location
	}
	return h
}

// dropBody closes a body that nobody will read. Reading it to its end would keep the connection, but may never end.
func dropBody(resp *http.Response) {
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	resp.Body = http.NoBody
}

// jitter is a random duration from lo to hi.
func jitter(lo, hi time.Duration) time.Duration {
	return lo + rand.N(hi-lo+1)
}

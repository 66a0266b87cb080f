package loginhttp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// The caller's pool is the caller's: a failure closes none of its connections.
func TestIdleConnectionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, v := range []*vendor{failing(dialError()), failing(timeoutError{}), responding(401, ""), responding(429, "", "Retry-After",
		"900"), responding(302, "")} {
		pool := &pool{RoundTripper: v}
		_, err := endpoint(pool).Do(t.Context(), login(), nil)
		require.Error(t, err)
		assert.Positive(t, v.count())
		assert.Zero(t, pool.closed.Load())
	}
}

type pool struct {
	http.RoundTripper
	closed atomic.Int64
}

func (p *pool) CloseIdleConnections() { p.closed.Add(1) }

// A transport may hand out the same header map again and again: nobody writes to it. (The race detector sees who does.)
func TestDoLeavesTheTransportsHeaderAlone(t *testing.T) {
	t.Parallel()
	shared := http.Header{"Location": {"/elsewhere"}}
	v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 307, Header: shared, Body: http.NoBody}, nil
	}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				answer, err := endpoint(v).Do(t.Context(), login(), nil)
				assertKind(t, vendorlogin.ErrBadResponse, err)
				assert.Equal(t, "/elsewhere", answer.Header.Get("Location"))
			}
		})
	}
	group.Wait()
	assert.Equal(t, http.Header{"Location": {"/elsewhere"}}, shared)
}

func TestCallerWhoHasLeftHearsOfTheRateLimit(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
		leave()
		return reply(429, "", "Retry-After", "1"), nil
	}}
	_, err := endpoint(v).Do(ctx, login(), nil)
	assert.Equal(t, 1, v.count())
	assert.Equal(t, 429, failure(t, err).Status)
}

// What is sent twice, how often at most, and how long the pause is.
func TestRetry(t *testing.T) {
	t.Parallel()
	dns := &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}
	for name, test := range map[string]struct {
		refuse         error // no connection
		err            error
		status         int
		retryAfter     string
		requests       int
		shortest, most time.Duration // of the pause
		unprocessed    bool
	}{
		"refused": {refuse: dialError(), requests: 2, shortest: 100 * time.Millisecond, most: 400 * time.Millisecond,
			unprocessed: true},
		"dial timeout": {refuse: &net.OpError{Op: "dial", Net: "tcp", Err: timeoutError{}}, requests: 2,
			shortest: 100 * time.Millisecond, most: 400 * time.Millisecond, unprocessed: true},
		"proxy refused": {refuse: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("x")}, requests: 2, shortest: 1,
			most: time.Second, unprocessed: true},
		"no such host": {refuse: &net.OpError{Op: "dial", Net: "tcp", Err: dns}, requests: 2, shortest: 100 * time.Millisecond,
			most: 400 * time.Millisecond, unprocessed: true},
		"no such host, bare":   {refuse: dns, requests: 2, shortest: 1, most: time.Second, unprocessed: true},
		"reset":                {err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.EIO}, requests: 1},
		"broken pipe":          {err: &net.OpError{Op: "write", Net: "tcp", Err: syscall.EINVAL}, requests: 1},
		"EOF":                  {err: io.EOF, requests: 1},
		"sent, redial refused": {err: dialError(), requests: 1},
		"TLS, after sending":   {err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, requests: 1},
		"unknown, unconnected": {refuse: errors.New("x"), requests: 2, shortest: 100 * time.Millisecond, most: 400 * time.Millisecond,
			unprocessed: true},
		"timeout": {err: timeoutError{}, requests: 1},
		"unknown": {err: errors.New("x"), requests: 1},
		"429":     {status: 429, requests: 1, unprocessed: true},
		"429 now": {status: 429, retryAfter: "0", requests: 2, shortest: time.Second, most: 1250 * time.Millisecond,
			unprocessed: true},
		"429 past": {status: 429, retryAfter: "Sat, 01 Jan 1999 00:00:00 GMT", requests: 2, shortest: time.Second,
			most: 1250 * time.Millisecond, unprocessed: true},
		"429 one": {status: 429, retryAfter: "1", requests: 2, shortest: time.Second, most: 1250 * time.Millisecond,
			unprocessed: true},
		"429 two":               {status: 429, retryAfter: "2", requests: 2, shortest: 2 * time.Second, most: 2 * time.Second, unprocessed: true},
		"429 three":             {status: 429, retryAfter: "3", requests: 1, unprocessed: true},
		"429 an hour":           {status: 429, retryAfter: "3600", requests: 1, unprocessed: true},
		"429 overflow":          {status: 429, retryAfter: "18446744073709551", requests: 1, unprocessed: true},
		"429 unparsable":        {status: 429, retryAfter: "2 seconds", requests: 1, unprocessed: true},
		"503":                   {status: 503, requests: 1},
		"503 two":               {status: 503, retryAfter: "2", requests: 2, shortest: 2 * time.Second, most: 2 * time.Second, unprocessed: true},
		"503 three":             {status: 503, retryAfter: "3", requests: 1, unprocessed: true},
		"500":                   {status: 500, retryAfter: "1", requests: 1},
		"502":                   {status: 502, retryAfter: "1", requests: 1},
		"504":                   {status: 504, retryAfter: "1", requests: 1},
		"408":                   {status: 408, retryAfter: "1", requests: 1},
		"407":                   {status: 407, retryAfter: "1", requests: 1, unprocessed: true},
		"421":                   {status: 421, retryAfter: "1", requests: 1, unprocessed: true},
		"425":                   {status: 425, retryAfter: "1", requests: 1, unprocessed: true},
		"wrong credentials":     {status: 401, retryAfter: "1", requests: 1},
		"wrong credentials too": {status: 400, retryAfter: "1", requests: 1},
	} {
		for _, once := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				v := failing(test.err)
				if test.refuse != nil {
					v = unreachable(test.refuse)
				}
				if test.status != 0 {
					v = responding(test.status, "busy", "Retry-After", test.retryAfter)
				}
				call, want := login(), test.requests
				if call.Once = once; once {
					want = 1
				}
				start := time.Now()
				_, err := endpoint(v).Do(t.Context(), call, nil)
				paused := time.Since(start)
				assert.Equal(t, want, v.count(), name)
				assert.Equal(t, test.unprocessed, failure(t, err).Unprocessed, name)
				if want == 1 {
					assert.Zero(t, paused, name)
					return
				}
				assert.GreaterOrEqual(t, paused, test.shortest, name)
				assert.LessOrEqual(t, paused, test.most, name)
				assert.Equal(t, v.requests[0].body, v.requests[1].body)
				assert.Equal(t, v.requests[0].Header, v.requests[1].Header)
			})
		}
	}
}

// Who leaves before the second request knows that the first was turned away.
func TestLeftInThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := endpoint(responding(503, "busy", "Retry-After", "2")).Do(ctx, login(), nil)
		require.ErrorIs(t, err, context.Canceled)
		assert.True(t, failure(t, err).Unprocessed)
	})
}

// Many that were refused at once do not come back at once.
func TestPausesDiffer(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]func() *vendor{
		"refused": func() *vendor { return unreachable(errors.New("refused")) },
		"429":     func() *vendor { return responding(429, "busy", "Retry-After", "1") },
	} {
		synctest.Test(t, func(t *testing.T) {
			pauses := map[time.Duration]bool{}
			for range 10 {
				start := time.Now()
				_, err := endpoint(v()).Do(t.Context(), login(), nil)
				require.Error(t, err)
				pauses[time.Since(start)] = true
			}
			assert.Greater(t, len(pauses), 1, name)
		})
	}
}

// What the first request has asked for says nothing about the second.
func TestSecondRequestThatAsksForNoConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		once := roundTripper(func(r *http.Request) (*http.Response, error) {
			if requests++; requests == 2 {
				return nil, errors.New("example")
			}
			trace := httptrace.ContextClientTrace(r.Context())
			trace.GetConn("api.example.com:443")
			trace.GotConn(httptrace.GotConnInfo{})
			resp := reply(429, "busy")
			resp.Header = http.Header{"Retry-After": {"1"}}
			return resp, nil
		})
		call := secretCall()
		call.Body = nil
		_, err := withTransport(endpoint(nil), once).Do(t.Context(), call, nil)
		assert.False(t, failure(t, err).Unprocessed)
		assert.Equal(t, 2, requests)
	})
}

// The second request decides, and its time is the one that lifetimes count from.
func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := responding(200, `{"access":"a"}`)
		v.refuse = func(n int) error {
			if n == 1 {
				return dialError()
			}
			return nil
		}
		start := time.Now()
		var out struct{ Access string }
		answer, err := endpoint(v).Do(t.Context(), login(), &out)
		require.NoError(t, err)
		assert.Equal(t, "a", out.Access)
		assert.Equal(t, 2, v.count())
		assert.Equal(t, time.Now().Round(0), answer.SentAt)
		assert.True(t, answer.SentAt.After(start))
	})
}

func TestRetryAfterAResponseWithoutBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"1"}}}, nil
		}}
		_, err := endpoint(v).Do(t.Context(), login(), nil)
		assertKind(t, vendorlogin.ErrRateLimited, err)
		assert.Equal(t, 2, v.count())
	})
}

// A second request whose fate is unknown is not covered by what became of the first.
func TestRetryThatIsLostMayHaveBeenProcessed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{respond: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return reply(429, "", "Retry-After", "1"), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := endpoint(v).Do(ctx, login(), nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, failure(t, err).Unprocessed)
		assert.Equal(t, 2, v.count())
	})
}

func TestCancelledPauseSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := responding(429, "", "Retry-After", "2")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := endpoint(v).Do(ctx, login(), nil)
		require.ErrorIs(t, err, context.Canceled)
		assert.True(t, failure(t, err).Unprocessed)
		assert.Equal(t, 1, v.count())
	})
}

// A pause that ctx would not outlast is not begun: the response that is there says more.
func TestPauseBeyondTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := responding(429, "busy", "Retry-After", "2")
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		answer, err := endpoint(v).Do(ctx, login(), nil)
		assertKind(t, vendorlogin.ErrRateLimited, err)
		assert.Equal(t, "busy", string(answer.Body))
		assert.Equal(t, start.Add(2*time.Second).Round(0), failure(t, err).RetryAt)
		assert.Equal(t, start, time.Now())
		assert.Equal(t, 1, v.count())
	})
}

// The body of the last response is read, that of the one before it is closed unread, however slow it is.
func TestRetryDoesNotWaitForABody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := &stuckBody{closed: make(chan struct{})}
		v := &vendor{respond: func(n int, _ *http.Request) (*http.Response, error) {
			resp := reply(503, "second", "Retry-After", "1")
			if n == 1 {
				resp.Body, resp.ContentLength = first, -1
			}
			return resp, nil
		}}
		start := time.Now()
		answer, err := endpoint(v).Do(t.Context(), login(), nil)
		assertKind(t, vendorlogin.ErrUnavailable, err)
		assert.Equal(t, "second", string(answer.Body))
		assert.Less(t, time.Since(start), 2*time.Second)
		<-first.closed
	})
}

// A stuckBody never gives a byte, until it is closed.
type stuckBody struct{ closed chan struct{} }

func (b *stuckBody) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.ErrClosedPipe
}

func (b *stuckBody) Close() error {
	close(b.closed)
	return nil
}

// What became of the first request says nothing about the second: here it was had by the vendor, and the second by nobody.
func TestEachRequestIsWatchedByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{respond: func(_ int, r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
			return reply(429, "", "Retry-After", "1"), nil
		}}
		v.refuse = func(n int) error {
			if n == 1 {
				return nil
			}
			return dialError()
		}
		_, err := endpoint(v).Do(t.Context(), login(), nil)
		assertKind(t, vendorlogin.ErrUnavailable, err)
		assert.True(t, failure(t, err).Unprocessed)
		assert.Equal(t, 2, v.count())
	})
}

package vendorlogin_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestTransportPutsTheTokenOnAndChangesNothing(t *testing.T) {
	t.Parallel()
	a := &api{}
	rt := newTransportClient(t, &mint{}, nil).Transport(a)
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("X-Mine", "kept")

	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"api.example.com/things Bearer access-1"}, a.requests())
	assert.Equal(t, []string{"body"}, a.bodies)
	assert.Equal(t, http.Header{"X-Mine": {"kept"}}, req.Header, "the request given is not changed")
}

func TestRefusedTokenIsRenewedOnceAndTheRequestSentAgain(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	rt := newTransportClient(t, m, nil).Transport(a)
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)

	resp, err := (&http.Client{Transport: rt}).Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "answer to Bearer access-2", string(body))
	assert.Equal(t, []string{"body", "body"}, a.bodies)
	assert.EqualValues(t, 2, a.closed.Load(), "the first answer is closed too")
	assert.EqualValues(t, 2, m.logins.Load())
}

// concurrentRefusals has 100 requests refused at once, all with the same token, and gives how many renewals that cost.
func concurrentRefusals(t *testing.T) string {
	m := &mint{took: time.Second}
	var arrived atomic.Int64
	all := make(chan struct{})
	a := &api{accepts: 2, before: func(token string) {
		if token != "Bearer access-1" {
			return
		}
		if arrived.Add(1) == 100 {
			close(all)
		}
		<-all
	}}
	rt := newTransportClient(t, m, nil).Transport(a)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			status, _ := get(t, rt, things)
			assert.Equal(t, 200, status)
		})
	}
	wg.Wait()
	assert.Len(t, a.requests(), 200)
	return fmt.Sprint(m.logins.Load() - 1)
}

func TestEndpointThatAlwaysRefusesCostsOneRenewalAMinuteThenLess(t *testing.T) {
	t.Parallel()
	for callers, same := range map[int]bool{1: false, 2: true, 50: false} {
		synctest.Test(t, func(t *testing.T) {
			m, a := &mint{same: same, took: time.Millisecond}, &api{accepts: 1 << 30, before: func(string) { time.Sleep(time.Millisecond) }}
			rt := newTransportClient(t, m, &vendorlogin.Options{RenewBefore: time.Nanosecond}).Transport(a)
			begin := time.Now()
			var at []time.Duration
			calls := 0
			for seen := int64(1); time.Since(begin) < 50*time.Minute; time.Sleep(5 * time.Second) {
				calls += callers
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						status, _ := get(t, rt, things)
						assert.Equal(t, 401, status)
					})
				}
				wg.Wait()
				if n := m.logins.Load(); n != seen {
					seen = n
					at = append(at, time.Since(begin).Round(time.Minute))
				}
			}
			assert.Equal(
				t,
				[]time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute},
				at,
			)
			if callers == 1 {
				assert.Equal(t, calls+1, len(a.requests()), "sent again only with another token")
			}
		})
	}
}

func TestRefusalsAreReportedOncePerRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []error
		c, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{OnEvent: func(e vendorlogin.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Type == vendorlogin.EventRefused {
				told = append(told, e.Err)
			}
		}})
		require.NoError(t, err)
		rt := c.Transport(&api{accepts: 1 << 30})
		for range 5 {
			status, _ := get(t, rt, things)
			require.Equal(t, 401, status)
		}
		time.Sleep(time.Minute)
		for range 5 {
			status, _ := get(t, rt, things)
			require.Equal(t, 401, status)
		}
		require.NoError(t, c.Close())
		require.Len(t, told, 3)
		require.NoError(t, told[0], "the token is renewed")
		for i, left := range []time.Duration{0, 2 * time.Minute} { // the first interval ends now
			e, ok := errors.AsType[*vendorlogin.Error](told[1+i])
			require.True(t, ok, "and then it is not")
			assert.Equal(t, left, time.Until(e.RetryAt))
		}
	})
}

func TestAcceptedReplayBringsTheRestBackToAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, a := &mint{}, &api{accepts: 3}
		rt := newTransportClient(t, m, nil).Transport(a)
		status, _ := get(t, rt, things) // access-1, then access-2: both refused
		require.Equal(t, 401, status)
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things) // access-3
		require.Equal(t, 200, status)
		a.mu.Lock()
		a.accepts = 4
		a.mu.Unlock()
		time.Sleep(2*time.Minute - time.Nanosecond)
		status, _ = get(t, rt, things)
		require.Equal(t, 401, status, "the second rest is two minutes")
		time.Sleep(time.Nanosecond)
		status, _ = get(t, rt, things)
		require.Equal(t, 200, status)
		a.mu.Lock()
		a.accepts = 5
		a.mu.Unlock()
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things)
		require.Equal(t, 200, status, "after an accepted replay the rest is a minute again")
		assert.EqualValues(t, 5, m.logins.Load())

		status, _ = get(t, rt, things) // access-5 serves
		require.Equal(t, 200, status)
		a.mu.Lock()
		a.accepts = 7
		a.mu.Unlock()
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things) // access-6 is rejected too
		require.Equal(t, 401, status)
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things)
		require.Equal(t, 200, status, "access-5 has served: that it is rejected later is the first rejection again")
	})
}

func TestRefusalOfAnOldTokenRenewsNothing(t *testing.T) {
	t.Parallel()
	m := &mint{}
	var c *vendorlogin.Client
	a := &api{accepts: 2}
	a.before = func(token string) {
		if token == "Bearer access-1" { // while this request is out, the token is renewed
			_, err := c.Renew(t.Context())
			assert.NoError(t, err)
		}
	}
	c = newTransportClient(t, m, nil)
	status, body := get(t, c.Transport(a), things)
	assert.Equal(t, 200, status)
	assert.Equal(t, "answer to Bearer access-2", body)
	assert.EqualValues(t, 2, m.logins.Load())
}

func TestBodyThatCannotBeHadAgainIsNotSentAgain(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	c := newTransportClient(t, m, nil)
	req, err := http.NewRequest(http.MethodPost, things, io.NopCloser(strings.NewReader("once")))
	require.NoError(t, err)

	resp, err := c.Transport(a).RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "answer to Bearer access-1", string(body), "the first answer comes back untouched")
	assert.Equal(t, 401, resp.StatusCode)
	assert.Len(t, a.requests(), 1)
	_, alive := c.Peek()
	assert.False(t, alive, "the token is invalidated all the same")
}

func TestRequestWithoutABodyIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		m, a := &mint{}, &api{accepts: 2}
		req, err := http.NewRequest(http.MethodGet, things, nil)
		require.NoError(t, err)
		req.Body, req.GetBody = body, nil
		resp, err := newTransportClient(t, m, nil).Transport(a).RoundTrip(req)
		require.NoError(t, err)
		assert.Equal(t, 200, resp.StatusCode)
	}
}

func TestRenewalThatFailsHandsBackTheFirstAnswer(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	c := newTransportClient(t, m, nil)
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	wrong := vendorlogin.ErrInvalidCredentials
	m.err.Store(&wrong)

	for range 3 {
		resp, err := c.Transport(a).RoundTrip(newRequest(t, things))
		if err != nil { // from the second on there is no token to send
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, "answer to Bearer access-1", string(body))
	}
	assert.EqualValues(t, 2, m.logins.Load())
}

func newRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return req
}

type closeCounter struct {
	api
	closed int
}

func (c *closeCounter) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnectionsIsPassedOn(t *testing.T) {
	t.Parallel()
	base := &closeCounter{}
	(&http.Client{Transport: newTransportClient(t, &mint{}, nil).Transport(base)}).CloseIdleConnections()
	assert.Equal(t, 1, base.closed)
	plain := newTransportClient(t, &mint{}, nil).Transport(answer{})
	assert.NotPanics(t, (&http.Client{Transport: plain}).CloseIdleConnections, "a base that has none")
}

// A mock that returns nothing at all: with http.Client alone that is an error, at the first request and at the replay.
func TestBaseThatReturnsNothing(t *testing.T) {
	t.Parallel()
	for responses := range 2 {
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			if responses == 0 {
				return nil, nil
			}
			responses--
			return &http.Response{StatusCode: http.StatusUnauthorized, Request: req}, nil
		})
		c := newTransportClient(t, &mint{}, nil)

		_, err := (&http.Client{Transport: c.Transport(base)}).Get(things)

		require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		require.ErrorContains(t, err, "neither a response nor an error")
	}
}

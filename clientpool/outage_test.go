package clientpool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

// down lets three accounts meet an outage after a success.
func down(t *testing.T, p *clientpool.EndpointPacer) {
	t.Helper()
	login(t, p, "good", nil)
	for _, name := range []string{"a", "b", "c"} {
		login(t, p, name, broken())
	}
	require.False(t, p.Endpoints()[0].DownSince.IsZero())
}

func TestAnOutageIsProbedByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		down(t, p)
		began := time.Now()
		var gaps []time.Duration
		for time.Since(began) < 10*time.Minute {
			next := p.Endpoints()[0].NextProbe
			gaps = append(gaps, time.Until(next).Round(time.Millisecond))
			time.Sleep(time.Until(next))
			probe := turn(t, p, fmt.Sprint("probe-", len(gaps)))
			assert.True(t, p.Endpoints()[0].NextProbe.IsZero(), "one at a time")
			probe(true, broken())
		}
		assert.Equal(t, time.Second, gaps[0])
		assert.Equal(t, time.Minute, gaps[len(gaps)-1])
		assert.Less(t, len(gaps), 25, "%v", gaps)
	})
}

func TestWhoComesWhileTheEndpointIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		down(t, p)
		time.Sleep(time.Minute)
		login(t, p, "d", broken()) // the next probe is 24 s later
		e := rejected(t, p, "e")
		assert.ErrorIs(t, e, vendorlogin.ErrUnavailable)
		assert.Equal(t, 24*time.Second, time.Until(e.RetryAt))
		for _, name := range []string{"a", "d"} {
			assert.Equal(t, 30*time.Second, time.Until(rejected(t, p, name).RetryAt), "it has met the outage already")
		}

		time.Sleep(24 * time.Second)
		probe := turn(t, p, "e")
		var waiting sync.WaitGroup
		for name, op := range map[string]string{"f": "login", "g": "refresh"} {
			waiting.Go(func() {
				done, err := p.Pace(t.Context(), account(name), op)
				if assert.NoError(t, err, "the probe found it up") {
					done(true, nil)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		probe(true, nil)
		waiting.Wait()
		assert.Zero(t, time.Since(began))
		assert.True(t, p.Endpoints()[0].DownSince.IsZero())
	})
}

func TestWhatAnOutageIs(t *testing.T) {
	t.Parallel()
	dial := &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Request: "POST api.example.com/login", Unprocessed: true}
	for name, c := range map[string]struct {
		sent bool
		err  error
		down bool
	}{
		"500":                        {true, broken(), true},
		"421 of a proxy":             {true, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 421, Unprocessed: true}, true},
		"no connection":              {true, dial, true},
		"no connection, said so":     {false, dial, true},
		"a timeout":                  {true, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: context.DeadlineExceeded}, true},
		"a wrong password":           {true, wrongPassword(), false},
		"a page that is no response": {true, &vendorlogin.Error{Kind: vendorlogin.ErrBadResponse, Status: 200}, false},
		"a caller that left":         {true, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: context.Canceled}, false},
		"a closed Client":            {false, &vendorlogin.Error{Kind: vendorlogin.ErrClosed}, false},
		"another process was faster": {false, nil, false},
		"what another one met":       {false, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Status: 500, Remembered: true}, false},
		"the Store":                  {false, &vendorlogin.Error{Kind: vendorlogin.ErrStore}, false},
		"no turn at the lock":        {false, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}, false},
		"no secret to be had":        {true, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}, false},
		"an adapter's own error":     {true, errors.New("example"), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			for n := range 3 {
				turn(t, p, fmt.Sprint(n))(c.sent, c.err)
			}
			assert.Equal(t, c.down, !p.Endpoints()[0].DownSince.IsZero(), name)
		})
	}
}

func TestAnyCompleteResponseEndsAnOutage(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"wrong password": wrongPassword(), "rate limit": tooMany(true, time.Minute), "success": nil} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			down(t, p)
			time.Sleep(time.Second)
			login(t, p, "d", err)
			assert.True(t, p.Endpoints()[0].DownSince.IsZero(), name)
			login(t, p, "e", nil)
		})
	}
}

// What an adapter finds wrong by itself is no response, nor is that somebody gave up.
func TestWhatIsNoResponseEndsNoOutage(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]*vendorlogin.Error{
		"not sent":             {Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true},
		"the Client is closed": {Kind: vendorlogin.ErrClosed},
		"the caller has left":  {Kind: context.Canceled},
		"a hold of the record": {Kind: vendorlogin.ErrInvalidCredentials, Status: 401, Remembered: true},
		"an empty budget":      {Kind: vendorlogin.ErrRateLimited, Status: 429, Remembered: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &clientpool.EndpointPacer{}
			down(t, p)
			time.Sleep(time.Second)
			login(t, p, "d", err)
			assert.False(t, p.Endpoints()[0].DownSince.IsZero(), name)
		})
	}
}

func TestAProbeThatSendsNothingLeavesItToTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		down(t, p)
		time.Sleep(time.Second)
		turn(t, p, "d")(false, nil)
		login(t, p, "e", nil)
	})
}

func TestWhatWasSentBeforeAnOutageMovesNoProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		slow := turn(t, p, "slow")
		down(t, p)
		next := p.Endpoints()[0].NextProbe
		time.Sleep(500 * time.Millisecond)
		slow(true, broken())
		assert.Equal(t, next, p.Endpoints()[0].NextProbe)
	})
}

// A vendor that is down may also have said that it wants no logins for a while.
func TestAProbeHeedsAClosedLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		limit(t, p, true, time.Minute)
		for _, name := range []string{"a", "b", "c"} {
			done, err := p.Pace(t.Context(), account(name), "refresh")
			require.NoError(t, err)
			done(true, broken())
		}
		assert.Equal(t, time.Minute, time.Until(rejected(t, p, "d").RetryAt))
	})
}

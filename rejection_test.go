package vendorlogin_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// requireRest requires that the cached token, which is rejected now, is renewed at once, and the next one after rest.
func requireRest(t *testing.T, c *vendorlogin.Client, rest time.Duration) {
	t.Helper()
	last, ok := c.Peek()
	require.True(t, ok)
	c.Invalidate(last)
	next := mustToken(t, c)
	require.NotSame(t, last, next, "at once")
	c.Invalidate(next)
	time.Sleep(rest - time.Second)
	require.Same(t, next, mustToken(t, c), "not yet")
	time.Sleep(time.Second)
	require.NotSame(t, next, mustToken(t, c), "by now")
}

func TestRejectionOfATokenThatCameInPlaceOfAGoodOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		mustToken(t, c) // renewed in the background
		synctest.Wait()
		requireRest(t, c, time.Minute)
	})
}

func TestRejectionOfATokenThatCameInPlaceOfAnUnprovenOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		c.Invalidate(mustToken(t, c))
		mustToken(t, c) // no API has seen it
		time.Sleep(56 * time.Minute)
		mustToken(t, c) // renewed in the background
		synctest.Wait()
		requireRest(t, c, 2*time.Minute)
	})
}

func TestRejectionOfASeededToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		c.Invalidate(mustToken(t, c))
		seeded := &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded"), ExpiresAt: time.Now().Add(time.Hour)}
		require.NoError(t, c.Seed(t.Context(), seeded))
		requireRest(t, c, time.Minute)
	})
}

func TestRestoredRecordBringsNoOlderToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		first := mustToken(t, c)
		synctest.Wait()
		backup := string(s.blob().data)
		second, err := c.Renew(t.Context())
		require.NoError(t, err)
		f.becomes(func() { f.err = down() })
		_, err = c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		f.becomes(func() { f.err = nil })
		s.put(backup)
		c.Invalidate(second)
		third := mustToken(t, c)
		assert.NotEqual(t, first.Access.Reveal(), third.Access.Reveal())
		assert.NotEqual(t, second.Access.Reveal(), third.Access.Reveal())
	})
}

// slowAPI is a transport over an API that takes every token, and 10 seconds for the path /slow.
func slowAPI(c *vendorlogin.Client) http.RoundTripper {
	return c.Transport(roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/slow" {
			time.Sleep(10 * time.Second)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
	}))
}

func TestResponseToARequestThatWasSentBeforeIsNoDispute(t *testing.T) {
	for name, unproven := range map[string]bool{"proven": false, "unproven": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newClient(t, &fake{life: time.Hour}, nil)
				rt := slowAPI(c)
				if unproven {
					c.Invalidate(mustToken(t, c))
				}
				token := mustToken(t, c)
				go get(t, rt, "https://api.example.com/slow")
				synctest.Wait()
				c.Invalidate(token)
				time.Sleep(time.Minute)
				mustToken(t, c) // renewed
				get(t, rt, things)
				time.Sleep(4 * time.Minute)
				requireRest(t, c, time.Minute)
			})
		})
	}
}

func TestResponseToAnEarlierTokenProvesNoLaterOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		first := mustToken(t, c)
		go get(t, slowAPI(c), "https://api.example.com/slow")
		synctest.Wait()
		c.Invalidate(first)
		mustToken(t, c)
		time.Sleep(2 * time.Minute)
		requireRest(t, c, 2*time.Minute)
	})
}

func TestRejectedTokenEndsNoHoldThatTheVendorBegan(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(),
		"says when": &vendorlogin.Error{
			Kind: vendorlogin.ErrUnavailable, Status: 502, RetryAt: time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC), // half an hour
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{life: time.Hour}
				c := newClient(t, f, nil)
				first := mustToken(t, c)
				time.Sleep(56 * time.Minute)
				f.becomes(func() { f.err = err })
				mustToken(t, c) // renewed in the background
				synctest.Wait()
				c.Invalidate(first)
				assert.Same(t, first, mustToken(t, c))
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestAdoptedTokenThatIsRejectedTooRestsFromWhenItWasIssued(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c, other := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		first := mustToken(t, c)
		theirs, err := other.Renew(t.Context())
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		c.Invalidate(first)
		adopted := mustToken(t, c)
		require.Equal(t, theirs.Access.Reveal(), adopted.Access.Reveal())
		c.Invalidate(adopted)
		time.Sleep(39 * time.Second)
		require.Same(t, adopted, mustToken(t, c), "it is a minute, of both")
		time.Sleep(time.Second)
		assert.NotSame(t, adopted, mustToken(t, c))
	})
}

func TestAdoptedTokenOfAFastClockRestsNoLonger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		first := mustToken(t, c)
		synctest.Wait()
		ahead := time.Now().Add(time.Hour)
		s.put(fmt.Sprintf(`{"format":1,"token":{"access":"other","issued_at":%q},"seq":%d}`, ahead.Format(time.RFC3339), ahead.UnixMilli()))
		c.Invalidate(first)
		adopted := mustToken(t, c)
		require.Equal(t, "other", adopted.Access.Reveal())
		c.Invalidate(adopted)
		time.Sleep(time.Minute)
		assert.NotSame(t, adopted, mustToken(t, c))
	})
}

package vendorlogin_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/rand/v2"
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
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// TestWeek lets 50 goroutines use a Client for a simulated week. The vendor is down for a fifth of it, in every way a vendor can be, and
// its clock is not ours.
func TestWeek(t *testing.T) {
	t.Parallel()
	span := 7 * 24 * time.Hour
	offsets := map[string]time.Duration{"ahead": 10 * time.Minute, "behind": -10 * time.Minute, "right": 0}
	if testing.Short() {
		span = 12 * time.Hour
		maps.DeleteFunc(offsets, func(name string, _ time.Duration) bool { return name != "ahead" })
	}
	for name, offset := range offsets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { (&week{offset: offset, span: span}).play(t) })
		})
	}
}

type week struct {
	offset, span time.Duration

	vendor    *vendortest.Server
	client    *vendorlogin.Client
	began     time.Time
	renewals  atomic.Int64
	lives     atomic.Int64 // until when the last token lives, by the bubble's clock
	down      time.Duration
	alive     time.Duration
	served    atomic.Int64
	turnedOff atomic.Int64
}

const (
	weekLife   = time.Hour
	weekWindow = 5 * time.Minute

	// clockError is how far off an expiry may be: the vendor tells the time in whole seconds.
	clockError = 2 * time.Second
)

func (w *week) play(t *testing.T) {
	w.vendor = vendortest.NewGcore(&vendortest.Options{AccessLife: weekLife, ClockOffset: w.offset})
	defer w.vendor.Close()
	auth, err := gcore.New(gcore.Config{
		Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL: w.vendor.URL, HTTPClient: w.vendor.Client(),
	})
	require.NoError(t, err)
	w.client = newClient(t, auth, &vendorlogin.Options{RenewBefore: weekWindow, OnEvent: w.count})
	w.began = time.Now()

	var wg sync.WaitGroup
	wg.Go(w.weather)
	wg.Go(w.watch)
	for i := range 50 {
		wg.Go(func() { w.use(t, rand.New(rand.NewPCG(7, uint64(i)))) })
	}
	wg.Wait()

	expected := float64(w.alive) / float64(weekLife-weekWindow)
	assert.InDelta(t, expected, w.renewals.Load(), max(0.05*expected, 2), "successful renewals")
	if !testing.Short() {
		assert.InDelta(t, 0.2, float64(w.down)/float64(w.span), 0.02, "the vendor's outages")
	}
	counts := w.vendor.Counts()
	assert.Zero(t, counts.RefreshReused)
	assert.Zero(t, counts.WrongPasswords)
	assert.LessOrEqual(t, counts.Faulted, 20+int(2*w.down/(30*time.Second)), "requests while it is down")
	assert.Empty(t, w.vendor.Problems())
	t.Logf("up %v, vendor down %v, %d renewals (%.0f expected), %d calls served, %d failed, %d requests",
		w.alive, w.down, w.renewals.Load(), expected, w.served.Load(), w.turnedOff.Load(), counts.Requests)
}

func (w *week) over() bool { return time.Since(w.began) >= w.span }

// weather makes the vendor fail now and then.
func (w *week) weather() {
	dice := rand.New(rand.NewPCG(1, 2))
	pause := func(mean time.Duration) time.Duration {
		d := min(time.Duration(dice.ExpFloat64()*float64(mean)), w.span-time.Since(w.began))
		time.Sleep(d)
		return d
	}
	outages := []vendortest.Fault{
		{
			Status: http.StatusServiceUnavailable,
		}, {Status: http.StatusInternalServerError}, {Refuse: true}, {Drop: true}, {Drop: true, AfterProcessing: true},
		{Delay: time.Minute}, {HTML: true}, {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}}, {Cut: true},
	}
	for !w.over() {
		pause(80 * time.Minute)
		outage := outages[dice.IntN(len(outages))]
		outage.Times = -1
		w.vendor.Inject(outage)
		w.down += pause(20 * time.Minute)
		w.vendor.ClearFaults()
	}
}

// watch measures how long there is a living token.
func (w *week) watch() {
	const step = 5 * time.Second
	for ; !w.over(); time.Sleep(step) {
		if _, ok := w.client.Peek(); ok {
			w.alive += step
		}
	}
}

func (w *week) count(e vendorlogin.Event) {
	if (e.Type == vendorlogin.EventLogin || e.Type == vendorlogin.EventRefresh) && e.Err == nil {
		w.renewals.Add(1)
		w.lives.Store(int64(e.Expires.Sub(w.began)))
	}
}

// use is one goroutine of a program.
func (w *week) use(t *testing.T, dice *rand.Rand) {
	var last *vendorlogin.Token
	var expiry time.Time // of last
	for ; !w.over(); time.Sleep(time.Duration(dice.Int64N(int64(time.Minute)))) {
		token, err := w.client.Token(t.Context())
		now := time.Since(w.began)
		if err != nil {
			w.turnedOff.Add(1)
			if time.Duration(w.lives.Load()) > now {
				t.Errorf("after %v: a living token existed: %v", now, err)
			}
			continue
		}
		w.served.Add(1)
		if token != last {
			last, expiry = token, w.trueExpiry(t, token)
		}
		if left := time.Until(expiry); left < -clockError {
			t.Errorf("after %v: expired %v ago", now, -left)
		}
	}
}

// trueExpiry is when the vendor takes token no more, by the bubble's clock.
func (w *week) trueExpiry(t *testing.T, token *vendorlogin.Token) time.Time {
	var claims struct{ Exp int64 }
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Access.Reveal(), ".")[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		t.Error("not a JSON Web Token")
	}
	return time.Unix(claims.Exp, 0).Add(-w.offset)
}

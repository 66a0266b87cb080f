package vendorlogin

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/flight"
	"github.com/vendorlogin/vendorlogin/internal/record"
)

// A keeper keeps the state of one account: the cached token, the renewal under way, the hold. It alone changes them, under one mutex,
// and a renewal's end changes them in one place: settle.
type keeper struct {
	vendor vendor
	set    Options
	epoch  time.Time // origin of the monotonic times
	events *reporter

	cached atomic.Pointer[cached] // nil before the first token

	mu      sync.Mutex // guards what follows, and every change of cached
	run     *run       // the one whose goroutine was started last; nil: none runs
	seq     int64      // the highest number of a token so far
	success time.Duration
	closed  bool
	gone    chan struct{} // closed by close; nil: nobody waits for that
	timer   *time.Timer   // KeepAlive's
	trouble *trouble      // what an account without any need not pay for; nil: there was none
}

// A trouble is what a keeper remembers of what went wrong.
type trouble struct {
	hold      *hold // why not to send anything for now, or what went wrong last; nil after a success
	owner     string
	attempts  record.Attempts
	consumed  []record.Consumed
	sent      []uint64 // refresh tokens that are never sent again
	storeErr  *Error
	bypassed  time.Duration // when Renew last bypassed a hold; 0: never
	probes    probes
	rejection rejections
}

// maxSent is how many refresh tokens are remembered.
const maxSent = 8

// A job is what a renewal's goroutine is for. One runs at a time.
type job int

const (
	jobRenew      job = iota // somebody waits for a token
	jobBackground            // the token is still valid, or nobody asks
	jobProbe                 // on hold: has the reason gone?
	jobLogout
	jobSeed
)

// A run is a job under way.
type run struct {
	job         job
	force       bool // by Renew
	bypass      bool // it bypasses a hold
	credentials bool // a probe looks at them
	store       bool // a probe looks at it
	forRejected bool // because an API rejected the token
	flight      *flight.Flight[outcome]
	progress    *progress
	settled     bool // guarded by the keeper's mutex
	before      *run // the one before, if its goroutine may still be unlocking
}

func (r *run) underWay() bool { return r != nil && !r.settled }

// renews reports whether the job is to get a token, and may send something for it.
func (r *run) renews() bool { return r.job == jobRenew || r.job == jobBackground }

// insideKey is in the contexts of a keeper's own renewals.
type insideKey struct{ k *keeper }

func (k *keeper) inside(ctx context.Context) bool { return ctx.Value(insideKey{k}) != nil }

// now reads both clocks: the monotonic one, as the time since the start, and the wall clock. They part when the machine sleeps and
// when somebody sets the clock.
func (k *keeper) now() (mono time.Duration, wall time.Time) {
	now := time.Now()
	return now.Sub(k.epoch), now.Round(0)
}

// withHeader is t with its header value, which is built once for the cached token.
func (k *keeper) withHeader(t *Token) *Token {
	h := k.cached.Load()
	if h == nil || h.token != t {
		return t
	}
	if h.headed.Load() == nil {
		h.headed.Store(t.withHeader())
	}
	return h.headed.Load()
}

// troubled is the trouble, made when it is needed first.
func (k *keeper) troubled() *trouble {
	if k.trouble == nil {
		k.trouble = &trouble{}
	}
	return k.trouble
}

// lastHold is the hold that was in force last; nil after a success.
func (k *keeper) lastHold() *hold {
	if k.trouble == nil {
		return nil
	}
	return k.trouble.hold
}

// onHold is the hold that is in force, if any.
func (k *keeper) onHold() *hold {
	if h := k.lastHold(); h != nil && h.inForce(k.now()) {
		return h
	}
	return nil
}

// setTimer sets the timer of Options.KeepAlive to when something is to be done next, with the mutex held.
func (k *keeper) setTimer() {
	if k.timer == nil {
		return
	}
	mono, wall := k.now()
	h, hold := k.cached.Load(), k.onHold()
	switch {
	case h == nil: // nobody has asked yet; onTimer sees it too
	case h.at(mono, wall) == fresh && !h.is(rejectedFlag):
		k.timer.Reset(max(h.expires-h.window-mono, reviewInterval)) // a vendor's mistake must not become a login per millisecond
	case hold == nil:
		k.timer.Reset(time.Millisecond)
	case hold.cause == causeRejected && h.at(mono, wall) == expired, hold.cause == causeBackground: // waits for somebody to ask
		k.timer.Stop()
	default:
		k.timer.Reset(hold.until - mono)
	}
}

const (
	firstProbe = 5 * time.Second // between two probes
	lastProbe  = 15 * time.Second
)

// probes are when to look next whether the reason for a hold has gone. Times are monotonic.
type probes struct {
	credentials time.Duration
	store       time.Duration
	interval    time.Duration // of the store
}

// done sets when to probe next.
func (p *probes) done(mono time.Duration, credentials, store bool) {
	if credentials {
		p.credentials = mono + firstProbe
	}
	if store {
		p.interval = min(max(2*p.interval, firstProbe), lastProbe)
		p.store = mono + p.interval
	}
}

// closing is closed once the Client is.
func (k *keeper) closing() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone == nil {
		k.gone = make(chan struct{})
		if k.closed {
			close(k.gone)
		}
	}
	return k.gone
}

// close lets waiters go and ends what may end. It returns what is still under way.
func (k *keeper) close() []*flight.Flight[outcome] {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone != nil && !k.closed {
		close(k.gone)
	}
	k.closed = true
	k.cached.Store(nil)
	if k.timer != nil {
		k.timer.Stop()
	}
	var running []*flight.Flight[outcome]
	for r := k.run; r != nil; r = r.before {
		r.flight.Close()
		running = append(running, r.flight)
	}
	return running
}

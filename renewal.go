package vendorlogin

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// job is what a renewal's goroutine is for. One runs at a time.
type job int

const (
	jobRenew       job = iota // somebody waits for a token
	jobRenewBehind            // the token is still alive, or nobody asks
	jobLook                   // on hold: has the reason gone?
	jobLogout
)

// A renewal is one piece of work that all callers share, from the store's first load to the last waiter. It runs on a goroutine and
// a context of its own, so that whoever started it may leave.
type renewal struct {
	client *Client
	job    job
	force  bool // by Renew: passes holds
	lifted bool // the credentials have changed: what holds others with the same 8 bits does not hold us

	cancel  context.CancelFunc
	done    chan struct{} // closed when token and err are set
	ended   chan struct{} // closed when the goroutine is gone
	closing chan struct{} // closed by Close
	before  *renewal      // the one before, if its goroutine may still be unlocking

	// Guarded by the client's mu.
	settled bool // done is closed
	sending bool // the vendor has been asked for something
	closed  bool // closing is closed

	// Set before done is closed, and only read after.
	token *Token
	err   error

	// Known to the goroutine only.
	lease Lease

	// Also read by the watchdog, and by AskOTP.
	used        atomic.Bool            // a refresh token was sent
	refreshing  atomic.Bool            // the vendor was last asked for a refresh, not a login
	crashed     atomic.Bool            // by a panic or Goexit
	passedHold  atomic.Bool            // a shared one
	throttled   atomic.Int64           // how often in a row, by the record
	fingerprint atomic.Pointer[uint64] // of the credentials, taken before Login reads them
	prompted    atomic.Bool            // a person was asked for a code
	declined    atomic.Bool            // a person would have had to be asked, and must not be
}

// outcome is what a renewal's work comes to.
type outcome struct {
	token   *Token
	version string // of the record that holds token; "" if none does
	adopted bool   // token was fetched by another process
	unsaved bool   // saving token failed

	err  error
	hold *hold // what follows from err

	lift   bool // the hold's reason has gone
	forget bool // the token in hand is of no use any more
}

// clientKey is in the contexts of a Client's own renewals.
type clientKey struct{ c *Client }

// startRenewal is called with c.mu held.
func (c *Client) startRenewal(ctx context.Context, j job, force bool) *renewal {
	return c.start(ctx, &renewal{job: j, force: force, lifted: c.hold != nil && c.hold.lifted}, c.renew)
}

// start runs work, with c.mu held. Nothing else is under way.
func (c *Client) start(ctx context.Context, r *renewal, work func(context.Context, *renewal) outcome) *renewal {
	r.client = c
	r.done, r.ended, r.closing = make(chan struct{}), make(chan struct{}), make(chan struct{})
	r.before, c.renewal = c.renewal, r

	ctx = context.WithoutCancel(ctx)
	ctx = context.WithValue(ctx, clientKey{c}, true)
	ctx = (&scope{namespace: c.opts.Namespace, probing: r.job == jobLook, prompt: r.prompt}).in(ctx)
	ctx, r.cancel = context.WithTimeout(ctx, c.opts.LoginTimeout)
	go r.run(ctx, work)
	return r
}

// run does the work, whatever becomes of it: a panic and a Goexit are outcomes too, and so is work that does not end.
func (r *renewal) run(ctx context.Context, work func(context.Context, *renewal) outcome) {
	c := r.client
	defer r.end()
	defer r.unlock(ctx)

	watchdog := time.AfterFunc(c.opts.LoginTimeout+graceTime+time.Second, func() {
		c.settle(r, r.failed(c.failure("login", ErrUnavailable, "it did not end in time")))
	})
	defer watchdog.Stop()

	out := outcome{err: c.failure("login", ErrUnavailable, "the goroutine was ended from within")}
	returned := false
	defer func() {
		if v := recover(); v != nil { // its text may hold anything
			out = outcome{err: c.failure("login", ErrUnavailable, fmt.Sprintf("panic of type %T", v))}
		}
		if !returned {
			r.crashed.Store(true)
			out = r.failed(out.err)
		}
		c.settle(r, out)
	}()
	out = work(ctx, r)
	returned = true
}

// end is the last thing a renewal does: it takes itself out of the client's list.
func (r *renewal) end() {
	r.cancel()
	c := r.client
	c.mu.Lock()
	defer c.mu.Unlock()
	for link := &c.renewal; *link != nil; link = &(*link).before {
		if *link == r {
			*link = r.before
			break
		}
	}
	close(r.ended)
}

// settle is where a renewal's outcome becomes the Client's state. Only the first call for r counts.
func (c *Client) settle(r *renewal, out outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.settled {
		return
	}
	r.settled = true
	r.token, r.err = out.token, out.err
	switch {
	case out.token != nil:
		c.take(r, out)
	case c.closed:
	case out.hold != nil:
		c.hold = out.hold
		r.err = out.hold.err
		c.emit(Event{Type: EventHold, Err: out.hold.err, NeedsAction: out.hold.credentialBound()})
	case out.lift && c.hold != nil:
		c.hold.lifted = true
	}
	if h := c.current.Load(); h != nil {
		switch {
		case out.forget:
			c.current.Store(nil)
		case out.token == nil && r.used.Load() && h.flags&spent == 0: // its fate is unknown
			c.current.Store(h.marked(spent))
		}
	}
	if c.closed && r.err == nil && r.job != jobLogout {
		r.token, r.err = nil, &Error{Account: c.auth.Account(), Op: "token", Kind: ErrClosed}
	}
	close(r.done)
	c.keepAlive()
}

// take takes the token that r brought into hand.
func (c *Client) take(r *renewal, out outcome) {
	if out.adopted {
		c.emit(Event{Type: EventAdopt, Expires: out.token.ExpiresAt})
	}
	mono, wall := c.now()
	h := newHeld(out.token, out.version, c.opts.RenewBefore, mono, wall)
	if out.unsaved {
		h.flags |= unsaved
	}
	if !c.closed {
		c.current.Store(h)
	}
	if h.at(mono, wall) != dead {
		h.reviewBy(mono)
		if hold := c.onHold(); !out.adopted || hold == nil || !hold.credentialBound() {
			c.hold = nil // but another process's success says nothing for our credentials
		}
		return
	}
	// Whoever waited gets it, since the vendor has just made it; but a login a call would be a storm.
	c.hold = c.holdFor(r, c.failure("login", ErrBadResponse, "the token had expired when it arrived"))
	c.emit(Event{Type: EventHold, Err: c.hold.err})
}

// keepAlive sets the timer of Options.KeepAlive to when something is to be done next. It is called with c.mu held.
func (c *Client) keepAlive() {
	if !c.opts.KeepAlive || c.closed {
		return
	}
	mono, wall := c.now()
	h, hold := c.current.Load(), c.onHold()
	var next time.Duration
	switch {
	case h != nil && h.at(mono, wall) == fresh:
		next = max(h.expires-h.window-mono, closerLook) // a vendor's mistake must not become a login each millisecond
	case h == nil:
		return // nobody has asked yet
	case hold != nil && (hold.cause == causeFailed || hold.cause == causeThrottled || h.at(mono, wall) == stale):
		next = hold.until - mono
	case hold != nil:
		return // waits for somebody to ask
	}
	if c.timer == nil {
		c.timer = time.AfterFunc(next, c.onTimer)
		return
	}
	c.timer.Reset(max(next, time.Millisecond))
}

func (c *Client) onTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono, wall := c.now()
	switch h := c.current.Load(); {
	case c.closed || h == nil || c.renewal.underWay():
	case h != nil && h.at(mono, wall) == fresh, c.onHold() != nil:
		c.keepAlive()
	default:
		c.startRenewal(context.Background(), jobRenewBehind, false)
	}
}

// underWay reports whether r has no outcome yet. It is called with c.mu held.
func (r *renewal) underWay() bool { return r != nil && !r.settled }

// decisive reports whether r's outcome is the answer for whoever waited for it.
func (r *renewal) decisive() bool {
	switch r.job {
	case jobRenew:
		return true
	case jobRenewBehind:
		return !r.declined.Load() // else ask again: with somebody waiting, a person may be asked
	}
	return false
}

// wait returns when r has an outcome, when ctx ends or when the Client is closed; for a look it has little patience.
func (r *renewal) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return nil
	default:
	}
	account := r.client.auth.Account()
	var patience <-chan time.Time
	if r.job == jobLook {
		timer := time.NewTimer(lookPatience)
		defer timer.Stop()
		patience = timer.C
	}
	select {
	case <-r.done:
		return nil
	case <-patience:
		return nil
	case <-r.closing:
		return &Error{Account: account, Op: "token", Kind: ErrClosed}
	case <-ctx.Done():
		return &Error{Account: account, Op: "token", Kind: ErrUnavailable, Err: ctx.Err()}
	}
}

// close tells r that the Client is being closed. It is called with c.mu held.
func (r *renewal) close() {
	if r.closed {
		return
	}
	r.closed = true
	close(r.closing)
	if !r.sending {
		r.cancel()
	}
}

// send marks the point from which on r must run to its end. It refuses when the Client is closed.
func (r *renewal) send() error {
	c := r.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &Error{Account: c.auth.Account(), Op: "login", Kind: ErrClosed, Unprocessed: true}
	}
	r.sending = true
	return nil
}

// prompt is told by AskOTP that s is about to be asked.
func (r *renewal) prompt(ctx context.Context, s OTPSource) (context.Context, func(), error) {
	if !isNonInteractive(s) {
		if r.job == jobRenewBehind && !r.client.opts.PromptInBackground {
			r.declined.Store(true)
			return nil, nil, errors.New("nobody is waiting for the login, so nobody was asked")
		}
		r.prompted.Store(true)
	}
	ctx, done := r.untilClose(ctx)
	return ctx, done, nil
}

// untilClose is ctx, ended by Close too: nobody types a code for a Client that is gone.
func (r *renewal) untilClose(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := make(chan struct{})
	go func() {
		select {
		case <-r.closing:
			cancel()
		case <-stop:
		}
	}()
	return ctx, func() { close(stop); cancel() }
}

// failed is the outcome of a renewal that ended with err.
func (r *renewal) failed(err error) outcome {
	if r.job == jobLogout || r.job == jobLook {
		return outcome{err: err, forget: r.job == jobLogout}
	}
	c := r.client
	c.mu.Lock()
	defer c.mu.Unlock()
	return outcome{err: err, hold: c.holdFor(r, c.asError("login", err))}
}

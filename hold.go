package vendorlogin

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// cause is why a Client is on hold; it decides who shares the hold and what ends it early.
type cause string

const (
	causeCredentials cause = "credentials" // wrong ones; shared by a fleet; ends when they change
	causeRefused     cause = "refused"     // refused for good, or a code is missing; this Client's own; ends when they change
	causeThrottled   cause = "throttled"   // the vendor said when to come back; shared by a fleet
	causeFailed      cause = "failed"      // anything else; this Client's own back-off
	causeCrashed     cause = "crashed"     // a panic or Goexit in code that is not ours; the next call starts afresh
	causeBackground  cause = "background"  // a person would have to be asked; ends when a caller needs a token
)

const (
	firstBackoff = time.Second
	lastBackoff  = time.Minute

	firstThrottle = time.Minute // after a 429 that does not say when to come back
	lastThrottle  = 15 * time.Minute
	longestHold   = time.Hour // whatever a vendor says

	codeRest = time.Minute // after a refused code that nobody typed: the next one may do, where another process used this one

	freeLifts = 2 // changes of wrong credentials to other wrong ones that are believed at once

	passInterval = time.Minute // between two Renews that pass a hold
)

// A hold is a reason not to send anything until a time, and what callers are told meanwhile.
type hold struct {
	cause    cause
	err      *Error // the same for every caller; RetryAt is the end
	failures int    // in a row, this one included

	until     time.Duration // monotonic
	untilWall time.Time

	fingerprint *uint64 // of the credentials that were refused; nil: unknown
	lifted      bool    // they have changed since
	lifts       int     // how often in a row they had changed, and were refused again

	passed    *time.Duration // when Renew last passed it
	nextLook  time.Duration  // at the credentials
	nextStore time.Duration  // at the store
}

// onHold gives the hold that is in force, if any.
func (c *Client) onHold() *hold {
	if h := c.hold; h != nil && h.inForce(c.now()) {
		return h
	}
	return nil
}

// inForce is a pure function of both clocks: as with tokens, the one that says that more time has passed is believed.
func (h *hold) inForce(mono time.Duration, wall time.Time) bool {
	return !h.lifted && mono < h.until && wall.Before(h.untilWall)
}

// pass allows a Renew through, at most once a minute.
func (h *hold) pass(mono time.Duration) bool {
	if h.passed != nil && mono-*h.passed < passInterval {
		return false
	}
	h.passed = &mono
	return true
}

// credentialBound reports whether other credentials end the hold.
func (h *hold) credentialBound() bool {
	return h.cause == causeCredentials || h.cause == causeRefused
}

// holdFor says how long to send nothing after err, which ended r. It is called with c.mu held.
func (c *Client) holdFor(r *renewal, err *Error) *hold {
	mono, wall := c.now()
	h := &hold{cause: causeOf(r, err), failures: 1, fingerprint: r.fingerprint.Load()}
	if c.hold != nil {
		h.passed = c.hold.passed
		if h.lifts = c.hold.lifts; c.hold.lifted {
			h.lifts++
		}
		if c.hold.cause == h.cause {
			h.failures = c.hold.failures + 1
		}
	}
	if h.cause == causeThrottled {
		h.failures = max(h.failures, int(r.throttled.Load())+1)
	}
	if r.passedHold.Load() {
		h.passed = &mono
	}
	length := h.length(err, !r.prompted.Load(), c.opts.Cooldown, wall)
	h.until, h.untilWall = mono+length, wall.Add(length)
	if h.lifts > freeLifts { // a secret that is another at each read must not cost an attempt at each call
		h.nextLook = mono + doubled(firstBackoff, c.opts.Cooldown, h.lifts-freeLifts)
	}

	told := *err
	told.RetryAt = h.untilWall
	h.err = &told
	return h
}

func causeOf(r *renewal, err *Error) cause {
	throttled := errors.Is(err, ErrRateLimited) || !err.RetryAt.IsZero()
	switch {
	case r.declined.Load():
		return causeBackground
	case r.crashed.Load():
		return causeCrashed
	case r.refreshing.Load() && !throttled:
		return causeFailed // whatever it was, the next renewal logs in
	case errors.Is(err, ErrInvalidCredentials) && !r.prompted.Load():
		return causeCredentials
	case errors.Is(err, ErrInvalidCredentials), errors.Is(err, ErrForbidden), errors.Is(err, ErrOTPRequired), errors.Is(err, ErrOTPRejected):
		return causeRefused
	case errors.Is(err, ErrInvalidRequest) && err.Status != 0:
		return causeRefused
	case throttled:
		return causeThrottled
	}
	return causeFailed
}

// length is how long h lasts.
func (h *hold) length(err *Error, unattended bool, cooldown time.Duration, wall time.Time) time.Duration {
	switch h.cause {
	case causeCredentials, causeRefused:
		if h.failures == 1 && unattended && errors.Is(err, ErrOTPRejected) {
			return min(jittered(codeRest), cooldown)
		}
		return cooldown
	case causeBackground:
		return longestHold
	case causeCrashed:
		if h.failures == 1 {
			return 0
		}
	case causeThrottled:
		if err.RetryAt.IsZero() {
			return doubled(firstThrottle, lastThrottle, h.failures)
		}
		return min(max(err.RetryAt.Sub(wall), time.Second), longestHold)
	}
	return jittered(doubled(firstBackoff, lastBackoff, h.failures))
}

// doubled is first for n = 1, and twice as much for each more, up to last.
func doubled(first, last time.Duration, n int) time.Duration {
	for ; n > 1 && first < last; n-- {
		first *= 2
	}
	return min(first, last)
}

// jittered takes up to half off, so that a fleet does not come back in the same instant.
func jittered(d time.Duration) time.Duration {
	return d - time.Duration(rand.Float64()*float64(d)/2)
}

const (
	lookRest      = 10          // a look that took d is not repeated for lookRest·d
	lookPatience  = time.Second // how long a caller waits for one
	storeLookRest = time.Second // nor more than once in this time at a store
)

// lookDue reports whether it is time to see if the reason for the hold is gone: other credentials, or a token that another process
// has fetched.
func (c *Client) lookDue(h *hold, mono time.Duration) bool {
	return c.credentialsDue(h, mono) || c.storeDue(h, mono)
}

func (c *Client) credentialsDue(h *hold, mono time.Duration) bool {
	_, fingerprinter := c.auth.(Fingerprinter)
	return fingerprinter && h.credentialBound() && h.fingerprint != nil && mono >= h.nextLook
}

func (c *Client) storeDue(h *hold, mono time.Duration) bool {
	return c.opts.Store != nil && mono >= h.nextStore
}

// startLook begins the look that all callers share while on hold. It is called with c.mu held.
func (c *Client) startLook(ctx context.Context) *renewal {
	h := c.hold
	mono, _ := c.now()
	atCredentials, atStore := c.credentialsDue(h, mono), c.storeDue(h, mono)
	return c.start(ctx, &renewal{job: jobLook}, func(ctx context.Context, r *renewal) outcome {
		if atCredentials && c.changed(ctx, r, h) {
			return outcome{lift: true}
		}
		if atStore {
			return c.lookAtStore(ctx, r, h)
		}
		return outcome{}
	})
}

// changed reports whether the credentials are others than those that h is about.
func (c *Client) changed(ctx context.Context, r *renewal, h *hold) bool {
	defer c.restAfter(&h.nextLook, 0)()
	now := r.takeFingerprint(ctx)
	return now != nil && *now != *h.fingerprint
}

func (c *Client) lookAtStore(ctx context.Context, r *renewal, h *hold) outcome {
	defer c.restAfter(&h.nextStore, storeLookRest)()
	s := r.load(ctx)
	if t := s.news(r); t != nil {
		return outcome{token: t, version: s.version, adopted: true}
	}
	return outcome{}
}

// restAfter sets next by how long it takes until its result is called, however that comes about.
func (c *Client) restAfter(next *time.Duration, least time.Duration) (done func()) {
	began, _ := c.now()
	return func() {
		now, _ := c.now()
		c.mu.Lock()
		defer c.mu.Unlock()
		*next = now + max(least, lookRest*(now-began))
	}
}

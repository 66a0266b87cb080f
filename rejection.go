package vendorlogin

import (
	"context"
	"time"
)

const (
	rejectedProbe = time.Second // between two looks at the store for a token in place of a rejected one

	firstRejection = time.Minute // between two renewals that rejected tokens cause
	lastRejection  = 15 * time.Minute
)

// rejections keep rejected tokens from costing a renewal each.
type rejections struct {
	until    time.Duration // monotonic: no renewal before
	rejected int           // renewed tokens in a row that were rejected too
	reported bool          // that a rejection changes nothing until then
	disputed bool          // a rejected token was accepted afterwards: an endpoint rejects, not the API
	probe    time.Duration // when to look at the store again
}

// renewed begins the interval: age ago a rejection has cost a renewal, of this process or of another.
func (r *rejections) renewed(mono, age time.Duration) {
	if until := mono - age + doubled(firstRejection, lastRejection, r.rejected+1); until > r.until {
		r.until, r.reported = until, false
	}
}

// count counts the rejection of h if that was renewed because of one, and has served nobody since, or if the one before was disputed.
func (r *rejections) count(h *cached, mono time.Duration) {
	again := h.is(unprovenFlag) || r.disputed
	r.disputed = false
	if again && mono-h.taken < lastRejection {
		r.rejected++
		return
	}
	r.rejected = 0
}

// reject marks t as rejected by an API. It reports whether there may be a better one than t, now or soon.
func (k *keeper) reject(ctx context.Context, t *Token) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.cached.Load()
	if h == nil || k.run.underWay() && k.run.job == jobLogout {
		return false // logged out, or closed: nobody has asked for a new session
	}
	if h.token != t {
		return true
	}
	mono, wall := k.now()
	r := &k.troubled().rejection
	if !h.is(rejectedFlag) {
		r.count(h, mono)
		k.cached.Store(h.with(h.flags | rejectedFlag))
		k.hurry(mono, wall)
	} else {
		h.review.Store(0)
	}
	switch {
	case mono >= r.until && !h.is(rejectedFlag):
		k.events.report(ctx, Event{Type: EventRefused})
	case mono < r.until && !r.reported:
		r.reported = true
		err := k.vendor.failure("request", ErrUnavailable, "an API rejected a token that was renewed just now")
		err.RetryAt = wall.Add(r.until - mono)
		k.events.report(ctx, Event{Type: EventRefused, Err: err})
	}
	k.setTimer()
	return true
}

// hurry ends a hold that a failure beside a valid token led to, now that an API has rejected that: half of the budget was kept for this.
func (k *keeper) hurry(mono time.Duration, wall time.Time) {
	hold := k.onHold()
	if hold != nil && (hold.cause == causeBudget || hold.cause == causeFailed && !wall.Before(hold.floor)) {
		over := *hold
		over.until = mono
		k.trouble.hold = &over
	}
}

// accepted is told that an API accepted t. Where t came in place of a rejected token, it is good. disputed: it was sent after an API
// had rejected it.
func (k *keeper) accepted(t *Token, disputed bool) {
	h := k.cached.Load()
	if h == nil || h.token != t || !h.is(unprovenFlag) && !disputed {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if disputed {
		k.troubled().rejection.disputed = true
	}
	if h.is(unprovenFlag) {
		k.cached.CompareAndSwap(h, h.with(h.flags&^unprovenFlag))
	}
}

// probeForRejected reports whether it is time to look at the store for a token in place of a rejected one.
func (k *keeper) probeForRejected(mono time.Duration) bool {
	r := &k.troubled().rejection
	if k.set.Store == nil || mono < r.probe {
		return false
	}
	r.probe = mono + rejectedProbe
	return true
}

package vendorlogin

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A State is how a Client's cached token is: "none", "fresh", "stale" (valid, and due for renewal) or "expired". Of a closed Client
// it is "closed".
type State string

const (
	none    State = "none"
	fresh   State = "fresh"
	stale   State = "stale"
	expired State = "expired"
	closed  State = "closed"
)

// String returns the State itself.
func (s State) String() string { return string(s) }

const (
	// unknownLifetime is when a token whose vendor did not say how long it lives becomes stale. It never expires by age: an API's
	// 401 tells.
	unknownLifetime = time.Hour

	// reviewInterval is how long the monotonic clock alone decides. It stands still while a machine sleeps, so this is also how
	// long after waking up an expired token may be handed out.
	reviewInterval = time.Second

	// minLifetime is what a token must have left on arrival, or RenewBefore if that is less: tokens are then meant to be that short.
	minLifetime = 10 * time.Second
)

// A cached is the cached token. But for review and headed it never changes: the keeper replaces it.
type cached struct {
	token  *Token
	headed atomic.Pointer[Token] // a copy of token with its header value; nil until a request needs it

	// review is the monotonic time, in nanoseconds since the Client's start, until which token may be handed out without another
	// look.
	review atomic.Int64

	taken   time.Duration // monotonic time at which it was cached
	expires time.Duration // monotonic time of expiry
	window  time.Duration // stale for so long before expiry
	seq     int64         // later tokens have higher ones
	flags   flag
}

type flag uint8

const (
	rejectedFlag flag = 1 << iota // by an API, or by Invalidate
	unsavedFlag                   // a store is configured, but saving failed
	unprovenFlag                  // it came in place of a rejected one, and no API has accepted it yet
)

// newCached caches t at the time that both clocks show. t's times carry no monotonic reading.
func newCached(t *Token, renewBefore, mono time.Duration, wall time.Time) *cached {
	expiry := expiryOf(t)
	window := min(renewBefore, expiry.Sub(t.IssuedAt)/2)
	if t.ExpiresAt.IsZero() {
		window = 0
	}
	window -= time.Duration(rand.Float64() * float64(window) / 10) // so that a fleet does not renew in the same instant
	return &cached{token: t, taken: mono, expires: mono + expiry.Sub(wall), window: max(window, 0)}
}

// expiryOf is when t expires, or becomes stale if that is unknown.
func expiryOf(t *Token) time.Time {
	if t.ExpiresAt.IsZero() {
		return t.IssuedAt.Add(unknownLifetime)
	}
	return t.ExpiresAt
}

// at is a pure function of both clocks: the one that says that more time has passed is believed.
func (c *cached) at(mono time.Duration, wall time.Time) State {
	left := min(c.expires-mono, expiryOf(c.token).Sub(wall))
	switch {
	case c.token.Access.IsZero():
		return expired
	case left > c.window:
		return fresh
	case left > 0 || c.token.ExpiresAt.IsZero():
		return stale
	}
	return expired
}

// reviewBy sets when to look again: at the next of the boundaries that follow mono, and a second from now at the latest.
func (c *cached) reviewBy(mono time.Duration) {
	next := mono + reviewInterval
	for _, boundary := range []time.Duration{c.expires - c.window, c.expires} {
		if boundary > mono {
			next = min(next, boundary)
		}
	}
	c.review.Store(int64(next))
}

func (c *cached) is(f flag) bool { return c.flags&f != 0 }

// isRejected reports whether there is a token that an API has rejected.
func (c *cached) isRejected() bool { return c != nil && c.is(rejectedFlag) }

// with is a copy of c with other flags, to be looked at by the next caller.
func (c *cached) with(flags flag) *cached {
	return &cached{token: c.token, taken: c.taken, expires: c.expires, window: c.window, seq: c.seq, flags: flags}
}

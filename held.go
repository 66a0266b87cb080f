package vendorlogin

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// freshness is what a token in hand is good for.
type freshness int

const (
	dead  freshness = iota // not to be handed out
	stale                  // alive, but due for renewal
	fresh
)

func (f freshness) String() string { return [...]string{"dead", "stale", "fresh"}[f] }

const (
	// unknownLife is when a token whose vendor did not say how long it lives becomes stale. It never dies of age: an API's 401
	// tells.
	unknownLife = time.Hour

	// closerLook is how long the monotonic clock alone decides. It stands still while a machine sleeps, so this is also how long
	// after waking up an expired token may be handed out.
	closerLook = time.Second
)

// held is the token in hand. But for review it never changes; one function replaces it.
type held struct {
	token *Token

	// review is the monotonic time, in nanoseconds since the Client's start, until which token may be handed out without another
	// thought.
	review atomic.Int64

	expires time.Duration // monotonic time of expiry
	window  time.Duration // stale for so long before expiry
	version string        // of the record it is saved as; "" when it is not saved
	flags   flag
}

type flag uint8

const (
	dropped flag = 1 << iota // condemned by an API, or by Invalidate
	spent                    // its refresh token was sent, with unknown fate: never send it again
	unsaved                  // a store is configured, but saving failed
)

// newHeld takes t into hand at the time that both clocks show. t's times carry no monotonic reading.
func newHeld(t *Token, version string, renewBefore, mono time.Duration, wall time.Time) *held {
	expiry := expiryOf(t)
	window := min(renewBefore, expiry.Sub(t.IssuedAt)/2)
	if t.ExpiresAt.IsZero() {
		window = 0
	}
	window -= time.Duration(rand.Float64() * float64(window) / 10) // so that a fleet does not renew in the same instant
	return &held{token: t, expires: mono + expiry.Sub(wall), window: max(window, 0), version: version}
}

// expiryOf is when t dies, or becomes stale if that is unknown.
func expiryOf(t *Token) time.Time {
	if t.ExpiresAt.IsZero() {
		return t.IssuedAt.Add(unknownLife)
	}
	return t.ExpiresAt
}

// at is a pure function of both clocks: the one that says that more time has passed is believed.
func (h *held) at(mono time.Duration, wall time.Time) freshness {
	left := min(h.expires-mono, expiryOf(h.token).Sub(wall))
	switch {
	case h.flags&dropped != 0:
		return dead
	case left > h.window:
		return fresh
	case left > 0 || h.token.ExpiresAt.IsZero():
		return stale
	}
	return dead
}

// reviewBy sets when to look again: at the next of the boundaries that follow mono, and a second from now at the latest.
func (h *held) reviewBy(mono time.Duration) {
	next := mono + closerLook
	for _, boundary := range []time.Duration{h.expires - h.window, h.expires} {
		if boundary > mono {
			next = min(next, boundary)
		}
	}
	h.review.Store(int64(next))
}

// marked is a copy of h with one flag more, to be looked at by the next caller.
func (h *held) marked(f flag) *held {
	return &held{token: h.token, expires: h.expires, window: h.window, version: h.version, flags: h.flags | f}
}

// is reports whether h is t, saved or not.
func (h *held) is(t *Token) bool {
	return h.token.Access.Reveal() == t.Access.Reveal() && h.token.IssuedAt.Equal(t.IssuedAt)
}

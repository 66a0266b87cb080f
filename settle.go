package vendorlogin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/flight"
)

// crashed is the outcome of a renewal that did not return one.
func crashed(v vendor, r *run, known known, cooldown time.Duration, c flight.Cause) outcome {
	text := "the goroutine was ended from within"
	switch {
	case c.Panic != nil:
		text = fmt.Sprintf("panic of type %T at %s", c.Panic, c.At) // its text may hold anything
	case c.TimedOut:
		text = "it did not end in time"
	}
	e := v.failure("login", ErrUnavailable, text)
	if r.job != jobRenew && r.job != jobBackground {
		return outcome{err: e, forget: r.job == jobLogout}
	}
	now := time.Now()
	sofar := r.progress.soFar()
	sofar.counted = false // an attempt of it is still open, and counts as such
	if !sofar.attempts.IsZero() {
		r.progress.note(func(f *facts) { f.attempts.Last = recorded(e) })
	}
	h := holdAfter(failure{err: e, facts: sofar, crashed: !c.TimedOut, before: known.hold, cooldown: cooldown,
		mono: now.Sub(known.epoch), wall: now.Round(0), jitter: jitter()})
	e.RetryAt = h.untilWall
	return outcome{err: e, hold: h}
}

// settle is where a renewal's outcome becomes the Client's state. It returns what waiters get.
func (k *keeper) settle(ctx context.Context, r *run, out outcome) outcome {
	facts := r.progress.soFar()
	facts.endTurn(out.err)
	k.mu.Lock()
	defer k.mu.Unlock()
	r.settled = true
	k.learn(r, facts, out)
	switch {
	case k.closed:
	case out.token != nil:
		k.take(ctx, r, out)
	case out.hold != nil && out.hold.cause == causeBudget && !r.forRejected && k.cached.Load().isRejected():
		// since it began an API has rejected the token: the other half of the budget is free
	case out.hold != nil:
		k.setHold(ctx, out)
	case out.changed:
		h := *k.lastHold()
		h.changed = true
		k.trouble.hold = &h
	}
	if h := k.cached.Load(); h != nil {
		out = k.afterFailure(h, facts, out)
	}
	if k.closed {
		out.token, out.err = nil, k.vendor.failure("token", ErrClosed, "")
	}
	mono, _ := k.now()
	k.trouble.probes.done(mono, r.credentials, r.store)
	k.setTimer()
	k.dropTrouble()
	return out
}

// learn remembers what r has brought to light, whatever it came to.
func (k *keeper) learn(r *run, f facts, out outcome) {
	t := k.troubled()
	mono, _ := k.now()
	t.attempts, t.consumed, t.storeErr = f.attempts, f.consumed, f.storeErr
	for _, sum := range f.refreshes {
		t.remember(sum)
	}
	if f.bypassed {
		t.bypassed = max(mono, 1)
	}
	if r.forRejected && f.op != "" {
		t.rejection.renewed(mono, 0)
	}
	k.seq = max(k.seq, out.seq)
}

// remember keeps a refresh token from being sent again.
func (t *trouble) remember(refresh uint64) {
	t.sent = append(without(t.sent, refresh), refresh)
	t.sent = t.sent[max(len(t.sent)-maxSent, 0):]
}

// without is a copy of list without one sum: a renewal may still be reading list.
func without(list []uint64, sum uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(list), func(s uint64) bool { return s == sum })
}

// take caches the token that a renewal brought.
func (k *keeper) take(ctx context.Context, r *run, out outcome) {
	mono, wall := k.now()
	h := newCached(out.token, k.set.RenewBefore, mono, wall)
	h.seq = out.seq
	if out.unsaved {
		h.flags |= unsavedFlag
	}
	before := k.cached.Load()
	if r.job != jobSeed && before != nil && before.flags&(rejectedFlag|unprovenFlag) != 0 {
		h.flags |= unprovenFlag
		if out.adopted {
			k.trouble.rejection.renewed(mono, max(wall.Sub(out.token.IssuedAt), 0))
		}
	}
	if h.at(mono, wall) != expired {
		h.reviewBy(mono)
	}
	k.cached.Store(h)
	k.success = max(mono, 1)
	if out.adopted {
		k.events.report(ctx, Event{Type: EventAdopt, Expires: out.token.ExpiresAt})
	} else if r.job != jobSeed {
		k.trouble.sent = without(k.trouble.sent, hashOf(out.token.Refresh)) // the vendor has just given it
	}
	hold := k.onHold()
	switch {
	case out.hold != nil:
		k.setHold(ctx, out)
	case hold != nil && out.adopted && (hold.cause == causeRejected || wall.Before(hold.floor)):
		// another process's success says nothing about our credentials, or about what the vendor told us
	case hold != nil && wall.Before(hold.floor): // after Seed
		rest := *hold
		rest.until, rest.untilWall = mono+hold.floor.Sub(wall), hold.floor
		k.trouble.hold = &rest
	default:
		k.trouble.hold, k.trouble.probes = nil, probes{}
	}
}

// setHold puts the Client on hold. What is reported is the failure itself, where it has just happened.
func (k *keeper) setHold(ctx context.Context, out outcome) {
	h, t := out.hold, k.troubled()
	t.hold, t.probes = h, probes{}
	if h.cause == causePaced {
		return
	}
	e := *h.err
	e.Remembered = out.err != nil && out.err.Remembered
	k.events.report(ctx, Event{Type: EventHold, Err: &e, NeedsAction: h.cause == causeRejected})
}

// afterFailure decides what becomes of the cached token h where no other came. One that an API rejected goes once the vendor has
// decided; until then it is handed out while it is valid, for want of a better one.
func (k *keeper) afterFailure(h *cached, f facts, out outcome) outcome {
	switch {
	case out.forget:
		k.cached.Store(nil)
	case !h.is(rejectedFlag) || out.err == nil:
	case f.decided || isDecision(out.err) && out.hold.cause != causeBudget:
		k.cached.Store(nil)
	case h.at(k.now()) != expired:
		h.reviewBy(time.Since(k.epoch))
		out.token = h.token
	}
	return out
}

// dropTrouble frees what need not be remembered.
func (k *keeper) dropTrouble() {
	t := k.trouble
	if t.hold != nil || !t.attempts.IsZero() || len(t.consumed) != 0 || len(t.sent) != 0 || t.storeErr != nil ||
		t.bypassed != 0 || t.rejection != (rejections{}) {
		return
	}
	k.trouble = nil
}

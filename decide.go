package vendorlogin

import (
	"context"
	"errors"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/flight"
)

// probeTimeout is how long a caller waits for a probe.
const probeTimeout = time.Second

// await returns a valid token, or by force a renewed one.
func (k *keeper) await(ctx context.Context, force bool) (*Token, error) {
	for probed := false; ; {
		d := k.decide(ctx, force, probed)
		if d.wait == nil {
			return d.token, d.err
		}
		out, err := k.wait(ctx, d.wait)
		if err != nil {
			return nil, err
		}
		probed = probed || d.wait.job == jobProbe
		if d.wait.decides(force, out) {
			if out.err != nil && (force || out.token == nil) {
				return nil, out.err
			}
			return out.token, nil
		}
	}
}

// A decision is a token or an error, or else something under way to wait for before deciding again.
type decision struct {
	token *Token
	err   error
	wait  *run
}

func (k *keeper) decide(ctx context.Context, force, probed bool) decision {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return decision{err: k.vendor.failure("token", ErrClosed, "")}
	}
	mono, wall := k.now()
	h := k.cached.Load()
	var fallback *Token // a rejected token that is valid: handed out for want of a better one
	if h != nil && !force && h.at(mono, wall) != expired {
		if !h.is(rejectedFlag) {
			if h.at(mono, wall) == stale {
				k.renewInBackground(ctx, mono)
			}
			h.reviewBy(mono)
			return decision{token: h.token}
		}
		fallback = h.token
	}
	if k.inside(ctx) {
		return decision{err: k.vendor.failure("token", ErrInvalidRequest, "asked for from within its own login")}
	}
	busy := k.run.underWay()
	if busy && (k.run.job != jobProbe || !probed || force) {
		return decision{wait: k.run}
	}
	if err := ctx.Err(); err != nil {
		if fallback != nil {
			return decision{token: fallback}
		}
		return decision{err: k.leftBy(err)}
	}
	hold := k.onHold()
	switch {
	case busy: // with a probe that takes its time
		if hold == nil {
			return decision{wait: k.run}
		}
	case fallback != nil && mono < k.troubled().rejection.until:
		if k.probeForRejected(mono) {
			return decision{wait: k.beginProbe(ctx, false, true)}
		}
	case hold == nil || hold.cause == causeBackground || force && hold.mayBypass(wall) && k.bypassDue(mono):
		return decision{wait: k.beginRenewal(ctx, force, fallback != nil)}
	case !probed: // one is enough for a call
		if r := k.probeIfDue(ctx, hold, mono); r != nil {
			return decision{wait: r}
		}
	}
	if fallback != nil {
		h.reviewBy(mono)
		return decision{token: fallback}
	}
	return decision{err: hold.err}
}

func (k *keeper) beginRenewal(ctx context.Context, force, forRejected bool) *run {
	mono, _ := k.now()
	r := &run{job: jobRenew, force: force, forRejected: forRejected, bypass: force && k.bypassDue(mono)}
	if r.bypass && k.onHold() != nil {
		k.trouble.bypassed = max(mono, 1)
	}
	return k.begin(ctx, r, (*order).renew)
}

func (k *keeper) beginProbe(ctx context.Context, credentials, store bool) *run {
	return k.begin(
		ctx,
		&run{job: jobProbe, credentials: credentials, store: store},
		func(o *order, ctx context.Context) outcome { return o.probe(ctx, credentials, store) },
	)
}

// renewInBackground starts a renewal that nobody waits for, or on hold a probe.
func (k *keeper) renewInBackground(ctx context.Context, mono time.Duration) {
	hold := k.onHold()
	switch {
	case k.run.underWay():
	case hold == nil:
		k.events.report(ctx, Event{Type: EventStale})
		k.begin(ctx, &run{job: jobBackground}, (*order).renew)
	default:
		k.probeIfDue(ctx, hold, mono)
	}
}

// probeIfDue probes what is to be probed now; nil: nothing.
func (k *keeper) probeIfDue(ctx context.Context, h *hold, mono time.Duration) *run {
	p := k.trouble.probes
	credentials := h.cause == causeRejected && h.fingerprint != nil && mono >= p.credentials
	store := k.set.Store != nil && h.cause != causePaced && mono >= p.store
	if !credentials && !store {
		return nil
	}
	return k.beginProbe(ctx, credentials, store)
}

// bypassDue reports whether Renew may bypass a hold again.
func (k *keeper) bypassDue(mono time.Duration) bool {
	return k.trouble == nil || k.trouble.bypassed == 0 || mono-k.trouble.bypassed >= bypassInterval
}

// decides reports whether r's outcome is the answer for whoever waited for it. Else it is decided again: with somebody waiting, a person
// may be asked; and to Renew neither a token nor a hold that was there before is an answer.
func (r *run) decides(force bool, out outcome) bool {
	switch {
	case r.job != jobRenew && r.job != jobBackground, r.progress.soFar().declined:
		return false
	case force && !r.force:
		return !out.adopted && (out.err == nil || !out.err.Remembered)
	}
	return true
}

// wait waits until r has an outcome, ctx ends or the Client is closed; for a probe not long.
func (k *keeper) wait(ctx context.Context, r *run) (outcome, error) {
	waiting := ctx
	if r.job == jobProbe {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, probeTimeout)
		defer cancel()
	}
	out, err := r.flight.Wait(waiting)
	switch {
	case err == nil, ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return out, nil
	case errors.Is(err, flight.ErrClosed):
		return out, k.vendor.failure("token", ErrClosed, "")
	}
	return out, k.leftBy(err)
}

// leftBy is the error of a caller whose ctx has ended.
func (k *keeper) leftBy(err error) *Error {
	return k.vendor.unsent("token", err, "")
}

// onTimer renews on time although nobody asks.
func (k *keeper) onTimer() {
	k.mu.Lock()
	defer k.mu.Unlock()
	mono, wall := k.now()
	h := k.cached.Load()
	switch {
	case h == nil || k.run.underWay(): // there is none after Close either
	case h.at(mono, wall) == fresh && !h.is(rejectedFlag), k.onHold() != nil: // it changed this very moment, and set the timer anew
	case h.is(rejectedFlag) && h.at(mono, wall) != expired && mono < k.troubled().rejection.until:
		k.timer.Reset(k.trouble.rejection.until - mono)
	default:
		k.begin(context.Background(), &run{job: jobBackground, forRejected: h.is(rejectedFlag)}, (*order).renew)
	}
}

package vendorlogin

import (
	"context"
	"time"
)

// check ends the renewal if its time is over, or the record has a token for it, or a hold.
func (o *order) check(ctx context.Context) *outcome {
	if err := ctx.Err(); err != nil {
		e := o.vendor.unsent("login", ErrUnavailable, "")
		e.Err = err
		return o.fail(ctx, e)
	}
	if t := o.fresherToken(); t != nil {
		return o.adopt(t)
	}
	h := o.changedBack(ctx)
	if h == nil {
		h = o.sharedHold(ctx, false)
	}
	if h != nil && o.known.bypass {
		if h = o.sharedHold(ctx, true); h == nil {
			o.progress.note(func(f *facts) { f.bypassed = true })
		}
	}
	if h == nil {
		return nil
	}
	e := *h.err
	return &outcome{err: &e, hold: h}
}

// changedBack is the hold after credentials that looked like others to a probe and are again those that were rejected: a file is read
// while it is written.
func (o *order) changedBack(ctx context.Context) *hold {
	h := o.known.hold
	if h == nil || !h.changed || h.fingerprint == nil {
		return nil
	}
	same := *h
	same.changed = false
	if sum := o.fingerprint(ctx); sum == nil || *sum != *h.fingerprint || !same.inForce(o.now()) {
		return nil
	}
	return &same
}

// sharedHold is the hold of the record that binds this Client, if any; strict: that Renew must not bypass.
func (o *order) sharedHold(ctx context.Context, strict bool) *hold {
	holds := o.ledger.rec.Holds
	var fingerprint *uint64
	for _, h := range holds {
		if h.Fingerprint != nil {
			fingerprint = o.fingerprint(ctx)
		}
	}
	mono, wall := o.now()
	return bindingHold(holds, asker{
		account: o.vendor.auth.Account(), fingerprint: fingerprint, strict: strict, over: o.known.hold, cooldown: o.set.Cooldown,
		mono: mono, wall: wall,
	})
}

// othersAttempt is until when an attempt of another process may be under way.
func (o *order) othersAttempt() time.Time {
	return o.ledger.rec.Attempts.Open(o.owner, o.longest(), time.Now())
}

// othersClaim is until when another process without the lock may be refreshing; zero: none is, or claims are heeded no longer.
func (o *order) othersClaim(heeded time.Time) time.Time {
	c, now := o.ledger.rec.Claim, time.Now()
	if c == nil || c.Owner == o.owner || !now.Before(heeded) || !now.Before(c.Until) || c.Until.After(now.Add(2*o.longest())) {
		return time.Time{}
	}
	return c.Until
}

// probe looks whether the reason for a hold has gone: the credentials are others than those that were sent, or another process has
// brought a token.
func (o *order) probe(ctx context.Context, credentials, store bool) outcome {
	if credentials {
		sum := o.fingerprint(ctx)
		if sum != nil && *sum != *o.known.hold.fingerprint {
			return outcome{changed: true}
		}
	}
	if store {
		o.ledger.load(ctx)
		if t := o.fresherToken(); t != nil {
			return *o.adopt(t)
		}
	}
	return outcome{}
}

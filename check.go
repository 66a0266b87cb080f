package vendorlogin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
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
	h := o.sharedHold(ctx, false)
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

// adopt ends the renewal with the record's token.
func (o *order) adopt(t *Token) *outcome {
	o.noteAttempts(o.attempts()) // another's success has cleared some
	return &outcome{token: t, seq: o.ledger.rec.Seq, adopted: true}
}

// fresherToken is the record's token if it is better than the cached one.
func (o *order) fresherToken() *Token {
	rec := o.ledger.rec
	if rec.Token == nil || rec.Seq < o.known.seq || o.force && rec.Seq <= o.atStart {
		return nil // older than what we had; or no answer to Renew
	}
	mono, wall := o.now()
	t := fromRecord(rec.Token, wall)
	found := newCached(t, o.set.RenewBefore, mono, wall)
	if found.at(mono, wall) == expired {
		return nil
	}
	cached := o.known.cached
	switch {
	case cached == nil:
		return t
	case cached.seq == rec.Seq && cached.token.Access.Reveal() == rec.Token.Access: // the first version leaves the number as it is
		return nil
	case !cached.is(rejectedFlag) && cached.at(mono, wall) != expired && found.at(mono, wall) != fresh:
		return nil // no better than ours
	}
	return t
}

// refreshable is the token whose refresh token may be sent, or nil. With a Store that fails there is none: another process may have
// sent it.
func (o *order) refreshable() *Token {
	if _, ok := o.vendor.auth.(Refresher); !ok {
		return nil
	}
	t := o.latestToken()
	if t == nil || t.Refresh.IsZero() || slices.Contains(o.known.sent, hashOf(t.Refresh)) {
		return nil
	}
	if !t.RefreshExpiresAt.IsZero() && !time.Now().Before(t.RefreshExpiresAt) {
		return nil
	}
	return t
}

// latestToken is the one whose refresh token is the vendor's latest, as far as can be known.
func (o *order) latestToken() *Token {
	rec, cached := o.ledger.rec, o.known.cached
	switch {
	case o.set.Store == nil && cached != nil:
		return cached.token
	case rec.Token == nil: // also where the ledger is degraded
		return nil
	case cached != nil && cached.seq > rec.Seq: // ours could not be saved, or the store has lost it
		return cached.token
	case rec.Spent, rec.Seq < o.known.seq:
		return nil
	}
	return fromRecord(rec.Token, time.Now().Round(0))
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
	return heldBy(holds, asker{
		account: o.vendor.auth.Account(), fingerprint: fingerprint, strict: strict, over: o.known.hold, cooldown: o.set.Cooldown,
		mono: mono, wall: wall,
	})
}

// othersAttempt is until when an attempt of another process may be under way.
func (o *order) othersAttempt() time.Time {
	return o.ledger.rec.Attempts.Open(o.owner, o.longest(), time.Now())
}

// othersClaim is until when another process without the lock may be refreshing; zero: none is, or not before patience is over.
func (o *order) othersClaim(patience time.Time) time.Time {
	c, now := o.ledger.rec.Claim, time.Now()
	if c == nil || c.Owner == o.owner || !now.Before(patience) || !now.Before(c.Until) || c.Until.After(now.Add(2*o.longest())) {
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

// hashOf stands for a refresh token where the token itself is not kept.
func hashOf(s Secret) uint64 {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return binary.BigEndian.Uint64(sum[:])
}

package vendorlogin

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// keep ends the renewal with t. It saves t on time of its own: it has been paid for. A fresher token of another process is taken
// instead, so that a fleet shares one. Where saving fails, t is handed out all the same.
func (o *order) keep(ctx context.Context, t *Token, rotated bool) *outcome {
	var useless *Error
	if time.Until(expiryOf(t)) < min(minLifetime, o.set.RenewBefore) {
		useless = o.vendor.failure("login", ErrBadResponse, "the token had expired when it arrived")
		o.progress.note(func(f *facts) { f.counted = o.tries != tries{} })
	}
	ctx, cancel := graceContext(ctx)
	defer cancel()
	o.ledger.extend(ctx)

	hadStore := !o.ledger.degraded()
	next, h := o.successor(t, useless)
	var fresher *Token
	failed := o.ledger.update(ctx, func() *record.Record {
		if o.isSaved(t) { // an earlier try did save it
			return nil
		}
		if fresher = o.fresherToken(); fresher != nil && !o.ledger.rec.Spent {
			return o.successBeside(useless)
		}
		fresher = nil
		next, h = o.successor(t, useless)
		return &next
	})
	if fresher != nil {
		if useless == nil {
			o.noteAttempts(o.unsaved(o.succeeded(o.attempts())))
		}
		return o.adopt(fresher)
	}
	switch {
	case failed == nil:
		next.Attempts = next.Attempts.Settled()
	case useless == nil:
		next.Attempts = o.unsaved(next.Attempts)
	}
	o.noteAttempts(next.Attempts)
	out := &outcome{token: t, seq: next.Seq, hold: h, unsaved: failed != nil}
	if failed != nil && hadStore {
		o.progress.note(func(f *facts) { f.storeErr = failed })
		o.report(Event{Type: EventStore, Err: failed, NeedsAction: rotated})
	}
	return out
}

// isSaved reports whether the record is t. Another process may have marked it as consumed since.
func (o *order) isSaved(t *Token) bool {
	rec := o.ledger.rec.Token
	return rec != nil && rec.Access == t.Access.Reveal() && rec.IssuedAt.Equal(t.IssuedAt)
}

// successor is the record with t in it, and the hold that follows if t is useless. A hold that is about other credentials stays.
func (o *order) successor(t *Token, useless *Error) (record.Record, *hold) {
	_, wall := o.now()
	next := o.draft(o.ledger.rec)
	next.Token, next.Spent, next.Seq = toRecord(t), false, o.nextSeq(wall)
	next.Holds = next.Holds.Without(o.progress.soFar().fingerprint)
	if useless == nil {
		next.Attempts = o.succeeded(o.attempts())
		return next, nil
	}
	next.Attempts, _ = o.failed(o.attempts(), useless, wall)
	h := o.holdAfter(useless, next.Attempts)
	next.Holds = h.addTo(next.Holds, wall)
	return next, h
}

// successBeside is the record of another's fresher token, in which our login no longer counts; nil where nothing changes.
func (o *order) successBeside(useless *Error) *record.Record {
	if useless != nil || o.tries == (tries{}) {
		return nil
	}
	next := o.draft(o.ledger.rec)
	next.Attempts = o.succeeded(o.attempts())
	return &next
}

// nextSeq is the number of a new token.
func (o *order) nextSeq(wall time.Time) int64 {
	return max(max(o.known.seq, o.ledger.seen)+1, wall.UnixMilli())
}

// draft is what is written in place of r, before what has changed: without our claim, for another's stays, and with the single-use secrets
// that this Client has sent. The Store may have failed when they were written.
func (o *order) draft(r record.Record) record.Record {
	if r.Claim != nil && r.Claim.Owner == o.owner {
		r.Claim = nil
	}
	if consumed := o.progress.soFar().consumed; len(consumed) > 0 {
		r = r.WithConsumed(time.Now().Round(0), consumed...)
	}
	return r
}

// fail ends the renewal with err, and tells the other processes what concerns them: a hold, what counts, that nobody is at work any
// more, and that a refresh token or a code that was certainly not sent is still good.
func (o *order) fail(ctx context.Context, err *Error) *outcome {
	_, wall := o.now()
	attempts, counted := o.failed(o.attempts(), err, wall)
	o.progress.note(func(f *facts) {
		f.attempts, f.counted, f.consumed = attempts, counted, o.unconsumed(f.consumed, err)
	})
	out := &outcome{hold: o.holdAfter(err, attempts)}
	e := *err
	e.RetryAt = out.hold.untilWall
	out.err = &e
	ctx, cancel := graceContext(ctx)
	defer cancel()
	var fresher *Token
	failed := o.ledger.update(ctx, func() *record.Record {
		fresher = o.fresherToken()
		if fresher != nil && out.hold.floor.IsZero() { // else their token is good, and yet the vendor wants no request
			return nil
		}
		return o.failureRecord(err, out.hold, wall)
	})
	if fresher != nil {
		adopted := o.adopt(fresher)
		if !out.hold.floor.IsZero() { // the record says it too, if the Store has it, and as long as it has it
			adopted.hold = out.hold
		}
		return adopted
	}
	if failed != nil && !o.ledger.degraded() {
		o.ledger.report(failed)
	}
	return out
}

// failureRecord is the record after err; nil if it says nothing new.
func (o *order) failureRecord(err *Error, h *hold, wall time.Time) *record.Record {
	next := o.draft(o.ledger.rec)
	unsent := o.old != nil && !slices.Contains(o.progress.soFar().refreshes, hashOf(o.old.Refresh))
	if unsent && err.Unprocessed && o.marked == o.ledger.version {
		next.Spent = false
	}
	next.Holds = h.addTo(next.Holds, wall)
	next.Consumed = o.unconsumed(next.Consumed, err)
	if o.tries != (tries{}) {
		next.Attempts, _ = o.failed(o.attempts(), err, wall)
	}
	if reflect.DeepEqual(next, o.ledger.rec) {
		return nil
	}
	return &next
}

// holdAfter is the hold that follows from err.
func (o *order) holdAfter(err *Error, attempts record.Attempts) *hold {
	mono, wall := o.now()
	return holdAfter(failure{
		err: err, facts: o.progress.soFar(), before: o.known.hold,
		due:         slices.MaxFunc([]time.Time{attempts.Password.Next, attempts.Code.Next}, time.Time.Compare),
		rateLimited: o.ledger.rec.Holds.FailuresOf(string(causeRateLimited)),
		validUntil:  o.validUntil(), cooldown: o.set.Cooldown, mono: mono, wall: wall, jitter: jitter(),
	})
}

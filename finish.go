package vendorlogin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// keep ends the renewal with t. It saves t on time of its own: it has been paid for. A fresher token of another process is taken
// instead, so that a fleet shares one. Where saving fails, t is handed out all the same.
func (o *order) keep(ctx context.Context, t *Token, rotated bool) *outcome {
	mono, wall := o.now()
	out := &outcome{token: t, unsaved: o.set.store != nil}
	useless := newCached(t, o.set.renewBefore, mono, wall).isUseless(o.set.renewBefore, mono, wall)
	var e *Error
	if useless {
		e = o.vendor.failure("login", ErrBadResponse, "the token had expired when it arrived")
	}
	next := o.successor(t, e, wall)
	if useless {
		o.progress.note(func(f *facts) { f.counted = o.tries != tries{} })
		out.hold = o.holdAfter(e, next.Attempts)
	}
	out.seq = next.Seq
	if o.ledger.degraded() {
		o.noteAttempts(next.Attempts)
		return out
	}
	ctx, cancel := graceContext(ctx)
	defer cancel()
	o.ledger.extend(ctx)
	o.publish(ctx, t, e, out)
	o.noteAttempts(o.attempts())
	if out.unsaved {
		o.progress.note(func(f *facts) { f.storeErr = o.ledger.failed })
		o.report(Event{Type: EventStore, Err: o.ledger.failed, NeedsAction: rotated})
		o.noteAttempts(next.Attempts)
	}
	return out
}

// publish saves t, or finds that another process has a token to share, and completes out.
func (o *order) publish(ctx context.Context, t *Token, useless *Error, out *outcome) {
	for failures, conflicts := 0, 0; ; {
		_, wall := o.now()
		next := o.successor(t, useless, wall)
		if out.hold != nil && out.hold.shared {
			next.Holds = next.Holds.With(out.hold.shareable(), wall)
		}
		err := o.ledger.save(ctx, next)
		if err == nil {
			out.version, out.seq, out.unsaved = o.ledger.version, next.Seq, false
			o.noteAttempts(next.Attempts)
			return
		}
		pause := lastPause
		if errors.Is(err, ErrRecordChanged) {
			pause = firstPause
			conflicts++
			o.ledger.load(ctx)
			switch theirs := o.fresherToken(); {
			case o.ledger.degraded():
				return
			case o.isSaved(t): // an earlier try did save it
				out.version, out.seq, out.unsaved = o.ledger.version, o.ledger.rec.Seq, false
				return
			case theirs != nil && !o.ledger.rec.Spent:
				*out = *o.adopt(theirs)
				return
			}
		} else {
			failures++
		}
		if failures == 2 || conflicts == maxConflicts || sleep(ctx, pause) != nil {
			o.ledger.failed = o.ledger.toError(err)
			return
		}
	}
}

// sleep waits for about d within ctx.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isSaved reports whether the record is t, and its refresh token not consumed.
func (o *order) isSaved(t *Token) bool {
	rec := o.ledger.rec.Token
	return rec != nil && !o.ledger.rec.Spent && rec.Access == t.Access.Reveal() && rec.IssuedAt.Equal(t.IssuedAt)
}

// successor is the record with t in it. A hold that is about other credentials stays.
func (o *order) successor(t *Token, useless *Error, wall time.Time) record.Record {
	next := o.unclaimed(o.ledger.rec)
	next.Seq = o.nextSeq(wall)
	next.Token, next.Spent = toRecord(t), false
	next.Holds = next.Holds.Without(o.progress.soFar().fingerprint)
	if useless != nil {
		next.Attempts, _ = o.failed(o.attempts(), useless, true, wall)
		return next
	}
	next.Attempts = o.succeeded(o.attempts())
	return next
}

// nextSeq is the number of a new token.
func (o *order) nextSeq(wall time.Time) int64 {
	return max(max(o.known.seq, o.ledger.seen)+1, wall.UnixMilli())
}

// unclaimed is r without our claim. Another's stays.
func (o *order) unclaimed(r record.Record) record.Record {
	if r.Claim != nil && r.Claim.Owner == o.owner {
		r.Claim = nil
	}
	return r
}

// fail ends the renewal with err, and tells the other processes what concerns them: a hold, what counts, that nobody is at work any
// more, and that a refresh token or a code that was certainly not sent is still good.
func (o *order) fail(ctx context.Context, err *Error) *outcome {
	_, wall := o.now()
	attempts, counted := o.failed(o.attempts(), err, isUnusable(err), wall)
	o.progress.note(func(f *facts) {
		f.attempts, f.counted = attempts, counted
		if _, code := unsent(err); code {
			f.consumed = o.forgetSecret(record.Record{Consumed: f.consumed}).Consumed
		}
	})
	out := &outcome{hold: o.holdAfter(err, attempts)}
	e := *err
	e.RetryAt = out.hold.untilWall
	out.err = &e
	if o.ledger.degraded() {
		return out
	}
	ctx, cancel := graceContext(ctx)
	defer cancel()
	for range 3 {
		next, changed := o.failureRecord(err, out.hold, wall)
		if !changed {
			return out
		}
		saved := o.ledger.write(ctx, next)
		if saved == nil {
			return out
		}
		if !errors.Is(saved, ErrRecordChanged) {
			o.ledger.warn(saved)
			return out
		}
		o.marked = false
		o.ledger.load(ctx)
		if t := o.fresherToken(); t != nil {
			return o.adopt(t)
		}
		if o.ledger.degraded() {
			return out
		}
	}
	return out
}

// failureRecord is the record after err, and whether it says anything new.
func (o *order) failureRecord(err *Error, h *hold, wall time.Time) (record.Record, bool) {
	rec := o.ledger.rec
	next := o.unclaimed(rec)
	changed := rec.Claim != next.Claim
	if o.marked && err.Unprocessed && next.Spent {
		next.Spent, changed = false, true
	}
	if h.shared {
		next.Holds, changed = next.Holds.With(h.shareable(), wall), true
	}
	if o.tries.password != "" || o.tries.code != "" {
		merged := rec.Attempts.Merge(o.progress.soFar().attempts) // what was taken back comes in again
		password, code := unsent(err)
		if password {
			merged.Password = merged.Password.Cancel(o.tries.password)
		}
		if code {
			merged.Code = merged.Code.Cancel(o.tries.code)
			next = o.forgetSecret(next)
		}
		next.Attempts, changed = merged, true
	}
	return next, changed
}

// isUnusable reports whether err is a success without a token.
func isUnusable(err *Error) bool {
	return err.Kind == ErrBadResponse && (err.Status == 0 || err.Status >= 200 && err.Status <= 299)
}

// holdAfter is the hold that follows from err.
func (o *order) holdAfter(err *Error, attempts record.Attempts) *hold {
	mono, wall := o.now()
	return holdAfter(failure{
		err: err, facts: o.progress.soFar(), before: o.known.hold, due: dueOf(attempts),
		rateLimited: o.ledger.rec.Holds.FailuresOf(string(causeRateLimited)),
		validUntil:  o.validUntil(), cooldown: o.set.cooldown, mono: mono, wall: wall, jitter: jitter(),
	})
}

// dueOf is when the rows of attempts say that the next one is due.
func dueOf(a record.Attempts) time.Time {
	return slices.MaxFunc([]time.Time{a.Password.Next, a.Code.Next}, time.Time.Compare)
}

// rejectsRefresh reports whether e means that the refresh token is of no use: the vendor has decided, in its own format.
func rejectsRefresh(e *Error) bool {
	switch e.Kind {
	case ErrRefreshRejected, ErrInvalidCredentials, ErrForbidden:
		return true
	case ErrInvalidRequest:
		return e.Status >= 400 && e.Status <= 499
	}
	return false
}

package vendorlogin

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

const (
	firstPause = 50 * time.Millisecond // between two looks at the record while others are renewing
	lastPause  = 200 * time.Millisecond
	lockPause  = 2 * time.Second // between two tries for the lock while the record says that its holder is at work

	maxConflicts = 10 // in a row without news: the store is broken, or what it reads is behind what it writes
)

// renew brings a token: another process's if there is one, else the vendor's.
func (o *order) renew(ctx context.Context) outcome {
	o.ledger.load(ctx)
	o.atStart = o.ledger.rec.Seq
	for _, step := range []func(context.Context) *outcome{o.check, o.pace, o.lock, o.announce, o.refresh, o.login} {
		if out := step(ctx); out != nil {
			return *out
		}
	}
	return *o.fail(ctx, o.vendor.failure("login", ErrUnavailable, "the renewal came to nothing"))
}

// pace waits for the Pacer's permission.
func (o *order) pace(ctx context.Context) *outcome {
	if o.set.pacer == nil {
		return nil
	}
	op := "login"
	if o.refreshable() != nil {
		op = "refresh"
	}
	done, err := o.set.pacer.Pace(ctx, o.vendor.auth.Account(), op)
	if err != nil {
		e := o.vendor.toError(op, err)
		mono, wall := o.now()
		e.RetryAt = wall.Add(bounded(e.RetryAt.Sub(wall)))
		return &outcome{err: e, hold: newHold(causePaced, e, mono, wall)}
	}
	o.progress.note(func(f *facts) { f.paced = done })
	return nil
}

// lock takes the Store's lock, where it has one. While others have it, it looks whether they have brought a token. After half of
// LoginTimeout it goes on without, unless the record shows an attempt under way: compare-and-set keeps that safe.
func (o *order) lock(ctx context.Context) *outcome {
	if !o.ledger.lockable() {
		return nil
	}
	began, waited := time.Now(), false
	defer func() {
		if waited {
			o.report(Event{Type: EventLockWait, Duration: time.Since(began)})
		}
	}()
	var lastTry time.Time
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		busy := o.ledger.rec.Spent || !o.othersAttempt().IsZero()
		if !busy || time.Since(lastTry) >= lockPause {
			lastTry = time.Now()
			err := o.ledger.tryLock(ctx)
			if err == nil {
				o.keepLock(ctx)
				o.ledger.load(ctx)
				return o.check(ctx)
			}
			if !errors.Is(err, ErrLocked) {
				o.ledger.warn(err)
				return nil
			}
			waited = true
		}
		if time.Since(began) >= o.set.loginTimeout/2 && o.othersAttempt().IsZero() {
			return nil
		}
		if out := o.pauseAndCheck(ctx, pause); out != nil || o.ledger.degraded() {
			return out
		}
	}
}

// keepLock extends the lock until unlock, or until the renewal's time and the time for saving are over.
func (o *order) keepLock(ctx context.Context) {
	o.extender = make(chan struct{})
	go func(stop <-chan struct{}, lease Lease) {
		defer func() { _ = recover() }() // a panic in Extend
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		over := ctx.Done()
		var end <-chan time.Time
		for {
			select {
			case <-stop:
				return
			case <-end:
				return
			case <-over:
				over, end = nil, time.After(graceTime)
			case <-tick.C:
				command, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ledger.timeout)
				_ = lease.Extend(command) // a lost lock is noticed before the save
				cancel()
			}
		}
	}(o.extender, o.ledger.lease)
}

// unlock frees the lock. It is the last step, after the outcome has become the Client's state.
func (o *order) unlock(ctx context.Context) {
	if o.extender != nil {
		close(o.extender)
	}
	ctx, cancel := graceContext(ctx)
	defer cancel()
	o.ledger.unlock(ctx)
}

// announce writes into the record what is about to be sent, so that nobody else sends it: that the refresh token is consumed, or
// that an attempt is under way. A conflict means that another process has moved on: nothing is sent before the record is checked.
func (o *order) announce(ctx context.Context) *outcome {
	rival := &rival{}
	for conflicts, failures := 0, 0; ; {
		if until := rival.bars(o); !until.IsZero() {
			if out := o.waitFor(ctx, until); out != nil {
				return out
			}
			continue
		}
		o.old = o.refreshable()
		if o.old == nil {
			if out := o.overBudget(); out != nil {
				return out
			}
		}
		next := o.announcement()
		if o.ledger.degraded() {
			o.noteAttempts(next.Attempts)
			return nil
		}
		err := o.ledger.save(ctx, next)
		if err == nil {
			o.marked = o.old != nil
			o.noteAttempts(next.Attempts)
			return nil
		}
		if errors.Is(err, ErrRecordChanged) {
			conflicts++
		} else {
			failures++
		}
		if failures == 2 || conflicts == maxConflicts {
			o.ledger.degrade(err)
			continue
		}
		if out := o.pauseAndCheck(ctx, firstPause); out != nil {
			return out
		}
		if failures > 0 && o.old == nil && o.ledger.rec.Attempts.Password.Has(o.tries.password) {
			o.noteAttempts(o.attempts())
			return nil // it did save
		}
	}
}

// announcement is the record with what is about to be sent in it.
func (o *order) announcement() record.Record {
	next := o.ledger.rec
	if o.old == nil {
		next = o.unclaimed(next)
		next.Attempts = o.begin()
		return next
	}
	if o.ledger.lease == nil {
		next.Claim = &record.Claim{Owner: o.owner, Until: time.Now().Add(o.longest()).Round(0)}
	}
	if cached := o.known.cached; cached != nil && cached.token == o.old {
		next.Seq = cached.seq
	}
	next.Token, next.Spent = toRecord(o.old), true
	return next
}

// refresh sends the refresh token, if there is one to be sent. It returns nil where a login must follow.
func (o *order) refresh(ctx context.Context) *outcome {
	if o.old == nil {
		return nil
	}
	if out := o.commit(ctx, "refresh"); out != nil {
		return out
	}
	sum := hashOf(o.old.Refresh)
	o.progress.note(func(f *facts) { f.refresh = sum })
	o.known.sent = append(slices.Clone(o.known.sent), sum)
	began := time.Now()
	t, err := o.vendor.refresh(ctx, o.old)
	o.progress.soFar().endTurn(err)
	if err == nil {
		rotated := hashOf(t.Refresh) != sum
		if !rotated {
			o.progress.note(func(f *facts) { f.refresh = 0 })
		}
		o.report(Event{Type: EventRefresh, Duration: time.Since(began), Expires: t.ExpiresAt})
		return o.keep(ctx, t, rotated)
	}
	o.report(Event{Type: EventRefresh, Duration: time.Since(began), Err: err})
	if err.Unprocessed {
		o.progress.note(func(f *facts) { f.refresh = 0 })
		return o.fail(ctx, err)
	}
	if !rejectsRefresh(err) {
		return o.fail(ctx, err)
	}
	o.progress.note(func(f *facts) { f.decided = true })
	if out := o.dropRefresh(ctx); out != nil {
		return out
	}
	if out := o.pace(ctx); out != nil {
		return out
	}
	return o.announce(ctx)
}

// login sends the credentials.
func (o *order) login(ctx context.Context) *outcome {
	o.fingerprint(ctx)
	if out := o.commit(ctx, "login"); out != nil {
		return out
	}
	began := time.Now()
	t, err := o.vendor.login(ctx)
	o.progress.soFar().endTurn(err)
	if err != nil {
		o.report(Event{Type: EventLogin, Duration: time.Since(began), Err: err})
		return o.fail(ctx, err)
	}
	o.report(Event{Type: EventLogin, Duration: time.Since(began), Expires: t.ExpiresAt})
	return o.keep(ctx, t, false)
}

// commit marks the point of no return.
func (o *order) commit(ctx context.Context, op string) *outcome {
	if !o.send() {
		e := o.vendor.failure(op, ErrClosed, "")
		e.Err, e.Unprocessed = nil, true
		return o.fail(ctx, e)
	}
	o.progress.note(func(f *facts) { f.op = op })
	return nil
}

// dropRefresh takes a refresh token that the vendor rejected out of the record, unless the record has changed: then another process
// has moved on, and what it brought may serve.
func (o *order) dropRefresh(ctx context.Context) *outcome {
	ours := o.ledger.version
	o.ledger.load(ctx)
	if o.ledger.degraded() {
		return nil
	}
	if o.ledger.version == ours {
		err := o.ledger.write(ctx, o.unclaimed(o.ledger.rec.WithoutToken()))
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrRecordChanged) {
			o.ledger.degrade(err)
			return nil
		}
		o.ledger.load(ctx)
	}
	return o.check(ctx)
}

// pauseAndCheck waits for about d, and checks the record again.
func (o *order) pauseAndCheck(ctx context.Context, d time.Duration) *outcome {
	select {
	case <-time.After(d*3/4 + rand.N(d/2)):
	case <-ctx.Done():
		e := o.vendor.failure("login", ErrUnavailable, "")
		e.Err, e.Unprocessed = ctx.Err(), true
		return o.fail(ctx, e)
	}
	o.ledger.load(ctx)
	return o.check(ctx)
}

// waitFor waits for another process that is at work until a time at the latest.
func (o *order) waitFor(ctx context.Context, until time.Time) *outcome {
	out := o.pauseAndCheck(ctx, lastPause)
	if out != nil && out.err != nil && ctx.Err() != nil && out.hold != nil && until.After(out.hold.untilWall) {
		out.err.RetryAt = until
	}
	return out
}

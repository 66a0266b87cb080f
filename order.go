package vendorlogin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

const lockPause = 2 * time.Second // between two tries for the lock while the record says that its holder is at work

// renew brings a token: another process's if there is one, else the vendor's.
func (o *order) renew(ctx context.Context) outcome {
	o.ledger.load(ctx)
	o.atStart = o.ledger.rec.Seq
	return *inOrder(ctx, o.check, o.pace, o.lock, o.announce, o.refresh, o.login)
}

// inOrder is what the first step comes to that ends the renewal; nil: none does.
func inOrder(ctx context.Context, steps ...func(context.Context) *outcome) *outcome {
	for _, step := range steps {
		if out := step(ctx); out != nil {
			return out
		}
	}
	return nil
}

// pace waits for the Pacer's permission.
func (o *order) pace(ctx context.Context) *outcome {
	if o.set.Pacer == nil {
		return nil
	}
	op := "login"
	if o.refreshable() != nil {
		op = "refresh"
	}
	done, err := o.set.Pacer.Pace(ctx, o.vendor.auth.Account(), op)
	if err != nil {
		e := o.vendor.toError(op, err)
		mono, wall := o.now()
		e.RetryAt = wall.Add(bounded(e.RetryAt.Sub(wall)))
		return &outcome{err: e, hold: newHold(causePaced, e, mono, wall)}
	}
	o.progress.note(func(f *facts) { f.paced, f.sent = done, false })
	return nil
}

// lock takes the Store's lock, where it has one. While others have it, it looks whether they have brought a token. After half of
// LoginTimeout it goes on without, unless the record shows an attempt under way: compare-and-set keeps that safe.
func (o *order) lock(ctx context.Context) *outcome {
	if _, ok := o.ledger.store.(Locker); !ok {
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
		if time.Since(began) >= o.set.LoginTimeout/2 && o.othersAttempt().IsZero() {
			return nil
		}
		if out := o.pauseAndCheck(ctx, pause); out != nil || o.ledger.degraded() {
			return out
		}
	}
}

// keepLock extends the lock until unlock, or until the renewal's time is over: the lease outlasts the time for saving.
func (o *order) keepLock(ctx context.Context) {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended, lease := make(chan struct{}), o.ledger.lease
	o.stopExtending = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(o.ledger.timeout): // Extend ignores its ctx
		}
	}
	extend := func() {
		command, cancel := context.WithTimeout(running, o.ledger.timeout)
		defer cancel()
		_ = lease.Extend(command) // a lost lock is noticed before the save
	}
	go func() {
		defer close(ended)
		defer func() { _ = recover() }() // a panic in Extend
		tick := time.Tick(leaseTime / 3)
		for {
			select {
			case <-ctx.Done():
				return
			case <-running.Done():
				return
			case <-tick:
				extend()
			}
		}
	}()
}

// unlock frees the lock. It is the last step, after the outcome has become the Client's state.
func (o *order) unlock(ctx context.Context) {
	if o.stopExtending != nil {
		o.stopExtending()
	}
	ctx, cancel := graceContext(ctx)
	defer cancel()
	o.ledger.unlock(ctx)
}

// announce writes into the record what is about to be sent, so that nobody else sends it: that the refresh token is consumed, or
// that an attempt is under way.
func (o *order) announce(ctx context.Context) *outcome {
	var out *outcome
	var next record.Record
	heeded := time.Now().Add(o.set.LoginTimeout / 4)
	o.ledger.announce(ctx, func() *record.Record {
		next = o.ledger.rec
		if o.old == nil && o.tries.password != "" && next.Attempts.Password.Has(o.tries.password) {
			return nil // it was written although the Store said that it had failed
		}
		if out = o.mayAnnounce(ctx, heeded); out != nil {
			return nil
		}
		next = o.announcement()
		return &next
	})
	if out == nil {
		o.marked = o.ledger.version
		o.noteAttempts(next.Attempts)
	}
	return out
}

// mayAnnounce ends the renewal where the record, or the budget, has something against it. While others are at work it waits: for an attempt
// to its end, unless we have the lock; and for a refresh without a lock as long as its claim is heeded.
func (o *order) mayAnnounce(ctx context.Context, heeded time.Time) *outcome {
	out := o.check(ctx)
	for out == nil {
		until := o.othersAttempt()
		if o.ledger.lease != nil || until.IsZero() {
			until = o.othersClaim(heeded)
		}
		if until.IsZero() {
			break
		}
		out = o.pauseAndCheck(ctx, lastPause)
		if out != nil && out.err != nil && until.After(out.err.RetryAt) {
			out.err.RetryAt = until
		}
	}
	if o.old = o.refreshable(); out == nil && o.old == nil {
		return o.overBudget()
	}
	return out
}

// announcement is the record with what is about to be sent in it.
func (o *order) announcement() record.Record {
	next := o.draft(o.ledger.rec)
	if o.old == nil {
		next.Attempts = o.begin()
		return next
	}
	next.Attempts = o.attempts() // ours too: the Store may have failed when they were written
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
	o.progress.note(func(f *facts) { f.refreshes = slices.Concat(f.refreshes, []uint64{sum}) })
	o.known.sent = append(slices.Clone(o.known.sent), sum)
	began, before := time.Now(), o.requests.Load()
	t, err := o.vendor.refresh(ctx, o.old)
	if err != nil && o.requests.Load() != before {
		err.Unprocessed = false // a later step's: an earlier one was sent
	}
	o.progress.soFar().endTurn(err)
	if err == nil {
		rotated := hashOf(t.Refresh) != sum
		if !rotated {
			o.progress.note(func(f *facts) { f.refreshes = without(f.refreshes, sum) })
		}
		o.report(Event{Type: EventRefresh, Duration: time.Since(began), Expires: t.ExpiresAt})
		return o.keep(ctx, t, rotated)
	}
	o.report(Event{Type: EventRefresh, Duration: time.Since(began), Err: err})
	if err.Unprocessed {
		o.progress.note(func(f *facts) { f.refreshes = without(f.refreshes, sum) })
	}
	if err.Unprocessed || !rejectsRefresh(err) {
		return o.fail(ctx, err)
	}
	o.progress.note(func(f *facts) { f.decided = true })
	return inOrder(ctx, o.dropRefresh, o.pace, o.announce, o.refresh) // once more: another refresh token may have come meanwhile, by Seed
}

// login sends the credentials.
func (o *order) login(ctx context.Context) *outcome {
	o.fingerprint(ctx)
	if out := o.commit(ctx, "login"); out != nil {
		return out
	}
	began := time.Now()
	o.tries.passwordAt = o.requests.Load()
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
		return o.fail(ctx, o.vendor.unsent(op, ErrClosed, ""))
	}
	o.progress.note(func(f *facts) { f.op, f.sent = op, true })
	return nil
}

// dropRefresh takes a refresh token that the vendor rejected out of the record, unless the record has changed: then another process
// has moved on, and what it brought may serve.
func (o *order) dropRefresh(ctx context.Context) *outcome {
	ours := o.ledger.version
	grace, cancel := graceContext(ctx)
	defer cancel()
	_ = o.ledger.update(grace, func() *record.Record { // that it is spent is in the record already
		if o.ledger.version != ours {
			return nil
		}
		next := o.draft(o.ledger.rec.WithoutToken())
		return &next
	})
	return o.check(ctx)
}

// pauseAndCheck waits for about d, and checks the record again.
func (o *order) pauseAndCheck(ctx context.Context, d time.Duration) *outcome {
	if sleep(ctx, d) == nil {
		o.ledger.load(ctx)
	}
	return o.check(ctx)
}

package vendorlogin

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

const (
	storeTimeout = 2 * time.Second  // for one command, or a sixth of LoginTimeout if that is less
	graceTime    = 5 * time.Second  // for saving and unlocking after LoginTimeout
	leaseTime    = 10 * time.Second // of the lock; extended while the renewal runs

	firstPause = 50 * time.Millisecond // between two looks at the record while others are at work
	lastPause  = 200 * time.Millisecond

	maxConflicts = 10 // in a row: the store is broken, or what it reads is behind what it writes
	maxFailures  = 2
)

// A ledger is the account's record and lock in the Store, as a renewal last saw them. Each command is bounded. A Store that fails
// degrades the ledger: it then does nothing, and the renewal goes on without it.
type ledger struct {
	store   Store // nil: there is none, or the ledger is degraded
	account Account
	key     string
	timeout time.Duration
	report  func(*Error) // is told what went wrong, and nil when the record was read or written

	version string
	rec     record.Record
	seen    int64 // the highest number of a token so far
	lease   Lease
	failed  *Error // why the ledger is degraded
}

func newLedger(set *Options, a Account, report func(*Error)) *ledger {
	timeout := min(storeTimeout, set.LoginTimeout/6)
	return &ledger{store: set.Store, account: a, key: a.KeyIn(set.Namespace), timeout: timeout, report: report}
}

// degraded reports whether there is no Store to be asked.
func (l *ledger) degraded() bool { return l.store == nil }

// load reads the record.
func (l *ledger) load(ctx context.Context) {
	if l.degraded() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	data, version, err := l.store.Load(ctx, l.key)
	l.version, l.rec = version, record.Record{}
	switch {
	case err == ErrNoRecord:
		l.version = ""
		l.report(nil)
		return
	case errors.Is(err, ErrNoRecord): // there was something, and it could not be read
		l.version = ""
		l.warn(err)
		return
	case err != nil:
		l.degrade(l.toError(err))
		return
	}
	l.report(nil)
	l.rec, err = record.Decode(data)
	l.seen = max(l.seen, l.rec.Seq)
	switch {
	case errors.Is(err, record.ErrLaterFormat):
		l.degrade(l.toError(err))
	case err != nil:
		l.warn(err)
	}
}

// write writes next by compare-and-set, or deletes a record that would say nothing. After it, the ledger shows what is in the Store.
func (l *ledger) write(ctx context.Context, next record.Record) error {
	if next.IsEmpty() && l.version == "" {
		return nil
	}
	data, err := next.Encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	var version string
	if next.IsEmpty() {
		err = l.store.Delete(ctx, l.key, l.version)
	} else {
		version, err = l.store.Save(ctx, l.key, data, l.version, next.TTL(time.Now()))
	}
	if err == nil {
		l.version, l.rec = version, next
		l.report(nil)
	}
	return err
}

// update writes what next returns; nil means that there is nothing to write. After a conflict, which means that another
// process has moved on, and once after another failure, it loads the record and asks next again.
func (l *ledger) update(ctx context.Context, next func() *record.Record) *Error {
	for conflicts, failures := 0, 0; !l.degraded(); {
		rec := next()
		if rec == nil {
			return nil
		}
		err := l.write(ctx, *rec)
		var pause time.Duration
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrRecordChanged):
			failures++
			pause = lastPause
		default:
			pause = min(time.Duration(conflicts)*firstPause, lastPause)
			conflicts++
		}
		if failures == maxFailures || conflicts == maxConflicts || sleep(ctx, pause) != nil {
			return l.toError(err)
		}
		l.load(ctx)
	}
	return l.failed
}

// announce is update for what others must know before it is sent. Where the Store fails, it goes on without, and asks next once more.
func (l *ledger) announce(ctx context.Context, next func() *record.Record) {
	if !l.degraded() {
		e := l.update(ctx, next)
		if e == nil {
			return
		}
		if !l.degraded() {
			l.degrade(e)
		}
	}
	next()
}

// tryLock takes the lock, or fails with ErrLocked or what went wrong.
func (l *ledger) tryLock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	lease, err := l.store.(Locker).TryLock(ctx, l.key, leaseTime)
	if err == nil {
		l.lease = lease
	}
	return err
}

// extend makes the lock last as long again. One that was lost is reported: compare-and-set keeps that safe.
func (l *ledger) extend(ctx context.Context) {
	if l.lease == nil || l.degraded() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if err := l.lease.Extend(ctx); err != nil {
		l.warn(err)
	}
}

// unlock frees the lock, if it was had.
func (l *ledger) unlock(ctx context.Context) {
	if l.lease == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if err := l.lease.Unlock(ctx); err != nil {
		l.warn(err)
	}
}

// warn reports what went wrong where the work goes on as before.
func (l *ledger) warn(err error) { l.report(l.toError(err)) }

// degrade goes on without the Store.
func (l *ledger) degrade(e *Error) {
	l.failed, l.store = e, nil
	l.report(e)
	l.rec = record.Record{}
}

// sleep waits for about d within ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d*3/4 + rand.N(d/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *ledger) toError(err error) *Error {
	return &Error{Account: l.account, Op: "store", Kind: ErrStore, Err: err}
}

// graceContext lasts for graceTime after the end of ctx, which may be over.
func graceContext(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now()
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end.Add(graceTime))
}

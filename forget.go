package vendorlogin

import (
	"context"
	"errors"
	"time"
)

// logout forgets the token before it revokes it, so that nothing that goes wrong at the vendor keeps it in the Store.
func (o *order) logout(ctx context.Context) outcome {
	o.ledger.load(ctx)
	t := o.newest()
	var failures []error
	if err := o.forget(ctx); err != nil {
		failures = append(failures, err)
	}
	if t != nil {
		failures = append(failures, o.revoke(ctx, t))
	}
	err := errors.Join(failures...)
	o.report(Event{Type: EventLogout, Err: err})
	out := outcome{forget: true}
	if err != nil {
		out.err = o.vendor.toError("logout", err)
	}
	return out
}

func (o *order) revoke(ctx context.Context, t *Token) error {
	if !o.send() {
		return &Error{Account: o.vendor.auth.Account(), Op: "logout", Kind: ErrClosed, Unprocessed: true}
	}
	return o.vendor.revoke(ctx, t)
}

// newest is the token of the record, or the cached one if it is later.
func (o *order) newest() *Token {
	cached, rec := o.known.cached, o.ledger.rec
	switch {
	case cached != nil && (rec.Token == nil || cached.seq >= rec.Seq):
		return cached.token
	case rec.Token != nil:
		return fromRecord(rec.Token, time.Now().Round(0))
	}
	return nil
}

// forget takes the token out of the record.
func (o *order) forget(ctx context.Context) error {
	var err error
	for range 3 {
		if o.ledger.degraded() {
			if o.ledger.failed != nil {
				return o.ledger.failed
			}
			return nil
		}
		if o.ledger.version == "" {
			return nil
		}
		if err = o.ledger.write(ctx, o.ledger.rec.WithoutToken()); !errors.Is(err, ErrRecordChanged) {
			break
		}
		o.ledger.load(ctx)
	}
	if err != nil {
		return o.ledger.toError(err)
	}
	return nil
}

// seed saves a token from elsewhere, over whatever the record has. What was tried stays; holds end.
func (o *order) seed(ctx context.Context, t *Token) outcome {
	o.ledger.load(ctx)
	var err error
	for range maxConflicts {
		_, wall := o.now()
		out := outcome{token: t, seq: o.nextSeq(wall), unsaved: o.set.store != nil}
		if o.ledger.degraded() {
			out.err = o.ledger.failed
			return out
		}
		next := o.unclaimed(o.ledger.rec)
		next.Token, next.Seq, next.Spent, next.Holds = toRecord(t), out.seq, false, nil
		if err = o.ledger.save(ctx, next); err == nil {
			out.version, out.unsaved = o.ledger.version, false
			return out
		}
		if !errors.Is(err, ErrRecordChanged) {
			o.ledger.degrade(err)
			continue
		}
		o.ledger.load(ctx)
	}
	_, wall := o.now()
	return outcome{token: t, seq: o.nextSeq(wall), unsaved: true, err: o.ledger.toError(err)}
}

package vendorlogin

import (
	"context"
	"errors"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// logout forgets the token before it revokes it, so that nothing that goes wrong at the vendor keeps it in the Store.
func (o *order) logout(ctx context.Context) outcome {
	o.ledger.load(ctx)
	t := o.newest()
	forgotten := o.ledger.update(ctx, func() *record.Record {
		next := o.draft(o.ledger.rec.WithoutToken())
		return &next
	})
	err := errors.Join(asError(forgotten), o.revoke(ctx, t))
	o.report(Event{Type: EventLogout, Err: err})
	out := outcome{forget: true}
	if err != nil {
		out.err = o.vendor.toError("logout", err)
	}
	return out
}

func (o *order) revoke(ctx context.Context, t *Token) error {
	switch {
	case t == nil:
		return nil
	case !o.send():
		return o.vendor.unsent("logout", ErrClosed, "")
	}
	return o.vendor.revoke(ctx, t)
}

// seed saves a token from elsewhere, over whatever the record has. What was tried stays; holds end, but for a Retry-After.
func (o *order) seed(ctx context.Context, t *Token) outcome {
	o.ledger.load(ctx)
	_, wall := o.now()
	out := outcome{token: t, seq: o.nextSeq(wall)}
	out.err = o.ledger.update(ctx, func() *record.Record {
		next := o.draft(o.ledger.rec)
		out.seq = o.nextSeq(wall)
		next.Token, next.Seq, next.Spent, next.Holds = toRecord(t), out.seq, false, next.Holds.Floored(wall)
		return &next
	})
	out.unsaved = out.err != nil
	return out
}

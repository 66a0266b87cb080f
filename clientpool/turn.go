package clientpool

import (
	"container/list"
	"context"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A turn is one call of Pace.
type turn struct {
	account  vendorlogin.Account
	op       string
	patience time.Time // how long it waits
	wake     chan struct{}

	place *list.Element // in the lane's queue; nil: not in it
	probe bool
	sent  time.Time // when it was granted
	order int       // among the turns of its lane, from 1
	epoch int       // of the lane when it was granted
	over  bool
}

// A verdict is what becomes of a turn: it is granted, it is rejected with a kind, or it has to wait and look again.
type verdict struct {
	granted bool
	look    time.Time // when to look again, if nobody wakes it before
	kind    error
	reason  string
	retryAt time.Time
}

// wait returns when t has to be looked at again, or with an error when ctx ends.
func (t *turn) wait(ctx context.Context, look time.Time) error {
	timer := time.NewTimer(time.Until(look))
	defer timer.Stop()
	select {
	case <-t.wake:
	case <-timer.C:
	case <-ctx.Done():
		return &vendorlogin.Error{Account: t.account, Op: t.op, Kind: vendorlogin.ErrUnavailable,
			Err: fmt.Errorf("waiting for a turn at the endpoint: %w", context.Cause(ctx)), Unprocessed: true}
	}
	return nil
}

func (t *turn) wakeUp() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

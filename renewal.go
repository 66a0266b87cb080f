package vendorlogin

import (
	"context"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/sent"
)

// An order is one renewal, from the Store's first load to the saving of what came of it. It changes nothing of the Client: it starts
// from what is known and ends with an outcome.
type order struct {
	vendor   vendor
	set      *Options
	ledger   *ledger
	report   func(Event)
	send     func() bool // marks the point from which on the renewal runs to its end; false: the Client was closed
	over     func() bool // the renewal has been given up
	force    bool        // by Renew
	known    known
	progress *progress

	atStart       int64      // the record's number when the renewal began
	old           *Token     // whose refresh token is about to be sent; nil: log in
	marked        string     // the record's version that says so
	owner         string     // of claims and attempts
	tries         tries      // the attempts under way
	requests      sent.Count // those that may have reached the vendor
	stopExtending func()     // set while the lock is extended; returns when no Extend runs any more
}

// known is what the Client knew when the renewal began.
type known struct {
	cached *cached
	hold   *hold // the last one
	seq    int64 // the highest number of a token so far
	sent   []uint64
	bypass bool // a hold may be bypassed now
	epoch  time.Time
}

// An outcome is what a renewal comes to.
type outcome struct {
	token   *Token
	seq     int64
	adopted bool // token was fetched by another process
	unsaved bool // saving token failed

	err  *Error
	hold *hold // what follows; beside a token: it is useless

	changed bool // the credentials are others than those on hold
	forget  bool // the cached token is of no use any more
}

// fingerprint reads the credentials once per renewal, and only when it matters.
func (o *order) fingerprint(ctx context.Context) *uint64 {
	if known := o.progress.soFar().fingerprint; known != nil {
		return known
	}
	sum := o.vendor.fingerprint(ctx)
	o.progress.note(func(f *facts) { f.fingerprint = sum })
	return sum
}

// longest is how long a renewal may take, saving included.
func (o *order) longest() time.Duration { return o.set.LoginTimeout + graceTime }

// now reads both clocks, as the Client does.
func (o *order) now() (mono time.Duration, wall time.Time) {
	now := time.Now()
	return now.Sub(o.known.epoch), now.Round(0)
}

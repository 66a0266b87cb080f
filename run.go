package vendorlogin

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/flight"
)

// begin starts a job, with the mutex held. Nothing else is under way.
func (k *keeper) begin(ctx context.Context, r *run, work func(*order, context.Context) outcome) *run {
	o := k.newOrder(ctx, r)
	r.progress = o.progress
	known := o.known // the renewal goes on changing its own
	o.requests.Once = known.hold != nil && known.hold.cause == causeRateLimited
	s := &scope{namespace: k.set.Namespace, probing: r.job == jobProbe}
	if r.renews() {
		s.spend, s.spent, s.prompt = o.spend, o.spent, r.prompt(k.set.PromptInBackground)
	}
	r.flight = flight.New(o.requests.In(s.in(context.WithValue(ctx, insideKey{k}, true))), flight.Work[outcome]{
		Timeout: k.set.LoginTimeout,
		Grace:   graceTime + time.Second,
		Do:      func(ctx context.Context) outcome { return work(o, ctx) },
		Failed:  func(c flight.Cause) outcome { return crashed(o.vendor, r, known, k.set.Cooldown, c) },
		Settle:  func(out outcome) outcome { return k.settle(ctx, r, out) },
		Cleanup: o.unlock,
		Ended:   func() { k.end(r) },
	})
	r.before, k.run = k.run, r
	r.flight.Start()
	return r
}

// newOrder is what a renewal starts from.
func (k *keeper) newOrder(ctx context.Context, r *run) *order {
	t := k.troubled()
	if t.owner == "" {
		t.owner = rand.Text()[:12]
	}
	report := func(e Event) { k.events.report(ctx, e) }
	progress := &progress{facts: facts{attempts: t.attempts, consumed: t.consumed, storeErr: t.storeErr}}
	return &order{
		vendor: k.vendor, set: &k.set, report: report, progress: progress, owner: t.owner,
		send: func() bool { return r.flight.Commit() }, over: func() bool { return r.flight.Settled() },
		ledger: newLedger(&k.set, k.vendor.auth.Account(), func(e *Error) {
			progress.note(func(f *facts) { f.storeErr = e })
			if e != nil {
				report(Event{Type: EventStore, Err: e})
			}
		}),
		force: r.force,
		known: known{
			cached: k.cached.Load(), hold: t.hold, seq: k.seq, sent: t.sent, epoch: k.epoch,
			bypass: r.bypass,
		},
	}
}

// prompt is asked by AskOTP before it asks s.
func (r *run) prompt(inBackground bool) func(context.Context, OTPSource) (context.Context, func(), error) {
	return func(ctx context.Context, s OTPSource) (context.Context, func(), error) {
		limit := machinePrompt
		if !isNonInteractive(s) {
			if r.job == jobBackground && !inBackground {
				r.progress.note(func(f *facts) { f.declined = true })
				return nil, nil, plainError("nobody is waiting for the login, so nobody was asked")
			}
			r.progress.note(func(f *facts) { f.prompted = true })
			limit = personPrompt
		}
		asking, asked := r.flight.Pause(ctx, limit)
		return asking, asked, nil
	}
}

const (
	personPrompt  = 5 * time.Minute // that a person has to type a code
	machinePrompt = time.Minute     // one TOTP period, of those in use the longest
)

// end is the last thing that a run does.
func (k *keeper) end(r *run) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for link := &k.run; *link != nil; link = &(*link).before {
		if *link == r {
			*link = r.before
			return
		}
	}
}

package vendorlogin

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// maxPendingEvents bounds what a slow observer can pile up; more than that is dropped.
const maxPendingEvents = 1024

// A reporter hands events to the observers, in order, on a goroutine that lives only while there are any. A nil reporter drops them.
type reporter struct {
	account  Account
	logger   *slog.Logger
	observer func(Event)

	mu      sync.Mutex
	pending []Event
	idle    chan struct{} // closed when the goroutine is gone; nil: there is none
}

func newReporter(a Account, o *Options) *reporter {
	if o.Logger == nil && o.OnEvent == nil {
		return nil
	}
	return &reporter{account: a, logger: o.Logger, observer: o.OnEvent}
}

// report queues e, with the values of ctx.
func (r *reporter) report(ctx context.Context, e Event) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) == maxPendingEvents {
		return
	}
	e.Account, e.Time, e.ctx = r.account, time.Now(), context.WithoutCancel(ctx)
	r.pending = append(r.pending, e)
	if r.idle == nil {
		r.idle = make(chan struct{})
		go r.drain()
	}
}

func (r *reporter) drain() {
	for {
		r.mu.Lock()
		if len(r.pending) == 0 {
			close(r.idle)
			r.idle, r.pending = nil, nil
			r.mu.Unlock()
			return
		}
		e := r.pending[0]
		r.pending = r.pending[1:]
		r.mu.Unlock()
		r.deliver(e)
	}
}

// deliver calls strangers' code on a goroutine of its own, where a Goexit in it ends no more than that.
func (r *reporter) deliver(e Event) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		if r.logger != nil {
			r.logger.LogAttrs(e.Context(), e.level(), "vendorlogin: "+e.message(), e.attrs()...)
		}
		if r.observer != nil {
			r.observer(e)
		}
	}()
	<-done
}

// drained is closed once the observers have seen every event.
func (r *reporter) drained() <-chan struct{} {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.idle != nil {
			return r.idle
		}
	}
	done := make(chan struct{})
	close(done)
	return done
}

package clientpool

import (
	"context"
	"iter"
	"maps"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// Client returns the Client of id, the same pointer each time. If it is there the call takes no time, whatever ctx says; else it waits
// for open, within ctx. Do not Close it: other callers have it too. Errors are those of open and of vendorlogin.NewClient,
// ErrInvalidRequest for an empty id, and ErrClosed after Shutdown.
func (p *Pool) Client(ctx context.Context, id string) (*vendorlogin.Client, error) {
	p.mu.RLock()
	e := p.entries[id]
	p.mu.RUnlock()
	if e == nil {
		return p.find(ctx, id)
	}
	e.used.Store(int64(time.Since(p.begin)))
	return e.client, nil
}

// Forget takes the Client of id out of the Pool, for a customer who has left, or has changed more than a password. The next call of
// Pool.Client calls open. Forget returns the Client, which works until it is closed, or nil where there is none.
//
// Holds and counted attempts of the account survive in the Store alone. Without a Store they are gone, so do not call Forget to be
// rid of an error.
func (p *Pool) Forget(id string) *vendorlogin.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.openings[id]; o != nil {
		o.outdated = true
	}
	weakly := p.forgotten[id].Value()
	delete(p.forgotten, id)
	e := p.entries[id]
	if e == nil {
		return weakly
	}
	delete(p.entries, id)
	return e.client
}

// All returns a sequence of the ids and Clients. Each time it is ranged over it yields those that the Pool has at that moment, in no order.
// It does not keep a Client from becoming idle.
func (p *Pool) All() iter.Seq2[string, *vendorlogin.Client] {
	return func(yield func(string, *vendorlogin.Client) bool) {
		for id, e := range p.snapshot() {
			if !yield(id, e.client) {
				return
			}
		}
	}
}

// Endpoints returns how the logins of all Clients are paced, by endpoint; nil with a Pacer that is no [EndpointPacer].
func (p *Pool) Endpoints() []EndpointStatus {
	pacer, ok := p.opts.Client.Pacer.(*EndpointPacer)
	if !ok {
		return nil
	}
	return pacer.Endpoints()
}

func (p *Pool) snapshot() map[string]*entry {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return maps.Clone(p.entries)
}

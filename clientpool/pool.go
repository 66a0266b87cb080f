package clientpool

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/vendorlogin/vendorlogin"
)

// defaultIdle is Options.Idle where that is 0.
const defaultIdle = time.Hour

// Options tune a [Pool]. The zero value of each field is its default.
type Options struct {
	// Client is how every Client is made. Its Namespace is that of the whole Pool; the id of each Client is added to it. Without a
	// Pacer the Pool has an [EndpointPacer] of its own. KeepAlive is ErrInvalidRequest, as an idle Client is to have no timer. All
	// Clients call OnEvent, and several at once; Event.Account tells them apart.
	Client vendorlogin.Options

	// Idle is for how long nobody asks for a Client before the Pool may forget it. Default 1 hour; negative: it forgets none.
	Idle time.Duration
}

// A Pool keeps one Client per id. It is safe for concurrent use. It starts no goroutine and has no timer; each new Client makes it look
// at four others, whether they are idle. An idle Client is forgotten, not closed: who still holds it can go on using it, and the Pool
// takes it back when it is asked for. It is kept while forgetting it would lose something: a hold, attempts that count, a renewal under
// way, a rejected or unsaved token, or without a Store a valid one.
type Pool struct {
	open  func(ctx context.Context, id string) (vendorlogin.Authenticator, error)
	opts  Options
	begin time.Time

	mu        sync.RWMutex
	entries   map[string]*entry   // nil after Shutdown
	openings  map[string]*opening // those under way
	forgotten map[string]weak.Pointer[vendorlogin.Client]
	closing   []*vendorlogin.Client // after Shutdown: all there were
	closed    bool
}

// An entry is a Client of the Pool.
type entry struct {
	client *vendorlogin.Client
	used   atomic.Int64 // when it was last asked for, in ns since the Pool's beginning
}

// New makes a Pool. Nil options are all defaults. It does no I/O. What is wrong with open or the options is the error of
// [Pool.Client].
//
// open returns the Authenticator of an id. The Pool calls it for one caller at a time per id, on that caller's goroutine and with its
// ctx. An error is handed to all who wait for this id, and not kept.
func New(open func(ctx context.Context, id string) (vendorlogin.Authenticator, error), o *Options) *Pool {
	p := &Pool{
		open:      open,
		begin:     time.Now(),
		entries:   map[string]*entry{},
		openings:  map[string]*opening{},
		forgotten: map[string]weak.Pointer[vendorlogin.Client]{},
	}
	if o != nil {
		p.opts = *o
	}
	if p.opts.Idle == 0 {
		p.opts.Idle = defaultIdle
	}
	if p.opts.Client.Pacer == nil {
		p.opts.Client.Pacer = &EndpointPacer{}
	}
	return p
}

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

// All returns the ids and Clients that the Pool has at the time of the call, in no order. Looking at a Client here is no use of it.
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

// namespaced adds id to the template's Namespace. Two Pools with different Namespaces never make the same one: the last part is an
// escaped id, and a Namespace brings a slash.
func namespaced(o vendorlogin.Options, id string) *vendorlogin.Options {
	last := url.PathEscape(id)
	if o.Namespace != "" {
		last = o.Namespace + "/" + last
	}
	o.Namespace = last
	return &o
}

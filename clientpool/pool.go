package clientpool

import (
	"context"
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

// A Pool keeps one Client per id. It is safe for concurrent use. It starts no goroutine and has no timer; with each new Client it
// checks whether four others are idle. An idle Client is forgotten, not closed: who still holds it can go on using it. While somebody
// does, the Pool returns that same Client when its id is asked for again. A Client is kept while forgetting it would lose something: a
// hold, attempts that count, a renewal under way, a rejected token, one that could not be saved, or single-use secrets that it remembers to
// have sent. Without a Store, it is also kept while its token is valid.
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

// An opening is a call of open that others may wait for.
type opening struct {
	done     chan struct{}
	client   *vendorlogin.Client
	err      error
	left     bool // its caller's ctx ended: the others try for themselves
	outdated bool // Forget was called meanwhile
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

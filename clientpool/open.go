package clientpool

import (
	"context"
	"errors"
	"fmt"

	"github.com/vendorlogin/vendorlogin"
)

// find returns the Client of id, which is not there.
func (p *Pool) find(ctx context.Context, id string) (*vendorlogin.Client, error) {
	if err := p.check(id); err != nil {
		return nil, err
	}
	for {
		c, o, err := p.join(id)
		switch {
		case c != nil || err != nil:
			return c, err
		case o == nil:
			return p.lead(ctx, id)
		}
		select {
		case <-o.done:
		case <-ctx.Done():
			return nil, &vendorlogin.Error{Op: "open", Kind: ctx.Err(), Err: context.Cause(ctx), Unprocessed: true}
		}
		if o.client != nil || o.err != nil && !o.left {
			return o.client, o.err
		}
	}
}

// check rejects what no Client can be made of.
func (p *Pool) check(id string) error {
	switch {
	case p.open == nil:
		return invalid("open", "is nil")
	case p.opts.Client.KeepAlive:
		return invalid("Options.Client.KeepAlive", "is set: idle Clients of a Pool have no timer")
	case id == "":
		return invalid("id", "is empty")
	}
	return nil
}

func invalid(field, reason string) error {
	return &vendorlogin.Error{Op: "open", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
		Fields: []vendorlogin.FieldError{{Field: field, Reason: reason}}}
}

func isShutDown(id string) error {
	return &vendorlogin.Error{Op: "open", Kind: vendorlogin.ErrClosed, Err: fmt.Errorf("the Pool is shut down, id %q", id), Unprocessed: true}
}

// join returns the Client, or the opening under way. Where there is none of these the caller leads a new one.
func (p *Pool) join(id string) (*vendorlogin.Client, *opening, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, isShutDown(id)
	}
	if e := p.entries[id]; e != nil {
		return e.client, nil, nil
	}
	if c := p.revive(id); c != nil {
		return c, nil, nil
	}
	if o := p.openings[id]; o != nil {
		return nil, o, nil
	}
	p.openings[id] = &opening{done: make(chan struct{})}
	return nil, nil, nil
}

// lead calls open for everybody who waits for id. Should open panic, the others try for themselves.
func (p *Pool) lead(ctx context.Context, id string) (*vendorlogin.Client, error) {
	p.mu.RLock()
	o := p.openings[id]
	p.mu.RUnlock()
	defer p.finish(id, o)
	for {
		auth, err := p.open(ctx, id)
		if err != nil {
			o.err, o.left = err, ctx.Err() != nil
			return nil, err
		}
		c, err := vendorlogin.NewClient(auth, namespaced(p.opts.Client, id))
		if err != nil {
			o.err = err
			return nil, err
		}
		if err := p.keep(id, o, c); !errors.Is(err, errOutdated) {
			return o.client, err
		}
	}
}

var errOutdated = errors.New("forgotten meanwhile")

// keep takes c into the Pool.
func (p *Pool) keep(id string, o *opening, c *vendorlogin.Client) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		o.err = isShutDown(id)
		return o.err
	case o.outdated:
		o.outdated = false
		return errOutdated
	}
	o.client = c
	p.insert(id, c)
	return nil
}

func (p *Pool) finish(id string, o *opening) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.openings, id)
	close(o.done)
}

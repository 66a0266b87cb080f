package clientpool

import (
	"context"
	"errors"
	"fmt"
)

// mostErrors bounds what Shutdown reports one by one.
const mostErrors = 10

// Shutdown ends all Clients at once, and waits for what they have sent: as long as the slowest takes, and no longer than ctx. What could
// not be waited for is in the error. Afterwards Client is [vendorlogin.ErrClosed]. It may be called again, to wait longer.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.close()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range p.closing {
		_ = c.Shutdown(ended) // begins to end, and does not wait
	}
	var failed []error
	for _, c := range p.closing {
		if err := c.Shutdown(ctx); err != nil {
			failed = append(failed, err)
		}
	}
	if more := len(failed) - mostErrors; more > 0 {
		failed = append(failed[:mostErrors], fmt.Errorf("and %d Clients more", more))
	}
	return errors.Join(failed...)
}

// close takes all Clients out of the Pool, those included that it has forgotten and somebody still holds.
func (p *Pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	for _, e := range p.entries {
		p.closing = append(p.closing, e.client)
	}
	for _, w := range p.forgotten {
		if c := w.Value(); c != nil {
			p.closing = append(p.closing, c)
		}
	}
	p.entries, p.forgotten = nil, nil
}

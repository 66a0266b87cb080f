package clientpool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// An EndpointPacer spreads logins and refreshes over time, per [vendorlogin.Account.Endpoint]. What one account learns there, all heed:
// the vendor's rate limit, and that it is down. Valid tokens are not touched. Accounts that differ in Endpoint do not meet.
//
// Logins and refreshes are two lanes of their own. In each, 4 exchanges are under way at first, one more after two successes, at most
// 64. The others wait in order, at most a quarter of LoginTimeout; then they get an error with RetryAt.
//
// A rate limit is suspected once 3 different accounts met it, and nothing that was sent after them succeeded: then there is one
// exchange at a time. It is believed once 6 accounts met it, one of them since. A few locked accounts are no limit. The lane is closed
// until the vendor's Retry-After, the first time for at most 2 minutes. Then it is opened at the rate that was measured, and slowly
// made faster; from then on one account is enough to close it. Should a login succeed before that Retry-After, the limits were the
// accounts' own, and the lane is free.
//
// An endpoint is down once 3 different accounts could not reach it, with no response between. Then one account at a time probes: after
// 0.4 of the time that it has been down, at least a second and at most a minute. Any complete response ends that.
//
// The zero value is ready. It starts no goroutine, and is safe for concurrent use by any number of Clients and Pools.
type EndpointPacer struct {
	mu        sync.Mutex
	endpoints map[string]*endpoint
}

var _ vendorlogin.Pacer = (*EndpointPacer)(nil)

// An EndpointStatus is how one endpoint is, at one moment.
type EndpointStatus struct {
	Endpoint  string    // as in vendorlogin.Account
	DownSince time.Time // when it was last reached, or nearly so; zero: it is not known to be down
	NextProbe time.Time // when it is tried again; zero: it is not down, or is being tried
	Login     LaneStatus
	Refresh   LaneStatus
}

// A LaneStatus is how logins, or refreshes, are paced at an endpoint.
type LaneStatus struct {
	UnderWay    int           // exchanges
	Waiting     int           // calls that wait for their turn
	ClosedUntil time.Time     // nothing is sent before, as the vendor limits the rate; zero: open
	Interval    time.Duration // between two exchanges; 0: no rate limit is known
	Suspected   bool          // several accounts met a rate limit: one exchange at a time, until it is clear whether it is theirs alone
}

// defaultWait bounds waiting for a turn where ctx has no deadline: a quarter of the default LoginTimeout.
const defaultWait = 30 * time.Second / 4

// Pace waits for a turn at the endpoint of a, for a quarter of the time that ctx leaves. Its error is [vendorlogin.ErrRateLimited], or
// [vendorlogin.ErrUnavailable] where the endpoint is down.
func (p *EndpointPacer) Pace(ctx context.Context, a vendorlogin.Account, op string) (done func(sent bool, err error), err error) {
	now, wait := time.Now(), defaultWait
	if end, ok := ctx.Deadline(); ok {
		wait = end.Sub(now) / 4
	}
	t := &turn{account: a, op: op, patience: now.Add(wait), wake: make(chan struct{}, 1)}
	for {
		switch v := p.admit(t); {
		case v.granted:
			return func(sent bool, err error) { p.finish(t, outcomeOf(sent, err)) }, nil
		case v.kind != nil:
			return nil, refusal(t, v)
		default:
			if err := t.wait(ctx, v.look); err != nil {
				p.leave(t)
				return nil, err
			}
		}
	}
}

// Endpoints returns how the endpoints are that somebody logged in to lately, by name.
func (p *EndpointPacer) Endpoints() []EndpointStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	all := make([]EndpointStatus, 0, len(p.endpoints))
	for name, e := range p.endpoints {
		all = append(all, e.status(name, now))
	}
	slices.SortFunc(all, func(a, b EndpointStatus) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return all
}

func (p *EndpointPacer) admit(t *turn) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if t.endpoint == nil {
		t.endpoint = p.endpoint(t.account.Endpoint, now)
	}
	return t.endpoint.admit(t, now)
}

func (p *EndpointPacer) finish(t *turn, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.endpoint.finish(t, o, time.Now())
}

func (p *EndpointPacer) leave(t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.endpoint.leave(t)
}

const endpointsLookedAt = 4 // by each new one, whether they can be forgotten

// endpoint returns the endpoint of that name. A new one looks at some others, so that the map does not grow with what is gone.
func (p *EndpointPacer) endpoint(name string, now time.Time) *endpoint {
	if e := p.endpoints[name]; e != nil {
		return e
	}
	looked := 0
	for other, e := range p.endpoints {
		if looked == endpointsLookedAt {
			break
		}
		looked++
		if e.forgettable(now) {
			delete(p.endpoints, other)
		}
	}
	if p.endpoints == nil {
		p.endpoints = map[string]*endpoint{}
	}
	e := newEndpoint(now)
	p.endpoints[name] = e
	return e
}

// refusal is what a caller gets whose turn is not now.
func refusal(t *turn, v verdict) error {
	return &vendorlogin.Error{Account: t.account, Op: t.op, Kind: v.kind, Err: errors.New(v.reason),
		RetryAt: v.retryAt.Round(0), Unprocessed: true}
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

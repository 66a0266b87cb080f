package clientpool

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// An EndpointPacer spreads logins and refreshes over time, per [vendorlogin.Account.Endpoint]. What one account learns there
// holds for all: the vendor's rate limit, and that it is down. Valid tokens are not touched. Accounts at other endpoints do not
// matter.
//
// An exchange is one login or refresh. Logins wait in one queue, the login lane, and refreshes in another. In each lane, at most 4
// exchanges run at once at first, one more after every two successes, at most 64. The others wait in order, at most a quarter of
// LoginTimeout; then they get an error with RetryAt.
//
// A rate limit is suspected once 3 different accounts met it within a minute, and every exchange that began after the first of these met
// one too: then there is one exchange at a time. It is believed once 6 accounts met it within a minute, one of them after the suspicion
// began. A few locked accounts are no limit. The lane is closed until the vendor's Retry-After, the first time for at most 2 minutes. Then
// it is opened at a rate a little below the one at which the vendor took exchanges before, and slowly made faster; from then on one account
// is enough to close it. Should a login succeed before that Retry-After, the limits were the accounts' own, and the lane is free.
//
// An endpoint is down once 3 different accounts within a minute got no response, a 5xx or a maintenance page, and nobody got another
// response. Then one account at a time tries: after 0.4 of the time that it has been down, at least a second and at most a minute. Any
// other response ends that.
//
// The zero value is ready. It starts no goroutine, and is safe for concurrent use by any number of Clients and Pools.
type EndpointPacer struct {
	mu        sync.Mutex
	endpoints map[string]*endpoint
}

var _ vendorlogin.Pacer = (*EndpointPacer)(nil)

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
	e := p.endpoint(a.Endpoint, now)
	for {
		switch v := p.admit(e, t); {
		case v.granted:
			return func(sent bool, err error) { p.finish(e, t, outcomeOf(sent, err)) }, nil
		case v.kind != nil:
			return nil, rejection(t, v)
		default:
			if err := t.wait(ctx, v.look); err != nil {
				p.leave(e, t)
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

func (p *EndpointPacer) admit(e *endpoint, t *turn) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	return e.admit(t, time.Now())
}

func (p *EndpointPacer) finish(e *endpoint, t *turn, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.finish(t, o, time.Now())
}

func (p *EndpointPacer) leave(e *endpoint, t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.leave(t)
}

const endpointsLookedAt = 4 // by each new one, whether they can be forgotten

// endpoint returns the endpoint of that name. A new one looks at some others, so that the map does not grow with what is gone.
func (p *EndpointPacer) endpoint(name string, now time.Time) *endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.endpoints[name]; e != nil {
		e.used = now // so that it is not forgotten before it has the turn
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

// rejection is what a caller gets whose turn is not now.
func rejection(t *turn, v verdict) error {
	return &vendorlogin.Error{Account: t.account, Op: t.op, Kind: v.kind, Err: errors.New(v.reason),
		RetryAt: v.retryAt.Round(0), Unprocessed: true}
}

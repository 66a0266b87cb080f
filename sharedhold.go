package vendorlogin

import (
	"context"
	"time"
)

// A savedHold tells other processes to send nothing until a time.
type savedHold struct {
	Cause       cause     `json:"cause"`
	Until       time.Time `json:"until"`
	Fingerprint *uint8    `json:"fingerprint,omitempty"` // 8 bits of that of the credentials: too few to guess a password by
	Failures    int       `json:"failures,omitempty"`    // in a row
	Op          string    `json:"op,omitempty"`
	Status      int       `json:"status,omitempty"`
	Code        string    `json:"code,omitempty"`
	Request     string    `json:"request,omitempty"`
}

// savedHolds are of different causes or about different credentials: half of a fleet may have a password that is not right any more,
// and the other half one that is not right either.
type savedHolds []savedHold

// mostHolds bounds savedHolds; the oldest go first.
const mostHolds = 8

// binds reports whether h is about whoever has the credentials of that fingerprint. Where one of the two is unknown, it is.
func (h *savedHold) binds(fingerprint *uint64) bool {
	return h.Cause != causeCredentials || h.Fingerprint == nil || fingerprint == nil || *h.Fingerprint == uint8(*fingerprint)
}

// with is the list with h in it, for what h renews, and without those that are over.
func (list savedHolds) with(h savedHold) savedHolds {
	var next savedHolds
	for _, old := range list {
		renewed := old.Cause == h.Cause && (h.Cause != causeCredentials || same(old.Fingerprint, h.Fingerprint))
		if !renewed && time.Now().Before(old.Until) {
			next = append(next, old)
		}
	}
	next = append(next, h)
	return next[max(len(next)-mostHolds, 0):]
}

func same(a, b *uint8) bool { return a == b || a != nil && b != nil && *a == *b }

// without is the list after a login with the credentials of that fingerprint has succeeded.
func (list savedHolds) without(fingerprint *uint64) savedHolds {
	var next savedHolds
	for _, h := range list {
		if !h.binds(fingerprint) {
			next = append(next, h)
		}
	}
	return next
}

// throttled is how often in a row the vendor has said to come back later.
func (list savedHolds) throttled() int64 {
	for _, h := range list {
		if h.Cause == causeThrottled {
			return int64(h.Failures)
		}
	}
	return 0
}

// heldBy gives the hold of the list that binds this Client for longest, as its own; nil if none does.
func (r *renewal) heldBy(ctx context.Context, list savedHolds) *hold {
	var longest *hold
	for _, h := range list {
		if r.lifted && h.Cause == causeCredentials {
			continue
		}
		if own := r.ownHold(ctx, h); own != nil && (longest == nil || own.until > longest.until) {
			longest = own
		}
	}
	return longest
}

// ownHold is h as this Client's own hold, or nil if it does not bind this Client.
func (r *renewal) ownHold(ctx context.Context, h savedHold) *hold {
	c := r.client
	mono, wall := c.now()
	length := min(h.Until.Sub(wall), max(c.opts.Cooldown, longestHold))
	if length <= 0 {
		return nil
	}
	var fingerprint *uint64
	if h.Cause == causeCredentials {
		fingerprint = r.takeFingerprint(ctx)
	}
	if !h.binds(fingerprint) {
		return nil
	}
	kind := ErrInvalidCredentials
	if h.Cause != causeCredentials {
		kind = ErrRateLimited
		if h.Status != 429 {
			kind = ErrUnavailable
		}
	}
	until := wall.Add(length)
	return &hold{
		cause: h.Cause, failures: max(h.Failures, 1), fingerprint: fingerprint, until: mono + length, untilWall: until,
		err: &Error{Account: c.auth.Account(), Op: h.Op, Kind: kind, Status: h.Status, Code: h.Code, Request: h.Request, RetryAt: until},
	}
}

// saved is what other processes are told of h; nil if it is none of their business.
func (h *hold) saved() *savedHold {
	if h == nil || h.cause != causeCredentials && h.cause != causeThrottled {
		return nil
	}
	s := &savedHold{Cause: h.cause, Until: h.untilWall, Failures: h.failures, Op: h.err.Op, Status: h.err.Status, Code: h.err.Code, Request: h.err.Request}
	if h.fingerprint != nil {
		low := uint8(*h.fingerprint)
		s.Fingerprint = &low
	}
	return s
}

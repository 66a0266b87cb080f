package record

import (
	"slices"
	"time"
)

// A Failure is what went wrong, as far as others need to know it: they return it to their callers.
type Failure struct {
	Kind    string `json:"kind,omitempty"`
	Op      string `json:"op,omitempty"`
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Request string `json:"request,omitempty"`
}

// A Hold tells everybody to send nothing until a time.
type Hold struct {
	Cause       string    `json:"cause"`
	Until       time.Time `json:"until"`
	Floor       time.Time `json:"floor,omitzero"`        // the vendor said so: nothing ends the hold before it
	Fingerprint *uint8    `json:"fingerprint,omitempty"` // 8 bits of that of the credentials: too few to guess a password by
	Failures    int       `json:"failures,omitempty"`    // in a row
	Failure
}

// Holds are of different causes or about different credentials: half of a fleet may have an old password, and the other half one
// with a mistake in it.
type Holds []Hold

// maxHolds bounds Holds; the oldest go first.
const maxHolds = 8

// Binds reports whether h is about whoever has the credentials of that fingerprint. Where one of the two is unknown, it is.
func (h Hold) Binds(fingerprint *uint64) bool {
	return h.Fingerprint == nil || fingerprint == nil || *h.Fingerprint == uint8(*fingerprint)
}

// With is the list with h in it, in place of one of the same cause about the same credentials, and without those that are over.
func (list Holds) With(h Hold, now time.Time) Holds {
	var next Holds
	for _, old := range list {
		replaced := old.Cause == h.Cause && same(old.Fingerprint, h.Fingerprint)
		if replaced { // of two responses at once the later time binds
			h.Floor = latest(h.Floor, old.Floor)
			h.Until = latest(h.Until, h.Floor)
		}
		if !replaced && now.Before(old.Until) {
			next = append(next, old)
		}
	}
	next = append(next, h)
	return next[max(len(next)-maxHolds, 0):]
}

func same(a, b *uint8) bool { return a == b || a != nil && b != nil && *a == *b }

// Without is the list after a login with the credentials of that fingerprint has succeeded.
func (list Holds) Without(fingerprint *uint64) Holds {
	return slices.DeleteFunc(slices.Clone(list), func(h Hold) bool { return h.Binds(fingerprint) })
}

// Floored is the list of those whose floor is after now, each until its floor.
func (list Holds) Floored(now time.Time) (next Holds) {
	for _, h := range list {
		if now.Before(h.Floor) {
			h.Until = h.Floor
			next = append(next, h)
		}
	}
	return next
}

// FailuresOf is how often in a row the cause has come about.
func (list Holds) FailuresOf(cause string) int {
	n := 0
	for _, h := range list {
		if h.Cause == cause {
			n = max(n, h.Failures)
		}
	}
	return n
}

package record

import (
	"slices"
	"time"
)

const (
	consumedLife = 30 * 24 * time.Hour // how long a single-use secret is remembered
	codeLife     = Window              // and a one-time password, whose few digits come again by chance
	maxConsumed  = 1000                // how many: one in 43 minutes; the oldest go first
)

// A Consumed is a single-use secret that may have reached the vendor, by 32 bits of its fingerprint.
type Consumed struct {
	Fingerprint uint32    `json:"fingerprint"`
	At          time.Time `json:"at"`
	Code        bool      `json:"code,omitempty"` // a one-time password
}

// end is until when c is remembered.
func (c Consumed) end() time.Time {
	if c.Code {
		return c.At.Add(codeLife)
	}
	return c.At.Add(consumedLife)
}

// HasConsumed reports whether the secret of that fingerprint was sent before.
func (r Record) HasConsumed(fingerprint uint32, now time.Time) bool {
	return slices.ContainsFunc(r.Consumed, func(c Consumed) bool {
		return c.Fingerprint == fingerprint && now.Before(c.end())
	})
}

// WithConsumed is r after the secrets of list were sent.
func (r Record) WithConsumed(now time.Time, list ...Consumed) Record {
	var next []Consumed
	for _, c := range append(slices.Clone(r.Consumed), list...) {
		known := slices.ContainsFunc(next, func(n Consumed) bool { return n.Fingerprint == c.Fingerprint })
		if !known && now.Before(c.end()) {
			c.At = earliest(c.At, now)
			next = append(next, c)
		}
	}
	r.Consumed = next[max(len(next)-maxConsumed, 0):]
	return r
}

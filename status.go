package vendorlogin

import (
	"log/slog"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// A Status is how a [Client] is at one moment.
type Status struct {
	Account   Account
	State     State     // of the cached token
	Renewing  bool      // a renewal is under way
	Rejected  bool      // an API rejected the cached token, and no other has come yet
	Unsaved   bool      // the cached token could not be saved in the Store
	ExpiresAt time.Time // of the cached token; zero: there is none, or the vendor did not say

	LastSuccess time.Time // when the last token came; zero: none so far
	HoldSince   time.Time // when the hold began; zero: not on hold
	Hold        *Error    // why nothing is sent, with RetryAt as its end; nil: not on hold

	Attempts int   // that count against Options.MaxAttempts now, as far as is known: with a password or a code, whichever are more
	Spent    int   // secrets of a single use that this Client has sent, and will not send again: see Spend
	StoreErr error // of the last command to the Store; nil: it worked
}

// Ready reports whether a token is cached that has not expired, even if an API has rejected it. It asks nobody:
// a readiness probe calls [Client.Token], which also brings a token.
func (s Status) Ready() bool {
	return s.State == fresh || s.State == stale
}

// word is what matters most.
func (s Status) word() string {
	switch {
	case s.State == closed || s.Ready():
	case s.Renewing:
		return "renewing"
	case s.Hold != nil:
		return "on hold"
	case s.State == none:
		return "no token"
	}
	return s.State.String()
}

// String reads like "gcore (ops@example.com): fresh, expires 2026-03-01T10:15:00Z; store failure", with Hold where there is one.
func (s Status) String() string {
	text := (&Error{Account: s.Account}).who() + ": " + s.word()
	for _, also := range []struct {
		is   bool
		text string
	}{
		{!s.ExpiresAt.IsZero(), ", expires " + s.ExpiresAt.UTC().Format(time.RFC3339)},
		{s.Rejected, ", rejected by an API"},
		{s.Unsaved, ", not saved in the Store"},
	} {
		if also.is {
			text += also.text
		}
	}
	if s.Hold != nil {
		text += "; hold: " + s.Hold.Error()
	}
	if s.StoreErr != nil {
		text += "; " + s.StoreErr.Error()
	}
	return text
}

// LogValue returns String.
func (s Status) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Status returns how the Client is. It does no I/O, reads no secret and starts nothing.
func (c *Client) Status() Status {
	k := &c.k
	k.mu.Lock()
	defer k.mu.Unlock()
	mono, wall := k.now()
	s := Status{Account: k.vendor.auth.Account(), State: none, Renewing: k.run.underWay() && k.run.renews()}
	if k.success != 0 {
		s.LastSuccess = k.epoch.Add(k.success).Round(0)
	}
	if h := k.cached.Load(); h != nil {
		s.State = h.at(mono, wall)
		s.Rejected, s.Unsaved, s.ExpiresAt = h.is(rejectedFlag), h.is(unsavedFlag), h.token.ExpiresAt
	}
	if k.closed {
		s.State = closed
	}
	if h := k.onHold(); h != nil {
		s.Hold, s.HoldSince = h.err, h.since
	}
	if t := k.trouble; t != nil {
		s.Attempts, s.StoreErr = t.attempts.Count(wall), asError(t.storeErr)
		s.Spent = len(record.Record{}.WithConsumed(wall, t.consumed...).Consumed)
	}
	return s
}

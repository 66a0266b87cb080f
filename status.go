package vendorlogin

import (
	"context"
	"time"
)

// A Pacer spreads the logins at one endpoint over many accounts. A [Client] asks it before each login and refresh, before it takes
// the Store's lock and before it counts an attempt. It is safe for concurrent use.
type Pacer interface {
	// Pace waits for its turn within ctx; op is "login" or "refresh". An error is an *[Error] with RetryAt and Unprocessed: nothing
	// is sent before RetryAt. Otherwise done must be called once the exchange is over, with its error, or with sent false where
	// there was none. Further calls of done do nothing.
	Pace(ctx context.Context, a Account, op string) (done func(sent bool, err error), err error)
}

// A Status is how a [Client] is, at one moment.
type Status struct {
	Account   Account
	State     State     // of the cached token
	Renewing  bool      // a renewal is under way
	Rejected  bool      // an API rejected the cached token, and it is not yet replaced
	Unsaved   bool      // the cached token could not be saved in the Store
	ExpiresAt time.Time // of the cached token; zero: none, or not known

	LastSuccess time.Time // when the last token came; zero: none so far
	HoldSince   time.Time // when the hold began; zero: not on hold
	Hold        *Error    // why nothing is sent; its RetryAt is the end; nil: not on hold

	Attempts int   // unsuccessful logins of the last 10 minutes that count against Options.MaxAttempts, as far as this Client knows
	StoreErr error // of the last command to the Store; nil: it worked
}

// Ready reports whether a call of Token would return a token at once: for a readiness probe.
func (s Status) Ready() bool { return s.State == "fresh" || s.State == "stale" }

// A State is how a Client's cached token is: "none", "fresh", "stale" (valid, due for renewal), "expired"; or "closed", as the Client is.
type State string

// String is the State itself.
func (s State) String() string { return string(s) }

package vendorlogin

import "context"

// A Pacer spreads the logins of many accounts at one endpoint over time. A [Client] asks it before each login and refresh, before it counts
// an attempt and before it takes the Store's lock. After a rejected refresh token it asks again, for the login, while it has the lock. It
// is safe for concurrent use.
type Pacer interface {
	// Pace waits for its turn, for a login or refresh of a, within ctx; op is "login" or "refresh". An error is an *[Error] with
	// RetryAt and Unprocessed: the Client sends nothing before RetryAt. Without an error the caller calls done when it has sent its
	// requests, with sent true and how they ended, or with sent false if it sent none. Further calls of done do nothing.
	Pace(ctx context.Context, a Account, op string) (done func(sent bool, err error), err error)
}

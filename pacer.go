package vendorlogin

import "context"

// A Pacer spreads the logins of many accounts at one endpoint over time. A [Client] asks it before each login and refresh, before it takes
// the Store's lock and before it counts an attempt. It is safe for concurrent use.
type Pacer interface {
	// Pace waits for its turn within ctx; op is "login" or "refresh". An error is an *[Error] with RetryAt and Unprocessed: nothing
	// is sent before RetryAt. Otherwise done must be called once the exchange is over, with its error, or with sent false where
	// there was none. Further calls of done do nothing.
	Pace(ctx context.Context, a Account, op string) (done func(sent bool, err error), err error)
}

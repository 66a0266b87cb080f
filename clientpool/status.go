package clientpool

import "time"

// An EndpointStatus is how one endpoint is, at one moment.
type EndpointStatus struct {
	Endpoint  string    // as in vendorlogin.Account
	DownSince time.Time // about when it was last reached; zero: it is not known to be down
	NextProbe time.Time // when the next login or refresh tries it; zero: it is not down, or is being tried
	Login     LaneStatus
	Refresh   LaneStatus
}

// A LaneStatus is how the logins, or the refreshes, are paced at an endpoint.
type LaneStatus struct {
	UnderWay    int           // logins, or refreshes
	Waiting     int           // calls that wait for their turn
	ClosedUntil time.Time     // nothing is sent before, as the vendor limits the rate; zero: open
	Interval    time.Duration // between two of them; 0: no rate limit is known
	Suspected   bool          // several accounts met a rate limit: one at a time, until it is clear whether it is theirs alone
}

package clientpool

import "time"

// An EndpointStatus is how one endpoint is, at one moment.
type EndpointStatus struct {
	Endpoint  string    // as in vendorlogin.Account
	DownSince time.Time // about when it was last reached; zero: it is not known to be down
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

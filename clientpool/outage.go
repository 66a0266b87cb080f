package clientpool

import (
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	enoughForOutage = 3 // different accounts that cannot reach the endpoint

	probeShare = 0.4 // of the time that the endpoint has been down: the wait for the next probe
	firstGap   = time.Second
	lastGap    = time.Minute

	mostMet = 1024 // accounts that an outage remembers
)

// An outage is whether an endpoint can be reached, and who tries next.
type outage struct {
	unreached streak
	since     time.Time // zero: it is up
	gap       time.Duration
	next      time.Time // the next probe
	probing   bool      // one is under way
	met       map[vendorlogin.Account]struct{}
}

func (o *outage) down() bool { return !o.since.IsZero() }

// opens is when a may probe. Those that have met the outage come a little later, so that nobody pays for all the others.
func (o *outage) opens(a vendorlogin.Account) time.Time {
	if _, met := o.met[a]; met {
		return o.next.Add(o.gap / 4)
	}
	return o.next
}

// fail learns that t could not reach the endpoint.
func (o *outage) fail(t *turn, now time.Time) {
	if !o.down() {
		o.unreached.add(failure{account: t.account, at: now})
		if o.unreached.accounts(now) < enoughForOutage {
			return
		}
		o.since = o.unreached[0].at
		o.met = map[vendorlogin.Account]struct{}{}
		for _, f := range o.unreached {
			o.met[f.account] = struct{}{}
		}
		o.wait(now)
	}
	if len(o.met) < mostMet {
		o.met[t.account] = struct{}{}
	}
	if t.probe {
		o.wait(now)
	}
}

func (o *outage) wait(now time.Time) {
	o.gap = min(max(time.Duration(probeShare*float64(now.Sub(o.since))), firstGap), lastGap)
	o.next = now.Add(o.gap)
}

// end learns that the endpoint gave a response.
func (o *outage) end() {
	o.unreached, o.met = nil, nil
	o.since, o.next = time.Time{}, time.Time{}
}

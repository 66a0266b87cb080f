package clientpool

import (
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// evidenceAge is how long a failure is evidence.
const evidenceAge = time.Minute

// A streak is failures of one kind at one endpoint, with nothing sent after them that went well.
type streak []failure

// A failure is one account's.
type failure struct {
	account vendorlogin.Account
	at      time.Time
	told    time.Time // the vendor's Retry-After; zero: none
	order   int       // of its turn
}

// add adds the failure of an account, instead of its last one, and drops what is no evidence any more.
func (s *streak) add(f failure) {
	*s = append(slices.DeleteFunc(*s, func(old failure) bool {
		return old.account == f.account || old.age(f.at) > evidenceAge && !f.at.Before(old.told)
	}), f)
}

// accounts is how many accounts have failed lately.
func (s streak) accounts(now time.Time) int {
	recent := 0
	for _, f := range s {
		if f.age(now) <= evidenceAge {
			recent++
		}
	}
	return recent
}

// end takes the failures out that were sent before what has gone well, and returns them.
func (s *streak) end(order int) []failure {
	var ended, rest []failure
	for _, f := range *s {
		if f.order < order {
			ended = append(ended, f)
		} else {
			rest = append(rest, f)
		}
	}
	*s = rest
	return ended
}

func (f failure) age(now time.Time) time.Duration { return now.Sub(f.at) }

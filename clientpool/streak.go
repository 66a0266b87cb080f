package clientpool

import (
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	convincing      = 3           // different accounts that fail the same way, with no success between
	convincingQuiet = 6           // the same where nothing has succeeded lately: it may be a few bad accounts that ask again
	evidenceAge     = time.Minute // what is older says nothing about now
)

// A streak is failures of one kind at one endpoint, with no success between them.
type streak struct {
	failures []failure // the last one of each account
	success  time.Time // the last one
}

// A failure is one account's. Its order is that of the turns and failures of a lane.
type failure struct {
	account vendorlogin.Account
	at      time.Time
	told    time.Time // the vendor's Retry-After; zero: none
	order   int
}

func (s *streak) add(f failure) {
	s.failures = slices.DeleteFunc(s.failures, func(old failure) bool {
		return old.account == f.account || old.age(f.at) > evidenceAge && !f.at.Before(old.told)
	})
	s.failures = append(s.failures, f)
}

// convinces reports whether it is the endpoint that fails, and not its accounts.
func (s *streak) convinces(now time.Time) bool {
	enough := convincing
	if now.Sub(s.success) > evidenceAge {
		enough = convincingQuiet
	}
	recent := 0
	for _, f := range s.failures {
		if f.age(now) <= evidenceAge {
			recent++
		}
	}
	return recent >= enough
}

func (f failure) age(now time.Time) time.Duration { return now.Sub(f.at) }

// end ends the streak, and returns what was in it.
func (s *streak) end(now time.Time) []failure {
	ended := s.failures
	s.failures, s.success = nil, now
	return ended
}

// began is when the first account failed.
func (s *streak) began() time.Time { return s.failures[0].at }

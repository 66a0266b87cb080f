package vendorlogin

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// A cause is why a Client is on hold; it decides what ends the hold early and who shares it.
type cause string

const (
	causeRejected    cause = "credentials" // the vendor rejected credentials, account or code; ends when the credentials change
	causeRateLimited cause = "throttled"   // the vendor did not act on it, or said when to come back
	causeFailed      cause = "failed"      // an attempt that may have reached the vendor failed: the row of waits
	causeUncounted   cause = "uncounted"   // nothing reached the vendor, or only a refresh token did
	causeBudget      cause = "budget"      // no further attempt within these 10 minutes
	causePaced       cause = "paced"       // the Pacer lets others go first
	causeBackground  cause = "background"  // a person would have to be asked; ends when a caller needs a token
)

const (
	firstRateLimit = time.Minute // after a 429 that does not say when to come back
	lastRateLimit  = 15 * time.Minute
	shortestHold   = time.Second // of what a vendor says
	longestHold    = time.Hour

	lastTurnedAway  = 4 * time.Minute // shortestHold is doubled up to this, while the vendor goes on turning the login away
	oftenTurnedAway = 22              // in a row, about an hour: later lastRateLimit holds

	firstBackoff = time.Second // after an uncounted failure
	lastBackoff  = 10 * time.Second

	codeRetry = time.Minute // after a rejected code that nobody typed: the next one may do, where another process used this one

	bypassInterval = time.Minute // between two Renews that bypass a hold
)

// A hold is a reason not to send anything until a time, and what callers get meanwhile. It is never changed: settle replaces it.
type hold struct {
	cause    cause
	err      *Error // remembered, the same for every caller; RetryAt is the end
	failures int    // in a row, this one included

	since     time.Time
	until     time.Duration // monotonic
	untilWall time.Time

	sharedUntil time.Time // the end for the other users of the Store; zero: it does not concern them
	floor       time.Time // the vendor said so: nothing ends the hold before it

	fingerprint *uint64 // of the credentials that were sent; nil: unknown
	changed     bool    // they have changed since
}

// inForce is a pure function of both clocks: as with tokens, the one that says that more time has passed is believed.
func (h *hold) inForce(mono time.Duration, wall time.Time) bool {
	return mono < h.until && wall.Before(h.untilWall) && (!h.changed || wall.Before(h.floor))
}

// mayBypass reports whether Renew may send something all the same.
func (h *hold) mayBypass(wall time.Time) bool {
	switch {
	case h.cause == causeBudget, h.cause == causePaced, h.cause == causeRateLimited && h.err.Kind == ErrRateLimited:
		return false
	}
	return !wall.Before(h.floor)
}

// newHold is a hold that follows from no request: its err is what callers get.
func newHold(c cause, err *Error, mono time.Duration, wall time.Time) *hold {
	e := *err
	e.Remembered = true
	return &hold{cause: c, err: &e, failures: 1, since: wall, until: mono + err.RetryAt.Sub(wall), untilWall: err.RetryAt}
}

// A failure is all that decides what follows from a renewal that failed.
type failure struct {
	err         *Error
	facts       facts
	crashed     bool      // by a panic or Goexit in foreign code
	before      *hold     // the hold that was in force last
	due         time.Time // when the rows of attempts say that the next one is due
	rateLimited int       // how often in a row, by the record
	validUntil  time.Time // of the cached token; zero: there is none that is good
	cooldown    time.Duration
	mono        time.Duration
	wall        time.Time
	jitter      float64 // 0 to 1
}

// holdAfter says how long to send nothing after a failure, and what to tell callers meanwhile. It is a pure function.
func holdAfter(f failure) *hold {
	h := &hold{cause: causeOf(f), failures: 1, since: f.wall, fingerprint: f.facts.fingerprint}
	if f.before != nil && (f.before.cause == h.cause || f.before.cause == causeBudget && h.cause == causeRateLimited && f.facts.counted) {
		h.failures = f.before.failures + 1
	}
	if h.cause == causeRateLimited {
		h.failures = max(h.failures, f.rateLimited+1)
	}
	if !f.err.RetryAt.IsZero() {
		h.floor = f.wall.Add(bounded(f.err.RetryAt.Sub(f.wall)))
	}
	h.untilWall = endOf(h, f)
	h.until = f.mono + h.untilWall.Sub(f.wall)
	if isShared(h.cause, f) {
		h.sharedUntil = h.untilWall
	}

	e := *f.err
	e.RetryAt, e.Remembered = h.untilWall, true
	h.err = &e
	return h
}

func causeOf(f failure) cause {
	switch {
	case f.facts.declined:
		return causeBackground
	case f.crashed:
		return causeUncounted
	case f.facts.op == "refresh" && !saysWhen(f.err):
		return causeUncounted // the next renewal logs in
	case isRejection(f.err):
		return causeRejected
	case errors.Is(f.err, ErrRateLimited), saysWhen(f.err) && !f.facts.counted:
		return causeRateLimited
	case !f.facts.counted:
		return causeUncounted
	}
	return causeFailed
}

// saysWhen reports whether the vendor said to come back later, or that it did not act on the request.
func saysWhen(e *Error) bool {
	return errors.Is(e, ErrRateLimited) || !e.RetryAt.IsZero() || e.Unprocessed && e.Status != 0
}

// isRejection reports whether the vendor decided against what was sent, or would without a code.
func isRejection(e *Error) bool {
	switch e.Kind {
	case ErrOTPRequired:
		return !e.Unprocessed
	case ErrInvalidRequest:
		return e.Status != 0
	}
	return isDecision(e)
}

// isDecision reports whether e means that the vendor is done with the session, so that a rejected token has no future.
func isDecision(e *Error) bool {
	switch e.Kind {
	case ErrInvalidCredentials, ErrForbidden, ErrOTPRejected:
		return !e.Unprocessed
	}
	return false
}

// isUnusable reports whether err is a success without a token.
func isUnusable(err *Error) bool {
	return err.Kind == ErrBadResponse && (err.Status == 0 || err.Status >= 200 && err.Status <= 299)
}

// rejectsRefresh reports whether e means that the refresh token is of no use: the vendor has decided, in its own format.
func rejectsRefresh(e *Error) bool {
	switch e.Kind {
	case ErrRefreshRejected, ErrInvalidCredentials, ErrForbidden:
		return true
	case ErrInvalidRequest:
		return e.Status >= 400 && e.Status <= 499
	}
	return false
}

// endOf is when h ends.
func endOf(h *hold, f failure) time.Time {
	end := f.wall.Add(lengthOf(h, f))
	if h.cause == causeFailed || h.cause == causeRateLimited && h.failures > 1 && f.facts.counted && f.due.After(end) {
		end = f.due
	}
	if h.cause == causeFailed && f.validUntil.After(f.wall) && f.validUntil.Before(end) {
		end = f.validUntil // then there is a hurry
	}
	if end.Before(h.floor) {
		return h.floor
	}
	return end
}

func lengthOf(h *hold, f failure) time.Duration {
	switch h.cause {
	case causeRejected:
		if h.failures == 1 && !f.facts.prompted && f.err.Kind == ErrOTPRejected {
			return min(codeRetry-time.Duration(f.jitter*float64(codeRetry)/2), f.cooldown)
		}
		return f.cooldown
	case causeBackground:
		return longestHold
	case causeRateLimited: // the budget does not count these, so they must become fewer by themselves
		if h.floor.IsZero() && errors.Is(f.err, ErrRateLimited) {
			return doubled(firstRateLimit, lastRateLimit, h.failures)
		}
		if h.failures <= oftenTurnedAway {
			return doubled(shortestHold, lastTurnedAway, h.failures)
		}
		return lastRateLimit
	case causeUncounted:
		if f.crashed && h.failures == 1 {
			return 0 // the next call starts afresh
		}
		backoff := doubled(firstBackoff, lastBackoff, h.failures)
		return backoff - time.Duration(f.jitter*float64(backoff)/2)
	}
	return 0 // till the attempt that is due
}

// bounded is what is believed of a time that a vendor says.
func bounded(d time.Duration) time.Duration { return min(max(d, shortestHold), longestHold) }

// isShared reports whether the other users of the Store would fail alike. A person's code is that person's; so is a code that nobody
// was there to give.
func isShared(c cause, f failure) bool {
	switch c {
	case causeRateLimited:
		return true
	case causeFailed:
		return !f.facts.prompted || !f.err.RetryAt.IsZero()
	case causeRejected:
		return !f.facts.prompted && f.err.Kind != ErrOTPRequired
	}
	return false
}

// doubled is first for n = 1, and twice as much for each more, up to last.
func doubled(first, last time.Duration, n int) time.Duration {
	for ; n > 1 && first < last; n-- {
		first *= 2
	}
	return min(first, last)
}

// addTo is the list that the users of the Store share, with h in it if it concerns them.
func (h *hold) addTo(list record.Holds, wall time.Time) record.Holds {
	if h.sharedUntil.IsZero() {
		return list
	}
	s := record.Hold{Cause: string(h.cause), Until: h.untilWall, Floor: h.floor, Failures: h.failures, Failure: recorded(h.err)}
	if h.fingerprint != nil && h.cause == causeRejected {
		low := uint8(*h.fingerprint)
		s.Fingerprint = &low
	}
	return list.With(s, wall)
}

// An asker is who asks whether a shared hold binds.
type asker struct {
	account     Account
	fingerprint *uint64 // of the credentials; nil: unknown
	strict      bool    // only what Renew must not bypass
	over        *hold   // the last one, which is over or bypassed
	cooldown    time.Duration
	mono        time.Duration
	wall        time.Time
}

// bindingHold is the hold of the list that binds a for longest; nil if none does. One that this Client has waited for is over, whatever the
// clock of its writer says.
func bindingHold(list record.Holds, a asker) *hold {
	var longest *hold
	changed := a.over != nil && a.over.changed
	for _, s := range list {
		if !s.Binds(a.fingerprint) || changed && cause(s.Cause) == causeRejected && !a.wall.Before(s.Floor) {
			continue
		}
		if a.over != nil && a.over.sharedUntil.Equal(s.Until) {
			continue
		}
		length := min(s.Until.Sub(a.wall), max(a.cooldown, longestHold)) // no more than can be true
		if length <= 0 || longest != nil && a.mono+length <= longest.until {
			continue
		}
		until := a.wall.Add(length)
		if s.Kind == "" && cause(s.Cause) == causeRejected { // written by the first version
			s.Kind = ErrInvalidCredentials.Error()
		}
		h := &hold{
			cause: cause(s.Cause), failures: s.Failures, since: a.wall, until: a.mono + length, untilWall: until,
			sharedUntil: s.Until, floor: s.Floor, fingerprint: a.fingerprint, err: remembered(a.account, s.Failure, until),
		}
		if !a.strict || !h.mayBypass(a.wall) {
			longest = h
		}
	}
	return longest
}

// recorded is e as the record has it.
func recorded(e *Error) record.Failure {
	return record.Failure{Kind: e.kind().Error(), Op: e.Op, Status: e.Status, Code: e.Code, Request: e.Request}
}

// remembered is the error of what another renewal, perhaps of another process, met.
func remembered(a Account, f record.Failure, retryAt time.Time) *Error {
	return &Error{
		Account:     a,
		Op:          f.Op,
		Kind:        kindOf(f),
		Status:      f.Status,
		Code:        f.Code,
		Request:     f.Request,
		RetryAt:     retryAt,
		Unprocessed: f == record.Failure{},
		Remembered:  true,
	}
}

// kindOf is the sentinel that the record names. The first version named none.
func kindOf(f record.Failure) error {
	for _, kind := range kinds {
		if f.Kind == kind.Error() {
			return kind
		}
	}
	if f == (record.Failure{}) || f.Status == 429 {
		return ErrRateLimited
	}
	return ErrUnavailable
}

func jitter() float64 { return rand.Float64() }

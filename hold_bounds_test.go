package vendorlogin

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

func TestFailuresInARowAreOfOneCause(t *testing.T) {
	t.Parallel()
	budget := &hold{cause: causeBudget, failures: 3}
	counted, uncounted := facts{op: "login", counted: true}, facts{op: "login"}
	for name, c := range map[string]struct {
		failure
		want int
	}{
		"429 that counts, after the budget":         {failure{err: &Error{Kind: ErrRateLimited}, facts: counted, before: budget}, 4},
		"429 that does not count, after the budget": {failure{err: &Error{Kind: ErrRateLimited}, facts: uncounted, before: budget}, 1},
		"another failure, after the budget":         {failure{err: &Error{Kind: ErrUnavailable}, facts: counted, before: budget}, 1},
	} {
		c.wall = holdWall
		assert.Equal(t, c.want, holdAfter(c.failure).failures, name)
	}
}

func TestWhatARefreshThatFailedMeansForTheLogin(t *testing.T) {
	t.Parallel()
	later := holdWall.Add(time.Minute)
	for name, c := range map[string]struct {
		err  *Error
		want cause
	}{
		"500":                {&Error{Kind: ErrUnavailable, Status: 500}, causeUncounted},
		"502 that says when": {&Error{Kind: ErrUnavailable, Status: 502, RetryAt: later}, causeRateLimited},
		"429":                {&Error{Kind: ErrRateLimited, Status: 429}, causeRateLimited},
		"421":                {&Error{Kind: ErrUnavailable, Status: 421, Unprocessed: true}, causeRateLimited},
		"no connection":      {&Error{Kind: ErrUnavailable, Unprocessed: true}, causeUncounted},
	} {
		assert.Equal(t, c.want, causeOf(failure{err: c.err, facts: facts{op: "refresh"}, wall: holdWall}), name)
	}
}

// The row of waits is for attempts that count; a rejection has its own time.
func TestDueTimeIsHeededWhereItIsMeant(t *testing.T) {
	t.Parallel()
	due := holdWall.Add(50 * time.Minute)
	for name, c := range map[string]struct {
		failure
		want time.Duration
	}{
		"429 that does not count, the second": {
			failure{err: &Error{Kind: ErrRateLimited}, facts: facts{op: "login"}, before: &hold{cause: causeRateLimited, failures: 1}},
			2 * time.Minute,
		},
		"wrong password, the second": {
			failure{
				err: &Error{Kind: ErrInvalidCredentials}, facts: facts{op: "login", counted: true},
				before: &hold{cause: causeRejected, failures: 1},
			},
			15 * time.Minute,
		},
	} {
		c.wall, c.due, c.cooldown = holdWall, due, 15*time.Minute
		assert.Equal(t, c.want, holdAfter(c.failure).untilWall.Sub(holdWall), name)
	}
}

func TestVendorThatTurnsTheLoginAwayForAnHourIsAskedLess(t *testing.T) {
	t.Parallel()
	for before, want := range map[int]time.Duration{20: 4 * time.Minute, 21: 4 * time.Minute, 22: 15 * time.Minute, 23: 15 * time.Minute} {
		h := holdAfter(failure{
			err: &Error{Kind: ErrRateLimited, RetryAt: holdWall.Add(time.Second)}, facts: facts{op: "login"}, rateLimited: before, wall: holdWall,
		})
		assert.Equal(t, want, h.untilWall.Sub(holdWall), before)
	}
}

func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	assert.Equal(t, time.Second, bounded(-time.Hour))
	assert.Equal(t, time.Minute, bounded(time.Minute))
	assert.Equal(t, time.Hour, bounded(7*24*time.Hour))
	for n, want := range map[int]time.Duration{0: 1, 1: 1, 2: 2, 4: 8, 5: 10, 100: 10} {
		assert.Equal(t, want*time.Second, doubled(time.Second, 10*time.Second, n), n)
	}
}

func TestWhatRejectsARefreshToken(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{0: false, 399: false, 400: true, 499: true, 500: false} {
		assert.Equal(t, want, rejectsRefresh(&Error{Kind: ErrInvalidRequest, Status: status}), status)
	}
}

func TestKindOfARecordedFailure(t *testing.T) {
	t.Parallel()
	for want, all := range map[error][]record.Failure{
		ErrRateLimited: {{}, {Status: 429}, {Kind: ErrRateLimited.Error()}},
		ErrUnavailable: {{Status: 500}, {Kind: "of a later version", Status: 401}},
		ErrForbidden:   {{Kind: ErrForbidden.Error(), Status: 429}},
	} {
		for _, f := range all {
			assert.Equal(t, want, kindOf(f), fmt.Sprint(f))
		}
	}
}

func TestHoldThatFollowsFromNoRequest(t *testing.T) {
	t.Parallel()
	e := &Error{Kind: ErrRateLimited, RetryAt: holdWall.Add(time.Minute)}
	h := newHold(causePaced, e, time.Hour, holdWall)
	assert.True(t, h.err.Remembered)
	assert.False(t, e.Remembered, "whoever has just met it remembers nothing")
	assert.Equal(t, time.Hour+time.Minute, h.until)
	assert.Equal(t, e.RetryAt, h.untilWall)
}

// A code that was wanted and not there, before anything was sent, is no decision of the vendor's.
func TestWantOfACodeBeforeAnythingWasSentIsNoRejection(t *testing.T) {
	t.Parallel()
	assert.True(t, isRejection(&Error{Kind: ErrOTPRequired}))
	assert.False(t, isRejection(&Error{Kind: ErrOTPRequired, Unprocessed: true}))
}

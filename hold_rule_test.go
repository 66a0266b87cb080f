package vendorlogin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

var holdWall = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// TestHoldAfter is the whole rule: what a failure means for the next attempt.
func TestHoldAfter(t *testing.T) {
	t.Parallel()
	const mono, cooldown = time.Hour, 15 * time.Minute
	in := func(d time.Duration) time.Time { return holdWall.Add(d) }
	fingerprint := uint64(0x1234)
	counted := facts{op: "login", counted: true, fingerprint: &fingerprint}
	refreshed := facts{op: "refresh"}
	with := func(f facts, change func(*facts)) facts { change(&f); return f }
	prompted := with(counted, func(f *facts) { f.prompted = true })
	for name, c := range map[string]struct {
		failure
		cause  cause
		length time.Duration
		shared bool
		floor  time.Duration // 0: none
	}{
		"wrong password": {failure{err: &Error{Kind: ErrInvalidCredentials}, facts: counted}, causeRejected, cooldown, true, 0},
		"wrong password while a token is valid": {
			failure{err: &Error{Kind: ErrInvalidCredentials}, facts: counted, validUntil: in(20 * time.Second)},
			causeRejected, cooldown, true, 0,
		},
		"429 while a token is valid": {
			failure{err: &Error{Kind: ErrRateLimited}, facts: counted, validUntil: in(20 * time.Second)},
			causeRateLimited, time.Minute, true, 0,
		},
		"wrong password, a person's code": {
			failure{err: &Error{Kind: ErrInvalidCredentials}, facts: prompted},
			causeRejected, cooldown, false, 0,
		},
		"forbidden":         {failure{err: &Error{Kind: ErrForbidden}, facts: counted}, causeRejected, cooldown, true, 0},
		"no code":           {failure{err: &Error{Kind: ErrOTPRequired}, facts: counted}, causeRejected, cooldown, false, 0},
		"code of a machine": {failure{err: &Error{Kind: ErrOTPRejected}, facts: counted}, causeRejected, time.Minute, true, 0},
		"code of a machine, again": {failure{err: &Error{Kind: ErrOTPRejected}, facts: counted, before: &hold{cause: causeRejected, failures: 1}},
			causeRejected, cooldown, true, 0},
		"code of a person": {failure{err: &Error{Kind: ErrOTPRejected}, facts: prompted}, causeRejected, cooldown, false, 0},
		"request found wrong there": {
			failure{err: &Error{Kind: ErrInvalidRequest, Status: 422}, facts: counted},
			causeRejected, cooldown, true, 0,
		},
		"request found wrong here": {
			failure{err: &Error{Kind: ErrInvalidRequest, Unprocessed: true}, facts: facts{op: "login"}},
			causeUncounted, time.Second, false, 0,
		},
		"rejected, come back in half an hour": {failure{err: &Error{Kind: ErrForbidden, RetryAt: in(30 * time.Minute)}, facts: counted},
			causeRejected, 30 * time.Minute, true, 30 * time.Minute},
		"rejected, come back in a minute": {failure{err: &Error{Kind: ErrForbidden, RetryAt: in(time.Minute)}, facts: counted},
			causeRejected, cooldown, true, time.Minute},
		"429": {failure{err: &Error{Kind: ErrRateLimited}, facts: counted}, causeRateLimited, time.Minute, true, 0},
		"429, the third": {
			failure{err: &Error{Kind: ErrRateLimited}, facts: counted, before: &hold{cause: causeRateLimited, failures: 2}},
			causeRateLimited, 4 * time.Minute, true, 0,
		},
		"429, the third of the fleet": {
			failure{err: &Error{Kind: ErrRateLimited}, facts: counted, rateLimited: 2},
			causeRateLimited, 4 * time.Minute, true, 0,
		},
		"429 after another failure": {failure{err: &Error{Kind: ErrRateLimited}, facts: counted, before: &hold{cause: causeFailed, failures: 5}},
			causeRateLimited, time.Minute, true, 0},
		"429 at a refresh": {
			failure{err: &Error{Kind: ErrRateLimited, RetryAt: in(5 * time.Minute)}, facts: refreshed},
			causeRateLimited, 5 * time.Minute, true, 5 * time.Minute,
		},
		"502 that says when": {
			failure{err: &Error{Kind: ErrUnavailable, Status: 502, RetryAt: in(20 * time.Minute)}, facts: counted},
			causeFailed, 20 * time.Minute, true, 20 * time.Minute,
		},
		"503 that says when": {
			failure{err: &Error{Kind: ErrUnavailable, Status: 503, RetryAt: in(20 * time.Minute), Unprocessed: true}, facts: facts{op: "login"}},
			causeRateLimited, 20 * time.Minute, true, 20 * time.Minute,
		},
		"503 that says when, after the password was taken": {
			failure{
				err:   &Error{Kind: ErrUnavailable, Status: 503, RetryAt: in(time.Second), Unprocessed: true},
				facts: counted, due: in(37 * time.Second),
			},
			causeFailed, 37 * time.Second, true, time.Second,
		},
		"502 that says when, a person's code": {
			failure{err: &Error{Kind: ErrUnavailable, Status: 502, RetryAt: in(time.Minute)}, facts: prompted, due: in(37 * time.Second)},
			causeFailed, time.Minute, true, time.Minute,
		},
		"429 after the password was taken": {
			failure{
				err:   &Error{Kind: ErrRateLimited, RetryAt: in(time.Minute), Unprocessed: true},
				facts: counted, due: in(240 * time.Second),
			},
			causeRateLimited, time.Minute, true, time.Minute,
		},
		"429 after the password was taken, again": {
			failure{
				err:   &Error{Kind: ErrRateLimited, RetryAt: in(time.Minute), Unprocessed: true},
				facts: counted, due: in(240 * time.Second), before: &hold{cause: causeBudget, failures: 1},
			},
			causeRateLimited, 240 * time.Second, true, time.Minute,
		},
		"429 that says when, the tenth": {
			failure{
				err:   &Error{Kind: ErrRateLimited, RetryAt: in(time.Second)},
				facts: facts{op: "login"}, before: &hold{cause: causeRateLimited, failures: 9},
			},
			causeRateLimited, 4 * time.Minute, true, time.Second,
		},
		"429 that says when, the thirtieth of the fleet": {
			failure{err: &Error{Kind: ErrRateLimited, RetryAt: in(time.Second)}, facts: facts{op: "login"}, rateLimited: 29},
			causeRateLimited, 15 * time.Minute, true, time.Second,
		},
		"421": {
			failure{err: &Error{Kind: ErrUnavailable, Status: 421, Unprocessed: true}, facts: facts{op: "login"}},
			causeRateLimited, time.Second, true, 0,
		},
		"421, the sixth": {
			failure{
				err:   &Error{Kind: ErrUnavailable, Status: 421, Unprocessed: true},
				facts: facts{op: "login"}, before: &hold{cause: causeRateLimited, failures: 5},
			},
			causeRateLimited, 32 * time.Second, true, 0,
		},
		"a week": {
			failure{err: &Error{Kind: ErrRateLimited, RetryAt: in(7 * 24 * time.Hour)}, facts: counted},
			causeRateLimited, time.Hour, true, time.Hour,
		},
		"503": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: counted, due: in(37 * time.Second)},
			causeFailed, 37 * time.Second, true, 0,
		},
		"503, a person's code": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: prompted, due: in(37 * time.Second)},
			causeFailed, 37 * time.Second, false, 0,
		},
		"no token": {
			failure{err: &Error{Kind: ErrBadResponse, Status: 200}, facts: counted, due: in(720 * time.Second)},
			causeFailed, 720 * time.Second, true, 0,
		},
		"503, and a valid token": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: counted, due: in(158 * time.Second), validUntil: in(time.Hour)},
			causeFailed, 158 * time.Second, true, 0,
		},
		"503, expiring sooner": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: counted, due: in(158 * time.Second), validUntil: in(20 * time.Second)},
			causeFailed, 20 * time.Second, true, 0,
		},
		"503, expired": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: counted, due: in(158 * time.Second), validUntil: in(-time.Second)},
			causeFailed, 158 * time.Second, true, 0,
		},
		"nothing sent": {
			failure{err: &Error{Kind: ErrUnavailable, Unprocessed: true}, facts: facts{op: "login"}},
			causeUncounted, time.Second, false, 0,
		},
		"nothing sent, the third": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: facts{}, before: &hold{cause: causeUncounted, failures: 2}},
			causeUncounted, 4 * time.Second, false, 0,
		},
		"nothing sent, the tenth": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: facts{}, before: &hold{cause: causeUncounted, failures: 9}},
			causeUncounted, 10 * time.Second, false, 0,
		},
		"a code at a refresh": {failure{err: &Error{Kind: ErrOTPRequired}, facts: refreshed}, causeUncounted, time.Second, false, 0},
		"refresh failed":      {failure{err: &Error{Kind: ErrUnavailable}, facts: refreshed}, causeUncounted, time.Second, false, 0},
		"crash":               {failure{err: &Error{Kind: ErrUnavailable}, facts: counted, crashed: true}, causeUncounted, 0, false, 0},
		"crash, the second": {
			failure{err: &Error{Kind: ErrUnavailable}, facts: counted, crashed: true, before: &hold{cause: causeUncounted, failures: 1}},
			causeUncounted, 2 * time.Second, false, 0,
		},
		"nobody there to ask": {
			failure{err: &Error{Kind: ErrOTPRequired}, facts: with(counted, func(f *facts) { f.declined = true })},
			causeBackground, time.Hour, false, 0,
		},
	} {
		c.cooldown, c.mono, c.wall = cooldown, mono, holdWall
		h := holdAfter(c.failure)
		assert.Equal(t, c.cause, h.cause, name)
		assert.Equal(t, in(c.length), h.untilWall, name)
		assert.Equal(t, mono+c.length, h.until, name)
		assert.Equal(t, c.shared, !h.sharedUntil.IsZero(), name)
		assert.Equal(t, holdWall, h.since, name)
		assert.Equal(t, in(c.length), h.err.RetryAt, name)
		assert.True(t, h.err.Remembered, name)
		assert.False(t, c.err.Remembered, "the error itself stays as it is")
		if c.floor == 0 {
			assert.Zero(t, h.floor, name)
		} else {
			assert.Equal(t, in(c.floor), h.floor, name)
		}
	}
	jittered := holdAfter(failure{err: &Error{Kind: ErrUnavailable}, facts: refreshed, wall: holdWall, jitter: 1})
	assert.Equal(t, in(time.Second/2), jittered.untilWall, "half of it at the least")
	soon := holdAfter(failure{err: &Error{Kind: ErrOTPRejected}, facts: counted, cooldown: cooldown, wall: holdWall, jitter: 1})
	assert.Equal(t, in(30*time.Second), soon.untilWall)
	short := holdAfter(failure{err: &Error{Kind: ErrOTPRejected}, facts: counted, cooldown: time.Second, wall: holdWall})
	assert.Equal(t, in(time.Second), short.untilWall, "never longer than the cooldown")
}

func TestWhatEndsAHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		h       hold
		inForce bool
		bypass  bool
	}{
		"rejected":                   {hold{cause: causeRejected}, true, true},
		"rejected, then changed":     {hold{cause: causeRejected, changed: true}, false, true},
		"the vendor said when":       {hold{cause: causeRejected, floor: holdWall.Add(time.Second)}, true, false},
		"the same, then changed":     {hold{cause: causeRejected, floor: holdWall.Add(time.Second), changed: true}, true, false},
		"that is over, then changed": {hold{cause: causeRejected, floor: holdWall, changed: true}, false, true},
		"rate limited":               {hold{cause: causeRateLimited, err: &Error{Kind: ErrRateLimited}}, true, false},
		"no attempt left":            {hold{cause: causeBudget}, true, false},
		"paced":                      {hold{cause: causePaced}, true, false},
		"failed":                     {hold{cause: causeFailed}, true, true},
	} {
		c.h.until, c.h.untilWall = time.Hour, holdWall.Add(time.Hour)
		assert.Equal(t, c.inForce, c.h.inForce(0, holdWall), name)
		assert.Equal(t, c.bypass, c.h.mayBypass(holdWall), name)
	}
}

func TestSharedHoldComesBackAsItWas(t *testing.T) {
	t.Parallel()
	fingerprint := uint64(0x1207)
	account := Account{Vendor: "v", Endpoint: "https://h", Principal: "p"}
	for _, kind := range kinds {
		err := &Error{
			Account: account,
			Kind:    kind,
			Op:      "otp",
			Status:  400,
			Code:    "rate-limit/0",
			Request: "POST h/p",
			RetryAt: holdWall.Add(5 * time.Minute),
		}
		h := holdAfter(
			failure{
				err:      err,
				facts:    facts{op: "login", counted: true, fingerprint: &fingerprint},
				due:      holdWall.Add(5 * time.Minute),
				cooldown: 5 * time.Minute,
				wall:     holdWall,
			},
		)
		if kind == ErrOTPRequired {
			assert.Empty(t, h.addTo(nil, holdWall), "a code is for whoever can be asked")
			continue
		}
		got := bindingHold(h.addTo(nil, holdWall), asker{account: account, fingerprint: &fingerprint, wall: holdWall})
		require.NotNil(t, got, kind)
		assert.Equal(t, h.err, got.err, "%v: every field that another process can know", kind)
		assert.Equal(t, h.cause, got.cause)
		assert.Equal(t, h.floor, got.floor)
		assert.Equal(t, h.untilWall, got.untilWall)

		other := uint64(0x1208)
		binds := bindingHold(h.addTo(nil, holdWall), asker{account: account, fingerprint: &other, wall: holdWall})
		assert.Equal(t, h.cause != causeRejected, binds != nil, "%v: who has other credentials", kind)
	}
	rejected := record.Hold{Cause: string(causeRejected), Until: holdWall.Add(time.Minute)}
	changed := asker{account: account, over: &hold{changed: true}, wall: holdWall}
	assert.Nil(t, bindingHold(record.Holds{rejected}, changed), "whoever saw its credentials change")
	rejected.Floor = holdWall.Add(time.Second)
	soon := asker{account: account, over: &hold{changed: true}, wall: holdWall}
	assert.NotNil(t, bindingHold(record.Holds{rejected}, soon), "but not before the vendor's time")
	far := record.Hold{Cause: string(causeRejected), Until: holdWall.Add(1000 * time.Hour)}
	assert.Equal(
		t,
		holdWall.Add(2*time.Hour),
		bindingHold(record.Holds{far}, asker{account: account, cooldown: 2 * time.Hour, wall: holdWall}).untilWall,
		"no more than can be true",
	)
	assert.Nil(t, bindingHold(record.Holds{{Until: holdWall}}, asker{account: account, wall: holdWall}), "over")
	first := record.Hold{Cause: "credentials", Until: holdWall.Add(time.Minute), Failure: record.Failure{Status: 400}}
	assert.Equal(
		t,
		ErrInvalidCredentials,
		bindingHold(record.Holds{first}, asker{account: account, wall: holdWall}).err.Kind,
		"by the first version",
	)
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err      Error
		decision bool // about a session
		refresh  bool // about a refresh token
	}{
		{Error{Kind: ErrInvalidCredentials}, true, true},
		{Error{Kind: ErrInvalidCredentials, Unprocessed: true}, false, true},
		{Error{Kind: ErrForbidden}, true, true},
		{Error{Kind: ErrOTPRejected}, true, false},
		{Error{Kind: ErrOTPRequired}, false, false},
		{Error{Kind: ErrRefreshRejected}, false, true},
		{Error{Kind: ErrInvalidRequest, Status: 422}, false, true},
		{Error{Kind: ErrInvalidRequest, Status: 500}, false, false},
		{Error{Kind: ErrInvalidRequest}, false, false},
		{Error{Kind: ErrUnavailable, Status: 407}, false, false},
		{Error{Kind: ErrRateLimited, Status: 429}, false, false},
		{Error{Kind: ErrBadResponse, Status: 200}, false, false},
	} {
		assert.Equal(t, c.decision, isDecision(&c.err), "%v", &c.err)
		assert.Equal(t, c.refresh, rejectsRefresh(&c.err), "%v", &c.err)
	}
}

func TestRateLimitsInARowAreNoFailuresOfAnotherCause(t *testing.T) {
	t.Parallel()
	h := holdAfter(failure{err: &Error{Kind: ErrUnavailable}, rateLimited: 5, wall: holdWall})
	assert.Equal(t, causeUncounted, h.cause)
	assert.Equal(t, 1, h.failures)
	assert.Equal(t, holdWall.Add(firstBackoff), h.untilWall)
	h = holdAfter(failure{err: &Error{Kind: ErrRateLimited}, facts: facts{op: "login", counted: true}, rateLimited: 2, wall: holdWall})
	assert.Equal(t, 3, h.failures)
}

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestRows(t *testing.T) {
	t.Parallel()
	hold := func(kind error, after time.Duration) *vendorlogin.Error {
		return &vendorlogin.Error{Op: "login", Kind: kind, RetryAt: now.Add(after)}
	}
	for name, c := range map[string]struct {
		status vendorlogin.Status
		want   row
	}{
		"never asked": {vendorlogin.Status{}, row{Group: "no valid token", State: "no token"}},
		"fresh": {vendorlogin.Status{State: "fresh", ExpiresAt: now.Add(90 * time.Minute)},
			row{Group: "ready", State: "valid token", Valid: "04:34:05 UTC (in 90 min)"}},
		"no expiry": {vendorlogin.Status{State: "fresh"}, row{Group: "ready", State: "valid token", Valid: "as long as the vendor likes"}},
		"renewing":  {vendorlogin.Status{State: "expired", Renewing: true}, row{Group: "no valid token", State: "token has expired, renewing"}},
		"wrong password": {vendorlogin.Status{State: "none", Attempts: 1, Hold: hold(vendorlogin.ErrInvalidCredentials, 15*time.Minute)},
			row{Group: "action needed", State: "no token, on hold", Until: "03:19:05 UTC (in 15 min)", Attempts: 1,
				Advice: "The vendor rejects the password. Correct it: it is read again by itself."}},
		"outage": {vendorlogin.Status{
			State: "stale", ExpiresAt: now.Add(3 * time.Minute), Hold: hold(vendorlogin.ErrUnavailable, 30*time.Second)},
			row{Group: "waiting", State: "valid token, on hold", Until: "03:04:35 UTC (in 30 s)", Valid: "03:07:05 UTC (in 3 min)",
				Advice: "The vendor cannot be reached. It goes on by itself."}},
	} {
		got := rowOf(Account{}, c.status, now)
		got.Detail, got.Rank = "", 0
		assert.Equal(t, c.want, got, name)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for says, e := range map[string]clientpool.EndpointStatus{
		"no limit met":                         {},
		"cannot be reached since 03:04:05 UTC": {DownSince: now},
		"the vendor wants no logins until 03:05:05 UTC (in 60 s); logins are 3.2s apart; 7 logins wait for their turn": {
			Login: clientpool.LaneStatus{ClosedUntil: now.Add(time.Minute), Interval: 3210 * time.Millisecond, Waiting: 7}},
		"logins of some accounts met a limit: one at a time": {Login: clientpool.LaneStatus{Suspected: true}},
		"refreshes are 1s apart":                             {Refresh: clientpool.LaneStatus{Interval: time.Second}},
	} {
		assert.Equal(t, says, endpointOf(e, now).State)
	}
}

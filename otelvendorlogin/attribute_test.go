package otelvendorlogin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/otelvendorlogin"
)

func TestErrorTypes(t *testing.T) {
	t.Parallel()
	for kind, name := range map[error]string{
		vendorlogin.ErrInvalidCredentials: "invalid_credentials",
		vendorlogin.ErrForbidden:          "forbidden",
		vendorlogin.ErrOTPRequired:        "otp_required",
		vendorlogin.ErrOTPRejected:        "otp_rejected",
		vendorlogin.ErrRateLimited:        "rate_limited",
		vendorlogin.ErrRefreshRejected:    "refresh_rejected",
		vendorlogin.ErrInvalidRequest:     "invalid_request",
		vendorlogin.ErrUnavailable:        "unavailable",
		vendorlogin.ErrBadResponse:        "bad_response",
		vendorlogin.ErrRecordChanged:      "record_changed",
		vendorlogin.ErrNoRecord:           "no_record",
		vendorlogin.ErrLocked:             "locked",
		vendorlogin.ErrStore:              "store",
		vendorlogin.ErrClosed:             "closed",
	} {
		r := newRecorder(t)
		onEvent, err := otelvendorlogin.OnEvent(r.config)
		require.NoError(t, err)
		onEvent(vendorlogin.Event{Type: vendorlogin.EventStore, Account: vendorlogin.Account{Vendor: "example"}, Time: time.Now(),
			Err: &vendorlogin.Error{Kind: kind}})
		assert.Equal(t, []string{
			"vendorlogin.events {event} {error.type=" + name + ",vendorlogin.event=store,vendorlogin.vendor=example} 1",
		}, r.points(t))
	}
}

// Label values are words that every metrics system takes.
func TestEventTypesAreLabels(t *testing.T) {
	t.Parallel()
	for _, e := range []vendorlogin.EventType{
		vendorlogin.EventLogin, vendorlogin.EventRefresh, vendorlogin.EventAdopt, vendorlogin.EventStale, vendorlogin.EventHold,
		vendorlogin.EventStore, vendorlogin.EventLockWait, vendorlogin.EventRefused, vendorlogin.EventLogout,
	} {
		assert.False(t, strings.ContainsAny(string(e), " -."), e)
	}
}

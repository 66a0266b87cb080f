package otelvendorlogin

import (
	"errors"
	"net/url"

	"go.opentelemetry.io/otel/attribute"

	"github.com/vendorlogin/vendorlogin"
)

// accountAttributes say where an account is, not whose it is.
func accountAttributes(a vendorlogin.Account) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 6)
	attrs = append(attrs, attribute.String("vendorlogin.vendor", a.Vendor))
	if u, err := url.Parse(a.Endpoint); err == nil && u.Hostname() != "" {
		attrs = append(attrs, attribute.String("server.address", u.Hostname()))
	}
	return attrs
}

// errorAttributes are none where nothing failed.
func errorAttributes(err error) []attribute.KeyValue {
	if err == nil {
		return nil
	}
	return []attribute.KeyValue{attribute.String("error.type", errorType(err))}
}

// errorType is the kind of err. An error may wrap several: the first in this list names it.
func errorType(err error) string {
	for _, k := range []struct {
		kind error
		name string
	}{
		{vendorlogin.ErrInvalidCredentials, "invalid_credentials"},
		{vendorlogin.ErrForbidden, "forbidden"},
		{vendorlogin.ErrOTPRequired, "otp_required"},
		{vendorlogin.ErrOTPRejected, "otp_rejected"},
		{vendorlogin.ErrRateLimited, "rate_limited"},
		{vendorlogin.ErrRefreshRejected, "refresh_rejected"},
		{vendorlogin.ErrInvalidRequest, "invalid_request"},
		{vendorlogin.ErrUnavailable, "unavailable"},
		{vendorlogin.ErrBadResponse, "bad_response"},
		{vendorlogin.ErrRecordChanged, "record_changed"},
		{vendorlogin.ErrNoRecord, "no_record"},
		{vendorlogin.ErrLocked, "locked"},
		{vendorlogin.ErrStore, "store"},
		{vendorlogin.ErrClosed, "closed"},
	} {
		if errors.Is(err, k.kind) {
			return k.name
		}
	}
	return "_OTHER"
}

package loginhttp

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// The shortest and the longest time that a Retry-After is taken to mean.
const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// retryAfter reads the Retry-After of a response received at now, in whole seconds. One that cannot be read counts as missing.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	values := h["Retry-After"]
	if len(values) == 0 {
		return 0, false
	}
	value := strings.TrimSpace(values[0])
	if seconds, ok := decimal(value); ok {
		return clamp(math.Ceil(seconds)), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, ok := serverDate(h); ok {
		now = date // both by the vendor's clock
	}
	return clamp(math.Ceil(at.Sub(now).Seconds())), true
}

// clamp makes a duration of seconds; it compares before it converts, since the product may overflow.
func clamp(seconds float64) time.Duration {
	switch {
	case seconds <= minRetryAfter.Seconds():
		return minRetryAfter
	case seconds >= maxRetryAfter.Seconds():
		return maxRetryAfter
	}
	return time.Duration(seconds) * time.Second
}

// serverDate is the Date of a response.
func serverDate(h http.Header) (time.Time, bool) {
	values := h["Date"]
	if len(values) == 0 {
		return time.Time{}, false
	}
	date, _ := http.ParseTime(values[0]) // long ago where it is none
	return date, isPlausible(date)
}

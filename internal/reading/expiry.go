package reading

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ExpiryField turns the value of an expiry whose form is said into one that loginhttp reads by itself: a lifetime as
// seconds, a point in time as RFC 3339. What is not of that form is nothing.
func ExpiryField(value, as string) json.RawMessage {
	as = strings.TrimPrefix(as, "layout ")
	number, err := strconv.ParseFloat(value, 64)
	isNumber := err == nil && number > 0 && number < 1e15
	seconds := func(n float64) json.RawMessage { return json.RawMessage(strconv.FormatFloat(n, 'f', -1, 64)) }
	at := func(t time.Time, ok bool) json.RawMessage {
		if !ok {
			return nil
		}
		return quoted(t.UTC().Format(time.RFC3339Nano))
	}
	switch as {
	case "", "d:h:m":
		return quoted(value)
	case "seconds", "ms":
		if !isNumber {
			return nil
		}
		if as == "ms" {
			number /= 1000
		}
		return seconds(number)
	case "unix":
		return at(time.UnixMilli(int64(number*1000)), isNumber)
	case "unix_ms":
		return at(time.UnixMilli(int64(number)), isNumber)
	case "rfc3339":
		t, err := time.Parse(time.RFC3339, value)
		return at(t, err == nil)
	case "http_date":
		t, err := http.ParseTime(value)
		return at(t, err == nil)
	}
	t, err := time.Parse(as, value)
	return at(t, err == nil)
}

func quoted(s string) json.RawMessage {
	data, _ := json.Marshal(s)
	return data
}

// IsTimeForm reports whether as is a form that ExpiryField knows, or a layout that says a time.
func IsTimeForm(as string) bool {
	switch as {
	case "", "seconds", "ms", "unix", "unix_ms", "d:h:m", "rfc3339", "http_date":
		return true
	}
	return IsLayout(as) && strings.Contains(as, "06") // without a year it is no time
}

// IsLayout reports whether a layout of package time writes two different times differently.
func IsLayout(layout string) bool {
	layout = strings.TrimPrefix(layout, "layout ")
	return time.Unix(1e9, 0).UTC().Format(layout) != time.Unix(1767323045, 0).UTC().Format(layout)
}

package reading

import (
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// units are the forms of a lifetime, in seconds.
var units = map[string]float64{"ms": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}

// TimeForms are the forms that ExpiryField knows by name.
var TimeForms = []string{
	"ms", "seconds", "minutes", "hours", "days", "unix", "unix_ms", "unix_us", "d:h:m", "h:m:s", "rfc3339", "http_date",
}

// isoTime is how a time begins that is RFC 3339, or almost.
var isoTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt ]`)

// ExpiryField turns the value of an expiry whose form is said into one that loginhttp reads by itself: a lifetime as
// seconds, a point in time as RFC 3339. What is not of that form is nothing, nor is a time whose zone is an abbreviation other than UTC and
// GMT: CST means two things.
func ExpiryField(value, as string) json.RawMessage {
	as = strings.TrimPrefix(as, "layout ")
	number, err := strconv.ParseFloat(value, 64)
	isNumber := err == nil && number > 0 && number < 1e15
	layouts := []string{as}
	at := func(t time.Time, ok bool) json.RawMessage {
		if !ok {
			return nil
		}
		return quoted(t.UTC().Format(time.RFC3339Nano))
	}
	switch as {
	case "", "d:h:m":
		return quoted(value)
	case "ms", "seconds", "minutes", "hours", "days":
		if !isNumber {
			return nil
		}
		lifetime := min(math.Round(number*units[as]*1000)/1000, 1e9) // a greater number would be Unix time
		return json.RawMessage(strconv.FormatFloat(lifetime, 'f', -1, 64))
	case "unix":
		return at(time.UnixMilli(int64(number*1000)), isNumber)
	case "unix_ms":
		return at(time.UnixMilli(int64(number)), isNumber)
	case "unix_us":
		return at(time.UnixMicro(int64(number)), err == nil && number > 0 && number < 1e18)
	case "h:m:s":
		clock := strings.Split(value, ":")
		if len(clock) != 3 || strings.Trim(value, "0123456789:") != "" {
			return nil
		}
		d, _ := time.ParseDuration(clock[0] + "h" + clock[1] + "m" + clock[2] + "s") // 0 where it is none
		return ExpiryField(strconv.Itoa(int(d.Seconds())), "seconds")
	case "rfc3339":
		if !isoTime.MatchString(value) {
			return nil
		}
		return quoted(value) // loginhttp reads what is written almost so too
	case "http_date":
		layouts = []string{http.TimeFormat, time.RFC850, time.ANSIC}
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, value, time.UTC)
		zone, _ := t.Zone()
		if err == nil && (slices.Contains([]string{"", "UTC", "GMT"}, zone) || strings.Contains(layout, "07")) { // which is an offset
			return at(t, true)
		}
	}
	return nil
}

func quoted(s string) json.RawMessage {
	data, _ := json.Marshal(s)
	return data
}

// IsTimeForm reports whether as is a form that ExpiryField knows, or a layout that says a time.
func IsTimeForm(as string) bool {
	return as == "" || slices.Contains(TimeForms, as) || IsLayout(as) && strings.Contains(as, "06") // without a year it is no time
}

// IsLayout reports whether a layout of package time writes two different times differently.
func IsLayout(layout string) bool {
	layout = strings.TrimPrefix(layout, "layout ")
	return time.Unix(1e9, 0).UTC().Format(layout) != time.Unix(1767323045, 0).UTC().Format(layout)
}

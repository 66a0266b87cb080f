package loginhttp

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What a bare number means, by its size.
const (
	maxLifetime   = 1e9 // seconds, some 31 years; more is a time
	maxUnixMillis = maxUnix * 1000
)

// An expiryField is what a vendor's expiry field says: a lifetime or, without one, a time by the vendor's clock.
type expiryField struct {
	lifetime time.Duration
	at       time.Time
	naive    bool // at had no time zone, and was read as UTC
}

// after is the end, in local time, of a token asked for at start.
func (f expiryField) after(start time.Time, skew time.Duration) time.Time {
	if f.lifetime > 0 {
		return start.Add(f.lifetime)
	}
	return f.at.Add(-skew)
}

// readExpiryField reads every form that [Answer.Expiry] names.
func readExpiryField(raw json.RawMessage) (expiryField, bool) {
	text := string(raw)
	_ = json.Unmarshal(raw, &text) // where it is no string, text stays
	text = strings.TrimSpace(text)
	if number, ok := jsonNumber(text); ok {
		return numericField(number)
	}
	if lifetime, ok := readLifetime(text); ok {
		return expiryField{lifetime: lifetime}, true
	}
	at, naive, ok := readTime(text)
	return expiryField{at: at, naive: naive}, ok
}

func numericField(number float64) (expiryField, bool) {
	switch {
	case number <= 0 || number > maxUnixMillis:
		return expiryField{}, false
	case number <= maxLifetime:
		return expiryField{lifetime: time.Duration(number * float64(time.Second))}, true
	case number <= maxUnix: // "never" is often the last second of 9999; as milliseconds it would be in 1978
		return expiryField{at: unixTime(number)}, true
	}
	return expiryField{at: unixTime(number / 1000)}, true
}

// readLifetime reads "3600s" and the like, and days, hours and minutes between colons.
func readLifetime(s string) (time.Duration, bool) {
	d, _ := time.ParseDuration(s) // 0 where it is none
	if parts := strings.Split(s, ":"); len(parts) == 3 {
		d = daysHoursMinutes(parts)
	}
	return d, d > 0 && d.Seconds() <= maxLifetime
}

func daysHoursMinutes(parts []string) (total time.Duration) {
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		n, err := strconv.ParseUint(parts[i], 10, 16) // 65,535 days are 179 years: no overflow
		if err != nil {
			return 0
		}
		total += time.Duration(n) * unit
	}
	return total
}

// readTime reads a time, and says whether it had no time zone.
func readTime(s string) (t time.Time, naive, ok bool) {
	if t, err := http.ParseTime(s); err == nil {
		zone, _ := t.Zone() // package time takes one that it does not know for UTC
		return t.UTC(), false, isPlausible(t) && (zone == "UTC" || zone == "GMT")
	}
	if t, err := time.Parse(time.RFC1123Z, s); err == nil {
		return t.UTC(), false, isPlausible(t)
	}
	s = isoTime(s)
	for _, clock := range []string{"15:04:05", "15:04"} {
		for _, zone := range []string{"Z07:00", "Z0700", "Z07", ""} {
			if t, err := time.Parse("2006-01-02T"+clock+zone, s); err == nil {
				return t.UTC(), zone == "", isPlausible(t)
			}
		}
	}
	return time.Time{}, false, false
}

// isoTime writes a time as RFC 3339 has it, whatever of "t", "z", "UTC" and blanks was written in place of "T" and "Z".
func isoTime(s string) string {
	s = strings.ToUpper(s)
	for _, utc := range []string{"UTC", "GMT"} {
		if before, found := strings.CutSuffix(s, utc); found {
			s = before + "Z"
		}
	}
	s = strings.Replace(s, " ", "T", 1)
	return strings.ReplaceAll(s, " ", "")
}

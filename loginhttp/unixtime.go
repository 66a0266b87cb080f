package loginhttp

import "time"

// maxUnix is the last second of the year 9999.
const maxUnix = 253402300799

// unixTime is the time so many seconds after 1970.
func unixTime(seconds float64) time.Time {
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC()
}

// isPlausible rejects times that no vendor means.
func isPlausible(t time.Time) bool { return t.Unix() > 0 }

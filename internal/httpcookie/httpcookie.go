// Package httpcookie tells cookies that are deletions, also where net/http cannot read their Expires.
package httpcookie

import (
	"net/http"
	"strings"
	"time"
)

// layouts are the forms of an Expires that browsers read and net/http does not.
var layouts = []string{
	"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2-Jan-2006 15:04:05 MST", "Mon, 2-Jan-06 15:04:05 MST",
	"Monday, 2-Jan-06 15:04:05 MST", time.ANSIC, time.RFC3339,
}

// IsDeletion reports whether a response's cookie takes back one that was set before, instead of setting one.
func IsDeletion(c *http.Cookie, now time.Time) bool {
	switch {
	case c.Value == "", c.MaxAge < 0:
		return true
	case c.MaxAge > 0, c.RawExpires == "":
		return false
	case !c.Expires.IsZero():
		return c.Expires.Before(now)
	}
	raw := strings.NewReplacer("gmt", "GMT", "utc", "UTC").Replace(c.RawExpires)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, raw); err == nil {
			return t.Before(now)
		}
	}
	return raw == "0" || raw == "-1"
}

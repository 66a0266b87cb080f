package loginhttp

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

const (
	// clockTolerance is how far the vendor's clock may be from ours before times are corrected: a Date has whole seconds.
	clockTolerance = 2 * time.Second

	// maxLifetime is in seconds, some 31 years. More is not a lifetime but, most likely, a time.
	maxLifetime = 1e9

	// reusedTokenAge is how old a token may be, by its iat, for the difference to be our clock's. Some vendors give the same token
	// again; one with an older iat is taken for such.
	reusedTokenAge = 15 * time.Minute
)

// Expiry is when a token expires, by our clock: at the exp of jwt, or else, where jwt is no JSON Web Token or has none, life after
// the request was sent; with life 0 that is not known, which is the zero time. The exp is corrected where our clock and the
// vendor's differ, by the answer's Date or else the token's iat. It is a hint for scheduling: the token is not verified.
func (a *Answer) Expiry(jwt string, life time.Duration) time.Time {
	if claims, ok := readClaims(jwt); ok {
		return claims.exp.Add(-a.clockError(claims)).Round(0)
	}
	if life > 0 {
		return a.SentAt.Add(life).Round(0)
	}
	return time.Time{}
}

// ExpiryField reads the vendor's own field for when a token expires: a number, quoted or not, is in seconds from when the request was
// sent; a time is RFC 3339, or without an offset, which means UTC, and is corrected by the answer's Date where our clock is
// off. ok is false for anything else, null, 0 and what cannot be a lifetime included.
func (a *Answer) ExpiryField(raw json.RawMessage) (t time.Time, ok bool) {
	text := string(bytes.TrimSpace(raw))
	if strings.HasPrefix(text, `"`) {
		if json.Unmarshal(raw, &text) != nil {
			return time.Time{}, false
		}
		text = strings.TrimSpace(text)
	}
	if seconds, ok := jsonNumber(text); ok {
		if seconds <= 0 || seconds > maxLifetime {
			return time.Time{}, false
		}
		return a.SentAt.Add(time.Duration(seconds * float64(time.Second))).Round(0), true
	}
	t, ok = readTime(text)
	if !ok {
		return time.Time{}, false
	}
	return t.Add(-a.clockError(claims{})).Round(0), true
}

// clockError is by how much the vendor's clock is ahead of ours; 0 where it is about right or nobody knows.
func (a *Answer) clockError(c claims) time.Duration {
	if a.SentAt.IsZero() {
		return 0
	}
	date, ok := serverDate(a.Header)
	if !ok {
		return a.clockErrorByToken(c)
	}
	if a.duringExchange(date) {
		return 0
	}
	return date.Sub(a.SentAt)
}

// clockErrorByToken takes a token's iat for the vendor's time: no token is issued in the future, and one issued just now is
// not issued long ago.
func (a *Answer) clockErrorByToken(c claims) time.Duration {
	if c.iat.IsZero() {
		return 0
	}
	ahead := c.iat.Sub(a.SentAt)
	if reused := ahead < -reusedTokenAge && c.exp.After(a.SentAt); reused || a.duringExchange(c.iat) {
		return 0
	}
	return ahead
}

// duringExchange reports whether t, by the vendor's clock, lies between request and answer by ours.
func (a *Answer) duringExchange(t time.Time) bool {
	earliest := a.SentAt.Truncate(time.Second).Add(-clockTolerance)
	latest := a.received().Add(clockTolerance)
	return !t.Before(earliest) && !t.After(latest)
}

// readTime reads a time as RFC 3339 has it, or as it is without an offset, with "T" or a blank in the middle.
func readTime(s string) (time.Time, bool) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04:05", "2006-01-02 15:04:05",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), sane(t)
		}
	}
	return time.Time{}, false
}

// sane refuses times that no vendor means.
func sane(t time.Time) bool { return t.Unix() > 0 && t.Unix() <= maxUnix }

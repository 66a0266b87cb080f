package loginhttp

import (
	"encoding/json"
	"time"
)

// Expiry is when a token expires, in local time. It is a hint for scheduling: nothing is verified. It is safe for concurrent use.
//
// field is the vendor's own expiry field as it stands in the response, and jwt the token itself. Either may be missing, and a token
// that is no JSON Web Token says nothing. The result is
//
//   - the earlier of the two times that they say, without one that is not after SentAt
//   - a time in the past if neither is after SentAt: the token has expired on arrival
//   - the zero time, which means not known, if a field without time zone is in the past and the token says nothing: the field may be in
//     the vendor's local time
//   - SentAt plus life if neither can be read, and the zero time if life is 0
//
// A field is one of these; anything else, and what cannot be a lifetime, counts as missing:
//
//   - a number up to 1e9, quoted or not: a lifetime in seconds
//   - a greater number: Unix time in seconds, from the year 10000 on in milliseconds
//   - "3600s", "1h30m": a lifetime, as [time.ParseDuration] reads it
//   - "0:30:00": a lifetime in days, hours and minutes
//   - "2026-03-01T13:00:00Z": RFC 3339, also with a blank in the middle, without seconds, with an offset of hours alone, or
//     without time zone, which is read as UTC
//   - "Sun, 01 Mar 2026 13:00:00 GMT": a date as in HTTP
//
// Times are corrected where the vendor's clock differs from the local one, by the token's iat and the response's Date.
func (a *Answer) Expiry(field json.RawMessage, jwt string, life time.Duration) time.Time {
	token, isJWT := readClaims(jwt)
	skew := a.clockSkew(token)
	if token.iat.IsZero() && life > 0 && a.duringExchange(token.exp.Add(-life)) {
		skew = 0 // issued just now by the local clock, whatever the Date says
	}
	told, isTold := readExpiryField(field)
	if told.lifetime > 0 && a.SentAt.IsZero() { // an Answer made by hand: from when?
		isTold = false
	}

	endsBy := func(skew time.Duration) (ends []time.Time) {
		if isTold {
			ends = append(ends, told.after(a.SentAt, skew))
		}
		if isJWT {
			ends = append(ends, token.exp.Add(-skew))
		}
		return ends
	}
	ends := endsBy(skew)
	if end, ok := earliestAfter(a.SentAt, ends); ok {
		return end.Round(0)
	}
	if token.iat.IsZero() { // only the Date says that it has expired, and nobody issues such a token: the Date is wrong
		if end, ok := earliestAfter(a.SentAt, endsBy(0)); ok {
			return end.Round(0)
		}
	}
	switch {
	case isJWT:
		return ends[len(ends)-1].Round(0)
	case isTold && told.naive:
		return time.Time{}
	case isTold:
		return ends[0].Round(0)
	case life > 0 && !a.SentAt.IsZero():
		return a.SentAt.Add(life).Round(0)
	}
	return time.Time{}
}

// earliestAfter is the first of the times that are after start.
func earliestAfter(start time.Time, times []time.Time) (first time.Time, ok bool) {
	for _, t := range times {
		if t.After(start) && (!ok || t.Before(first)) {
			first, ok = t, true
		}
	}
	return first, ok
}
